"""The log as the rest of the role uses it: ``write`` within a change, ``note`` for what changes nothing."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

from vms.domain.clock import Clock, from_epoch
from web.audit import chain
from web.audit.entry import Asker, Entry, Outcome, made
from web.audit.notes import Notes
from web.database.engine import Change, Database
from web.database.failures import ANY, first_line, passes

log = logging.getLogger(__name__)

#: What was noted is written this much later at most, and what a killed process loses (seconds).
EVERY_S = 1.0
#: Entries of one transaction: whoever waits to write is next.
BATCH = 500


class AuditLog:
    """Keep ``flush`` called every ``EVERY_S``, and ``close`` it."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._notes = Notes(clock)
        self._writing = asyncio.Lock()

    @property
    def lost(self) -> int:
        """How many entries were counted instead of written, since the start."""
        return self._notes.lost

    def note(
        self,
        by: Asker,
        action: str,
        *,
        site: str | None = None,
        camera: str | None = None,
        object: str | None = None,  # the interface's word
        detail: Mapping[str, Any] | None = None,
        outcome: Outcome = "done",
    ) -> None:
        """Takes it into memory and returns; ``Notes`` says what becomes of repeated ones."""
        now = from_epoch(self._clock.utc())
        entry = made(now, by, action, site=site, camera=camera, object=object, detail=detail, outcome=outcome)
        self._notes.add(by.actor, entry)

    async def write(
        self,
        change: Change,
        by: Asker,
        action: str,
        *,
        site: str | None = None,
        camera: str | None = None,
        object: str | None = None,  # the interface's word
        detail: Mapping[str, Any] | None = None,
        outcome: Outcome = "done",
    ) -> None:
        """As ``chain.write``: in the transaction of the change, so that neither is without the other."""
        await chain.write(change, by, action, site=site, camera=camera, object=object, detail=detail, outcome=outcome)

    async def flush(self, *, last: bool = False) -> None:
        """Writes what was noted; what the database refuses for now stays and is raised (``failures.ANY``)."""
        async with self._writing:
            while batch := self._notes.take(BATCH, last=last):
                # Who ends the role waits for it: of a transaction that is broken off nobody knows whether it was.
                writing = asyncio.create_task(self._append(batch))
                try:
                    await asyncio.shield(writing)
                except asyncio.CancelledError:
                    await asyncio.gather(writing, return_exceptions=True)
                    raise

    async def _append(self, batch: list[Entry]) -> None:
        try:
            async with self._database.change() as change:
                await chain.append(change, batch)
        except ANY as err:
            if passes(err):
                self._notes.put_back(batch)
                raise
            self._notes.lose(batch)
            log.error("audit.lost entries=%d error=%s", len(batch), first_line(err))

    async def close(self) -> None:
        """Writes what is left, the looks that go on included; the database is still open."""
        try:
            await self.flush(last=True)
        except ANY as err:
            log.error("audit.unwritten error=%s", first_line(err))
