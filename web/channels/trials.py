"""Tests of channels, on somebody's press of a button: bounded, since each is a message to some address."""

from __future__ import annotations

import math
from collections import OrderedDict, deque
from collections.abc import Sequence
from datetime import tzinfo

from vms.domain.clock import Clock, from_epoch
from web.channels import words
from web.channels.couriers import Couriers
from web.channels.push import Answer, Push
from web.channels.store import ChannelRow
from web.problems import Problem

#: Seconds between two tests of one address, whatever channel it is called.
EACH_S = 10.0
#: Tests that one person asks for within so many seconds: nobody's phone is to be flooded from here.
PER_PERSON, WINDOW_S = 30, 600.0
_MOST_KEYS = 10_000


class Trials:
    """Counts in memory: a restart forgets."""

    def __init__(self, clock: Clock, couriers: Couriers) -> None:
        self._clock = clock
        self._couriers = couriers
        self._asked: OrderedDict[str | tuple[str, str], deque[float]] = OrderedDict()

    def begin(self, asking: str, channels: Sequence[ChannelRow]) -> None:
        """Counts a test of each of them by ``asking``; ``Problem`` 429 with ``Retry-After``, and none is counted."""
        keys: list[str | tuple[str, str]] = [(one.gateway, one.address) for one in channels]
        waits = [self._wait(key, 1, EACH_S) for key in keys]
        waits.append(self._wait(asking, PER_PERSON - len(channels) + 1, WINDOW_S))
        if wait := max(waits):
            said = f"it was tested a moment ago; wait {wait} s"
            raise Problem(429, "throttled", said, headers={"Retry-After": str(wait)})
        now = self._clock.monotonic()
        for key in (*keys, *[asking] * len(keys)):
            self._asked.setdefault(key, deque(maxlen=PER_PERSON)).append(now)
            self._asked.move_to_end(key)
        while len(self._asked) > _MOST_KEYS:
            self._asked.popitem(last=False)

    async def send(self, channel: ChannelRow, zone: tzinfo) -> Answer:
        """Sends the test; never raises."""
        now = from_epoch(self._clock.utc())
        title, body = words.trial(channel.label, now, channel.language, zone)
        return await self._couriers.send(channel, Push(title, body, "/account", f"test-{channel.id}", urgent=False))

    def _wait(self, key: str | tuple[str, str], limit: int, window_s: float) -> int:
        """Whole seconds until another is within ``limit``; 0: now."""
        now = self._clock.monotonic()
        times = [at for at in self._asked.get(key, ()) if now - at < window_s]
        return 0 if len(times) < limit else max(1, math.ceil(window_s - (now - times[-max(limit, 1)])))
