"""Two sites with people who could be on duty, and a clock of its own."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI
from sqlalchemy import insert, select, update

from tests.support.bare_web import bare_web, browser
from tests.support.clocks import ManualClock
from vms.domain.clock import from_epoch, rfc3339
from vms.domain.facility import Facility
from web.accounts import users
from web.database.schema import Event, User
from web.duty.terms import CHANGED

PASSWORD = "mat khau rat dai"
#: Name, role, sites.
PEOPLE: Mapping[str, tuple[str, list[str] | None]] = {
    "lan": ("duty", None), "minh": ("duty", ["s1"]), "hoa": ("duty", ["s2"]), "tuan": ("site_lead", ["s1"]),
    "thuy": ("supervisor", None), "xem": ("viewer", None), "quan": ("admin", None),
}  # fmt: skip


class Desk:
    """``app`` with the sites ``s1`` and ``s2``; the present is a whole hour."""

    def __init__(self, app: FastAPI, clock: ManualClock) -> None:
        self.app, self.clock = app, clock
        self.context = app.state.context
        self.now = from_epoch(clock.utc())
        self._tokens: dict[str, str] = {}

    def at(self, hours: float) -> str:
        """So many hours from now, as the interface takes it."""
        return rfc3339(self.now + timedelta(hours=hours))

    def span(self, start: float, end: float) -> dict[str, str]:
        return {"start": self.at(start), "end": self.at(end)}

    def shift(self, start: float, end: float, user: str = "lan", **more: Any) -> dict[str, Any]:
        return {"site": "s1", "duty": "officer", "user": user, **self.span(start, end), **more}

    @contextlib.asynccontextmanager
    async def as_(self, name: str) -> AsyncIterator[httpx.AsyncClient]:
        """Logged in as one of ``PEOPLE``."""
        if name not in self._tokens:
            await users.set_password(self.context.database, name, PASSWORD)
            token = await self.context.sessions.login(name, PASSWORD, "-")
            assert token is not None
            self._tokens[name] = token
        async with browser(self.app, self._tokens[name]) as client:
            yield client

    async def disable(self, name: str) -> None:
        async with self.context.database.change() as change:
            await change.connection.execute(update(User).where(User.username == name).values(enabled=False))

    async def told(self) -> list[Any]:
        """The sites of the events that say that the roster has changed."""
        async with self.context.database.read() as connection:
            found = await connection.scalars(select(Event.data).where(Event.type == CHANGED).order_by(Event.seq))
        return [json.loads(one)["site"] for one in found]

    async def put(self, table: Any, *rows: dict[str, Any]) -> None:
        async with self.context.database.change() as change:
            for row in rows:
                await change.connection.execute(insert(table).values(**row))

    async def id_of(self, name: str) -> int:
        async with self.context.database.read() as connection:
            found = await connection.scalar(select(User.id).where(User.username == name))
        assert found is not None
        return int(found)


def two_sites(timezone: str = "Asia/Ho_Chi_Minh") -> Facility:
    """``s1`` with a camera, ``s2`` without."""
    camera = {"id": "cam-1", "name": "Cổng", "placement": "gate", "streams": {"main": "rtsp://h/main"}}
    sites = [
        {"id": one, "name": name, "location": [9.7, 105.4], "capacity": 10, "cameras": cameras}
        for one, name, cameras in (("s1", "Khu Vị Thanh", [camera]), ("s2", "Khu Ngã Bảy", []))
    ]
    return Facility.model_validate({"facility": {"name": "Thử", "timezone": timezone}, "sites": sites})


@contextlib.asynccontextmanager
async def duty_desk(folder: Path, facility: Facility | None = None) -> AsyncIterator[Desk]:
    """Over a database of its own, without a bus."""
    clock = ManualClock(utc=1_800_000_000.0)
    async with bare_web(folder, facility or two_sites(), clock) as app:
        desk = Desk(app, clock)
        await desk.put(
            User,
            *(
                {
                    "username": name, "password_hash": "-", "role": role, "sites": sites, "enabled": True,
                    "created_at": desk.now,
                }
                for name, (role, sites) in PEOPLE.items()
            ),
        )  # fmt: skip
        yield desk
