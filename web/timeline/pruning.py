"""Counts by the minute are kept for ``retention.counts_days``. Footage and its index are the recorders' matter."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import delete, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute

from vms.domain.clock import Clock, from_epoch
from vms.domain.facility import DEFAULT_COUNTS_DAYS
from vms.settings.believed import BelievedClock
from web.configuration.current import CurrentConfiguration
from web.database.engine import Database
from web.database.schema import MinuteCount, ZoneMinute

log = logging.getLogger(__name__)

#: Rows of one transaction: below a tenth of a second, and whoever waits to write is next.
BATCH = 2000
_Table = type[MinuteCount] | type[ZoneMinute]
#: With what the index of each begins; the minute follows.
_KEYS: tuple[tuple[_Table, Sequence[InstrumentedAttribute[str]]], ...] = (
    (MinuteCount, (MinuteCount.camera,)),
    (ZoneMinute, (ZoneMinute.camera, ZoneMinute.zone)),
)


class CountsPruning:
    """Deletes the oldest counts of one camera or zone after the other; ``note``: where the time is remembered."""

    def __init__(self, database: Database, clock: Clock, current: CurrentConfiguration, note: Path) -> None:
        self._database = database
        # Counts are few and kept for long: no time server is asked, a clock that is far ahead is caught up with slowly.
        self._clock = BelievedClock(clock, note, lambda: None)
        self._current = current

    async def look(self) -> None:
        """Deletes what is due, also of cameras and zones that are no longer configured."""
        days = self._current.facility.retention.counts_days or DEFAULT_COUNTS_DAYS
        newest = await self._newest()
        await asyncio.to_thread(self._clock.look, lambda: newest)  # writes a note
        # Whole days (UTC), or there would be a little to delete of everything each time.
        oldest = from_epoch(self._clock.utc()) - timedelta(days=days)
        first = oldest.replace(hour=0, minute=0, second=0, microsecond=0)
        deleted = 0
        for table, key in _KEYS:
            of: Sequence[str] | None = None
            while (of := await self._next(key, of)) is not None:
                deleted += await self._delete(table, key, of, first)
        if deleted:
            log.info("counts.pruned rows=%d before=%s", deleted, first.date())

    async def _newest(self) -> float | None:
        """The minute that came last (UTC seconds)."""
        async with self._database.read() as connection:
            at = await connection.scalar(select(MinuteCount.at).order_by(MinuteCount.id.desc()).limit(1))
        return None if at is None else at.timestamp()

    async def _next(self, key: Sequence[Any], last: Sequence[str] | None) -> Sequence[str] | None:
        """The camera, or camera and zone, after ``last``: a step in the index, however many rows each has."""
        query = select(*key).order_by(*key).limit(1)
        if last is not None:
            query = query.where(tuple_(*key) > tuple_(*last))
        async with self._database.read() as connection:
            found = (await connection.execute(query)).first()
        return None if found is None else tuple(found)

    async def _delete(self, table: _Table, key: Sequence[Any], of: Sequence[str], first: datetime) -> int:
        old = [column == value for column, value in zip(key, of, strict=True)]
        some = select(table.id).where(*old, table.at < first).limit(BATCH)
        async with self._database.read() as connection:
            there = (await connection.execute(some.limit(1))).first() is not None
        deleted = 0
        while there:
            async with self._database.change() as change:
                done = (await change.connection.execute(delete(table).where(table.id.in_(some)))).rowcount
            deleted += done
            there = done == BATCH
        return deleted
