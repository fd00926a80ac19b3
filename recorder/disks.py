"""One writer a disk: one that stalls holds up its own cameras alone. Which disk a folder is on, the kernel says.

Here: which writer a camera gets. Not here: how a disk is written (``disk``), or watched for space (``retention``).
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

from recorder.disk import MAX_QUEUED_BYTES, DiskWriter
from vms.domain.clock import Clock


class Disks:
    """The writers of a process, each started when its first camera comes."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._writers: dict[int, DiskWriter] = {}
        self._lock = threading.Lock()
        self._refusal: str | None = None

    def of(self, folder: Path) -> DiskWriter:
        """The writer of the disk on which ``folder`` lies, or will lie once it is made. Asks the file system."""
        device = _device(folder)
        with self._lock:
            writer = self._writers.get(device)
            if writer is None:
                writer = DiskWriter(self._clock, MAX_QUEUED_BYTES)
                writer.refusal = self._refusal
                writer.start()  # before anybody can find it, to stop it say
                self._writers[device] = writer
            return writer

    @property
    def queued_bytes(self) -> int:
        """What waits to be written, on all of them."""
        return sum(writer.queued_bytes for writer in list(self._writers.values()))

    @property
    def refused(self) -> tuple[int, float] | None:
        """Errno and moment (monotonic) of the last refusal of any of them."""
        return max(
            (last for w in list(self._writers.values()) if (last := w.refusals.last)), key=lambda r: r[1], default=None
        )

    def refuse(self, why: str | None) -> None:
        """The recordings are away, as ``why`` says: nothing is begun on any of them. None: they are there again."""
        with self._lock:
            self._refusal = why
            for writer in self._writers.values():
                writer.refuse(why)

    def settled(self, timeout: float) -> bool:
        """Waits until all that is queued now is done; False when that takes longer than ``timeout`` seconds."""
        return self._within(timeout, DiskWriter.settled)

    def stop(self, timeout: float) -> bool:
        """Finishes what is queued; False when a disk does not within ``timeout`` seconds."""
        return self._within(timeout, DiskWriter.stop)

    def _within(self, timeout: float, each: Callable[[DiskWriter, float], bool]) -> bool:
        deadline = self._clock.monotonic() + timeout
        results = [each(one, max(0.05, deadline - self._clock.monotonic())) for one in list(self._writers.values())]
        return all(results)


def _device(folder: Path) -> int:
    for one in (folder, *folder.parents):
        try:
            return os.stat(one).st_dev
        except OSError:  # not made yet, or gone: what it would be made on
            continue
    return 0
