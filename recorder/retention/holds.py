"""What is held: followed on the bus, kept in a file, asked before every deletion.

As long as the list cannot be read (not ``current``) nothing may be deleted: not before it was read once since the
start, whatever the file says, nor when that is long ago. ``web`` leaves out what was released; that a hold has expired
is decided here, ``EXPIRY_MARGIN_S`` later and by a clock that can be believed.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from pathlib import Path

from nats.aio.msg import Msg
from pydantic import ValidationError

from vms.bus import subjects
from vms.bus.connection import Bus
from vms.domain.clock import Clock
from vms.domain.errors import BusError
from vms.domain.holds import HoldList
from vms.settings.whole_file import write_whole

log = logging.getLogger(__name__)

POLL_S = 5.0
EXPIRY_MARGIN_S = 86400.0
#: A list that could not be read for so long (seconds: a few polls in a row) may be another by now, and deleting stops:
#: a hold that was made while the bus is away must not come too late. That costs nothing, footage is kept longer.
STALE_S = 4 * POLL_S
#: A list of a lower revision was read so often in a row: a database was restored, it is not an old answer.
_LOWER = 2
_Span = tuple[float, float, float]


class Holds:
    """``held`` from any thread; ``run`` in the event loop. ``clock`` is the one by which holds expire."""

    def __init__(self, cache: Path, clock: Clock) -> None:
        self._cache = cache
        self._clock = clock
        self._lower = 0
        self._turn = asyncio.Lock()
        self._applied = b""
        self.known: HoldList | None = None
        self.read_at: float | None = None  # monotonic
        self._spans: dict[str, list[_Span]] = {}
        try:
            self._keep(HoldList.model_validate_json(cache.read_bytes()))
        except FileNotFoundError:
            pass
        except (OSError, ValidationError) as err:
            log.error("holds.unread path=%s error=%s", cache.name, type(err).__name__)

    @property
    def current(self) -> bool:
        """Whether it is known what is held."""
        at = self.read_at
        return self.known is not None and at is not None and self._clock.monotonic() - at <= STALE_S

    @property
    def any(self) -> bool:
        """Whether anything is held."""
        now = self._clock.utc()
        return any(span[2] > now for spans in list(self._spans.values()) for span in spans)

    def held(self, camera: str, start: float, end: float) -> bool:
        """Whether footage between the two (UTC seconds) is held; always, while it is not known."""
        return not self.current or bool(self.spans(camera, start, end))

    def covered(self, camera: str, start: float, end: float) -> bool:
        """Whether all footage between the two is held."""
        if not self.current:
            return True
        at = start
        for begin, finish in self.spans(camera, start, end):
            if begin > at:
                return False
            at = max(at, finish)
        return at >= end

    def spans(self, camera: str, start: float, end: float) -> list[tuple[float, float]]:
        """The held spans of the camera that touch the two moments, in order of their start; they may overlap."""
        now = self._clock.utc()
        found = [span for span in self._spans.get(camera, ()) if span[0] < end and span[1] > start and span[2] > now]
        return sorted(span[:2] for span in found)

    async def run(self, bus: Bus) -> None:
        """Follows the bucket for ever."""

        async def told(msg: Msg) -> None:
            await self._offer(msg.data, read=False)

        await bus.follow(subjects.BUCKET_HOLDS, told, subjects.HOLDS_KEY)
        while True:
            try:
                raw = await bus.get(subjects.BUCKET_HOLDS, subjects.HOLDS_KEY)
                if raw:
                    await self._offer(raw, read=True)
            except BusError as err:
                log.debug("holds.unread error=%s", err)
            await asyncio.sleep(POLL_S if self.known else 0.25)

    async def _offer(self, raw: bytes, *, read: bool) -> None:
        async with self._turn:
            if raw == self._applied:  # as nearly always, and the list may be long
                self._lower = 0
                self.read_at = self._clock.monotonic()
            else:
                await self._take(raw, read=read)

    async def _take(self, raw: bytes, *, read: bool) -> None:
        try:
            offered = await asyncio.to_thread(HoldList.model_validate_json, raw)
        except ValidationError as err:
            log.error("holds.refused error=%s", err.errors(include_url=False)[0]["msg"])
            return
        if self.known is not None and offered.revision <= self.known.revision:
            if offered.revision == self.known.revision or not read:
                self._lower = 0
                if offered.revision == self.known.revision:
                    self.read_at = self._clock.monotonic()
                return
            self._lower += 1
            if self._lower < _LOWER:
                return
        self._lower = 0
        await asyncio.to_thread(self._keep, offered)  # before the file: what is asked next must know of it
        self._applied = raw
        self.read_at = self._clock.monotonic()
        log.info("holds.applied revision=%d holds=%d", offered.revision, len(offered.holds))
        await asyncio.to_thread(self._write, raw)

    def _keep(self, offered: HoldList) -> None:
        spans: dict[str, list[_Span]] = defaultdict(list)
        for hold in offered.holds:
            until = float("inf") if hold.until is None else hold.until.timestamp() + EXPIRY_MARGIN_S
            span = (hold.start.timestamp(), hold.end.timestamp(), until)
            for camera in hold.cameras:
                spans[camera].append(span)
        self._spans = dict(spans)
        self.known = offered

    def _write(self, raw: bytes) -> None:
        try:
            write_whole(self._cache, raw)
        except OSError as err:
            log.error("holds.uncached error=%s", err.strerror)
