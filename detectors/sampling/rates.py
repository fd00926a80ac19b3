"""How often something happened over the last seconds."""

from __future__ import annotations

from collections import deque

WINDOW_S = 10.0


class RateMeter:
    """Events a second over ``WINDOW_S``; marked in one thread, read in any."""

    def __init__(self, started: float) -> None:
        self._started = started
        self._events: deque[float] = deque()

    def mark(self, now: float) -> None:
        """One event at ``now`` (monotonic seconds)."""
        self._events.append(now)
        while self._events and self._events[0] <= now - WINDOW_S:
            self._events.popleft()

    def rate(self, now: float) -> float:
        """Events a second until ``now``; over less than the window just after the start."""
        span = min(WINDOW_S, max(1.0, now - self._started))
        return sum(1 for event in tuple(self._events) if event > now - span) / span
