"""The time by which deadlines pass: UTC that goes on evenly, whatever is done to the host's clock.

Rows hold UTC. When the host's clock is set, all deadlines are moved by as much, so that each is as far away as before:
nobody is called an hour early or late. What was set while this role did not run cannot be known: at the start no
deadline is believed that lies further ahead than its ladder allows (``web.escalation.runner``).
"""

from __future__ import annotations

from datetime import datetime, timedelta

from vms.domain.clock import Clock, from_epoch

#: More than this between two looks is a step; less is followed (seconds).
STEP_S = 1.0


class SteadyClock:
    """``now`` follows the host's clock only where ``look`` found no step, or ``moved`` was told of one."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ahead = clock.utc() - clock.monotonic()

    def now(self) -> datetime:
        """UTC, as it was before the last step that has not been told to ``moved``."""
        return from_epoch(self._clock.monotonic() + self._ahead)

    def monotonic(self) -> float:
        """The host's."""
        return self._clock.monotonic()

    def look(self) -> timedelta | None:
        """By how much the clock was set, or None; what a time server made up slowly is followed."""
        ahead = self._clock.utc() - self._clock.monotonic()
        step = ahead - self._ahead
        if abs(step) > STEP_S:
            return timedelta(seconds=step)
        self._ahead = ahead
        return None

    def moved(self, step: timedelta) -> None:
        """The deadlines are: ``now`` is the host's again."""
        self._ahead += step.total_seconds()
