"""Everything that routes and sockets use, made once by ``web.process`` and kept at ``app.state.context``."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated

from fastapi import Depends
from starlette.requests import HTTPConnection

from vms.domain.clock import Clock
from vms.domain.facility import Camera, Site
from web.accounts.sessions import Sessions
from web.accounts.throttle import LoginThrottle
from web.cameras import past
from web.cameras.past import PastCamera
from web.cameras.reports import Reports
from web.cameras.watch import CameraWatch
from web.configuration.current import CurrentConfiguration
from web.consumers.stream import StreamConsumer
from web.database.engine import Database
from web.events.feed import EventFeed
from web.holds.publisher import HoldsPublisher
from web.link import BusLink
from web.live.hub import LiveHubs
from web.live.wall import Wall
from web.playback.footage import Catalogue
from web.playback.recorders import Recorders
from web.playback.streamed import Turns
from web.problems import not_found

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
    recorders: Recorders
    turns: Turns = field(default_factory=Turns)
    dashboard: Path = DASHBOARD
    version: str = field(default_factory=_version)
    alert_sockets: int = 0
    pictures_asked: int = 0  # of the past, not answered yet

    def camera(self, camera: str) -> tuple[Site, Camera]:
        """The camera with its site; ``Problem`` 404 when there is none."""
        found = self.current.camera(camera)
        if found is None:
            raise not_found("camera")
        return found

    async def past_camera(self, camera: str) -> PastCamera:
        """The camera of past footage, in the configuration or removed since; ``Problem`` 404: there never was one."""
        configured = self.current.camera(camera)
        if configured is not None:
            site, one = configured
            return PastCamera(one.id, site.id, one.name, str(one.placement))
        async with self.database.read() as connection:
            found = await past.find(connection, camera)
        if found is None:
            raise not_found("camera")
        return found


def _context(connection: HTTPConnection) -> Context:
    context: Context = connection.app.state.context
    return context


#: What a route takes to reach the rest of the role.
Here = Annotated[Context, Depends(_context)]
