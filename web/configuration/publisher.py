"""Telling the workers: the revision in force is in the bucket ``config``, whatever happens to the bus."""

from __future__ import annotations

import asyncio
import logging

from pydantic import ValidationError

from vms.bus import subjects
from vms.bus.connection import Bus
from vms.domain.clock import Clock
from vms.domain.facility import Facility
from vms.domain.messages import ConfigRevision
from web.configuration.current import CurrentConfiguration
from web.configuration.revisions import latest, save
from web.database.engine import Database
from web.republish import keep_published

log = logging.getLogger(__name__)


class ConfigurationPublisher:
    """Keeps database, this process and the bucket at the same revision."""

    def __init__(self, database: Database, clock: Clock, current: CurrentConfiguration) -> None:
        self._database = database
        self._clock = clock
        self._current = current
        self._wake = asyncio.Event()
        self._seen_elsewhere = 0
        current.on_change(self._wake.set)

    def outrun(self, revision: int) -> None:
        """A worker has a revision in force; workers ignore one that is not higher than theirs."""
        if revision > max(self._seen_elsewhere, self._current.revision):
            self._seen_elsewhere = revision
            self._wake.set()

    async def run(self, bus: Bus) -> None:
        """Publishes for ever: at each change, each reconnection, and looks by itself in between."""
        await keep_published(bus, self._wake, self._once, "configuration")

    async def _once(self, bus: Bus) -> None:
        stored = await latest(self._database)  # the command line may have written one
        if stored is not None:
            self._current.replace(stored)
        raw = await bus.get(subjects.BUCKET_CONFIG, subjects.CONFIG_KEY)
        there = _parse(raw)
        mine = self._current.configured.message()
        same_there = there is not None and (there.revision, there.facility) == (mine.revision, mine.facility)
        if same_there and self._seen_elsewhere <= mine.revision:
            return
        highest = max(self._seen_elsewhere, 0 if there is None else there.revision)
        if highest > mine.revision or (there is not None and highest == mine.revision):
            # A database that was restored or begun anew: workers only follow a higher number than theirs.
            same: Facility = self._current.facility
            renumbered = await save(self._database, self._clock, "renumbering", lambda _before: same, highest + 1)
            log.warning("configuration.renumbered from=%d to=%d", mine.revision, renumbered.revision)
            self._current.replace(renumbered)
            mine = renumbered.message()
        await bus.put_synced(subjects.BUCKET_CONFIG, subjects.CONFIG_KEY, mine.encode())
        log.info("configuration.published revision=%d", mine.revision)


def _parse(raw: bytes | None) -> ConfigRevision | None:
    if not raw:
        return None
    try:
        return ConfigRevision.model_validate_json(raw)
    except ValidationError:
        return None
