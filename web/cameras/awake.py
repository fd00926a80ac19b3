"""Since when this process has run without a break: what it did not hear while it stood still says nothing of others."""

from __future__ import annotations

import asyncio
import logging

from vms.domain.clock import Clock

log = logging.getLogger(__name__)

BEAT_S = 0.5
#: A beat that came so much later than it should: below it a busy machine, above it nobody was listened to.
STILL_S = 2.0


class Awake:
    """``look`` is called before anybody is judged, and every ``BEAT_S``: the hole is found by whoever comes first."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._since = self._looked_at = clock.monotonic()

    def look(self) -> float:
        """Seconds since the start, or since the end of the last break."""
        before, self._looked_at = self._looked_at, self._clock.monotonic()
        still = self._looked_at - before
        if still > BEAT_S + STILL_S:
            log.warning("web.stalled seconds=%.1f", still)
            self._since = self._looked_at
        return self._looked_at - self._since

    async def run(self) -> None:
        """Beats for ever, on its own: a database that does not answer is no break."""
        while True:
            self.look()
            await asyncio.sleep(BEAT_S)
