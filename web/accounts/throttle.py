"""Slowing down who guesses passwords. Pure but for the clock passed in; forgets with a restart."""

from __future__ import annotations

import math
from collections import OrderedDict, deque

from vms.domain.clock import Clock

WINDOW_S = 300.0
#: Failures in the window per name and address, and per address whatever the name.
PER_ACCOUNT = 10
PER_ADDRESS = 50
#: Who varies names and addresses must not fill the memory.
MAX_KEYS = 10_000


class LoginThrottle:
    """Counts failures in a sliding window."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._failures: OrderedDict[tuple[str, str], deque[float]] = OrderedDict()

    def wait_s(self, username: str, address: str) -> int:
        """Whole seconds until another attempt is heard; 0 when it may come now."""
        waits = (
            self._wait((username, address), PER_ACCOUNT),
            self._wait(("", address), PER_ADDRESS),
        )
        return max(waits)

    def failed(self, username: str, address: str) -> None:
        """Notes one failure."""
        for key in ((username, address), ("", address)):
            self._failures.setdefault(key, deque(maxlen=PER_ADDRESS)).append(self._clock.monotonic())
            self._failures.move_to_end(key)
        while len(self._failures) > MAX_KEYS:
            self._failures.popitem(last=False)

    def succeeded(self, username: str, address: str) -> None:
        """Forgets the failures of this name from this address, and takes its own attempt back from the address."""
        self._failures.pop((username, address), None)
        if attempts := self._failures.get(("", address)):
            attempts.pop()

    def _wait(self, key: tuple[str, str], limit: int) -> int:
        times = self._failures.get(key)
        if times is None:
            return 0
        now = self._clock.monotonic()
        while times and now - times[0] >= WINDOW_S:
            times.popleft()
        if not times:
            del self._failures[key]
            return 0
        return 0 if len(times) < limit else max(1, math.ceil(WINDOW_S - (now - times[-limit])))
