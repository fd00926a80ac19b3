"""The time by which footage is old and holds lapse: a host's clock that was set ahead must not delete anything.

It follows the host's clock as long as that goes on from where it was known to be; what it was is kept in a file, over
restarts. From a clock that is suddenly far ahead nothing follows at once: a time server must keep it, and for a while.
On a host without one the difference is made up slowly; until then footage is kept longer than it would have to be.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable
from pathlib import Path

from vms.domain.clock import Clock
from vms.settings.whole_file import write_whole

log = logging.getLogger(__name__)

#: So far the host's clock may have gone on while nobody looked (seconds).
NEAR_S = 3600.0
#: A clock that a time server keeps is believed when nobody has set it for so long, or since the start (seconds).
SETTLED_S = 600.0
#: More than this between two looks is a step (seconds).
STEP_S = 1.0
#: Without a time server a difference is made up by so much of the time that passes.
MADE_UP = 0.1
SAVE_EVERY_S = 600.0


class BelievedClock:
    """A ``Clock``: ``utc`` is 1970 until the first ``look``, and never ahead of the host's.

    ``kept``: whether a time server keeps the host's clock; None: unknown. ``note``: where the time is remembered.
    """

    def __init__(self, clock: Clock, note: Path, kept: Callable[[], bool | None]) -> None:
        self._clock, self._note, self._kept = clock, note, kept
        self._time: float | None = None
        self._looked_at = self._steady_since = self._saved_at = clock.monotonic()
        self._ahead = clock.utc() - clock.monotonic()
        self._doubted = False
        self._looking = threading.Lock()

    def monotonic(self) -> float:
        """The host's."""
        return self._clock.monotonic()

    def utc(self) -> float:
        """UTC seconds that may be relied upon: it is at least so late."""
        return 0.0 if self._time is None else min(self._time, self._clock.utc())

    def look(self, newest: Callable[[], float | None]) -> None:
        """Compares; every second or so. ``newest``: the end of the newest footage (UTC seconds), None: there is none.

        It is asked where nothing is remembered, and may raise ``OSError``.
        """
        with self._looking:  # there is a thread for each disk
            self._look(newest)

    def _look(self, newest: Callable[[], float | None]) -> None:
        now, utc = self._clock.monotonic(), self._clock.utc()
        first = self._time is None
        passed, self._looked_at = 0.0 if first else now - self._looked_at, now
        if abs(utc - now - self._ahead) > STEP_S:
            self._steady_since = now
        self._ahead = utc - now
        time = self._begin(newest, utc) if self._time is None else self._time + passed
        settled = now - self._steady_since >= SETTLED_S
        near = abs(utc - time) <= NEAR_S
        if near or (settled and self._kept() is True):
            time = utc
        elif utc > time:
            time += passed * MADE_UP
        self._time = time
        self._doubt(utc - time)
        if first or now - self._saved_at >= SAVE_EVERY_S:
            self._saved_at = now
            self._save(time)

    def _doubt(self, ahead: float) -> None:
        doubted = ahead > 0
        if doubted != self._doubted:
            self._doubted = doubted
            if doubted:
                log.error(
                    "retention.clock_doubted ahead_s=%.0f remedy='set the clock, or have a time server keep it; until "
                    "then footage is kept longer'", ahead,
                )  # fmt: skip
            else:
                log.info("retention.clock_believed")

    def _begin(self, newest: Callable[[], float | None], utc: float) -> float:
        try:
            return float(json.loads(self._note.read_bytes())["utc"])
        except FileNotFoundError:
            pass
        except (OSError, ValueError, KeyError, TypeError) as err:
            log.error("retention.unread path=%s error=%s", self._note.name, type(err).__name__)
        found = newest()
        return utc if found is None else found

    def _save(self, time: float) -> None:
        try:
            write_whole(self._note, json.dumps({"utc": time}).encode())
        except OSError as err:  # the newest footage tells it at the next start
            log.error("retention.unwritten path=%s error=%s", self._note.name, err.strerror)
