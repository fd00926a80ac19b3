"""Zones and rules in one revision: what is refused, who was first, and when the detector has it in force."""

from __future__ import annotations

from typing import Any

import httpx

from tests.integration.web.rig import WebRig
from tests.integration.web.worker import Worker
from tests.support.waiting import until_async
from vms.domain.clock import SystemClock
from vms.settings.environment import Environment
from web.configuration.revisions import dump, import_facility, load
from web.database.engine import Database

ANALYSIS = "/api/cameras/cam-1/analysis"
LINE = {"id": "gate", "kind": "line", "points": [[0.2, 0.6], [0.8, 0.6]]}
CROSSING = {"id": "out", "kind": "line_crossing", "zone": "gate", "direction": "a_to_b"}


async def put(rig: WebRig, base: int | None = None, camera: str = "cam-1", **lists: Any) -> httpx.Response:
    body: dict[str, Any] = {"zones": [LINE], "rules": [CROSSING], **lists}
    if base is not None:
        body["base_revision"] = base
    return await rig.http.put(f"/api/cameras/{camera}/analysis", json=body)


async def test_zones_and_rules_change_in_one_revision(rig: WebRig) -> None:
    first = (await rig.http.get(ANALYSIS)).json()
    assert (first["revision"], first["rules"][0]["zone"]) == (1, "z")
    assert (await put(rig, first["revision"])).json() == {"revision": 2}
    camera = (await rig.http.get("/api/cameras/cam-1")).json()
    assert (camera["revision"], camera["zones"], camera["rules"][0]["id"]) == (2, [LINE], "out")
    same = await put(rig, 2)
    assert same.json() == {"revision": 2}


async def test_what_does_not_fit_together_is_refused_in_words(rig: WebRig) -> None:
    lost = await put(rig, 1, rules=[{"id": "r", "kind": "zone_breach", "zone": "gone"}])
    assert (lost.status_code, lost.json()["type"]) == (422, "about:blank#invalid")
    assert "names zone 'gone', which it lacks" in lost.json()["detail"]
    bow = {"id": "bow", "polygon": [[0, 0], [1, 1], [1, 0], [0, 1]]}
    crossed = await put(rig, 1, zones=[LINE, bow])
    assert (crossed.status_code, crossed.json()["type"]) == (422, "about:blank#invalid")
    assert crossed.json()["detail"].startswith("camera 'cam-1': body.zones.1: zone 'bow': its edges cross or touch")
    lost = [{"id": f"lost-{n}", "kind": "camera_offline"} for n in range(2)]
    for answer in (await put(rig, 1, rules=lost), await rig.http.put("/api/cameras/cam-1/rules", json={"items": lost})):
        assert answer.status_code == 422
        assert "more than one rule of kind camera_offline" in answer.json()["detail"]
    assert (await put(rig, 2**63)).status_code == 422
    unborn = await put(rig, 7)
    assert (unborn.status_code, unborn.json()["detail"][:24]) == (409, "there is no revision 7 y")
    many = await put(rig, 1, zones=[LINE] * 65)
    assert "at most 64" in many.json()["detail"]
    assert (await put(rig, 1, camera="nope")).status_code == 404
    assert (await rig.http.get(ANALYSIS)).json()["revision"] == 1


async def test_who_drew_upon_an_older_one_is_told_whose_is_there_now(rig: WebRig) -> None:
    assert (await put(rig, 1)).status_code == 200
    late = await put(rig, 1, zones=[], rules=[])
    assert (late.status_code, late.json()["type"]) == (409, "about:blank#changed")
    told = late.json()
    assert (told["by"], told["revision"], told["zones"]) == ("admin", 2, [LINE])
    assert told["at"].endswith("Z")
    # The same drawing twice is no quarrel; neither is another camera's, nor who has seen the newest.
    assert (await put(rig, 1)).json() == {"revision": 2}
    assert (await put(rig, 1, camera="cam-2")).json() == {"revision": 3}
    assert (await put(rig, 2, zones=[], rules=[])).json() == {"revision": 4}
    assert (await put(rig, 999)).status_code == 409  # of a database that is no more
    assert (await put(rig)).json() == {"revision": 5}


async def test_the_command_line_is_somebody_else_too(rig: WebRig) -> None:
    plain = dump(rig.seed)
    plain["sites"][0]["cameras"][0].update(zones=[LINE], rules=[])
    database = await Database.open(Environment.read(rig.data, {}))
    assert await import_facility(database, SystemClock(), load(plain)) == 2
    await database.close()
    told = (await put(rig, 1)).json()
    assert (told["by"], told["revision"], told["rules"]) == ("import", 2, [])


async def test_the_revision_that_the_detector_has_in_force_is_told(rig: WebRig, worker: Worker) -> None:
    async def applied() -> int | None:
        found: int | None = (await rig.http.get("/api/cameras/cam-1")).json()["analysis_revision"]
        return found

    assert await applied() is None
    await worker.see(revision=1)

    async def first() -> bool:
        return await applied() == 1

    await until_async(first)
    rig.clock.skipped += 10  # heartbeats missed: nobody says what is in force

    async def unknown() -> bool:
        return await applied() is None

    await until_async(unknown)
