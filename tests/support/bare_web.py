"""The web application over a database of its own, without a bus: for what is decided before a worker is asked."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import httpx
from fastapi import FastAPI

from vms.domain.clock import Clock, SystemClock
from vms.domain.facility import Facility
from vms.settings.environment import Environment
from web.accounts.sessions import Sessions
from web.accounts.throttle import LoginThrottle
from web.application import build
from web.audit.log import AuditLog
from web.audit.roots import DayRoots
from web.cameras.reports import Reports
from web.cameras.watch import CameraWatch
from web.configuration import revisions
from web.configuration.current import CurrentConfiguration
from web.context import Context
from web.database.engine import Database
from web.events.feed import EventFeed
from web.holds.publisher import HoldsPublisher
from web.link import BusLink
from web.live.hub import LiveHubs
from web.live.wall import Wall
from web.playback.footage import Catalogue
from web.playback.recorders import Recorders
from web.reaching import House, Reaching
from web.rooms.openings import Openings


@contextlib.asynccontextmanager
async def bare_web(
    data: Path, facility: Facility, clock: Clock | None = None, env: Mapping[str, str] | None = None
) -> AsyncIterator[FastAPI]:
    """``app.state.context`` reaches its parts."""
    clock = clock or SystemClock()
    database = await Database.open(Environment.read(data, env or {}), clock)
    current = CurrentConfiguration(await revisions.seed(database, clock, facility))
    reports = Reports(clock, lambda _revision: None)
    link = BusLink()
    feed = await EventFeed.open(database)
    cameras = CameraWatch(database, clock, current, reports)
    reaching = await Reaching.open(House(clock, database, current, cameras, reports, feed, link, data, env or {}))
    yield build(
        Context(
            clock=clock,
            database=database,
            feed=feed,
            current=current,
            reports=reports,
            cameras=cameras,
            link=link,
            sessions=Sessions(database, clock),
            throttle=LoginThrottle(clock),
            wall=Wall(link, clock),
            live=LiveHubs(link, clock),
            recorders=Recorders(link),
            consumers={},
            holds=HoldsPublisher(database, clock),
            openings=Openings(database, clock),
            reaching=reaching,
            footage=Catalogue(database),
            audit=AuditLog(database, clock),
            roots=DayRoots(database, clock, current),
            dashboard=data / "dist",
        )
    )
    await reaching.close()
    await database.close()


def browser(app: object, cookie: str | None = None, address: str = "127.0.0.1") -> httpx.AsyncClient:
    """Asks ``app`` without a network; ``cookie``: a session's token."""
    headers = {} if cookie is None else {"Cookie": f"vms_session={cookie}"}
    transport = httpx.ASGITransport(app=app, client=(address, 1))  # type: ignore[arg-type]
    return httpx.AsyncClient(transport=transport, base_url="http://host", headers=headers)
