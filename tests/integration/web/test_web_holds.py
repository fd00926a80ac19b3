"""Holds over HTTP, on the bus and in the table; what a node says of its disk."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from nats.js.errors import KeyNotFoundError
from sqlalchemy import delete

from tests.integration.web.rig import WebRig
from tests.integration.web.worker import Worker
from tests.support.nats_bus import NatsServer
from tests.support.waiting import until_async
from vms.bus import subjects
from vms.domain.clock import rfc3339
from vms.domain.holds import HoldList
from vms.domain.node import NodeState, StorageState
from vms.settings.environment import Environment
from web.database.engine import Database
from web.database.schema_holds import Hold, HoldCamera
from web.holds.store import touching

NOW = datetime.now(UTC).replace(microsecond=0)
START, END = NOW - timedelta(hours=2), NOW - timedelta(hours=1)


async def put(rig: WebRig, **change: Any) -> httpx.Response:
    body = {"cameras": ["cam-1"], "start": rfc3339(START), "end": rfc3339(END), "reason": "vụ việc 12"}
    return await rig.http.post("/api/holds", json={**body, **change})


async def listed(worker: Worker) -> HoldList:
    bucket = await worker.js.key_value(subjects.BUCKET_HOLDS)
    entry = await bucket.get(subjects.HOLDS_KEY)
    return HoldList.model_validate_json(entry.value or b"")


async def bucket_of(worker: Worker) -> HoldList | None:
    try:
        return await listed(worker)
    except KeyNotFoundError:
        return None


async def test_a_hold_is_on_the_bus_when_the_answer_comes_and_gone_when_it_is_released(
    rig: WebRig, worker: Worker
) -> None:
    async def empty() -> HoldList | None:
        found = await listed(worker)
        return found if not found.holds else None

    nothing = await until_async(empty, 10, "an empty list says that nothing is held")
    assert nothing
    answer = await put(rig, cameras=["cam-2", "cam-1", "cam-2"])
    assert answer.status_code == 201
    made = answer.json()
    assert (made["cameras"], made["owner"], made["state"]) == (["cam-1", "cam-2"], "admin", "active")
    assert (made["until"], made["released_at"], made["pending"]) == (None, None, False)
    told = await listed(worker)
    assert told.revision > nothing.revision
    assert [(hold.id, hold.cameras, hold.start, hold.end) for hold in told.holds] == [
        (made["id"], ("cam-1", "cam-2"), START, END)
    ]
    assert (await rig.http.delete(f"/api/holds/{made['id']}")).status_code == 204
    assert (await listed(worker)).holds == ()
    assert (await rig.http.get("/api/holds")).json()["items"] == []
    (kept,) = (await rig.http.get("/api/holds", params={"released": True})).json()["items"]
    assert (kept["state"], kept["released_by"], kept["reason"]) == ("released", "admin", "vụ việc 12")
    again = await rig.http.delete(f"/api/holds/{made['id']}")
    assert again.status_code == 204
    assert (await rig.http.delete("/api/holds/none")).status_code == 404


async def test_a_hold_expires_by_itself(rig: WebRig, worker: Worker) -> None:
    made = (await put(rig, until=rfc3339(datetime.now(UTC) + timedelta(seconds=2)))).json()
    assert made["state"] == "active"

    async def expired() -> bool:
        (kept,) = (await rig.http.get("/api/holds", params={"released": True})).json()["items"]
        return bool(kept["state"] == "expired")

    await until_async(expired, 12)
    assert (await rig.http.get("/api/holds")).json()["items"] == []
    await put(rig)  # told at once, and the other with it: when it lapses is for the recorders to say
    assert made["id"] in {hold.id for hold in (await listed(worker)).holds}


async def test_what_the_database_lost_comes_back_from_the_bus(rig: WebRig, worker: Worker) -> None:
    whole, bare, released = [(await put(rig, cameras=["cam-1", "cam-2"])).json()["id"] for _ in range(3)]
    assert (await rig.http.delete(f"/api/holds/{released}")).status_code == 204
    before = await listed(worker)
    database = await Database.open(Environment.read(rig.data, {}), rig.clock)
    async with database.change() as change:
        await change.connection.execute(delete(HoldCamera))
        await change.connection.execute(delete(Hold).where(Hold.id == whole))
    await database.close()
    assert (await rig.http.delete("/api/holds/none")).status_code == 404
    last = (await put(rig)).json()["id"]  # told at once
    after = await listed(worker)
    assert after.holds == tuple(sorted((*before.holds, *(h for h in after.holds if h.id == last)), key=lambda h: h.id))
    items = {one["id"]: one for one in (await rig.http.get("/api/holds")).json()["items"]}
    assert items.keys() == {whole, bare, last}
    assert (items[whole]["owner"], items[whole]["cameras"]) == ("recovered", ["cam-1", "cam-2"])
    assert (items[bare]["owner"], items[bare]["cameras"]) == ("admin", ["cam-1", "cam-2"])


@pytest.mark.parametrize("bucket", ["empty", "older"])
async def test_what_database_and_bus_lost_comes_back_from_a_recorder_s_cache(
    rig: WebRig, worker: Worker, bucket: str
) -> None:
    older = await until_async(lambda: bucket_of(worker), 10)
    assert older
    lapsed = (await put(rig, until=rfc3339(datetime.now(UTC) + timedelta(seconds=1)))).json()["id"]
    held, released = [(await put(rig, cameras=["cam-1", "cam-2"])).json()["id"] for _ in range(2)]
    stale = await listed(worker)
    assert (await rig.http.delete(f"/api/holds/{released}")).status_code == 204
    before = await listed(worker)
    await rig.stop()
    for path in rig.data.glob("vms.db*"):
        path.unlink()
    holds = await worker.js.key_value(subjects.BUCKET_HOLDS)
    await (holds.purge(subjects.HOLDS_KEY) if bucket == "empty" else holds.put(subjects.HOLDS_KEY, older.encode()))
    (rig.data / "cache").mkdir(exist_ok=True)
    for name, known in (("recorder-1", before), ("recorder-2", stale)):
        (rig.data / "cache" / f"holds-{name}.json").write_bytes(known.encode())
    await rig.start()
    await rig.login()

    async def back() -> bool:
        items = (await rig.http.get("/api/holds", params={"released": True})).json()["items"]
        return {one["id"]: (one["owner"], one["state"], one["cameras"]) for one in items} == {
            held: ("recovered", "active", ["cam-1", "cam-2"]), lapsed: ("recovered", "expired", ["cam-1"]),
        }  # fmt: skip

    await until_async(back, 10, "both are in the table again, and the released one is not")

    async def told() -> bool:
        found = await bucket_of(worker)
        return found is not None and found.revision > before.revision and found.holds == before.holds

    await until_async(told, 10, "the list is on the bus again, newer than what recorders know")


async def test_what_cannot_be_held_is_refused_and_says_why(rig: WebRig) -> None:
    later = rfc3339(NOW + timedelta(days=1))
    for change, status, word in (
        ({"reason": "  "}, 422, "hold-reason"),
        ({"reason": "\u200b"}, 422, "hold-reason"),
        ({"reason": "a\u0000b"}, 422, "hold-reason"),
        ({"reason": "a\u001b[2Jb"}, 422, "hold-reason"),
        ({"end": rfc3339(START)}, 422, "hold-span"),
        ({"start": later, "end": rfc3339(NOW + timedelta(days=2))}, 422, "hold-span"),
        ({"until": rfc3339(START)}, 422, "hold-until"),
        ({"cameras": ["cam-1", "nobody"]}, 404, "not-found"),
        ({"cameras": []}, 422, "invalid"),
        ({"start": "9999-12-31T23:59:59-10:00"}, 422, "invalid"),
    ):
        answer = await put(rig, **change)
        assert (answer.status_code, answer.json()["type"]) == (status, f"about:blank#{word}"), change
    assert (await rig.http.get("/api/holds", params={"released": True})).json()["items"] == []
    assert (await put(rig, reason="vụ việc 12:\n1. cổng sau\t👩\u200d⚕️")).status_code == 201


async def test_holds_are_listed_by_camera_span_and_page(rig: WebRig, worker: Worker) -> None:
    ids = [(await put(rig, cameras=[camera])).json()["id"] for camera in ("cam-1", "cam-2", "cam-1")]

    async def asked(**params: Any) -> list[str]:
        return [one["id"] for one in (await rig.http.get("/api/holds", params=params)).json()["items"]]

    assert await asked() == ids[::-1]
    assert await asked(camera="cam-1") == [ids[2], ids[0]]
    assert await asked(start=rfc3339(END)) == []
    assert await asked(end=rfc3339(START)) == []
    assert await asked(start=rfc3339(START), end=rfc3339(END)) == ids[::-1]
    page = (await rig.http.get("/api/holds", params={"limit": 2})).json()
    assert [one["id"] for one in page["items"]] == [ids[2], ids[1]]
    assert await asked(cursor=page["next"]) == [ids[0]]
    database = await Database.open(Environment.read(rig.data, {}), rig.clock)
    async with database.read() as connection:
        found = await touching(connection, "cam-1", START, START + timedelta(seconds=1))
        assert [one["id"] for one in found] == [ids[0], ids[2]]
        assert found[0].keys() == {"id", "start", "end", "reason", "owner", "until"}
        assert await touching(connection, "cam-2", END, NOW) == []
    await database.close()


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """``web`` looks at the list often; before it starts."""
    monkeypatch.setattr("web.holds.untold.LOOK_S", 0.1)


@pytest.mark.usefixtures("soon")
async def test_a_hold_without_a_bus_is_pending_and_told_later(rig: WebRig, worker: Worker, server: NatsServer) -> None:
    before = (await put(rig)).json()

    async def pending() -> dict[str, bool]:
        items = (await rig.http.get("/api/holds", params={"released": True})).json()["items"]
        return {one["id"]: one["pending"] for one in items}

    server.kill()

    async def away() -> bool:
        return not (await rig.http.get("/api/system")).json()["bus"]["connected"]

    await until_async(away, 15)
    made = (await put(rig)).json()
    assert made["pending"] is True
    assert await pending() == {before["id"]: False, made["id"]: True}

    async def said(state: str) -> bool:
        items = (await rig.http.get("/api/alerts", params={"kind": "storage"})).json()["items"]
        return [(one["detail"]["reason"], one["state"]) for one in items] == [("holds_untold", state)]

    rig.clock.skipped += 60
    await until_async(lambda: said("open"), 20, "it is said that recorders do not know of it")
    server.start()

    async def told() -> bool:
        if not worker.client.is_connected:
            return False
        return {hold.id for hold in (await listed(worker)).holds} == {before["id"], made["id"]}

    await until_async(told, 20)
    await until_async(lambda: said("ended"), 20)
    assert await pending() == {before["id"]: False, made["id"]: False}


async def test_the_recorder_that_speaks_for_the_disk_is_shown(rig: WebRig, worker: Worker) -> None:
    disk = StorageState(
        status="pressure", detail="add a disk", free_bytes=5, total_bytes=10, days_left=0.0, days_kept=3.25,
        days_kept_by="site:s", days_wanted=30.0, deleted_at=NOW, deleted_because="pressure",
    )  # fmt: skip
    for name, storage in (("recorder-1", disk), ("recorder-2", None)):
        state = NodeState(node="local", name=name, at=NOW, storage=storage)
        await worker.client.publish(f"$KV.state.{subjects.node_key('local', name)}", state.encode())
    await worker.client.flush()

    async def shown() -> list[dict[str, Any]]:
        return list((await rig.http.get("/api/system")).json()["storage"])

    (item,) = await until_async(shown, 10)
    assert (item["node"], item["name"], item["status"], item["free_bytes"]) == ("local", "recorder-1", "pressure", 5)
    assert (item["days_left"], item["days_kept"], item["days_wanted"]) == (0.0, 3.2, 30.0)
    assert item["days_kept_by"] == "site:s"
    assert (item["deleted_at"], item["deleted_because"], item["oldest"]) == (rfc3339(NOW), "pressure", None)
