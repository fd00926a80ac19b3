"""Frames and bits a second of one stream, over the last seconds. Added to in the reading thread, read elsewhere."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from vms.domain.clock import Clock

WINDOW_S = 6.0


@dataclass(frozen=True, slots=True)
class Reading:
    """``age_s`` is the age of the last packet, None before the first; ``bitrate`` in bit/s."""

    fps: float
    bitrate: float
    age_s: float | None
    packets: int


class Rates:
    """Counts; ``read`` (one reader) measures between its calls."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._packets = 0
        self._bytes = 0
        self._last: float | None = None
        self._history: deque[tuple[float, int, int]] = deque()

    def add(self, size: int, arrival: float) -> None:
        """One packet of ``size`` bytes that came at ``arrival`` (monotonic seconds)."""
        self._packets += 1
        self._bytes += size
        self._last = arrival

    def read(self) -> Reading:
        """The rates since the oldest reading of the window."""
        now = self._clock.monotonic()
        current = (now, self._packets, self._bytes)
        self._history.append(current)
        while len(self._history) > 2 and now - self._history[1][0] > WINDOW_S:
            self._history.popleft()
        then, packets, size = self._history[0]
        span = now - then
        fps = (self._packets - packets) / span if span > 0 else 0.0
        bitrate = 8 * (self._bytes - size) / span if span > 0 else 0.0
        return Reading(fps, bitrate, None if self._last is None else now - self._last, self._packets)
