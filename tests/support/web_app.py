"""The web role's application over a real database, without a bus: asked over ASGI, fed as its consumers are."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx

from tests.support.clocks import ManualClock
from vms.domain.facility import Facility
from vms.settings.environment import Environment
from web.accounts import users
from web.accounts.sessions import Sessions
from web.accounts.throttle import LoginThrottle
from web.application import shielded
from web.cameras.reports import Reports
from web.cameras.watch import CameraWatch
from web.configuration import revisions
from web.configuration.current import CurrentConfiguration
from web.consumers import recordings
from web.context import Context
from web.database.engine import Database
from web.events.feed import EventFeed
from web.link import BusLink
from web.live.hub import LiveHubs
from web.live.wall import Wall

PASSWORD = "correct horse battery"
BATCH = 500


class WebApp:
    """``http`` is logged in."""

    def __init__(self, context: Context, http: httpx.AsyncClient) -> None:
        self.context, self.http = context, http
        self._database = context.database
        self._stored: set[str] = set()

    async def take(self, told: Iterable[tuple[str, str, bytes]]) -> None:
        """What a recorder's outbox holds, by way of a stream that drops doubled ids."""
        fresh: list[Any] = []
        for subject, msg_id, payload in told:
            if msg_id not in self._stored:
                self._stored.add(msg_id)
                fresh.append(SimpleNamespace(subject=subject, data=payload))
        for at in range(0, len(fresh), BATCH):
            async with self._database.change() as change:
                await recordings.apply(change, fresh[at : at + BATCH])

    async def timeline(self, camera: str, start: str, end: str) -> dict[str, Any]:
        answer = await self.http.get(f"/api/cameras/{camera}/timeline", params={"start": start, "end": end})
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body


@contextlib.asynccontextmanager
async def web_app(data: Path, facility: Facility, clock: ManualClock) -> AsyncIterator[WebApp]:
    """Configured at the clock's present moment."""
    database = await Database.open(Environment.read(data, {}), clock)
    current = CurrentConfiguration(await revisions.seed(database, clock, facility))
    await users.ensure_administrator(database, clock, {"VMS_ADMIN_PASSWORD": PASSWORD})
    reports = Reports(clock, lambda _revision: None)
    link = BusLink()
    context = Context(
        clock=clock, database=database, feed=await EventFeed.open(database), current=current, reports=reports,
        cameras=CameraWatch(database, clock, current, reports), link=link, sessions=Sessions(database, clock),
        throttle=LoginThrottle(clock), wall=Wall(link, clock), live=LiveHubs(link, clock), consumers={},
    )  # fmt: skip
    transport = httpx.ASGITransport(app=shielded(context))  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://host") as http:
        answer = await http.post("/api/session", json={"username": "admin", "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        yield WebApp(context, http)
    await database.close()
