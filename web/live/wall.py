"""Wall pictures: one lease a camera for all who see the same of it; each browser gets the newest, never a backlog."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import struct
from collections.abc import Mapping
from dataclasses import dataclass

import nats.errors
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription

from vms.bus import subjects
from vms.bus.tasks import end
from vms.domain.clock import Clock
from vms.domain.errors import BusError
from vms.domain.masks import Outlines, seal
from vms.domain.messages import LiveHeader, Profile
from web.link import BusLink
from web.live.lease import RETRY_S, Lease

log = logging.getLogger(__name__)

PENDING_BYTES = 4 * 1024 * 1024
MAX_PICTURE = 2 * 1024 * 1024
MAX_FPS = 10.0
#: A camera that nobody looks at is let go of after this: pages are turned back and forth.
LINGER_S = 2.0


@dataclass(frozen=True, slots=True)
class Shown:
    """A camera as one browser is shown it: with ``masks`` painted over, or bare."""

    site: str
    masks: Outlines = ()

    @property
    def profile(self) -> Profile:
        """What the detector is asked for."""
        return "jpeg-masked" if self.masks else "jpeg"


class WallClient:
    """One browser's wall: which cameras at which rate, and the newest unsent picture of each."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.cameras: Mapping[str, Shown] = {}
        self.fps = 1.0
        self._slots: dict[str, bytes] = {}
        self._due: dict[str, float] = {}
        self._ready = asyncio.Event()

    def configure(self, cameras: Mapping[str, Shown], fps: float) -> None:
        """Changes what is wanted; a waiting picture of a camera that is shown otherwise now is forgotten."""
        same = {camera for camera, shown in self.cameras.items() if cameras.get(camera) == shown}
        self.cameras = cameras
        self.fps = fps
        self._slots = {camera: picture for camera, picture in self._slots.items() if camera in same}
        self._due = {camera: due for camera, due in self._due.items() if camera in self.cameras}
        self._ready.set()

    def offer(self, camera: str, picture: bytes) -> None:
        """The newest picture of a camera; an older unsent one is forgotten."""
        self._slots[camera] = picture
        self._ready.set()

    async def next(self) -> bytes:
        """The next picture to send, no camera faster than ``fps``."""
        while True:
            now = self._clock.monotonic()
            soonest = None
            for camera in self._slots:
                due = self._due.get(camera, now)
                # A picture that comes a little early is sent: else every second one would be lost.
                if due <= now + 0.1 / self.fps:
                    self._due[camera] = max(due, now - 1 / self.fps) + 1 / self.fps
                    return self._slots.pop(camera)
                soonest = due if soonest is None else min(soonest, due)
            self._ready.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(None if soonest is None else max(0.005, soonest - now)):
                    await self._ready.wait()


class _Feed:
    """One camera's pictures, bare or with some masks."""

    def __init__(self, link: BusLink, camera: str, shown: Shown) -> None:
        self.link = link
        self.camera = camera
        self.shown = shown
        self.seal = seal(shown.masks) if shown.masks else None
        self.clients: set[WallClient] = set()
        self.last: bytes | None = None
        self.unwatched_since: float | None = None
        self.lease = Lease(link, shown.site, camera, shown.profile, self._fps)
        self.task = asyncio.create_task(self._run())

    def _fps(self) -> float:
        return max((client.fps for client in self.clients), default=1.0)

    async def _run(self) -> None:
        subscription: Subscription | None = None
        try:
            while subscription is None:
                try:
                    subscription = await self.link.bulk().subscribe(
                        subjects.live(self.shown.site, self.camera, self.shown.profile),
                        cb=self._heard,
                        pending_bytes_limit=PENDING_BYTES,
                    )
                except (BusError, nats.errors.Error):
                    await asyncio.sleep(RETRY_S)
            await self.lease.run()
        finally:
            if subscription is not None:
                with contextlib.suppress(nats.errors.Error):
                    await subscription.unsubscribe()

    async def _heard(self, msg: Msg) -> None:
        headers = dict(msg.headers or {})
        if len(msg.data) > MAX_PICTURE or not msg.data.startswith(b"\xff\xd8"):
            return
        if self.seal is not None and headers.get(LiveHeader.MASKS) != self.seal:
            return  # its detector has not heard of these masks yet
        self.last = frame(self.camera, headers, msg.data)
        for client in self.clients:
            client.offer(self.camera, self.last)


class Wall:
    """All cameras on any wall."""

    def __init__(self, link: BusLink, clock: Clock) -> None:
        self._link = link
        self._clock = clock
        self._feeds: dict[tuple[str, Shown], _Feed] = {}
        self._clients: set[WallClient] = set()

    @property
    def clients(self) -> int:
        """How many browsers show a wall."""
        return len(self._clients)

    def join(self) -> WallClient:
        """A new browser."""
        client = WallClient(self._clock)
        self._clients.add(client)
        return client

    def leave(self, client: WallClient) -> None:
        """The browser went away."""
        self._clients.discard(client)
        self._choose(client, {})

    def configure(self, client: WallClient, cameras: Mapping[str, Shown], fps: float) -> None:
        """What the browser wants and how it is shown, and the rate; the last known pictures come at once."""
        client.configure(cameras, fps)
        self._choose(client, cameras)

    def _choose(self, client: WallClient, cameras: Mapping[str, Shown]) -> None:
        for (camera, shown), feed in self._feeds.items():
            if cameras.get(camera) != shown:
                feed.clients.discard(client)
                if not feed.clients and feed.unwatched_since is None:
                    feed.unwatched_since = self._clock.monotonic()
        for camera, shown in cameras.items():
            kept = self._feeds.get((camera, shown))
            if kept is None:
                kept = self._feeds[camera, shown] = _Feed(self._link, camera, shown)
            before = kept._fps() if kept.clients else 0.0
            new = client not in kept.clients
            kept.clients.add(client)
            kept.unwatched_since = None
            if kept._fps() > before > 0:
                kept.lease.renew_now()
            if new and kept.last is not None:
                client.offer(camera, kept.last)

    async def run(self) -> None:
        """Lets go of what nobody looks at, for ever."""
        while True:
            await asyncio.sleep(LINGER_S / 2)
            now = self._clock.monotonic()
            for key, feed in list(self._feeds.items()):
                if feed.unwatched_since is not None and now - feed.unwatched_since >= LINGER_S:
                    del self._feeds[key]
                    await end((feed.task,))


def frame(camera: str, headers: dict[str, str], jpeg: bytes) -> bytes:
    """``uint16`` length (big-endian), JSON header, JPEG."""
    persons = headers.get(LiveHeader.PERSONS, "")
    width, _, height = headers.get(LiveHeader.SIZE, "").partition("x")
    header = json.dumps(
        {
            "camera": camera,
            "at": headers.get(LiveHeader.AT),
            "persons": int(persons) if persons.isdigit() else None,
            "w": int(width) if width.isdigit() else None,
            "h": int(height) if height.isdigit() else None,
        },
        separators=(",", ":"),
    ).encode()
    return struct.pack(">H", len(header)) + header + jpeg
