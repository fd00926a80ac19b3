"""A camera's journal as its recorder writes it: what a full disk refuses is kept, and the next line takes it along."""

from __future__ import annotations

import logging
from collections import deque
from pathlib import Path

from recorder import journal
from vms.domain.messages import Gap, Segment

log = logging.getLogger(__name__)

#: Lines that the disk refused, kept for when it takes some again.
MOST_LINES = 1000


class Notes:
    """Used in the disk's forcing thread, and before that runs."""

    def __init__(self, root: Path, camera: str) -> None:
        self._root, self._camera = root, camera
        self._waiting: deque[tuple[journal.Kind, Segment | Gap]] = deque(maxlen=MOST_LINES)

    def write(self, kind: journal.Kind, record: Segment | Gap) -> None:
        """One line, behind all that wait; never raises what the disk does."""
        if len(self._waiting) == MOST_LINES:
            log.error("journal.forgotten camera=%s", self._camera)
        self._waiting.append((kind, record))
        try:
            while self._waiting:
                journal.append(self._root, *self._waiting[0])
                self._waiting.popleft()
        except OSError as err:  # a full disk: what is noted is announced all the same
            if len(self._waiting) == 1:  # the first of them
                log.error("journal.unwritten camera=%s error=%s", self._camera, err.strerror)
