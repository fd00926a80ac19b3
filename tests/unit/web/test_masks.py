"""Privacy masks in the interface: who is told of them, how they are changed, and what is written down of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.support.audited import Audited, audited
from tests.support.bare_web import browser
from tests.unit.web.walking import MASK, ZONE, two_sites
from vms.domain.facility import Facility
from vms.settings import facility_file
from web.configuration.differences import differences

MASKS = "/api/cameras/cam-1/masks"
ANALYSIS = "/api/cameras/cam-1/analysis"
OTHER = {"id": "n", "name": "Bàn", "polygon": [[0.6, 0.6], [0.9, 0.6], [0.9, 0.9]]}


@pytest_asyncio.fixture
async def web(tmp_path: Path) -> AsyncIterator[Audited]:
    async with audited(tmp_path) as made:
        yield made


async def _put(client: Any, items: list[dict[str, Any]], **more: Any) -> Any:
    return await client.put(MASKS, json={"items": items, **more})


async def test_who_draws_them_or_sees_beneath_is_told_where_they_are(web: Audited) -> None:
    async with web.browser("admin") as client:
        assert (await _put(client, [MASK])).json() == {"revision": 2}
        assert (await client.get(MASKS)).json() == {"items": [MASK], "next": None, "revision": 2}
    for role, sees_beneath in (("admin", True), ("records", True), ("viewer", False), ("supervisor", False)):
        async with web.browser(role) as client:
            one, other = (await client.get("/api/cameras")).json()["items"]
            whole = (await client.get("/api/cameras/cam-1")).json()
            drawn = (await client.get(ANALYSIS)).json()
        assert (one["masked"], other["masked"], whole["masked"]) == (not sees_beneath, False, not sees_beneath)
        assert [told.get("masks") for told in (one, whole, drawn)] == [[MASK] if sees_beneath else None] * 3


async def test_what_became_of_each_is_written_down_with_the_reason(web: Audited) -> None:
    async with web.browser("admin") as client:
        await _put(client, [MASK, OTHER])
        await _put(client, [MASK | {"name": "Giường"}, OTHER | {"id": "o"}], reason="Bệnh nhân mới")
        await _put(client, [MASK | {"name": "Giường"}, OTHER | {"id": "o"}])
        await client.put(ANALYSIS, json={"zones": [ZONE], "rules": [], "masks": []})
    told = [one["detail"] for one in await web.entries(("masks.change",))]
    assert told == [
        {"added": ["m", "n"]},
        {"added": ["o"], "changed": ["m"], "removed": ["n"], "reason": "Bệnh nhân mới"},
        {"removed": ["m", "o"]},
    ]
    (zones,) = await web.entries(("zones.change",))
    assert zones["detail"] == {"zones": ["z"], "rules": []}


async def test_masks_alone_are_no_change_of_zones(web: Audited) -> None:
    async with web.browser("admin") as client:
        now = (await client.get(ANALYSIS)).json()
        body = {"zones": now["zones"], "rules": now["rules"], "masks": [MASK], "base_revision": 1}
        assert (await client.put(ANALYSIS, json=body)).json() == {"revision": 2}
    assert len(await web.entries(("masks.change",))) == 1
    assert await web.entries(("zones.change",)) == []


async def test_who_states_no_masks_leaves_them(web: Audited) -> None:
    async with web.browser("admin") as client:
        await _put(client, [MASK])
        plain = {"zones": [ZONE], "rules": [], "base_revision": 1}  # drawn before, by who knows no masks
        assert (await client.put(ANALYSIS, json=plain)).json() == {"revision": 3}
        assert (await client.get(MASKS)).json()["items"] == [MASK]


async def test_who_drew_upon_older_ones_is_told_whose_are_there_now(web: Audited) -> None:
    async with web.browser("admin") as client:
        await _put(client, [MASK], base_revision=1)
        late = await _put(client, [OTHER], base_revision=1)
        assert (late.status_code, late.json()["type"], late.json()["masks"]) == (409, "about:blank#changed", [MASK])
        late = await client.put(ANALYSIS, json={"zones": [], "rules": [], "masks": [OTHER], "base_revision": 1})
        assert (late.status_code, late.json()["revision"]) == (409, 2)
        assert (await _put(client, [MASK], base_revision=1)).json() == {"revision": 2}  # the same drawing twice
        assert (await _put(client, [OTHER], base_revision=2)).json() == {"revision": 3}


@pytest.mark.parametrize(
    ("items", "said"),
    [
        ([{"id": "m", "polygon": [[0, 0], [1, 1], [1, 0], [0, 1]]}], "its edges cross"),
        ([{"id": "m", "polygon": [[0, 0], [1, 1]]}], "at least 3"),
        ([{"id": "m", "polygon": [[0, 0], [2, 1], [1, 0]]}], "less than or equal to 1"),
        ([MASK, MASK], "mask"),
        ([MASK | {"id": f"m{n}"} for n in range(17)], "at most 16"),
        ([MASK | {"id": "../x"}], "id"),
    ],
)
async def test_what_is_no_mask_is_refused(web: Audited, items: list[dict[str, Any]], said: str) -> None:
    async with web.browser("admin") as client:
        for answer in (
            await _put(client, items),
            await client.put(ANALYSIS, json={"zones": [], "rules": [], "masks": items}),
        ):
            assert (answer.status_code, said in answer.json()["detail"]) == (422, True), answer.text
        assert (await client.get(MASKS)).json() == {"items": [], "next": None, "revision": 1}


def test_a_facility_file_states_them_and_what_differs_is_said_by_the_line(tmp_path: Path) -> None:
    plain = two_sites().model_dump(mode="json", exclude_none=True)
    plain["sites"][0]["cameras"][0]["masks"] = [MASK | {"name": "Giường"}]
    masked = Facility.model_validate(plain)
    path = tmp_path / "facility.yaml"
    path.write_text(facility_file.dump(masked), encoding="utf-8")
    assert facility_file.load(path) == masked
    added = differences(two_sites(), masked)
    assert [line.partition(": ")[0] for line in added] == [
        "- sites[s1].cameras[cam-1].masks",
        "+ sites[s1].cameras[cam-1].masks[m].name",
        "+ sites[s1].cameras[cam-1].masks[m].polygon",
    ]


async def test_who_may_not_see_beneath_takes_none_away(web: Audited) -> None:
    """A token never sees beneath: drawing them too would let it."""
    async with web.browser("admin") as owner:
        await _put(owner, [MASK])
        asked = {"name": "ghi", "permissions": ["camera.view", "camera.configure"], "days": 1}
        token = (await owner.post("/api/tokens", json=asked)).json()["token"]
    async with browser(web.app) as program:
        program.headers["Authorization"] = f"Bearer {token}"
        assert (await program.get(MASKS)).status_code == 403
        assert (await _put(program, [])).status_code == 403
        whole = {"zones": [ZONE], "rules": []}
        assert (await program.put(ANALYSIS, json=whole | {"masks": []})).status_code == 403
        assert (await program.put(ANALYSIS, json=whole)).status_code == 200
        overtaken = await program.put(ANALYSIS, json={"zones": [], "rules": [], "base_revision": 1})
        assert (overtaken.status_code, "masks" in overtaken.json()) == (409, False)
    async with web.browser("admin") as owner:
        assert (await owner.get(MASKS)).json()["items"] == [MASK]
