"""Zones and rules in one revision: what is refused, who was first, and when the detector has it in force."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from tests.integration.web.rig import NatsServer, WebRig, facility, web_rig
from tests.integration.web.worker import Worker
from tests.support.waiting import until_async
from vms.domain.clock import SystemClock
from vms.domain.facility import Facility
from vms.settings.environment import Environment
from web.configuration.revisions import dump, import_facility, load
from web.database.engine import Database

ANALYSIS = "/api/cameras/cam-1/analysis"
LINE = {"id": "gate", "kind": "line", "points": [[0.2, 0.6], [0.8, 0.6]]}
BOW = {"id": "bow", "kind": "area", "name": "Nơ", "polygon": [[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]}
ALWAYS = {"id": "always", "kind": "tamper", "schedule": "10:00-10:00"}
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
    crossed = await put(rig, 1, zones=[LINE, BOW])
    assert (crossed.status_code, crossed.json()["type"]) == (422, "about:blank#invalid")
    assert crossed.json()["detail"].startswith("camera 'cam-1': body.zones.1: zone 'bow': its edges cross or touch")
    twice = [{"id": f"lost-{n}", "kind": "camera_offline"} for n in range(2)]
    both = (await put(rig, 1, rules=twice), await rig.http.put("/api/cameras/cam-1/rules", json={"items": twice}))
    for answer in both:
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


@pytest_asyncio.fixture
async def old(tmp_path: Path, server: NatsServer) -> AsyncIterator[WebRig]:
    """A service that has a zone and a rule from before such were refused."""
    plain = dump(facility())
    plain["sites"][0]["cameras"][0].update(zones=[BOW, LINE], rules=[ALWAYS, CROSSING])
    async with web_rig(tmp_path / "data", server.url, Facility.from_store(json.dumps(plain))) as made:
        yield made


async def test_what_was_stored_before_it_was_refused_stays_and_does_not_stand_in_the_way(old: WebRig) -> None:
    gate = LINE | {"name": "Cổng"}
    both = [ALWAYS, CROSSING]
    assert (await put(old, 1, zones=[BOW, gate], rules=both)).json() == {"revision": 2}
    # As the editor sends it: without the corner that is said again.
    open_bow = BOW | {"polygon": BOW["polygon"][:-1], "name": "Sảnh", "kind": "restricted"}
    assert (await put(old, 2, zones=[open_bow, gate], rules=both)).json() == {"revision": 3}
    for part, items in (("zones", [gate, open_bow]), ("rules", [CROSSING, ALWAYS])):
        answer = await old.http.put(f"/api/cameras/cam-1/{part}", json={"items": items})
        assert answer.status_code == 200, answer.text
    stored = (await old.http.get(ANALYSIS)).json()
    assert (stored["zones"], [rule["id"] for rule in stored["rules"]]) == ([gate, open_bow], ["out", "always"])


@pytest.mark.parametrize(
    ("lists", "said"),
    [
        (
            {"zones": [BOW | {"polygon": [[0, 0], [1, 1], [1, 0], [0.2, 1]]}, LINE]},
            "body.zones.0: zone 'bow': its edges",
        ),
        ({"zones": [BOW, BOW | {"id": "new"}, LINE]}, "body.zones.1: zone 'new': its edges"),
        ({"zones": [BOW | {"name": "\u202e"}, LINE]}, "body.zones.0.name: a name has letters"),
        ({"rules": [ALWAYS | {"rearm_s": 7}, CROSSING]}, "body.rules.0: rule 'always': schedule '10:00-10:00' ends"),
    ],
)
async def test_what_is_new_in_it_is_looked_at(old: WebRig, lists: dict[str, Any], said: str) -> None:
    answer = await put(old, 1, **{"zones": [BOW, LINE], "rules": [ALWAYS, CROSSING], **lists})
    assert answer.status_code == 422
    assert answer.json()["detail"].startswith(f"camera 'cam-1': {said}")
    name, items = next(iter(lists.items()))
    alone = await old.http.put(f"/api/cameras/cam-1/{name}", json={"items": items})
    assert alone.json()["detail"].startswith(f"camera 'cam-1': {said.replace(name, 'items', 1)}")
    assert (await old.http.get(ANALYSIS)).json()["revision"] == 1


async def test_an_old_zone_that_somebody_has_redrawn_meanwhile_does_not_come_back_unseen(old: WebRig) -> None:
    redrawn = BOW | {"polygon": [[0, 0], [1, 0], [1, 1], [0, 1]]}
    assert (await put(old, 1, zones=[redrawn, LINE], rules=[ALWAYS, CROSSING])).status_code == 200
    late: dict[str, Any] = {"zones": [BOW, LINE], "rules": [CROSSING]}
    assert (await put(old, 1, **late)).status_code == 409
    assert (await put(old, **late)).status_code == 422
    assert (await old.http.get(ANALYSIS)).json()["zones"] == [redrawn, LINE]


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
