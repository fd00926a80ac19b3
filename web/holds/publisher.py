"""Telling the recorders: the bucket ``holds`` has the list of all holds, whatever happens to the bus.

And the other way round: what the bucket has and the table has not was lost with a database, and comes back. Where the
bus's storage was lost as well, what this host's recorders have cached stands for the bucket.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime

from pydantic import ValidationError

from vms.bus import subjects
from vms.bus.connection import Bus
from vms.domain.clock import Clock, from_epoch
from vms.domain.holds import Hold, HoldList
from web.database.engine import Database
from web.holds import store
from web.republish import UNAVAILABLE, keep_published

log = logging.getLogger(__name__)

#: A route that put a hold waits so long for the bus.
TOLD_S = 3.0


class HoldsPublisher:
    """Keeps the bucket at what the table says. ``recalled``: the list that this host's recorders knew at the start."""

    def __init__(self, database: Database, clock: Clock, recalled: HoldList | None = None) -> None:
        self._database = database
        self._clock = clock
        self._recalled = recalled
        self._wake = asyncio.Event()
        self._turn = asyncio.Lock()
        self._bus: Bus | None = None
        self._seen: tuple[bytes, HoldList | None] = (b"", None)
        self._puts = 0
        self.told = False  # once at least, since the start
        self._listed = frozenset[str]() if recalled is None else _ids(recalled.holds)
        self.untold_since: float | None = None  # monotonic: recorders go by an older list than the table's

    async def tell(self) -> bool:
        """Publishes now; False when the bus does not take it: it is told as soon as it does."""
        self._puts += 1
        self._differs()
        self._wake.set()
        if self._bus is None or not self._bus.connected:
            return False
        try:
            async with asyncio.timeout(TOLD_S):
                await self._once(self._bus)
        except UNAVAILABLE:
            return False
        return True

    def pending(self, hold: str) -> bool:
        """Whether the recorders have not been told of it yet, as far as is known here."""
        return hold not in self._listed

    async def run(self, bus: Bus) -> None:
        """Publishes for ever: at each change, each reconnection, and looks by itself in between."""
        self._bus = bus
        await keep_published(bus, self._wake, self._once, "holds")

    async def _once(self, bus: Bus) -> None:
        async with self._turn:
            puts = self._puts
            raw = await bus.get(subjects.BUCKET_HOLDS, subjects.HOLDS_KEY)
            now = from_epoch(self._clock.utc())
            there = await self._read(raw or b"")
            known = max((one for one in (there, self._recalled) if one), key=lambda one: one.revision, default=None)
            if known is not None:
                await self._recover(known, now)
            async with self._database.read() as connection:
                holds = await store.told(connection, now)
            if there is not None and there.holds == holds:
                self._agrees(puts, holds)
                return
            self._differs()
            # By the clock, so that a bucket that was lost does not begin again at numbers that recorders know.
            revision = max(0 if known is None else known.revision + 1, int(now.timestamp() * 1000))
            made = HoldList(revision=revision, at=now, holds=holds)
            await bus.put_synced(subjects.BUCKET_HOLDS, subjects.HOLDS_KEY, made.encode())
            self._agrees(puts, holds)
        log.info("holds.published revision=%d holds=%d", revision, len(holds))

    async def _read(self, raw: bytes) -> HoldList | None:
        """Read anew only where it is another: it may be long, and is looked at every few seconds."""
        if raw != self._seen[0]:
            self._seen = (raw, await asyncio.to_thread(_parse, raw))
        return self._seen[1]

    def _differs(self) -> None:
        if self.untold_since is None:
            self.untold_since = self._clock.monotonic()

    def _agrees(self, puts: int, holds: Sequence[Hold]) -> None:
        self.told = True
        self._listed = _ids(holds)
        if puts == self._puts:  # else something was put while this was told
            self.untold_since = None

    async def _recover(self, known: HoldList, now: datetime) -> None:
        async with self._database.read() as connection:
            lost = await store.lost(connection, known.holds)
        if lost:
            async with self._database.change() as change:
                await store.recover(change, lost, now)
            log.error("holds.recovered holds=%d ids=%s", len(lost), ",".join(hold.id for hold in lost))


def _ids(holds: Sequence[Hold]) -> frozenset[str]:
    return frozenset(hold.id for hold in holds)


def _parse(raw: bytes) -> HoldList | None:
    try:
        return HoldList.model_validate_json(raw)
    except ValidationError:
        return None
