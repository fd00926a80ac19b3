"""Privacy masks in the pictures of the present: who may not see beneath gets nothing but what is painted over."""

from __future__ import annotations

import asyncio
import contextlib
import json
import struct
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
import websockets
from fastapi.routing import iter_route_contexts
from sqlalchemy import update

from tests.integration.web.rig import NatsServer, WebRig, close_code, facility, web_rig
from tests.integration.web.worker import Worker
from tests.support.bare_web import bare_web
from tests.support.waiting import until_async
from tests.unit.web.walking import filled
from vms.bus import subjects
from vms.domain.facility import Facility
from vms.domain.masks import Mask, outlines, seal
from vms.domain.messages import LiveHeader, SnapshotRequest
from vms.settings.environment import Environment
from web.access import permissions_of
from web.accounts.users import add_user
from web.database.engine import Database
from web.database.schema import User

PASSWORD = "mat khau rat dai"
BARE, PAINTED = b"\xff\xd8\xff\xe0bare\xff\xd9", b"\xff\xd8\xff\xe0painted\xff\xd9"
MASK = {"id": "bed", "polygon": [[0.1, 0.1], [0.5, 0.1], [0.5, 0.6]]}
#: Each way in which a picture of the present leaves the server.
WAYS = {"/api/cameras/{camera}/snapshot.jpg", "/ws/live/{camera}", "/ws/wall"}
#: Those of the past (``recording.view``), and the socket that has no pictures.
ELSEWHERE = {"/api/cameras/{camera}/thumbnail.jpg", "/api/alerts/{alert}/snapshot.jpg", "/ws/alerts"}


@pytest_asyncio.fixture
async def filmed(rig: WebRig, worker: Worker) -> AsyncIterator[Worker]:
    """A detector and a recorder that answer each question with a picture that tells which it is."""

    async def snapshot(msg: Any) -> None:
        masked = SnapshotRequest.model_validate_json(msg.data).masked
        headers = {LiveHeader.MASKS: painter.masks or ""} if masked else None
        await worker.client.publish(msg.reply, PAINTED if masked else BARE, headers=headers)

    painter = await Worker.connect(rig.bus_url)
    await worker.client.subscribe(subjects.control("s1", "cam-1", "snapshot"), cb=snapshot)
    worker.gop = [(0, True, BARE)]
    await worker.answer_watches("main")
    await worker.answer_watches("sub")
    painter.run, painter.gop = "run-masked", [(0, True, PAINTED)]
    await painter.answer_watches("sub-masked")
    publishing = asyncio.create_task(_publish(worker, painter))
    yield painter
    publishing.cancel()
    await painter.close()


async def _publish(worker: Worker, painter: Worker) -> None:
    headers = {LiveHeader.AT: "2026-01-01T00:00:00.000Z", LiveHeader.SIZE: "640x360"}
    while True:
        for profile, data in (("jpeg", BARE), ("jpeg-masked", PAINTED)):
            told = headers | {LiveHeader.MASKS: painter.masks or ""} if profile == "jpeg-masked" else headers
            await worker.client.publish(subjects.live("s1", "cam-1", profile), data, headers=told)  # type: ignore[arg-type]
        await asyncio.sleep(0.05)


async def masks(rig: WebRig, painter: Worker, *items: dict[str, Any], heard: bool = True) -> None:
    answer = await rig.http.put("/api/cameras/cam-1/masks", json={"items": items})
    assert answer.status_code == 200, answer.text
    if heard:
        hear(painter, *items)


def hear(painter: Worker, *items: dict[str, Any]) -> None:
    painter.masks = seal(outlines(Mask.model_validate(item) for item in items))


