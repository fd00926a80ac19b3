"""Slowing down who guesses passwords. Pure but for the clock passed in; failures are forgotten with a restart.

Failures count for a name from one address, for one address whatever the name, and for a name over all addresses: who
has many addresses has few guesses all the same. The last limit alone would hand anybody the means to lock a person out
from anywhere, for as long as he likes. So it does not hold where this person has signed in before: there only what
fails there counts. Who comes from a place that is new to him while somebody guesses at his name does wait, until five
minutes after the last of the guesses at most; no limit can tell the two apart. What is refused is not counted: nobody
waits longer for having tried.
"""

from __future__ import annotations

import math
from collections import OrderedDict, deque

from vms.domain.clock import Clock
from web.proxies import place_of

WINDOW_S = 300.0
#: Failures in the window per name and address, per address whatever the name, and per name over all that are new to it.
PER_PAIR = 10
PER_ADDRESS = 50
PER_ACCOUNT = 30
#: Who varies names and addresses must not fill the memory.
MAX_KEYS = 10_000
#: An address is not new to a name for so long after it signed in there.
KNOWN_S = 30 * 86400.0


class LoginThrottle:
    """Counts failures in a sliding window."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._failures: OrderedDict[tuple[str, str], deque[float]] = OrderedDict()
        self._known: OrderedDict[tuple[str, str], float] = OrderedDict()

    def wait_s(self, username: str, address: str) -> int:
        """Whole seconds until another attempt is heard; 0 when it may come now."""
        limits = zip(self._keys(username, address), (PER_PAIR, PER_ADDRESS, PER_ACCOUNT), strict=False)
        return max(self._wait(key, limit) for key, limit in limits)

    def failed(self, username: str, address: str) -> None:
        """Notes one failure."""
        for key in self._keys(username, address):
            self._failures.setdefault(key, deque(maxlen=PER_ADDRESS)).append(self._clock.monotonic())
            self._failures.move_to_end(key)
        while len(self._failures) > MAX_KEYS:
            self._failures.popitem(last=False)

    def succeeded(self, username: str, address: str) -> None:
        """Forgets the failures of this name from this address, and takes its own attempt back from the others."""
        pair, *others = self._keys(username, address)
        self._failures.pop(pair, None)
        for key in others:
            if attempts := self._failures.get(key):
                attempts.pop()
        self.remember(username, address)

    def withdraw(self, username: str, address: str) -> None:
        """The attempt that was noted last was none: nobody looked at its password."""
        for key in self._keys(username, address):
            if attempts := self._failures.get(key):
                attempts.pop()

    def remember(self, username: str, address: str) -> None:
        """This name signed in from this address."""
        pair = (username, place_of(address))
        self._known[pair] = self._clock.monotonic()
        self._known.move_to_end(pair)
        while len(self._known) > MAX_KEYS:
            self._known.popitem(last=False)

    def _keys(self, username: str, address: str) -> list[tuple[str, str]]:
        """Of the name there, of the place, and of the name anywhere: the last one not where it is at home."""
        pair = (username, place_of(address))
        keys = [pair, ("", pair[1])]
        if self._clock.monotonic() - self._known.get(pair, float("-inf")) >= KNOWN_S:
            keys.append((username, ""))
        return keys

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
