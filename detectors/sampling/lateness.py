"""Whether a stream is read later than it comes: then pictures wait in the kernel's socket, and the oldest come first.

A thread that decodes more than it can stays ever further behind life, by as much as the socket holds: a minute and
more. What is late is not decoded until the thread has caught up; reading alone is a hundred times faster than life.
Pure, clock passed in. Not here: what is due at all (``policy``).
"""

from __future__ import annotations

#: Later than the least that was seen (seconds): what waits is let go.
LATE_S = 1.0
#: The least rises by so much a second: a camera's clock that is slow is no lateness, and quartz drifts far less.
DRIFT = 1e-3
#: While late: over so many seconds, packets that come at this multiple of life or slower were not waiting. Then the way
#: has become longer, and there is nothing to catch up with.
SPAN_S, WAITING_PACE = 0.5, 1.5


class Lateness:
    """One run of one camera."""

    def __init__(self) -> None:
        self._least: float | None = None
        self._at = 0.0
        self._since: tuple[float, float] | None = None  # arrival and stream time where catching up began to be measured

    def late(self, arrival: float, stream: float) -> bool:
        """``arrival``: monotonic seconds when the packet was read; ``stream``: its own time, seconds from anywhere."""
        behind = arrival - stream
        if self._least is None:
            self._least, self._at = behind, arrival
        self._least = min(behind, self._least + DRIFT * max(0.0, arrival - self._at))
        self._at = arrival
        if behind - self._least <= LATE_S:
            self._since = None
            return False
        if self._since is None:
            self._since = (arrival, stream)
        read, came = arrival - self._since[0], stream - self._since[1]
        if read >= SPAN_S:
            self._since = (arrival, stream)
            if came < WAITING_PACE * read:
                self._least, self._since = behind, None
                return False
        return True
