"""Alerts over the API, with a real bus and a scripted worker: what comes, what people do, what nobody owns."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta

import pytest
from nats.js.errors import NoStreamResponseError

from tests.integration.web.rig import WebRig
from tests.integration.web.worker import JPEG, Worker
from tests.support.waiting import until_async
from vms.bus import subjects
from vms.domain.messages import Box
from web.cameras import orphans, reports, unanalysed


async def test_acknowledging_twice_names_who_was_first(rig: WebRig, worker: Worker) -> None:
    await worker.alert("a1", "opened", persons=1, snapshot=JPEG)
    await worker.alert("a1", "ended")
    alert = await until_async(lambda: _alert_in(rig, "a1", "ended"))
    assert [step["kind"] for step in alert["steps"]] == ["opened", "ended"]
    assert (await rig.http.get(alert["snapshot"])).content == JPEG
    done = await rig.http.post("/api/alerts/a1/ack", json={"note": "đang đi"})
    assert done.json()["state"] == "acknowledged"
    assert done.json()["steps"][-1] | {"at": ""} == {"at": "", "kind": "acknowledged", "by": "admin", "note": "đang đi"}
    second = await rig.http.post("/api/alerts/a1/ack")
    assert (second.status_code, second.json()["by"]) == (409, "admin")
    assert (await rig.http.post("/api/alerts/a1/resolve", json={})).json()["state"] == "resolved"
    assert (await rig.http.post("/api/alerts/a1/ack")).status_code == 409
    assert (await rig.http.post("/api/alerts/none/ack")).status_code == 404


async def test_a_stream_that_somebody_deleted_is_made_anew(rig: WebRig, worker: Worker) -> None:
    """By web, who alone may: what workers tell waits with them meanwhile."""
    await worker.alert("a1", "opened")
    await until_async(lambda: _alert_in(rig, "a1", "open"))
    await worker.js.delete_stream(subjects.STREAM_ALERTS)

    async def stored() -> bool:
        with contextlib.suppress(NoStreamResponseError):
            await worker.alert("a2", "opened")
            return True
        return False

    await until_async(stored, 20)
    await until_async(lambda: _alert_in(rig, "a2", "open"))


async def test_boxes_stay_those_of_the_picture(rig: WebRig, worker: Worker) -> None:
    """They are drawn over it; where the person is seconds later says nothing about that picture."""
    first, later = (Box(x=x, y=0.2, w=0.1, h=0.4, track=7) for x in (0.1, 0.6))
    for name, picture in (("pictured", JPEG), ("bare", None)):
        await worker.alert(name, "opened", persons=1, boxes=(first,), snapshot=picture)
        await worker.alert(name, "updated", persons=2, boxes=(later,))
        await worker.alert(name, "ended")
    await until_async(lambda: _alert_in(rig, "bare", "ended"))
    found = {name: (await rig.http.get(f"/api/alerts/{name}")).json() for name in ("pictured", "bare")}
    assert {name: [box["x"] for box in one["boxes"]] for name, one in found.items()} == {
        "pictured": [0.1],
        "bare": [0.6],
    }
    assert all(one["persons"] == 2 for one in found.values())


async def test_alerts_are_paged_newest_first(rig: WebRig, worker: Worker) -> None:
    at = datetime.now(UTC)
    for i in range(5):
        await worker.alert(f"a{i}", "opened", opened_at=at + timedelta(seconds=i // 2), at=at)
    await until_async(lambda: _alert_in(rig, "a4", "open"))
    seen: list[str] = []
    cursor = ""
    while True:
        page = (await rig.http.get(f"/api/alerts?limit=2{cursor}")).json()
        seen += [item["id"] for item in page["items"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert seen == ["a4", "a3", "a2", "a1", "a0"]
    assert (await rig.http.get("/api/alerts?state=ended")).json()["items"] == []


async def test_taking_an_alert_on_does_not_end_it(rig: WebRig, worker: Worker) -> None:
    at = datetime.now(UTC)
    for second, name in enumerate(("waits", "taken", "resolved", "over", "over-taken")):
        await worker.alert(name, "opened", opened_at=at + timedelta(seconds=second), at=at)
    for name in ("over", "over-taken"):
        await worker.alert(name, "ended")
    await until_async(lambda: _alert_in(rig, "over-taken", "ended"))
    for name, step in (("taken", "ack"), ("over-taken", "ack"), ("resolved", "resolve")):
        assert (await rig.http.post(f"/api/alerts/{name}/{step}")).status_code == 200

    async def listed(**wanted: str) -> list[str]:
        return [item["id"] for item in (await rig.http.get("/api/alerts", params=wanted)).json()["items"]]

    assert await listed(ongoing="true") == ["resolved", "taken", "waits"]
    assert await listed(ongoing="true", state="acknowledged") == ["taken"]
    assert await listed(ongoing="false") == ["over-taken", "over"]
    assert await listed(state="open,ended") == ["over", "waits"]
    assert (await rig.http.get("/api/alerts", params={"ongoing": "maybe"})).status_code == 422
    counted = [(await rig.http.get(path)).json() for path in ("/api/sites", "/api/cameras/cam-1")]
    assert (counted[0]["items"][0]["open_alerts"], counted[1]["open_alerts"]) == (2, 2)

    await worker.alert("taken", "ended")
    await until_async(lambda: _ended(rig, "taken"))
    assert (await listed(ongoing="true"), await listed(state="acknowledged")) == (
        ["resolved", "waits"],
        ["over-taken", "taken"],
    )
    assert (await rig.http.get("/api/cameras/cam-1")).json()["open_alerts"] == 1


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of what ``web`` looks at by itself; before it starts."""
    for module in (orphans, unanalysed):
        monkeypatch.setattr(module, "LOOK_S", 0.1)
    monkeypatch.setattr(orphans, "GRACE_S", 0.5)
    monkeypatch.setattr(unanalysed, "AFTER_S", 1.0)
    monkeypatch.setattr(unanalysed, "STEADY_S", 1.0)
    monkeypatch.setattr(reports, "UNHEARD_S", 1.0)


