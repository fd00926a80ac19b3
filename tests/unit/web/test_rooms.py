"""Patient rooms: no picture of one leaves by any way, until somebody opened it, and no longer than he did."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from fastapi import FastAPI
from sqlalchemy import insert, update

from tests.support.audit_log import entries
from tests.support.bare_web import bare_web, browser
from tests.support.clocks import ManualClock
from tests.unit.web.walking import SPAN, filled, requests, rows, signed_in, two_sites
from vms.domain.facility import Facility
from web.database.schema import User
from web.rooms.openings import Openings

OPENING = "/api/cameras/cam-1/openings"
WHY = {"reason": "Bệnh nhân giường 3 gọi", "minutes": 5}
#: Every way in which a picture of ``cam-1`` leaves the server.
PICTURES = [
    ("/api/cameras/cam-1/snapshot.jpg", {}),
    ("/api/cameras/cam-1/snapshot.jpg", {"at": SPAN["start"]}),
    ("/api/cameras/cam-1/thumbnail.jpg", {"at": SPAN["start"]}),
    ("/api/cameras/cam-1/playback.m3u8", SPAN),
    ("/api/segments/segment-1/media", {}),
    ("/api/segments/segment-1/keyframes", {"from": 0, "to": 1}),
    ("/api/segments/segment-1/masked.mp4", {"from": 0, "to": 1}),
    ("/api/alerts/alert-1/snapshot.jpg", {}),
]


def with_a_room() -> Facility:
    """``cam-1`` looks into a patient room."""
    stated = two_sites().model_dump(mode="json", exclude_none=True)
    stated["sites"][0]["cameras"][0]["placement"] = "patient_room"
    return Facility.model_validate(stated)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest_asyncio.fixture
async def app(tmp_path: Path, clock: ManualClock) -> AsyncIterator[FastAPI]:
    async with bare_web(tmp_path, with_a_room(), clock) as app:
        async with app.state.context.database.change() as change:
            for table, row in rows():
                await change.connection.execute(insert(table).values(**row))
        yield app


async def closed(client: Any) -> set[bool]:
    """Whether each way to a picture says that the room is closed."""
    answers = [await client.get(path, params=params) for path, params in PICTURES]
    return {one.status_code == 403 and one.json()["type"] == "about:blank#room-closed" for one in answers}


async def test_no_picture_leaves_until_the_room_is_opened_and_none_after(app: FastAPI, clock: ManualClock) -> None:
    async with (
        browser(app, await signed_in(app, "supervisor")) as client,
        browser(app, await signed_in(app, "supervisor")) as colleague,
    ):
        assert await closed(client) == {True}
        assert (await client.post(OPENING, json=WHY)).status_code == 201
        assert await closed(client) == {False}
        assert await closed(colleague) == {True}  # it is open to who answers for it, to nobody else
        clock.advance(5 * 60)
        assert await closed(client) == {True}


async def test_all_that_shows_a_room_is_tried(app: FastAPI) -> None:
    """A route that answers with anything but JSON shows something: it is among ``PICTURES``."""
    tried = {path for path, _ in PICTURES}
    for method, path, _, _ in requests(app):
        if method == "GET" and path.endswith((".jpg", ".m3u8", ".mp4", "/media", "/keyframes")):
            assert filled(path) in tried
    assert len(tried) == 7


async def test_count_timeline_and_alerts_of_a_closed_room_are_told(app: FastAPI) -> None:
    async with browser(app, await signed_in(app, "viewer")) as client:
        for path, params in (
            ("/api/cameras/cam-1", {}),
            ("/api/cameras/cam-1/timeline", SPAN),
            ("/api/alerts/alert-1", {}),
        ):
            assert (await client.get(path, params=params)).status_code == 200
        assert (await client.post(OPENING, json=WHY)).status_code == 403  # a viewer opens none


async def test_one_closes_his_own_and_the_sites_lead_any(app: FastAPI) -> None:
    async with (
        browser(app, await signed_in(app, "duty", ["s1"])) as officer,
        browser(app, await signed_in(app, "site_lead", ["s1"])) as lead,
        browser(app, await signed_in(app, "site_lead", ["s2"])) as stranger,
        browser(app, await signed_in(app, "supervisor")) as colleague,
    ):
        made = (await officer.post(OPENING, json=WHY)).json()
        assert [one["reason"] for one in (await lead.get("/api/openings")).json()["items"]] == [WHY["reason"]]
        for other in (stranger, colleague):
            assert (await other.get("/api/openings")).json()["items"] == []
            assert (await other.delete(f"/api/openings/{made['id']}")).status_code == 404
        assert await closed(officer) == {False}
        assert (await lead.delete(f"/api/openings/{made['id']}")).status_code == 204
        assert await closed(officer) == {True}
        (kept,) = (await lead.get("/api/openings", params={"ended": True})).json()["items"]
        assert (kept["in_force"], kept["closed_by"] is not None) == (False, True)


async def test_an_opening_says_whose_it_is_and_what_is_left_of_it(app: FastAPI, clock: ManualClock) -> None:
    async with (
        browser(app, await signed_in(app, "duty")) as officer,
        browser(app, await signed_in(app, "site_lead", ["s1"])) as lead,
    ):
        made = (await officer.post(OPENING, json=WHY)).json()
        assert (made["mine"], made["left_s"]) == (True, 300)
        clock.advance(100)
        (seen,) = (await lead.get("/api/openings")).json()["items"]
        assert (seen["mine"], seen["left_s"]) == (False, 200)
        await lead.delete(f"/api/openings/{made['id']}")
        (kept,) = (await officer.get("/api/openings", params={"ended": True})).json()["items"]
        assert (kept["mine"], kept["left_s"]) == (True, 0)


async def test_who_may_open_rooms_no_more_has_none_open(app: FastAPI) -> None:
    async with browser(app, await signed_in(app, "duty")) as client:
        await client.post(OPENING, json=WHY)
        assert await closed(client) == {False}
        async with app.state.context.database.change() as change:
            await change.connection.execute(update(User).values(role="viewer"))
        assert (await client.get("/api/cameras/cam-1/snapshot.jpg")).json()["type"] == "about:blank#room-closed"


async def test_an_opening_outlives_a_restart_but_not_its_time(app: FastAPI, clock: ManualClock) -> None:
    context = app.state.context
    token = await signed_in(app, "duty")
    async with browser(app, token) as client:
        await client.post(OPENING, json=WHY)
        clock.advance(60)
        for left, there in ((0, False), (239, False), (2, True)):
            clock.advance(left)
            context.openings = Openings(context.database, clock)
            await context.openings.load()
            assert await closed(client) == {there}


async def test_a_clock_that_is_set_back_prolongs_nothing(app: FastAPI, clock: ManualClock) -> None:
    async with browser(app, await signed_in(app, "duty")) as client:
        await client.post(OPENING, json=WHY)
        clock.step(-3600)
        clock.advance(301)
        assert await closed(client) == {True}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"reason": "", "minutes": 5}, 422),
        ({"reason": " \n", "minutes": 5}, 422),
        ({"reason": "a\x00b", "minutes": 5}, 422),
        ({"reason": "vì sao", "minutes": 0}, 422),
        ({"reason": "vì sao", "minutes": 31}, 422),
        ({"reason": "x" * 501}, 422),
        ({"reason": "vì sao", "camera": "cam-2"}, 422),
    ],
)
async def test_an_opening_says_why_and_for_how_long(app: FastAPI, body: dict[str, Any], status: int) -> None:
    async with browser(app, await signed_in(app, "duty")) as client:
        assert (await client.post(OPENING, json=body)).status_code == status
        assert (await client.get("/api/openings")).json()["items"] == []


async def test_a_camera_that_looks_into_no_room_needs_none(app: FastAPI) -> None:
    async with browser(app, await signed_in(app, "duty")) as client:
        answer = await client.post("/api/cameras/cam-2/openings", json=WHY)
        assert (answer.status_code, answer.json()["type"]) == (409, "about:blank#no-room")


async def test_openings_and_looks_are_in_the_audit_log(app: FastAPI) -> None:
    context = app.state.context
    async with browser(app, await signed_in(app, "duty")) as client:
        made = (await client.post(OPENING, json=WHY)).json()
        await client.get("/api/segments/segment-1/media")
        await client.delete(f"/api/openings/{made['id']}")
    await context.audit.flush()
    told = [one for one in await entries(context.database) if one["camera"] == "cam-1"]
    assert [one["action"] for one in told if one["action"] != "room.view"] == ["room.open", "room.close"]
    assert [one["object"] for one in told if one["action"] == "room.view"] == ["recording.play"]
    assert told[0]["detail"]["reason"] == WHY["reason"]


async def test_who_looks_into_a_closed_room_is_noted(app: FastAPI) -> None:
    context = app.state.context
    async with browser(app, await signed_in(app, "duty")) as client:
        answer = await client.get("/api/cameras/cam-1/snapshot.jpg")
        assert (answer.status_code, answer.json()["type"]) == (403, "about:blank#room-closed")
    await context.audit.flush()
    (noted,) = [one for one in await entries(context.database) if one["action"] == "request.refuse"]
    assert (noted["role"], noted["object"]) == ("duty", "GET /api/cameras/cam-1/snapshot.jpg")
    assert noted["detail"] == {"status": 403, "type": "room-closed"}
