"""Web's websockets with a real bus: events in order and once through every restart, wall, live video."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from tests.integration.web.rig import (
    NatsServer,
    WebRig,
    close_code,
    facility,
    web_rig,
)
from tests.integration.web.worker import JPEG, Worker
from tests.support.waiting import until, until_async
from vms.bus import subjects
from web.consumers import stream

_TOLD: dict[tuple[str, str], list[Any]] = {}
_KEPT: set[tuple[str, int]] = set()


def _of_chain(event: dict[str, Any]) -> bool:
    """Whether it only tells how far the calling is, which comes when it comes."""
    if not event["type"].startswith("alert."):
        return False
    shape = {name: value for name, value in event["data"].items() if name not in ("chain", "group", "steps")}
    told = _TOLD.setdefault((event["epoch"], event["data"]["id"]), [])
    if event["type"] == "alert.updated" and shape in told and (event["epoch"], event["seq"]) not in _KEPT:
        return True
    told.append(shape)
    _KEPT.add((event["epoch"], event["seq"]))
    return False


async def events(socket: Any, count: int, timeout_s: float = 10) -> list[dict[str, Any]]:
    """The next ``count`` alert events; states of cameras are left out, and news of chains."""
    found: list[dict[str, Any]] = []
    async with asyncio.timeout(timeout_s):
        while len(found) < count:
            event = json.loads(await socket.recv())
            if event["type"] != "camera.state" and not _of_chain(event):
                found.append(event)
    return found


async def test_sockets_refuse_strangers(rig: WebRig) -> None:
    for path in ("/ws/alerts", "/ws/wall", "/ws/live/cam-1"):
        async with rig.socket(path, cookie=False) as socket:
            assert await close_code(socket) == 4401
        async with rig.socket(path, origin="http://evil.example") as socket:
            assert await close_code(socket) == 4403
    async with rig.socket("/ws/live/nope") as socket:
        assert await close_code(socket) == 4404
    async with rig.socket("/ws/nothing") as socket:
        assert await close_code(socket) == 4404


async def test_socket_closes_soon_after_its_session(rig: WebRig) -> None:
    async with rig.socket("/ws/alerts") as socket:
        await rig.http.delete("/api/session")
        async with asyncio.timeout(5):
            assert await close_code(socket) == 4401


async def test_events_resume_where_one_was(rig: WebRig, worker: Worker) -> None:
    async with rig.socket("/ws/alerts") as socket:
        await worker.alert("a1", "opened")
        await worker.alert("a1", "updated", persons=3)
        first = await events(socket, 2)
    assert [one["type"] for one in first] == ["alert.opened", "alert.updated"]
    assert first[1]["data"]["persons"] == 3
    await worker.alert("a1", "ended")
    await rig.http.post("/api/alerts/a1/ack", json={"note": "x"})
    await worker.alert("a2", "opened", camera="cam-2")
    async with rig.socket(f"/ws/alerts?since={first[0]['seq']}&epoch={first[0]['epoch']}") as socket:
        rest = await events(socket, 4)
    assert rest[0] == first[1]
    assert sorted(one["type"] for one in rest[1:]) == ["alert.acknowledged", "alert.ended", "alert.opened"]
    assert [one["seq"] for one in rest] == sorted({one["seq"] for one in rest})


async def test_client_of_another_time_is_reset(rig: WebRig, worker: Worker) -> None:
    for query in ("since=999999", "since=0&epoch=other"):
        async with rig.socket(f"/ws/alerts?{query}") as socket:
            reset = json.loads(await socket.recv())
            assert (reset["type"], reset["data"]) == ("reset", {})
            made = await worker.alert(f"a-{query[6]}", "opened")
            assert (await events(socket, 1))[0]["data"]["id"] == made.id


async def test_what_is_delivered_twice_is_told_once(rig: WebRig, worker: Worker) -> None:
    async with rig.socket("/ws/alerts") as socket:
        opened = await worker.alert("a1", "opened")
        # Without its id the bus cannot tell that it has this message already.
        await worker.js.publish(subjects.stored("s1", "cam-1", "alert"), opened.encode())
        await worker.js.publish(subjects.stored("s1", "cam-1", "alert"), b"{not json")
        await worker.js.publish(subjects.stored("s1", "cam-2", "alert"), opened.encode())
        await worker.alert("a1", "ended")
        assert [one["type"] for one in await events(socket, 2)] == ["alert.opened", "alert.ended"]
    metrics = (await rig.http.get("/metrics")).text
    assert 'vms_web_messages_refused_total{stream="ALERTS"} 2.0' in metrics


async def test_alert_that_ends_before_it_opened_is_opened_once(rig: WebRig, worker: Worker) -> None:
    async with rig.socket("/ws/alerts") as socket:
        await worker.alert("a1", "ended")
        await worker.alert("a1", "opened", snapshot=JPEG)
        told = await events(socket, 3)
    assert [one["type"] for one in told] == ["alert.opened", "alert.ended", "alert.updated"]
    assert told[-1]["data"]["state"] == "ended"
    assert told[-1]["data"]["snapshot"] is not None


async def test_restarts_of_web_and_bus_lose_and_double_nothing(rig: WebRig, worker: Worker, server: NatsServer) -> None:
    seen: list[dict[str, Any]] = []

    async def read(count: int) -> None:
        since = f"?since={seen[-1]['seq']}&epoch={seen[-1]['epoch']}" if seen else "?since=0"
        async with rig.socket(f"/ws/alerts{since}") as socket:
            seen.extend(await events(socket, count, 20))

    for i in range(10):
        await worker.alert(f"a{i}", "opened")
    await read(5)
    await rig.stop()
    for i in range(10, 20):
        await worker.alert(f"a{i}", "opened")
    await rig.start()
    await read(10)
    server.kill()
    await asyncio.sleep(0.3)
    server.start()
    await until_async(lambda: _connected(worker))
    for i in range(20, 30):
        await worker.alert(f"a{i}", "opened")
    await read(15)
    assert [one["data"]["id"] for one in seen] == [f"a{i}" for i in range(30)]
    assert len({one["seq"] for one in seen}) == 30


async def test_alerts_are_read_on_as_soon_as_the_bus_is_back(
    rig: WebRig, worker: Worker, server: NatsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "HEARTBEAT_S", 14)  # silence tells it only after three of them
    async with rig.socket("/ws/alerts") as socket:
        await worker.alert("a1", "opened")
        await events(socket, 1)
        server.kill()
        await until(lambda: not worker.client.is_connected)
        server.start()
        await until_async(lambda: _connected(worker))
        await worker.alert("a2", "opened")
        assert [one["data"]["id"] for one in await events(socket, 1, 30)] == ["a2"]


async def test_locked_database_is_waited_for(rig: WebRig, worker: Worker) -> None:
    lock = sqlite3.connect(rig.data / "vms.db", isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")
    async with rig.socket("/ws/alerts") as socket:
        await worker.alert("a1", "opened")
        answer = await rig.http.put("/api/cameras/cam-1/rules", json={"items": []})
        assert (answer.status_code, answer.json()["type"]) == (503, "about:blank#database-unavailable")
        assert (await rig.http.get("/api/cameras")).status_code == 200
        lock.execute("ROLLBACK")
        assert (await events(socket, 1))[0]["data"]["id"] == "a1"
    lock.close()


@pytest.mark.parametrize(
    ("rules", "told"),
    [
        ([], ("camera-offline", "warning")),
        ([{"id": "lost", "kind": "camera_offline", "severity": "critical", "rearm_s": 1}], ("lost", "critical")),
    ],
)
async def test_dark_camera_is_told(
    tmp_path: Path, server: NatsServer, rules: list[dict[str, object]], told: tuple[str, str]
) -> None:
    async with web_rig(tmp_path / "data", server.url, facility(1)) as rig:
        (await rig.http.put("/api/cameras/cam-1/rules", json={"items": rules})).raise_for_status()
        worker = await Worker.connect(server.url)
        async with rig.socket("/ws/alerts") as socket:
            for _ in range(3):  # seen recording, past the first seconds, in which nothing is judged
                await worker.beat()
                await rig.clock.hurry(2.5)
            await rig.clock.hurry(30)  # silent for longer than a bus may hang
            opened = (await events(socket, 1))[0]
            assert (opened["data"]["rule"], opened["data"]["severity"]) == told
            assert opened["data"]["detail"]["reason"] == "worker_lost"
            beating = asyncio.create_task(_beat(worker))
            assert (await events(socket, 1))[0]["type"] == "alert.ended"
            beating.cancel()
        await worker.close()


async def _beat(worker: Worker) -> None:
    while True:
        await worker.beat()
        await asyncio.sleep(0.5)


async def _connected(worker: Worker) -> bool:
    return worker.client.is_connected