@pytest.mark.usefixtures("soon")
async def test_an_alert_that_no_detector_owns_is_ended(rig: WebRig, worker: Worker) -> None:
    for name in ("owned", "lost"):
        await worker.alert(name, "opened")
    await worker.alert("gone", "opened", camera="no-longer-there")

    async def lost_ended() -> dict[str, object] | None:
        await worker.see(open_alerts=("owned",))
        return await _alert_in(rig, "lost", "ended")

    lost = await until_async(lost_ended, 20)
    assert lost["detail"]["cause"] == "unowned"
    await until_async(lambda: _alert_in(rig, "gone", "ended"))
    assert await _alert_in(rig, "owned", "open")
    await worker.alert("lost", "ended")  # its own word comes after all: it changes nothing
    await worker.alert("after", "opened")
    await until_async(lambda: _alert_in(rig, "after", "open"))
    assert (await _alert_in(rig, "lost", "ended"))["ended_at"] == lost["ended_at"]


@pytest.mark.usefixtures("soon")
@pytest.mark.parametrize("reason", ["corrupt", "decoder"])
async def test_a_camera_that_is_recorded_and_not_analysed_raises_one_alert(
    rig: WebRig, worker: Worker, reason: str
) -> None:
    async def alerts_while(status: str, wanted: str) -> list[dict[str, object]] | None:
        await worker.beat("cam-1")
        await worker.beat("cam-2")
        await worker.see("cam-2", status=status, reason=reason if status == "offline" else None)
        items = (await rig.http.get("/api/alerts", params={"kind": "analysis_failed"})).json()["items"]
        return items if [item["state"] for item in items] == [wanted] else None

    (alert,) = await until_async(lambda: alerts_while("offline", "open"), 20)
    assert (alert["camera"], alert["severity"], alert["detail"]) == ("cam-2", "warning", {"reason": reason})
    camera = (await rig.http.get("/api/cameras/cam-2")).json()
    assert (camera["state"], camera["reason"], camera["open_alerts"]) == ("recording", reason, 1)
    (ended,) = await until_async(lambda: alerts_while("online", "ended"), 20)
    assert ended["id"] == alert["id"]


@pytest.mark.usefixtures("soon")
async def test_a_detector_that_stays_away_raises_one_alert_for_its_node(rig: WebRig, worker: Worker) -> None:
    async def alerts_while(*states: str, reason: str | None = None) -> tuple[list[dict[str, object]]] | None:
        for camera in ("cam-1", "cam-2"):
            await worker.beat(camera, analysed=reason is None)
        cameras = (await rig.http.get("/api/cameras")).json()["items"]
        items = (await rig.http.get("/api/alerts", params={"kind": "analysis_failed,camera_offline"})).json()["items"]
        shown = [("recording", reason)] * 2 == [(one["state"], one["reason"]) for one in cameras]
        return (items,) if shown and [item["state"] for item in items] == [*states] else None

    await until_async(alerts_while, 20)
    ((alert,),) = await until_async(lambda: alerts_while("open", reason="detector_lost"), 20)
    assert (alert["kind"], alert["site"], alert["camera"], alert["node"]) == ("analysis_failed", None, None, "local")
    assert alert["detail"] == {"reason": "detector_lost", "cameras": ["cam-1", "cam-2"]}
    await rig.stop()
    await rig.start()
    ((same,),) = await until_async(lambda: alerts_while("open", reason="detector_lost"), 20)
    ((ended,),) = await until_async(lambda: alerts_while("ended"), 20)
    assert alert["id"] == same["id"] == ended["id"]


async def test_a_state_that_does_not_exist_is_an_error_not_an_empty_list(rig: WebRig) -> None:
    assert (await rig.http.get("/api/alerts", params={"state": "open,ended", "kind": "site_unreachable"})).json()[
        "items"
    ] == []
    for name in ("state", "kind", "severity"):
        assert (await rig.http.get("/api/alerts", params={name: "opne"})).status_code == 422
    assert (await rig.http.get("/health")).status_code == 404


async def _ended(rig: WebRig, alert_id: str) -> bool:
    return (await rig.http.get(f"/api/alerts/{alert_id}")).json()["ended_at"] is not None


async def _alert_in(rig: WebRig, alert_id: str, state: str) -> dict[str, object] | None:
    answer = await rig.http.get(f"/api/alerts/{alert_id}")
    return answer.json() if answer.status_code == 200 and answer.json()["state"] == state else None
