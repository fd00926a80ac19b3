"""What one disk refused, told when it begins and when it is over, not once a file: a full disk refuses one a second."""

from __future__ import annotations

import logging
import threading

from vms.domain.clock import Clock

log = logging.getLogger(__name__)

#: A disk that is full takes a little now and then: it works again when it has refused nothing for so long (seconds).
QUIET_S = 30.0


class Refusals:
    """Of one disk; fed by its threads. ``last``: errno and moment (monotonic) of the last one."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.last: tuple[int, float] | None = None
        self._since = 0.0
        self._count = 0
        self._told: set[int] = set()
        self._lock = threading.Lock()

    def failed(self, err: OSError, file: str) -> None:
        """The disk refused something; an error that it has not had since it last worked is news."""
        with self._lock:
            number, now = err.errno or 0, self._clock.monotonic()
            if not self._count:
                self._since = now
            self._count += 1
            self.last = number, now
            if number not in self._told:
                self._told.add(number)
                log.error("disk.failed file=%s error=%s", file, err.strerror)

    def worked(self) -> None:
        """The disk took something of a file."""
        if not self._count:  # as nearly always: no lock for each fragment
            return
        with self._lock:
            now = self._clock.monotonic()
            if self.last is not None and now - self.last[1] >= QUIET_S:
                log.info("disk.restored failures=%d seconds=%.0f", self._count, now - self._since)
                self._count = 0
                self._told.clear()
