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
    """``holds()`` tells whether this process is the one; asked before each round of the work, from any thread."""

    def __init__(self, lock: Path) -> None:
        self._path = lock
        self._asking = threading.Lock()
        self._descriptor: int | None = None

    def holds(self) -> bool:
        """Takes the lock if it is free."""
        with self._asking:
            return self._take()

    def _take(self) -> bool:
        if self._descriptor is not None:
            return True
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self._path, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as err:  # two that say the same are better than none that says it
            log.debug("keeper.unlocked error=%s", err.strerror)
            return True
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        self._descriptor = descriptor
        return True

    def close(self) -> None:
        """Leaves the work to another."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
