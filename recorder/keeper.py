"""Which of a node's recorders looks after what they share: retention, audit, the host's clock and their alerts.

All recorders of a data folder ask; the kernel gives the lock to one and takes it back when that process ends,
however it ends. The next one to ask goes on.
"""

from __future__ import annotations

import fcntl
import logging
import os
import threading
from pathlib import Path

log = logging.getLogger(__name__)


class Keeper:
    """Asked before each round of the work, from any thread."""

    def __init__(self, lock: Path) -> None:
        self._path = lock
        self._asking = threading.Lock()
        self._descriptor: int | None = None
        self._unlocked = False

    def holds(self) -> bool:
        """Whether this process is the one: it has the lock, and takes it where it is free. Only then it may delete."""
        with self._asking:
            return self._take() is True

    def speaks(self) -> bool:
        """Whether it tells for all: two that say the same, where no lock can be had, are better than none."""
        with self._asking:
            return self._take() is not False

    def _take(self) -> bool | None:
        """None: no lock can be had, by nobody."""
        if self._descriptor is not None:
            return True
        descriptor = None
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self._path, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as err:
            if descriptor is not None:
                os.close(descriptor)
            if isinstance(err, BlockingIOError):
                return False
            if not self._unlocked:  # once, not every second
                log.error("keeper.unlocked path=%s error=%s: nothing is deleted", self._path, err.strerror)
            self._unlocked = True
            return None
        self._unlocked = False
        self._descriptor = descriptor
        return True

    def close(self) -> None:
        """Leaves the work to another."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
