"""The role as a process: opens the database, follows the bus, serves HTTP, until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import os
import resource
import socket
from collections.abc import Iterator, Sequence
from functools import partial

import uvicorn

from vms.bus import configuration, holds, subjects
from vms.bus.connection import Bus, BusAddress
from vms.bus.tasks import all_of, end
from vms.domain.clock import Clock, SystemClock
from vms.domain.errors import BusError, ConfigurationError, VmsError
from vms.domain.facility import Facility
from vms.settings.environment import Environment
from web.accounts import users
from web.accounts.sessions import Sessions
from web.accounts.throttle import LoginThrottle
from web.application import shielded
from web.audit import log as audit_log
from web.audit import outside, roots
from web.cameras.fallback import Fallback
from web.cameras.orphans import Orphans
from web.cameras.reports import Reports
from web.cameras.shortage import Shortage
from web.cameras.unanalysed import UnanalysedWatch
from web.cameras.watch import CameraWatch
from web.configuration import revisions
from web.configuration.current import CurrentConfiguration
from web.configuration.publisher import ConfigurationPublisher
from web.consumers import alerts, recordings
from web.consumers.stream import StreamConsumer
from web.context import Context
from web.database import damaged
from web.database.engine import Database
from web.events.feed import EventFeed
from web.frames import FramesProtocol
from web.holds.publisher import HoldsPublisher
from web.holds.untold import UntoldHolds
from web.hurry import HurriedProtocol
from web.index.compare import IndexDesk
from web.link import BusLink
from web.live.hub import LiveHubs
from web.live.wall import Wall
from web.playback.footage import Catalogue
from web.playback.recorders import Recorders
from web.proxies import Proxies
from web.reaching import House, Reaching
from web.rooms.openings import Openings
from web.rounds import for_ever
from web.timeline.pruning import CountsPruning
from web.tls import Certificate, Pair

log = logging.getLogger(__name__)

SHUTDOWN_S = 1
PRUNE_S = 3600.0
#: A browser that takes nothing any more is cut off by the kernel, also when it still answers probes.
SEND_TIMEOUT_MS = 30_000
#: So much waits in the kernel for a browser that takes nothing, not megabytes; what is under way counts apart.
UNSENT_BYTES = 128 * 1024


class _Server(uvicorn.Server):
    """Signals belong to the process that runs the role."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def run(
    environment: Environment,
    address: BusAddress,
    seed: Facility | None,
    host: str,
    port: int,
    stop: asyncio.Event,
    clock: Clock | None = None,
) -> None:
    """Runs until ``stop``; ``ConfigurationError`` when port, database or settings are not usable."""
    clock = clock or SystemClock()
    pair = Pair.of(os.environ)
    certificate = None if pair is None else await asyncio.to_thread(Certificate, pair, clock)
    channels = outside.channels(os.environ)
    if not channels:
        log.info("audit.kept_inside remedy='name a way out for day roots: see docs/security.md, Audit'")
    listener = listen(host, port)
    try:
        database, is_new = await damaged.open_whole(environment, clock)
        try:
            last = await asyncio.to_thread(configuration.cached, environment.data) if is_new else None
            configured = await revisions.seed(database, clock, last or seed)
            await users.ensure_administrator(database, clock, os.environ)
            held = HoldsPublisher(database, clock, await asyncio.to_thread(holds.cached, environment.data))
            await _serve(database, clock, environment, configured, held, address, listener, stop, channels, certificate)
            if database.displaced.is_set():
                await damaged.put_back(database, environment.data / "vms.db", clock)
                raise VmsError("the database's file was removed or replaced; this role starts again with what is there")
            if database.damaged.is_set():
                damaged.suspect(environment.data / "vms.db")
                raise VmsError("the database is damaged; it is set aside when this role starts again")
        finally:
            await database.close()
    finally:
        listener.close()


def listen(host: str, port: int) -> socket.socket:
    """The listening socket; ``ConfigurationError`` names what stands in the way."""
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except socket.gaierror as err:
        raise ConfigurationError(f"'{host}' is no address of this machine; name one with --host") from err
    listener = socket.socket(family, kind, protocol)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, SEND_TIMEOUT_MS)
    if hasattr(socket, "TCP_NOTSENT_LOWAT"):
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_BYTES)
    try:
        listener.bind(place)
        listener.listen(512)
    except OSError as err:
        listener.close()
        if err.errno == errno.EADDRINUSE:
            raise ConfigurationError(
                f"port {port} on {host} is in use: stop what uses it, or name another with --port"
            ) from err
        raise ConfigurationError(
            f"port {port} on {host} cannot be used: {err.strerror}; name another with --port"
        ) from err
    listener.setblocking(False)
    return listener


