"""Rules tried out over HTTP: web and renderer as in the service, over real recordings."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from nats.aio.msg import Msg

from tests.integration.web.rig import WebRig, facility, web_rig
from tests.integration.web.worker import Worker
from tests.support.nats_bus import NatsServer
from tests.support.recorded import Recordings
from tests.support.renderer_rig import asking, renderer
from tests.support.visits import SIZE, filmed
from tests.support.waiting import until_async
from vms.bus import subjects
from vms.domain.facility import Facility
from vms.domain.tryouts import Reply, Start
from web.accounts import roles
from web.configuration.revisions import dump

PATH = "/api/cameras/cam-1/tryouts"
ALL = {"id": "all", "kind": "restricted", "polygon": [[0, 0], [1, 0], [1, 1], [0, 1]]}
RULE = {"id": "breach", "kind": "zone_breach", "zone": "all", "rearm_s": 1}
BODY = {"rule": RULE, "zones": [ALL]}
VISITS = ((21.0, 29.0), (50.0, 58.0))
BOW = {"id": "bow", "kind": "area", "name": "\u202e", "polygon": [[0, 0], [1, 1], [1, 0], [0, 1]]}
IN_BOW = {"id": "in-bow", "kind": "zone_breach", "zone": "bow"}
ALWAYS = {"id": "always", "kind": "tamper", "schedule": "10:00-10:00"}


@pytest.fixture
def recordings(rig: WebRig) -> Iterator[Recordings]:
    one = Recordings(rig.data / "recordings")
    yield one
    one.close()


async def listening(rig: WebRig, server: NatsServer) -> None:
    async with asking(server) as asker:
        await asker.until_it_listens()


async def tried(rig: WebRig, id_: str) -> dict[str, Any]:
    async def over() -> dict[str, Any] | None:
        answer = await rig.http.get(f"{PATH}/{id_}")
        assert answer.status_code == 200, answer.text
        assert answer.headers["cache-control"] == "no-store"
        return None if answer.json()["state"] in ("queued", "running") else answer.json()

    found = await until_async(over, 60, "it is over")
    assert found is not None
    return found


async def test_a_rule_on_the_last_hour(rig: WebRig, server: NatsServer, recordings: Recordings) -> None:
    begun = float(int(time.time()) - 1800)
    recordings.record("h264", filmed(VISITS, 70), begun, SIZE)
    away = await rig.http.post(PATH, json=BODY)
    assert (away.status_code, away.json()["type"]) == (503, "about:blank#renderer-away")
    assert int(away.headers["retry-after"]) > 0
    with renderer(rig.data, server):
        await listening(rig, server)
        answer = await rig.http.post(PATH, json=BODY)
        assert answer.status_code == 202, answer.text
        id_ = answer.json()["id"]
        assert answer.json() == {"id": id_}
        done = await tried(rig, id_)
        assert set(done) == {
            "id", "state", "progress", "start", "end", "looked_s", "missing_s", "looked_until", "model", "fired",
            "error",
        }  # fmt: skip
        assert done["looked_until"] == done["end"]
        assert (done["id"], done["state"], done["progress"], done["error"]) == (id_, "done", 1, None)
        start, end = (datetime.fromisoformat(done[name]).timestamp() for name in ("start", "end"))
        assert end - start == pytest.approx(3600, abs=0.002)
        assert done["looked_s"] == pytest.approx(70, abs=0.2)
        assert done["looked_s"] + done["missing_s"] == pytest.approx(3600, abs=0.01)
        assert done["model"]
        for one in done["fired"]:
            assert set(one) == {"start", "end", "persons", "most"}
        for _ in range(2):  # what is over stays as it is
            gone = await rig.http.delete(f"{PATH}/{id_}")
            assert (gone.status_code, gone.content) == (204, b"")
        assert (await tried(rig, id_))["state"] == "done"
        for path in (f"{PATH}/nobody", f"/api/cameras/cam-2/tryouts/{id_}", f"/api/cameras/nobody/tryouts/{id_}"):
            for method in ("GET", "DELETE"):
                unknown = await rig.http.request(method, path)
                assert (unknown.status_code, unknown.json()["type"]) == (404, "about:blank#not-found"), path
        short = await rig.http.post(PATH, json=BODY | {"hours": 0.1})
        failed = await tried(rig, short.json()["id"])
        assert (failed["state"], failed["error"], failed["missing_s"]) == ("failed", "no_footage", 360)
    lost = await rig.http.get(f"{PATH}/{id_}")
    assert (lost.status_code, lost.json()["type"]) == (503, "about:blank#renderer-away")
    with renderer(rig.data, server):
        await listening(rig, server)
        assert (await rig.http.get(f"{PATH}/{id_}")).status_code == 404, "one that was started again knows nothing"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"rule": {**RULE, "zone": "none"}, "zones": [ALL]}, "zone 'none'"),
        ({"rule": RULE, "zones": []}, "zone 'all'"),
        ({"rule": RULE, "zones": [ALL, ALL]}, "used twice"),
        ({"rule": {"id": "r", "kind": "zone_breach"}, "zones": [ALL]}, "needs a 'zone'"),
        ({"rule": {**RULE, "kind": "line_crossing"}, "zones": [ALL]}, "does not fit"),
        ({"rule": {"id": "r", "kind": "occupancy", "min": 2, "max": 1}}, "min 2 is above max 1"),
        ({"rule": {**RULE, "schedule": "25:00-26:00"}, "zones": [ALL]}, "schedule"),
        ({"rule": {"id": "r", "kind": "camera_offline"}}, "cannot be tried out"),
        ({"rule": {**RULE, "surprise": 1}, "zones": [ALL]}, "surprise"),
        ({**BODY, "hours": 0.09}, "hours"),
        ({**BODY, "hours": 24.1}, "hours"),
        ({**BODY, "hours": "inf"}, "hours"),
        ({**BODY, "zones": [ALL] * 65}, "zones"),
        ({"zones": [ALL]}, "rule"),
        ([], "body"),
    ],
)
async def test_rules_that_are_none(rig: WebRig, body: Any, said: str) -> None:
    answer = await rig.http.post(PATH, json=body)
    assert (answer.status_code, answer.json()["type"]) == (422, "about:blank#invalid")
    assert said in answer.json()["detail"]


@pytest_asyncio.fixture
async def old(tmp_path: Path, server: NatsServer) -> AsyncIterator[WebRig]:
    """A service whose camera has a name, a zone and a rule from before such were refused."""
    plain = dump(facility())
    plain["sites"][0]["cameras"][0].update(name="Cổng\nchính", zones=[BOW, ALL], rules=[ALWAYS, RULE])
    async with web_rig(tmp_path / "data", server.url, Facility.from_store(json.dumps(plain))) as made:
        yield made


@pytest.mark.parametrize(
    "body", [BODY, {"rule": ALWAYS}, {"rule": IN_BOW, "zones": [BOW]}], ids=["name", "rule", "zone"]
)
async def test_what_was_stored_before_it_was_refused_is_tried_out_like_the_rest(
    old: WebRig, server: NatsServer, body: dict[str, Any]
) -> None:
    recordings = Recordings(old.data / "recordings")
    recordings.record("h264", filmed((), 10), float(int(time.time()) - 60), SIZE)
    recordings.close()
    with renderer(old.data, server):
        await listening(old, server)
        answer = await old.http.post(PATH, json=body | {"hours": 0.1})
        assert answer.status_code == 202, answer.text
        done = await tried(old, answer.json()["id"])
        assert (done["state"], done["error"]) == ("done", None)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"rule": IN_BOW, "zones": [BOW | {"polygon": [[0, 0], [1, 1], [1, 0], [0.2, 1]]}]}, "zones.0: zone 'bow'"),
        ({"rule": RULE, "zones": [ALL, BOW, BOW | {"id": "new"}]}, "zones.2.name: a name has letters"),
        ({"rule": ALWAYS | {"rearm_s": 7}}, "rule: rule 'always': schedule '10:00-10:00' ends"),
        ({"rule": ALWAYS | {"id": "new"}}, "rule: rule 'new': schedule '10:00-10:00' ends"),
    ],
)
async def test_what_is_new_in_it_is_looked_at(old: WebRig, body: dict[str, Any], said: str) -> None:
    answer = await old.http.post(PATH, json=body)
    assert (answer.status_code, answer.json()["type"]) == (422, "about:blank#invalid")
    assert answer.json()["detail"].startswith(f"camera 'cam-1': body.{said}")


async def test_only_who_may_configure_may_try(rig: WebRig, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (await rig.http.post("/api/cameras/nobody/tryouts", json=BODY)).status_code == 404
    monkeypatch.setitem(roles.ROLES, "admin", roles.ALL - {"camera.configure"})
    for answer in await asyncio.gather(
        rig.http.post(PATH, json=BODY), rig.http.get(f"{PATH}/x"), rig.http.delete(f"{PATH}/x")
    ):
        assert answer.status_code == 403
    async with httpx.AsyncClient(base_url=rig.http.base_url) as stranger:
        assert (await stranger.post(PATH, json=BODY)).status_code == 401


async def test_what_the_renderer_is_asked_for(tmp_path: Path, server: NatsServer) -> None:
    """The settings of the detector, and its view of the camera: one without a sub stream shows key frames alone."""
    facility = Facility.model_validate(
        {
            "facility": {"name": "Thử", "timezone": "Asia/Tokyo"},
            "detector": {"model": "yolo11n", "active_fps": 3, "idle_fps": 1, "armed_fps": 1.5, "confidence": 0.6,
                         "input_px": 320},
            "sites": [{"id": "s1", "name": "Khu 1", "cameras": [
                {"id": f"cam-{n}", "name": "Cổng", "placement": "patient_room",
                 "streams": {"main": "rtsp://u:${P}@h/main"} | ({"sub": "rtsp://u:${P}@h/sub"} if n == 2 else {})}
                for n in (1, 2)
            ]}],
        }
    )  # fmt: skip
    heard: list[Msg] = []
    async with web_rig(tmp_path / "data", server.url, facility) as rig:
        worker = await Worker.connect(rig.bus_url)

        async def refuse(msg: Msg) -> None:
            heard.append(msg)
            await worker.client.publish(msg.reply, Reply(refusal="busy").encode())

        await worker.client.subscribe(subjects.control("s1", "*", "tryout"), cb=refuse)
        await worker.see("cam-2", input_px=640)
        await worker.client.flush()

        async def heard_of() -> bool:
            return bool((await rig.http.get("/api/cameras/cam-2")).json()["inferred_fps"])

        await until_async(heard_of, what="what its detector says has come")
        for camera in ("cam-1", "cam-2"):
            answer = await rig.http.post(f"/api/cameras/{camera}/tryouts", json=BODY | {"hours": 2})
            assert (answer.status_code, answer.json()["type"]) == (503, "about:blank#busy")
            assert int(answer.headers["retry-after"]) > 0
        await worker.close()
    first, second = (Start.model_validate_json(msg.data) for msg in heard)
    assert (first.model, first.confidence, first.active_fps, first.idle_fps, first.armed_fps) == (
        "yolo11n",
        0.6,
        3,
        1,
        1.5,
    )
    assert (first.timezone, first.rule.id, first.zones[0].id) == ("Asia/Tokyo", "breach", "all")
    assert (first.keys_only, second.keys_only) == (True, False)
    assert (first.input_px, second.input_px) == (320, 640), "as the detector says; as the facility, where none does"
    assert (first.end - first.start).total_seconds() == 7200
    assert first.asker
    assert first.asker == second.asker
    assert b"rtsp" not in heard[0].data
    assert b"${P}" not in heard[0].data


@pytest.mark.parametrize(
    ("reply", "status", "word"),
    [
        (Reply(refusal="bad_request").encode(), 503, "renderer-away"),
        (b"", 503, "renderer-away"),
        (b'{"tryout": 1}', 503, "renderer-away"),
        (Reply(refusal="unknown").encode(), 404, "not-found"),
    ],
)
async def test_refusals_of_the_renderer(rig: WebRig, worker: Worker, reply: bytes, status: int, word: str) -> None:
    async def answer_so(msg: Msg) -> None:
        await worker.client.publish(msg.reply, reply)

    await worker.client.subscribe(subjects.control("s1", "cam-1", "tryout"), cb=answer_so)
    await worker.client.flush()
    answer = await rig.http.get(f"{PATH}/x")
    assert (answer.status_code, answer.json()["type"]) == (status, f"about:blank#{word}")
    assert ("retry-after" in answer.headers) == (status == 503)
