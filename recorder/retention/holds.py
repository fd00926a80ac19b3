"""What is held: followed on the bus, kept in a file, asked before every deletion.

As long as nobody has said what is held (``known`` is None) nothing may be deleted. The expiry of a hold is the
business of ``web``, which then leaves it out; by its own clock, which may be wrong, a recorder lets go of it only
``EXPIRY_MARGIN_S`` later, so that one that is cut off does not keep it for ever.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections import defaultdict
from pathlib import Path

from nats.aio.msg import Msg
from pydantic import ValidationError

from vms.bus import subjects
from vms.bus.connection import Bus
from vms.domain.clock import Clock
from vms.domain.errors import BusError
from vms.domain.holds import HoldList

log = logging.getLogger(__name__)

POLL_S = 5.0
EXPIRY_MARGIN_S = 86400.0
#: A list of a lower revision was read so often in a row: a database was restored, it is not an old answer.
_LOWER = 2
_Span = tuple[float, float, float]


class Holds:
    """``held`` from any thread; ``run`` in the event loop."""

    def __init__(self, cache: Path, clock: Clock) -> None:
        self._cache = cache
        self._clock = clock
        self._lower = 0
        self.known: HoldList | None = None
        self._spans: dict[str, list[_Span]] = {}
        try:
            self._keep(HoldList.model_validate_json(cache.read_bytes()))
        except FileNotFoundError:
            pass
        except (OSError, ValidationError) as err:
            log.error("holds.unread path=%s error=%s", cache.name, type(err).__name__)

    def held(self, camera: str, start: float, end: float) -> bool:
        """Whether footage between the two (UTC seconds) is held; always, while nobody has said what is."""
        return self.known is None or bool(self.spans(camera, start, end))

    def covered(self, camera: str, start: float, end: float) -> bool:
        """Whether all footage between the two is held."""
        if self.known is None:
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
        try:
            offered = HoldList.model_validate_json(raw)
        except ValidationError as err:
            log.error("holds.refused error=%s", err.errors(include_url=False)[0]["msg"])
            return
        if self.known is not None and offered.revision <= self.known.revision:
            if offered.revision == self.known.revision or not read:
                self._lower = 0
                return
            self._lower += 1
            if self._lower < _LOWER:
                return
        self._lower = 0
        self._keep(offered)  # at once: what is asked next must know of it
        log.info("holds.applied revision=%d holds=%d", offered.revision, len(offered.holds))
        await asyncio.to_thread(self._write, raw)

    def _keep(self, offered: HoldList) -> None:
        spans: dict[str, list[_Span]] = defaultdict(list)
        for hold in offered.holds:
            until = float("inf") if hold.until is None else hold.until.timestamp() + EXPIRY_MARGIN_S
            for camera in hold.cameras:
                spans[camera].append((hold.start.timestamp(), hold.end.timestamp(), until))
        self._spans = dict(spans)
        self.known = offered

    def _write(self, raw: bytes) -> None:
        temporary = self._cache.with_suffix(".tmp")
        try:
            self._cache.parent.mkdir(parents=True, exist_ok=True)
            with temporary.open("wb") as file:
                file.write(raw)
                os.fsync(file.fileno())
            temporary.replace(self._cache)
        except OSError as err:
            log.error("holds.uncached error=%s", err.strerror)