async def _serve(
    database: Database,
    clock: Clock,
    environment: Environment,
    configured: revisions.Configured,
    held: HoldsPublisher,
    address: BusAddress,
    listener: socket.socket,
    stop: asyncio.Event,
    channels: Sequence[outside.Channel],
    certificate: Certificate | None,
) -> None:
    current = CurrentConfiguration(configured)
    publisher = ConfigurationPublisher(database, clock, current)
    link = BusLink()
    reports = Reports(clock, publisher.outrun)
    cameras = CameraWatch(database, clock, current, reports)
    counts = CountsPruning(database, clock, current, environment.data / "state" / "counts-clock.json")
    reports.on_change(cameras.wake)
    current.on_change(cameras.wake)
    await cameras.load()
    consumers = {
        subjects.STREAM_ALERTS: StreamConsumer(database, subjects.STREAM_ALERTS, alerts.DURABLE, alerts.apply),
        subjects.STREAM_SEGMENTS: StreamConsumer(
            database, subjects.STREAM_SEGMENTS, recordings.DURABLE, recordings.apply
        ),
    }
    requests = database.for_requests()
    sessions, throttle = Sessions(database, clock), LoginThrottle(clock)
    for username, place in await sessions.places():
        throttle.remember(username, place)
    openings = Openings(requests, clock)
    await openings.load()
    feed = await EventFeed.open(database)
    reaching = await Reaching.open(
        House(clock, database, current, cameras, reports, feed, link, environment.data, os.environ)
    )
    context = Context(
        clock=clock,
        database=requests,
        feed=feed,
        current=current,
        reports=reports,
        cameras=cameras,
        link=link,
        sessions=sessions,
        throttle=throttle,
        wall=Wall(link, clock),
        live=LiveHubs(link, clock),
        consumers=consumers,
        footage=Catalogue(requests),
        recorders=Recorders(link),
        holds=held,
        openings=openings,
        reaching=reaching,
        audit=audit_log.AuditLog(database, clock),
        roots=roots.DayRoots(database, clock, current, channels),
    )
    said = logging.getLogger("uvicorn.error")
    said.setLevel(logging.WARNING)  # it says a line a connection
    said.addFilter(_is_ours)
    server = _Server(
        uvicorn.Config(
            Proxies(shielded(context), environment.trusted_proxies),
            lifespan="off",
            loop="none",
            log_config=None,
            access_log=False,
            # Not httptools: it takes headers and addresses of any length, before anybody has logged in.
            http=HurriedProtocol,
            h11_max_incomplete_event_size=64 * 1024,
            ws=FramesProtocol,
            ws_per_message_deflate=False,
            ws_max_size=256 * 1024,
            proxy_headers=False,  # `Proxies` reads them
            server_header=False,
            ssl_context_factory=None if certificate is None else lambda _config, _default: certificate.context,
            timeout_graceful_shutdown=SHUTDOWN_S,
        )
    )
    _allow_descriptors()
    tasks = [
        asyncio.create_task(one)
        for one in (
            server.serve(sockets=[listener]),
            _stopped(stop, server),
            context.feed.run(),
            context.wall.run(),
            cameras.awake.run(),
            cameras.run(),
            Orphans(database, clock, current, reports).run(),
            UnanalysedWatch(database, clock, cameras).run(),
            Shortage(database, clock, current, reports).run(),
            Fallback(database, clock, current, reports).run(),
            UntoldHolds(database, clock, context.holds).run(),
            for_ever(partial(context.feed.prune, clock), PRUNE_S, "events.unpruned"),
            for_ever(counts.look, PRUNE_S, "counts.unpruned"),
            for_ever(context.audit.flush, audit_log.EVERY_S, "audit.unwritten"),
            for_ever(context.roots.look, roots.LOOK_S, "audit.rootless"),
            _bus(context, database, publisher, address, stop),
            database.watch(),
            *reaching.running(),
            *(() if certificate is None else (certificate.run(),)),
        )
    ]
    host, port = listener.getsockname()[:2]
    log.info("web.started host=%s port=%d revision=%d", host, port, current.revision)
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        server.should_exit = True  # whatever ended it: who is being answered gets the answer
        await asyncio.wait([tasks[0]], timeout=SHUTDOWN_S + 1)
        for task in done:
            task.result()
    finally:
        await end(tasks)
        await context.audit.close()
        await reaching.close()
        if link.bus is not None:
            await link.bus.close()
        log.info("web.stopped")


def _allow_descriptors() -> None:
    """As many as the system grants: idle connections must not use them up."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _is_ours(record: logging.LogRecord) -> bool:
    """Not a text over a websocket that is none: who sends it is told (1007), and fills no log with tracebacks."""
    return not (record.exc_info and isinstance(record.exc_info[1], UnicodeDecodeError))


async def _stopped(stop: asyncio.Event, server: uvicorn.Server) -> None:
    await stop.wait()
    server.should_exit = True


async def _bus(
    context: Context, database: Database, publisher: ConfigurationPublisher, address: BusAddress, stop: asyncio.Event
) -> None:
    """Connects and follows; the rest of the role works meanwhile with what it has.

    A client that was closed for good ends the role: all that subscribed on it begins anew with the next process.
    """
    try:
        bus = await Bus.connect(address, "web", stop, "web")
    except BusError:  # stopped before there was one
        return
    context.link.bus = bus
    await bus.keep_storage()
    await context.reports.follow(bus)
    await IndexDesk(database).serve(bus)
    consumers = (consumer.run(bus) for consumer in context.consumers.values())
    await all_of(bus.lasting(), publisher.run(bus), context.holds.run(bus), *consumers)
