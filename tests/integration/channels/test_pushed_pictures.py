"""What a message holds of an alert, beside a real renderer: masks are painted for everybody, rooms are not shown."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest_asyncio
from fastapi import FastAPI
from sqlalchemy import insert, update

from tests.integration.web.rig import facility
from tests.support.bare_web import bare_web
from tests.support.nats_bus import NatsServer
from tests.support.renderer_rig import asking, renderer
from tests.support.unmasked import LEFT, seen_beneath
from tests.unit.web.walking import WHEN, rows
from vms.bus.connection import Bus
from vms.domain.facility import Facility
from vms.domain.node import NODE_SITE
from web.channels.pictures import LONGEST, MOST_BYTES
from web.channels.push import Push
from web.database.schema import Alert, AlertSnapshot
from web.database.schema_duty import Delivery
from web.duty.on_duty import OnDuty

LAN = OnDuty(1, "lan", "duty", frozenset({"s1"}), True)
ADMIN = OnDuty(2, "quan-tri", "admin", None, True)  # may see beneath masks, at the dashboard
SIZE = (480, 272)
#: In squares: as large as a camera's picture is, and no larger.
NOISE = np.random.default_rng(5).integers(0, 256, (SIZE[1] // 8, SIZE[0] // 8, 3), np.uint8).repeat(8, 0).repeat(8, 1)
MASKS = [{"id": "m", "polygon": LEFT[0]}]


def jpeg(width: int, height: int, quality: int = 90) -> bytes:
    picture = cv2.resize(NOISE, (width, height), interpolation=cv2.INTER_NEAREST)
    return bytes(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1])


def of_camera(**stated: Any) -> Facility:
    """Two sites; ``cam-1`` at ``s1`` is as stated."""
    told = facility().model_dump(mode="json", exclude_none=True)
    told["sites"][0]["cameras"][0] |= stated
    told["sites"].append({"id": "s2", "name": "Khu 2", "cameras": []})
    return Facility.model_validate(told)


class House:
    """The alert ``alert-1`` of ``cam-1``, whose picture and camera tests choose."""

    def __init__(self, app: FastAPI) -> None:
        self.context = app.state.context

    async def picture(self, data: bytes) -> None:
        async with self.context.database.change() as change:
            await change.connection.execute(update(AlertSnapshot).values(jpeg=data))

    def configure(self, **stated: Any) -> None:
        current = self.context.current
        current.replace(replace(current.configured, revision=current.revision + 1, facility=of_camera(**stated)))

    async def push(self, person: OnDuty = LAN, **more: Any) -> Push | None:
        made: Push | None = await self.context.reaching.composer.push("alert-1", person, "vi", **more)
        return made

    async def sent(self, person: OnDuty = LAN) -> bytes | None:
        push = await self.push(person)
        assert push is not None
        return push.picture


@pytest_asyncio.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with bare_web(tmp_path / "web", of_camera()) as app:
        async with app.state.context.database.change() as change:
            for table, row in rows():
                await change.connection.execute(insert(table).values(**row))
        yield House(app)


@contextlib.asynccontextmanager
async def rendering(house: House, folder: Path, nats: NatsServer) -> AsyncIterator[None]:
    bus = await Bus.connect(nats.address, "web")
    house.context.link.bus = bus
    try:
        with renderer(folder / "data", nats):
            async with asking(nats) as asker:
                await asker.until_it_listens()
            yield
    finally:
        await bus.close()


async def test_masks_are_painted_whoever_gets_it_and_big_pictures_shrink(
    house: House, tmp_path: Path, nats: NatsServer
) -> None:
    small, big, heavy = jpeg(*SIZE), jpeg(1920, 1088, 60), jpeg(1280, 720, 99)
    assert len(heavy) > MOST_BYTES
    async with rendering(house, tmp_path, nats):
        await house.picture(small)
        assert await house.sent() == small  # nothing to do: as it was stored
        for picture in (big, heavy):
            await house.picture(picture)
            sent = await house.sent()
            assert sent is not None
            shown = cv2.imdecode(np.frombuffer(sent, np.uint8), cv2.IMREAD_COLOR)
            assert (max(shown.shape) <= LONGEST, len(sent) <= MOST_BYTES) == (True, True)
        house.configure(masks=MASKS)
        for picture in (small, big):
            await house.picture(picture)
            for person in (LAN, ADMIN):
                sent = await house.sent(person)
                assert sent is not None
                (beneath,) = seen_beneath(sent, NOISE)
                assert beneath < 0.1


async def test_masks_that_are_drawn_and_rooms_that_are_named_meanwhile_count(
    house: House, tmp_path: Path, nats: NatsServer
) -> None:
    house.configure(masks=MASKS)
    await house.picture(jpeg(*SIZE))
    async with rendering(house, tmp_path, nats):
        asked = house.context.link.request
        for stated in ({"masks": [{"id": "n", "polygon": [[0, 0], [1, 0], [1, 1]]}]}, {"placement": "patient_room"}):
            house.configure(masks=MASKS)
            assert await house.sent() is not None

            async def then(*arguments: Any, stated: dict[str, Any] = stated) -> Any:
                reply = await asked(*arguments)
                house.configure(**({"masks": MASKS} | stated))
                return reply

            house.context.link.request = then
            assert await house.sent() is None
            house.context.link.request = asked


async def test_without_a_renderer_the_text_goes_alone_and_no_picture_is_unmasked(house: House) -> None:
    await house.picture(jpeg(*SIZE))
    house.configure(masks=MASKS)
    push = await house.push()
    assert push is not None
    assert (push.picture, push.title) == (None, "Xâm nhập vùng · Khu 1 · Cổng 1")


async def test_a_patient_room_and_a_camera_that_nobody_knows_push_no_picture(house: House) -> None:
    await house.picture(jpeg(*SIZE))
    assert await house.sent() is not None
    house.configure(placement="patient_room")
    assert (await house.sent(), await house.sent(ADMIN)) == (None, None)
    async with house.context.database.change() as change:
        await change.connection.execute(update(Alert).values(camera="gone-9"))
    assert await house.sent() is None
    for data in (b"", b"\xff\xd8", b"\xff\xd8\xff\xe0\x00\x00" * 9, b"GIF89a"):
        house.configure()
        async with house.context.database.change() as change:
            await change.connection.execute(update(Alert).values(camera="cam-1"))
        await house.picture(data)
        assert await house.sent() is None


async def test_nobody_is_sent_what_he_may_not_see(house: House) -> None:
    await house.picture(jpeg(*SIZE))
    for person in (replace(LAN, sites=frozenset({"s2"})), replace(LAN, sites=frozenset()), replace(LAN, role="nobody")):
        assert await house.push(person) is None
    assert await house.context.reaching.composer.push("alert-9", ADMIN, "vi") is None
    async with house.context.database.change() as change:
        await change.connection.execute(update(Alert).values(site=NODE_SITE, camera="local", kind="storage"))
    assert await house.push() is None
    told = await house.push(ADMIN)
    assert told is not None
    assert (told.title, told.picture) == ("Lưu trữ gặp vấn đề · máy ghi local", None)


async def test_who_was_called_is_told_and_that_somebody_took_it_on_replaces_it(house: House) -> None:
    await house.picture(jpeg(*SIZE))
    called = {"alert_id": "alert-1", "round": 0, "channel": "-", "attempt": 1, "state": "due", "due_at": WHEN}
    called["stand_in"] = False
    async with house.context.database.change() as change:
        for rung, duty, name in ((0, "officer", "lan"), (0, "officer", "lan"), (1, "site_lead", "hung")):
            row = {**called, "rung": rung, "duty": duty, "username": name, "user_id": 1}
            await change.connection.execute(insert(Delivery).values(**row))
    first, after = await house.push(), await house.push(taken_by="hung")
    assert first is not None
    assert after is not None
    assert first.body.splitlines()[-1] == "Đã gọi: lan (cán bộ trực), hung (trưởng khu)"
    assert (first.tag, first.path, first.alert, first.urgent) == ("alert-alert-1", "/alerts/alert-1", "alert-1", True)
    assert (after.tag, after.silent, after.urgent, after.picture, after.alert) == (first.tag, True, False, None, None)
    assert after.title == "Đã có người nhận: hung · Khu 1 · Cổng 1"
