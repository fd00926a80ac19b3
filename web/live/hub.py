"""One live stream (camera, profile and masks) shared by all browsers that watch it; gone when nobody does.

The first watcher gets the current GOP from the worker; later ones get it from here.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import secrets
from collections import deque
from collections.abc import AsyncIterator

import nats.errors
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from pydantic import ValidationError

from vms.bus import subjects
from vms.bus.tasks import end
from vms.domain.clock import Clock, rfc3339
from vms.domain.errors import BusError
from vms.domain.masks import Outlines, seal
from vms.domain.messages import Boxes, LiveHeader, Profile, WatchReply, WatchRequest
from web.link import BusLink
from web.live.lease import RENEW_S, RETRY_S, TTL_S, Lease, ask
from web.live.order import Fragment, FragmentOrder
from web.live.watcher import Watcher

log = logging.getLogger(__name__)

RING_BYTES = 8 * 1024 * 1024
#: NATS keeps at most this much for us before it drops; a hub that is that late is stuck anyway.
PENDING_BYTES = 16 * 1024 * 1024
#: A renewal may fail this often in a row before the watchers are told.
FAILURES = 3


class LiveHub:
    """Create, ``join`` watchers, and let ``run`` run until the last has left."""

    def __init__(
        self, link: BusLink, clock: Clock, site: str, camera: str, profile: Profile, masks: Outlines = ()
    ) -> None:
        self._link = link
        self._clock = clock
        self._site = site
        self._camera = camera
        self._profile: Profile = profile
        self._seal = seal(masks) if masks else None
        self._watchers: set[Watcher] = set()
        self._run: str | None = None
        self._head = ""
        self._init = b""
        self._order = FragmentOrder()
        self._ring: deque[Fragment] = deque()
        self._ring_bytes = 0
        self._early: deque[tuple[str, Fragment]] = deque(maxlen=256)
        self._ask_now = asyncio.Event()
        self._failed = False
        self.task: asyncio.Task[None] | None = None

    @property
    def watchers(self) -> int:
        """How many watch."""
        return len(self._watchers)

    @property
    def over(self) -> bool:
        """Whether it has ended, or never began: a new watcher needs a new hub."""
        return self._failed or self.task is None or self.task.done()

    def join(self, watcher: Watcher) -> None:
        """Adds a watcher; one that comes later starts at the last key frame at once."""
        self._watchers.add(watcher)
        if self._run is not None:
            watcher.start(self._head, self._init)
            for fragment in self._ring:
                watcher.fragment(fragment)

    def leave(self, watcher: Watcher) -> None:
        """Removes a watcher."""
        self._watchers.discard(watcher)

    async def run(self) -> None:
        """Leases and forwards until cancelled; at a failure tells every watcher why and ends."""
        subscriptions: list[Subscription] = []
        boxes = Lease(self._link, self._site, self._camera, "boxes", lambda: 5.0)
        companion = asyncio.create_task(boxes.run())
        try:
            bulk = self._link.bulk()
            live = subjects.live(self._site, self._camera, self._profile)
            inbox = subjects.backlog(live, secrets.token_hex(8))
            for subject, handler in (
                (live, self._heard),
                (inbox, self._heard),
                (subjects.live(self._site, self._camera, "boxes"), self._heard_boxes),
            ):
                subscriptions.append(await bulk.subscribe(subject, cb=handler, pending_bytes_limit=PENDING_BYTES))
            await self._renew(inbox)
        except (BusError, nats.errors.Error) as err:
            log.info("live.failed camera=%s profile=%s error=%s", self._camera, self._profile, err)
            self._fail("worker_lost")
        finally:
            companion.cancel()
            for subscription in subscriptions:
                with contextlib.suppress(nats.errors.Error):
                    await subscription.unsubscribe()
            await end((companion,))

    async def _renew(self, inbox: str) -> None:
        failures = 0
        while True:
            self._ask_now.clear()
            request = WatchRequest(
                profile=self._profile, ttl_s=TTL_S, inbox=inbox if self._run is None or self._early else None
            )
            try:
                reply = await ask(self._link, self._site, self._camera, request)
                failures = 0
            except BusError:
                failures += 1
                if self._run is None or failures >= FAILURES:
                    raise
                reply = None
            if reply is not None and not self._accept(reply):
                return
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(RENEW_S if failures == 0 else RETRY_S):
                    await self._ask_now.wait()
                    await asyncio.sleep(0.05)

    def _accept(self, reply: WatchReply) -> bool:
        """Takes the answer in; False when it ended the stream."""
        if reply.error is not None:
            self._fail(reply.error)
            return False
        if reply.run is None or reply.mime is None or not reply.init or reply.anchor_utc is None:
            self._fail("no_video")
            return False
        if reply.masks != self._seal:  # the detector has not heard of these masks yet
            self._fail("connecting")
            return False
        if reply.run == self._run and bytes(reply.init) == self._init:
            self._early.clear()  # stragglers of a run that is over
            return True
        self._run = reply.run
        self._init = bytes(reply.init)
        self._head = json.dumps(
            {
                "mime": reply.mime,
                "run": reply.run,
                "anchor_utc": rfc3339(reply.anchor_utc),
                "timescale": reply.timescale,
                "masked": self._profile == "sub-masked",
            }
        )
        self._order = FragmentOrder()
        self._ring.clear()
        self._ring_bytes = 0
        for watcher in self._watchers:
            watcher.start(self._head, self._init)
        early, self._early = self._early, deque(maxlen=256)
        for run, fragment in early:
            if run == self._run:
                self._take(fragment)
        return True

    async def _heard(self, msg: Msg) -> None:
        headers = msg.headers or {}
        run = headers.get(LiveHeader.RUN)
        try:
            seq = int(headers.get(LiveHeader.SEQ, ""))
        except ValueError:
            return
        if run is None:
            return
        fragment = Fragment(seq, headers.get(LiveHeader.KEY) == "1", msg.data)
        if run != self._run:
            self._early.append((run, fragment))
            if self._run is not None:
                self._ask_now.set()  # a new run: its initialisation segment comes with the answer
            return
        self._take(fragment)

    def _take(self, fragment: Fragment) -> None:
        for one in self._order.add(fragment, self._clock.monotonic()):
            if one.key:
                self._ring.clear()
                self._ring_bytes = 0
            if one.key or self._ring:
                self._ring.append(one)
                self._ring_bytes += len(one.data)
            if self._ring_bytes > RING_BYTES:  # a GOP that does not fit: later watchers wait for a key frame
                self._ring.clear()
                self._ring_bytes = 0
            for watcher in self._watchers:
                watcher.fragment(one)

    async def _heard_boxes(self, msg: Msg) -> None:
        try:
            boxes = Boxes.model_validate_json(msg.data)
        except ValidationError:
            return
        text = json.dumps(
            {
                "at": rfc3339(boxes.at),
                "tracks": [
                    {"id": box.track, "x": box.x, "y": box.y, "w": box.w, "h": box.h, "confidence": box.confidence}
                    for box in boxes.tracks
                ],
            },
            separators=(",", ":"),
        )
        for watcher in self._watchers:
            watcher.text(text)

    def _fail(self, reason: str) -> None:
        self._failed = True
        for watcher in self._watchers:
            watcher.close(reason)


class LiveHubs:
    """All hubs in use."""

    def __init__(self, link: BusLink, clock: Clock) -> None:
        self._link = link
        self._clock = clock
        self._hubs: dict[tuple[str, Profile, Outlines], LiveHub] = {}

    @property
    def watchers(self) -> int:
        """How many browsers watch any stream."""
        return sum(hub.watchers for hub in self._hubs.values())

    @contextlib.asynccontextmanager
    async def watch(self, site: str, camera: str, profile: Profile, masks: Outlines = ()) -> AsyncIterator[Watcher]:
        """A ``Watcher`` of the stream for as long as the context lasts.

        ``masks``: those that are painted into it. With others it is another stream: a hub keeps what came.
        """
        key = (camera, profile, masks)
        hub = self._hubs.get(key)
        watcher = Watcher()
        if hub is None or hub.over:
            hub = self._hubs[key] = LiveHub(self._link, self._clock, site, camera, profile, masks)
            hub.join(watcher)
            hub.task = asyncio.create_task(hub.run())
        else:
            hub.join(watcher)
        try:
            yield watcher
        finally:
            hub.leave(watcher)
            if hub.watchers == 0 and hub.task is not None:
                if self._hubs.get(key) is hub:
                    del self._hubs[key]
                await end((hub.task,))