@contextlib.asynccontextmanager
async def somebody(rig: WebRig, role: str) -> AsyncIterator[httpx.AsyncClient]:
    database = await Database.open(Environment.read(rig.data, {}), rig.clock)
    await add_user(database, rig.clock, role, PASSWORD, role, None)
    await database.close()
    async with httpx.AsyncClient(base_url=rig.http.base_url, timeout=10) as http:
        assert (await http.post("/api/session", json={"username": role, "password": PASSWORD})).status_code == 200
        yield http


def socket(rig: WebRig, http: httpx.AsyncClient, path: str) -> Any:
    cookie = {"Cookie": f"vms_session={http.cookies['vms_session']}"}
    return websockets.connect(f"ws://127.0.0.1:{rig.port}{path}", additional_headers=cookie, max_size=None)


async def picture(shown: Any) -> bytes:
    """The next one of a wall."""
    message = await asyncio.wait_for(shown.recv(), 15)
    (length,) = struct.unpack(">H", message[:2])
    return bytes(message[2 + length :])


async def wall(shown: Any) -> Any:
    await shown.send(json.dumps({"cameras": ["cam-1"], "fps": 10}))
    return shown


async def ways(rig: WebRig, http: httpx.AsyncClient) -> dict[str, set[bytes]]:
    """What each way shows of ``cam-1``."""
    seen: dict[str, set[bytes]] = {way: set() for way in WAYS}
    for width in ({}, {"width": 320}):
        answer = await http.get(filled("/api/cameras/{camera}/snapshot.jpg"), params=width)
        seen["/api/cameras/{camera}/snapshot.jpg"].add(answer.content)
    for profile in ("main", "sub"):
        async with socket(rig, http, f"/ws/live/cam-1?profile={profile}") as live:
            head = json.loads(await live.recv())
            await live.recv()
            seen["/ws/live/{camera}"].add(await live.recv())
            assert head["masked"] is (PAINTED in seen["/ws/live/{camera}"])
    async with socket(rig, http, "/ws/wall") as shown:
        await wall(shown)
        seen["/ws/wall"] = {await picture(shown) for _ in range(5)}
    return seen


def all_are(picture: bytes) -> dict[str, set[bytes]]:
    return {way: {picture} for way in WAYS}


async def test_nothing_bare_leaves_by_any_way_to_who_may_not_see_beneath(rig: WebRig, filmed: Worker) -> None:
    async with somebody(rig, "viewer") as viewer, somebody(rig, "records") as records:
        assert await ways(rig, viewer) == all_are(BARE)
        await masks(rig, filmed, MASK)
        for http, seen in ((viewer, PAINTED), (records, BARE), (viewer, PAINTED), (rig.http, BARE)):
            assert await ways(rig, http) == all_are(seen)
        await masks(rig, filmed)
        assert await ways(rig, viewer) == all_are(BARE)


async def test_all_that_shows_a_picture_is_tried(rig: WebRig, tmp_path: Path) -> None:
    """Of a new route, or socket, somebody says in ``WAYS`` or ``ELSEWHERE`` what it shows."""
    async with bare_web(tmp_path, rig.seed) as app:
        paths = {str(route.path) for route in iter_route_contexts(app.routes) if permissions_of(route)}
    assert {path for path in paths if path.endswith(".jpg") or path.startswith("/ws/")} == WAYS | ELSEWHERE


async def test_a_mask_that_is_added_ends_what_was_bare_and_what_comes_then_is_painted(
    rig: WebRig, filmed: Worker
) -> None:
    async with somebody(rig, "viewer") as http, socket(rig, http, "/ws/live/cam-1") as live:
        async with socket(rig, http, "/ws/wall") as shown:
            await wall(shown)
            assert await picture(shown) == BARE
            await masks(rig, filmed, MASK)
            async with asyncio.timeout(5):
                assert [await close_code(one) for one in (shown, live)] == [4409, 4409]
        async with socket(rig, http, "/ws/wall") as again:
            await wall(again)
            assert {await picture(again) for _ in range(5)} == {PAINTED}
            await masks(
                rig, filmed, MASK | {"polygon": [[0, 0], [1, 0], [1, 1]]}
            )  # drawn anew: what is kept is of before
            async with asyncio.timeout(5):
                assert await close_code(again) == 4409


