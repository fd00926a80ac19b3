"""That this process runs: a thread that looks at the clock, so that what is missing while it did not is its own fault.

A process that is stopped, or whose threads all wait for one, finds that a short wait took long. When it was alive last
is kept in a file, so that the next start knows since when nobody recorded.
"""

from __future__ import annotations

import fcntl
import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

from vms.domain.clock import Clock
from vms.settings.whole_file import write_whole

log = logging.getLogger(__name__)

BEAT_S = 0.5
#: A wait that took so much longer than asked for: below it a busy machine, and no camera's session breaks over it.
STALL_S = 2.0
#: Under ``DATA``: every recorder holds a share of it, so that who mends the index knows whether one runs.
LOCK = Path("state", "recorders.lock")
#: How often the file is written.
KEEP_S = 2.0

#: From when to when nothing ran (UTC seconds).
Stalled = Callable[[float, float], None]


class Pulse:
    """``alive_until``: when the process before this one was last known to run (UTC seconds), None: nobody knows."""

    def __init__(self, path: Path, clock: Clock, stalled: Stalled) -> None:
        self._path = path
        self._clock = clock
        self._stalled = stalled
        self._stop = threading.Event()
        self._kept_at = float("-inf")
        self._lock: TextIO | None = None
        self.alive_until = self._read()
        self._thread = threading.Thread(target=self._loop, name="pulse", daemon=True)

    def start(self) -> None:
        """Starts beating."""
        self._thread.start()

    def stop(self) -> None:
        """Beats once more, and no further."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join(BEAT_S * 2)
        if self._lock is not None:
            self._lock.close()

    def slept(self, asked: float, took: float) -> None:
        """One wait of ``asked`` seconds that took ``took``."""
        if took - asked > STALL_S:
            now = self._clock.utc()
            log.error("recorder.stalled seconds=%.1f", took)
            self._stalled(now - took, now)

    def _loop(self) -> None:
        while True:
            self._keep()
            begun = self._clock.monotonic()
            ended = self._stop.wait(BEAT_S)  # only the wait counts: the file's disk may be slow
            self.slept(BEAT_S, self._clock.monotonic() - begun)
            if ended:
                self._kept_at = float("-inf")
                self._keep()
                return

    def _share(self) -> None:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            file = (self._path.parent / LOCK.name).open("a")
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:  # somebody mends while no recorder ran; recording waits for nobody
            return
        self._lock = file

    def _keep(self) -> None:
        if self._lock is None:
            self._share()
        now = self._clock.monotonic()
        if now - self._kept_at < KEEP_S:
            return
        self._kept_at = now
        try:
            write_whole(self._path, f"{self._clock.utc():.3f}\n".encode(), synced=False)
        except OSError as err:  # the next start then knows a little less
            log.debug("pulse.unwritten error=%s", err.strerror)

    def _read(self) -> float | None:
        try:
            return float(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
