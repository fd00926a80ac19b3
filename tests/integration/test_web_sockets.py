"""Web's websockets with a real bus: events in order and once through every restart, wall, live video."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sqlite3
import struct
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import websockets

from tests.integration.web_rig import (
    JPEG,
    PASSWORD,
    NatsServer,
    WebRig,
    Worker,
    eventually,
    facility,
    nats_server,
    web_rig,
)
from vms.bus import subjects


@pytest_asyncio.fixture
async def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[NatsServer]:
    monkeypatch.setenv("VMS_ADMIN_PASSWORD", PASSWORD)
    with nats_server(tmp_path / "nats") as made:
        yield made


@pytest_asyncio.fixture
async def rig(tmp_path: Path, server: NatsServer) -> AsyncIterator[WebRig]:
    async with web_rig(tmp_path / "data", server.url) as made:
        yield made


@pytest_asyncio.fixture
async def worker(rig: WebRig) -> AsyncIterator[Worker]:
    made = await Worker.connect(rig.bus_url)
    yield made
    await made.close()


async def events(socket: Any, count: int, timeout_s: float = 10) -> list[dict[str, Any]]:
    """The next ``count`` alert events; states of cameras are left out."""
    found: list[dict[str, Any]] = []
    async with asyncio.timeout(timeout_s):
        while len(found) < count:
            event = json.loads(await socket.recv())
            if event["type"] != "camera.state":
                found.append(event)
    return found


async def close_code(socket: Any) -> int:
    with pytest.raises(websockets.ConnectionClosed) as closed:
        async with asyncio.timeout(10):
            while True:
                await socket.recv()
    assert closed.value.rcvd is not None
    return closed.value.rcvd.code


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
    await eventually(lambda: _connected(worker))
    for i in range(20, 30):
        await worker.alert(f"a{i}", "opened")
    await read(15)
    assert [one["data"]["id"] for one in seen] == [f"a{i}" for i in range(30)]
    assert len({one["seq"] for one in seen}) == 30


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


async def test_wall_sends_the_newest_and_no_faster_than_asked(rig: WebRig, worker: Worker) -> None:
    await worker.answer_watches("jpeg")
    async with rig.socket("/ws/wall") as socket:
        await socket.send(json.dumps({"cameras": ["cam-1", "unknown"], "fps": 5}))
        await eventually(lambda: _watched(worker))
        await worker.picture("cam-1")
        message = await asyncio.wait_for(socket.recv(), 5)
        (length,) = struct.unpack(">H", message[:2])
        header = json.loads(message[2 : 2 + length])
        assert header == {"camera": "cam-1", "at": "2026-01-01T00:00:00.000Z", "persons": 3, "w": 640, "h": 360}
        assert message[2 + length :] == JPEG
        async with rig.socket("/ws/wall") as second:  # gets the last picture without waiting for the next
            await second.send(json.dumps({"cameras": ["cam-1"]}))
            assert await asyncio.wait_for(second.recv(), 2) == message
        for i in range(50):
            await worker.picture("cam-1", JPEG + bytes([i]))
            await asyncio.sleep(0.01)
        got = []
        with pytest.raises(TimeoutError):
            while True:
                got.append(await asyncio.wait_for(socket.recv(), 0.6))
        assert len(got) <= 5
        assert got[-1].endswith(JPEG + bytes([49]))
    assert {request.profile for request in worker.watched} == {"jpeg"}
    assert len(worker.watched) <= 3


async def test_live_starts_at_a_key_frame_for_first_and_later_watchers(rig: WebRig, worker: Worker) -> None:
    worker.gop = [(10, True, b"k10"), (11, False, b"d11")]
    await worker.answer_watches("main")
    async with rig.socket("/ws/live/cam-1") as first:
        head = json.loads(await first.recv())
        assert head["mime"].startswith("video/mp4")
        assert head["anchor_utc"] == "2026-01-01T00:00:00.000Z"
        assert [await first.recv() for _ in range(3)] == [b"init of run-1", b"k10", b"d11"]
        await worker.fragment(11, False, b"d11")  # came with the group of pictures already
        await worker.fragment(12, False, b"d12")
        assert await first.recv() == b"d12"
        async with rig.socket("/ws/live/cam-1") as later:
            assert "mime" in await later.recv()
            assert [await later.recv() for _ in range(4)] == [b"init of run-1", b"k10", b"d11", b"d12"]
        assert len(worker.watched) == 1
        worker.run = "run-2"
        worker.gop = [(0, True, b"k0")]
        await worker.fragment(0, True, b"k0")
        assert json.loads(await asyncio.wait_for(first.recv(), 5))["run"] == "run-2"
        assert [await first.recv() for _ in range(2)] == [b"init of run-2", b"k0"]
        boxes = {"at": "2026-01-01T00:00:00Z", "tracks": [{"x": 0.1, "y": 0.2, "w": 0.3, "h": 0.4, "track": 7}]}
        await worker.client.publish(subjects.live("s1", "cam-1", "boxes"), json.dumps(boxes).encode())
        assert json.loads(await first.recv())["tracks"][0]["id"] == 7


async def test_live_says_why_there_is_none(rig: WebRig, worker: Worker) -> None:
    async with rig.socket("/ws/live/cam-1") as socket:
        assert json.loads(await socket.recv()) == {"error": "worker_lost"}
        assert await close_code(socket) == 4503
    worker.error = "unauthorized"
    await worker.answer_watches("main")
    async with rig.socket("/ws/live/cam-1") as socket:
        assert json.loads(await socket.recv()) == {"error": "unauthorized"}
        assert await close_code(socket) == 4503


async def test_browser_that_sleeps_is_given_up(
    rig: WebRig, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.api.sockets.SEND_S", 0.5)
    worker.gop = [(0, True, b"k0")]
    await worker.answer_watches("main")
    async with rig.socket("/ws/live/cam-1") as asleep, rig.socket("/ws/live/cam-1") as awake:
        for socket in (asleep, awake):
            await socket.recv()
        got = 0
        for seq in range(1, 200):
            await worker.fragment(seq, seq % 25 == 0, bytes(100_000))
            if seq % 5 == 0:
                await worker.client.flush()
                with contextlib.suppress(TimeoutError):
                    while True:
                        got += len(await asyncio.wait_for(awake.recv(), 0.05))
        assert got > 15_000_000

        async def one_left() -> bool:
            return 'vms_web_sockets{kind="live"} 1.0' in (await rig.http.get("/metrics")).text

        await eventually(one_left)


async def test_stopping_with_open_sockets_takes_under_three_seconds(rig: WebRig, worker: Worker) -> None:
    await worker.answer_watches("main")
    async with rig.socket("/ws/alerts"), rig.socket("/ws/wall") as wall, rig.socket("/ws/live/cam-1") as live:
        await wall.send(json.dumps({"cameras": ["cam-1"]}))
        await live.recv()
        assert await rig.stop() < 3


async def test_dark_camera_is_told(tmp_path: Path, server: NatsServer) -> None:
    async with web_rig(tmp_path / "data", server.url, facility(1)) as rig:
        worker = await Worker.connect(server.url)
        async with rig.socket("/ws/alerts") as socket:
            rig.clock.skipped += 10  # past the first seconds, in which nothing is judged
            await worker.beat()
            await asyncio.sleep(1)
            rig.clock.skipped += 30  # past the time to connect; the heartbeat is old now
            await asyncio.sleep(1)
            rig.clock.skipped += 10
            opened = (await events(socket, 1))[0]
            assert opened["data"]["rule"] == "camera-offline"
            assert opened["data"]["detail"]["reason"] == "worker_lost"
            await worker.beat()
            assert (await events(socket, 1))[0]["type"] == "alert.ended"
        await worker.close()


async def _watched(worker: Worker) -> bool:
    return bool(worker.watched)


async def _connected(worker: Worker) -> bool:
    return worker.client.is_connected