async def test_a_wall_that_asks_again_is_painted_at_once(rig: WebRig, filmed: Worker) -> None:
    async with somebody(rig, "viewer") as http, socket(rig, http, "/ws/wall") as shown:
        await wall(shown)
        assert await picture(shown) == BARE
        await masks(rig, filmed, MASK)
        await wall(shown)

        async def painted() -> bool:
            return await picture(shown) == PAINTED  # what was under way when it was asked for may still come

        await until_async(painted)
        assert {await picture(shown) for _ in range(3)} == {PAINTED}


async def test_who_may_see_beneath_no_more_does_not_from_then_on(rig: WebRig, filmed: Worker) -> None:
    await masks(rig, filmed, MASK)
    async with somebody(rig, "records") as http, socket(rig, http, "/ws/live/cam-1") as live:
        assert json.loads(await live.recv())["masked"] is False
        database = await Database.open(Environment.read(rig.data, {}), rig.clock)
        async with database.change() as change:
            await change.connection.execute(update(User).where(User.username == "records").values(role="viewer"))
        await database.close()
        async with asyncio.timeout(5):
            assert await close_code(live) == 4409
        assert await ways(rig, http) == all_are(PAINTED)


async def test_no_masked_video_is_said_to_be_masked_and_never_made_up_by_bare(rig: WebRig, filmed: Worker) -> None:
    filmed.error = "unsupported_codec"
    await masks(rig, filmed, MASK)
    async with somebody(rig, "viewer") as http, socket(rig, http, "/ws/live/cam-1?profile=main") as live:
        assert json.loads(await live.recv()) == {"error": "unsupported_codec", "masked": True}
        assert await close_code(live) == 4503


async def test_of_a_camera_without_a_sub_stream_the_masked_one_is_asked_for_all_the_same(
    tmp_path: Path, server: NatsServer
) -> None:
    stated = facility(1).model_dump(mode="json", exclude_none=True)
    one = stated["sites"][0]["cameras"][0]
    del one["streams"]["sub"]
    one["masks"] = [MASK]
    async with web_rig(tmp_path / "data", server.url, Facility.model_validate(stated)) as rig:
        painter = await Worker.connect(rig.bus_url)
        painter.gop = [(0, True, PAINTED)]
        hear(painter, MASK)
        await painter.answer_watches("sub-masked")
        async with somebody(rig, "viewer") as http:
            for profile in ("main", "sub"):
                async with socket(rig, http, f"/ws/live/cam-1?profile={profile}") as live:
                    assert json.loads(await live.recv())["masked"] is True
                    assert [await live.recv(), await live.recv()] == [b"init of run-1", PAINTED]
        await painter.close()


async def test_what_is_painted_with_other_masks_is_shown_to_nobody(rig: WebRig, filmed: Worker) -> None:
    """The detector has not heard of the first mask, or not of the new one: what it paints is as good as bare."""
    drawn_anew = MASK | {"polygon": [[0, 0], [1, 0], [1, 1]]}
    async with somebody(rig, "viewer") as http:
        for drawn in (MASK, drawn_anew):
            await masks(rig, filmed, drawn, heard=False)
            assert (await http.get("/api/cameras/cam-1/snapshot.jpg")).status_code == 503
            async with socket(rig, http, "/ws/live/cam-1") as live:
                assert json.loads(await live.recv()) == {"error": "connecting", "masked": True}
            async with socket(rig, http, "/ws/wall") as shown:
                await wall(shown)
                with pytest.raises(TimeoutError):
                    await asyncio.wait_for(shown.recv(), 1)  # twenty of them came meanwhile
            hear(filmed, drawn)
            assert await ways(rig, http) == all_are(PAINTED)
