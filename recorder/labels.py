"""How far a camera's footage and gaps have been labelled: what the next run's labels may not go behind. No I/O.

The network only delays, so a run that began over a slow line has late labels, and those of the next would begin before
that one ended. Only a clock that is set takes them back rightly.
"""

from __future__ import annotations

from vms.domain.clock import Clock

#: By less the host's clock is slewed, not set (seconds).
_SET_S = 1.0


class Labels:
    """One camera's; all moments in UTC seconds, 0.0 where there is none."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._offset = clock.utc() - clock.monotonic()
        self._footage = 0.0
        self.told_until = 0.0  # footage or gaps

    def tell(self, until: float) -> None:
        """Footage or a gap was told up to ``until``."""
        self.told_until = max(until, self.told_until)

    def resume(self, footage: float | None, alive_until: float | None) -> None:
        """Goes on after another process, whose footage ends at ``footage`` and which lived until ``alive_until``.

        A clock that is behind that was set back meanwhile; else labels beyond it are late ones.
        """
        if footage is not None and alive_until is not None and alive_until <= self._clock.utc():
            self._footage = footage

    def end(self, footage: float) -> None:
        """A run is over; its footage ends at ``footage`` (0.0: there was none yet)."""
        if not self._set():
            self._footage = max(footage, self._footage)

    def begin(self) -> float:
        """A run begins: where footage before it ends; 0.0 where its labels may go behind that."""
        self._set()
        return self._footage

    def _set(self) -> bool:
        """Whether the clock was set since this was asked last: then labels from before say nothing."""
        offset = self._clock.utc() - self._clock.monotonic()
        if abs(offset - self._offset) < _SET_S:
            return False
        self._footage, self._offset = 0.0, offset
        return True
