"""Watching is a lease: nothing live is published for a camera unless somebody asked for it within seconds.

The owner of a profile offers it at its process's desk; a request renews the lease, is answered with what a
player needs, and gets the current group of pictures at its inbox. Publishing never blocks the caller:
what the bus does not take in time is refused, and the caller resumes at a key frame.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections import deque
from collections.abc import Callable, Coroutine

import nats.errors
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from pydantic import ValidationError

from vms.bus import subjects
from vms.bus.connection import Bus
from vms.bus.tasks import end
from vms.domain.clock import Clock
from vms.domain.messages import Profile, WatchReply, WatchRequest

log = logging.getLogger(__name__)

#: Live bytes that may wait for the bus in one process.
MAX_WAITING_BYTES = 16 * 1024 * 1024

Headers = dict[str, str]
Describe = Callable[[], WatchReply]
Backlog = Callable[[], list[tuple[Headers, bytes]]]


def _no_backlog() -> list[tuple[Headers, bytes]]:
    return []


class Lease:
    """One offered profile. ``watched``, ``fps`` and ``publish`` may be used from any thread."""

    def __init__(self, desk: WatchDesk, site: str, camera: str, profile: Profile, describe: Describe, backlog: Backlog):
        self._desk = desk
        self._until = float("-inf")
        self._fps = 0.0
        self._fps_until = float("-inf")
        self.site = site
        self.camera = camera
        self.profile: Profile = profile
        self.subject = subjects.live(site, camera, profile)
        self.describe = describe
        self.backlog = backlog
        self.dropped = 0

    @property
    def watched(self) -> bool:
        """Whether somebody watches now."""
        return self._desk.clock.monotonic() < self._until

    @property
    def fps(self) -> float:
        """The highest rate asked for, 0 when nobody watches."""
        return self._fps if self.watched else 0.0

    def renew(self, request: WatchRequest) -> None:
        """Extends the lease by the request's time."""
        now = self._desk.clock.monotonic()
        until = now + request.ttl_s
        if request.fps >= self._fps or now >= self._fps_until:
            self._fps, self._fps_until = request.fps, until
        self._until = max(self._until, until)

    def publish(self, payload: bytes, headers: Headers) -> bool:
        """Hands one live message to the bus; False when it was refused because the bus is behind."""
        taken = self._desk.send(self.subject, payload, headers)
        if not taken:
            self.dropped += 1
        return taken

    def close(self) -> None:
        """Withdraws the offer."""
        self._desk.withdraw(self)


class WatchDesk:
    """Answers ``watch`` for every profile that this process owns; one sender task for all live messages.

    Offers are made and withdrawn in the event loop; one that is never attached to a bus takes them from any thread.
    """

    def __init__(self, bus: Bus | None, clock: Clock) -> None:
        self.clock = clock
        self._bus = bus
        self._loop = asyncio.get_running_loop()
        self._offers: dict[tuple[str, str], dict[Profile, Lease]] = {}
        self._subscriptions: dict[tuple[str, str], Subscription] = {}
        self._waiting: deque[tuple[str, bytes, Headers]] = deque()
        self._waiting_bytes = 0
        self._count_lock = threading.Lock()
        self._wake = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._subscribing = asyncio.Lock()
        if bus is not None:
            self.attach(bus)

    def attach(self, bus: Bus) -> None:
        """Starts to serve on ``bus``: a worker offers before the bus is there, and again after a failure."""
        self._bus = bus
        self._subscriptions.clear()  # they went with the connection before
        self._spawn(self._send_all(bus))
        for key in list(self._offers):
            self._spawn(self._subscribe(bus, key))

    def offer(
        self, site: str, camera: str, profile: Profile, describe: Describe, backlog: Backlog = _no_backlog
    ) -> Lease:
        """Declares ``profile`` of a camera as this process's own."""
        lease = Lease(self, site, camera, profile, describe, backlog)
        offers = self._offers.setdefault((site, camera), {})
        fresh = not offers
        offers[profile] = lease
        if fresh and self._bus is not None:
            self._spawn(self._subscribe(self._bus, (site, camera)))
        return lease

    def withdraw(self, lease: Lease) -> None:
        """Forgets a lease; the camera's subscription goes with its last one."""
        key = (lease.site, lease.camera)
        offers = self._offers.get(key, {})
        if offers.get(lease.profile) is lease:
            del offers[lease.profile]
        if not offers:
            self._offers.pop(key, None)
            if (subscription := self._subscriptions.pop(key, None)) is not None:
                self._spawn(_unsubscribe(subscription))

    def send(self, subject: str, payload: bytes, headers: Headers) -> bool:
        """Queues one message from any thread; False when too much waits."""
        with self._count_lock:
            if self._bus is None or self._waiting_bytes + len(payload) > MAX_WAITING_BYTES:
                return False
            self._waiting_bytes += len(payload)
            self._waiting.append((subject, payload, headers))
        if not self._wake.is_set():
            self._loop.call_soon_threadsafe(self._wake.set)
        return True

    async def close(self) -> None:
        """Stops answering and sending; what waits is forgotten."""
        with self._count_lock:
            self._bus = None
            self._waiting.clear()
            self._waiting_bytes = 0
        await end(self._tasks)

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _subscribe(self, bus: Bus, key: tuple[str, str]) -> None:
        async def asked(msg: Msg) -> None:
            await self._answer(bus, key, msg)

        async with self._subscribing:  # withdrawn and offered again at once it would be asked twice
            if key not in self._offers or key in self._subscriptions:
                return
            subscription = await bus.bulk.subscribe(subjects.control(*key, "watch"), cb=asked)
            if key in self._offers:
                self._subscriptions[key] = subscription
            else:  # withdrawn meanwhile
                await _unsubscribe(subscription)

    async def _answer(self, bus: Bus, key: tuple[str, str], msg: Msg) -> None:
        try:
            request = WatchRequest.model_validate_json(msg.data)
        except ValidationError as err:
            log.warning("watch.refused site=%s camera=%s error=%s", *key, err.errors()[0]["msg"])
            return
        lease = self._offers.get(key, {}).get(request.profile)
        if lease is None:
            return  # another process's profile: only the owner answers
        if not lease.watched:
            log.info("watch.begun site=%s camera=%s profile=%s", *key, request.profile)
        lease.renew(request)
        reply = lease.describe()
        if msg.reply:
            await bus.bulk.publish(msg.reply, reply.encode())
        if request.inbox and reply.error is None:
            for headers, payload in lease.backlog():
                self.send(request.inbox, payload, headers)

    async def _send_all(self, bus: Bus) -> None:
        while True:
            self._wake.clear()
            while self._waiting:
                with self._count_lock:
                    subject, payload, headers = self._waiting.popleft()
                    self._waiting_bytes -= len(payload)
                try:
                    await bus.bulk.publish(subject, payload, headers=headers)
                except (nats.errors.Error, TimeoutError, OSError) as err:
                    log.debug("live.unsent subject=%s error=%s", subject, type(err).__name__)
            await self._wake.wait()


async def _unsubscribe(subscription: Subscription) -> None:
    with contextlib.suppress(nats.errors.Error):  # the connection is closing: it goes with it
        await subscription.unsubscribe()
