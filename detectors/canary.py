"""When the detector tells a canary of each site that it serves. What becomes of them is ``web.canary``'s matter."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Collection, Iterable

from vms.domain.canary import Canary
from vms.domain.clock import Clock, from_epoch

LOOK_S = 1.0


class Canaries:
    """``every_s`` 0: there are none. ``tell`` must not block."""

    def __init__(self, tell: Callable[[Canary], None], clock: Clock, node: str, every_s: float) -> None:
        self._tell = tell
        self._clock = clock
        self._node = node
        self._every_s = every_s
        self._told: dict[str, float] = {}  # site -> monotonic seconds

    async def run(self, sites: Callable[[], Iterable[str]]) -> None:
        """Looks for ever whether one of ``sites`` is due; a new one is at once."""
        while True:
            self.look(set(sites()))
            await asyncio.sleep(LOOK_S)

    def look(self, sites: Collection[str]) -> None:
        """Tells what is due; one a site, however long this process stood still."""
        if not self._every_s:
            return
        now = self._clock.monotonic()
        self._told = {site: at for site, at in self._told.items() if site in sites}
        for site in sorted(sites):
            if site not in self._told or now - self._told[site] >= self._every_s:
                self._told[site] = now
                at = from_epoch(self._clock.utc())
                self._tell(Canary(id=uuid.uuid4().hex, site=site, node=self._node, at=at))
