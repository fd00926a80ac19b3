"""Lists that speak of several sites at once say nothing of those that somebody may not know of."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest_asyncio
from fastapi import FastAPI
from sqlalchemy import insert

from tests.support.bare_web import bare_web, browser
from tests.unit.web.walking import WHEN, ZONE, rows, signed_in, two_sites
from vms.bus import subjects
from vms.domain.facility import Facility
from vms.domain.index import AuditResult, Difference
from vms.domain.node import NodeState, StorageState
from web.configuration.revisions import import_facility, latest
from web.database.schema import CameraFirst
from web.database.schema_holds import HoldCamera


@pytest_asyncio.fixture
async def app(tmp_path: Path) -> AsyncIterator[FastAPI]:
    async with bare_web(tmp_path, two_sites()) as app:
        async with app.state.context.database.change() as change:
            for table, row in rows():
                await change.connection.execute(insert(table).values(**row))
        yield app


def heard(app: FastAPI, storage: StorageState) -> None:
    """A node that records both sites tells of its disk and of its audit."""
    now = datetime.now(UTC)
    found = tuple(
        Difference(camera=camera, kind="hash", path=f"{site}/{camera}/x.mp4")
        for site, camera in (("s1", "cam-1"), ("s2", "gone-1"))
    )
    audit = AuditResult(at=now, finished_at=now, cameras=3, files=9, total=2, differences=found)
    state = NodeState(node="local", name="recorder", at=now, storage=storage, audit=audit)
    app.state.context.reports.take(subjects.node_key("local", "recorder"), state.encode())


async def removed_from_s2(app: FastAPI) -> None:
    async with app.state.context.database.change() as change:
        await change.connection.execute(insert(CameraFirst).values(camera="gone-1", at=WHEN, site="s2", name="x"))


async def test_what_a_node_found_is_told_of_the_cameras_within(app: FastAPI) -> None:
    await removed_from_s2(app)
    heard(app, StorageState())
    for sites, cameras in ((None, ["cam-1", "gone-1"]), (["s1"], ["cam-1"]), (["s2"], ["gone-1"])):
        async with browser(app, await signed_in(app, "viewer", sites)) as client:
            (item,) = (await client.get("/api/index/audits")).json()["items"]
            assert [one["camera"] for one in item["differences"]] == cameras, sites


async def test_a_nodes_disk_names_no_other_site_and_none_of_its_cameras(app: FastAPI) -> None:
    for by, within in (("site:s1", "s1"), ("camera:cam-1", "s1"), ("site:s2", "s2"), ("disk", None)):
        heard(app, StorageState(status="full", site=within, detail="/mnt/s1 is full", days_kept_by=by))
        for sites in (None, ["s1"], ["s2"]):
            async with browser(app, await signed_in(app, "viewer", sites)) as client:
                (disk,) = (await client.get("/api/system")).json()["storage"]
            told = sites is None or within in (None, *sites)
            assert disk["status"] == "full"
            assert disk["site"] == (within if told else None), (by, sites)
            assert disk["days_kept_by"] == (by if told else None), (by, sites)
            assert disk["detail"] == ("/mnt/s1 is full" if told else ""), (by, sites)


async def test_a_hold_of_two_sites_is_not_found_by_what_it_holds_of_the_other(app: FastAPI) -> None:
    await removed_from_s2(app)
    async with app.state.context.database.change() as change:
        await change.connection.execute(insert(HoldCamera).values(hold_id="hold-1", camera="gone-1"))
    for sites, camera, found in (
        (["s2"], "gone-1", 1), (["s2"], "cam-1", 0), (["s1"], "cam-1", 1), (["s1"], "gone-1", 0), (None, "cam-1", 1),
    ):  # fmt: skip
        async with browser(app, await signed_in(app, "records", sites)) as client:
            items = (await client.get("/api/holds", params={"camera": camera})).json()["items"]
            assert len(items) == found, (sites, camera)


async def test_a_hold_of_another_site_is_no_place_in_a_list(app: FastAPI) -> None:
    async with browser(app, await signed_in(app, "records", ["s2"])) as client:
        answers = [await client.get("/api/holds", params={"cursor": hold}) for hold in ("hold-1", "hold-9")]
        assert [one.status_code for one in answers] == [422, 422]


async def test_a_camera_that_the_command_line_moved_is_not_drawn_upon_from_its_old_site(app: FastAPI) -> None:
    context = app.state.context
    stated = two_sites().model_dump(mode="json", exclude_none=True)
    old, new = stated["sites"]
    new["cameras"] = [old["cameras"].pop(0)]
    moved = await import_facility(context.database, context.clock, Facility.model_validate(stated))
    assert context.current.revision < moved  # the role hears of it within 5 s
    async with browser(app, await signed_in(app, "site_lead", ["s1"])) as client:
        answer = await client.put("/api/cameras/cam-1/zones", json={"items": [{**ZONE, "name": "x"}]})
        assert (answer.status_code, answer.json()["detail"]) == (404, "there is no such camera")
    found = await latest(context.database)
    assert found is not None
    assert found.revision == moved
