"""Everything that routes and sockets use, made once by ``web.process`` and kept at ``app.state.context``."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated

from fastapi import Depends
from starlette.requests import HTTPConnection

from vms.domain.clock import Clock
from web.accounts.sessions import Sessions
from web.accounts.throttle import LoginThrottle
from web.audit.log import AuditLog
from web.audit.roots import DayRoots
from web.cameras.reports import Reports
from web.cameras.watch import CameraWatch
from web.configuration.current import CurrentConfiguration
from web.consumers.stream import StreamConsumer
from web.database.engine import Database
from web.events.bundles import Bundles
from web.events.feed import EventFeed
from web.holds.publisher import HoldsPublisher
from web.link import BusLink
from web.live.hub import LiveHubs
from web.live.wall import Wall
from web.playback.footage import Catalogue
from web.playback.recorders import Recorders
from web.playback.streamed import Turns
from web.reaching import Reaching
from web.rooms.openings import Openings

DASHBOARD = Path(__file__).parent / "static" / "dist"


def _version() -> str:
    try:
        return version("vms")
    except PackageNotFoundError:  # run from a checkout that is not installed
        return "0.1.0"


@dataclass(slots=True)
class Context:
    """The parts of the running role."""

    clock: Clock
    database: Database
    feed: EventFeed
    current: CurrentConfiguration
    reports: Reports
    cameras: CameraWatch
    link: BusLink
    sessions: Sessions
    throttle: LoginThrottle
    wall: Wall
    live: LiveHubs
    consumers: dict[str, StreamConsumer]
    footage: Catalogue
    holds: HoldsPublisher
    openings: Openings
    audit: AuditLog
    roots: DayRoots
    recorders: Recorders
    reaching: Reaching
    turns: Turns = field(default_factory=Turns)
    bundles: Bundles = field(default_factory=Bundles)
    dashboard: Path = DASHBOARD
    version: str = field(default_factory=_version)
    alert_sockets: int = 0
    pictures_asked: int = 0  # of the past, not answered yet
    exports: int = 0  # of the audit log, of alerts, under way
    tables: int = 0  # rosters that are being read


def _context(connection: HTTPConnection) -> Context:
    context: Context = connection.app.state.context
    return context


#: What a route takes to reach the rest of the role.
Here = Annotated[Context, Depends(_context)]
