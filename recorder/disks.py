"""One writer a disk: one that stalls holds up its own cameras alone. Which disk a folder is on, the kernel says.

A site's disk of its own (``mount``: the site's id) has a writer of its own by its name, also while it is away.

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
        self._writers: dict[tuple[str, int], DiskWriter] = {}
        self._lock = threading.Lock()
        self._refusals: dict[str, str | None] = {}

    def of(self, folder: Path, mount: str = "") -> DiskWriter:
        """The writer of the disk on which ``folder`` lies, or will lie once it is made. Asks the file system."""
        disk = (mount, 0 if mount else _device(folder))
        with self._lock:
            writer = self._writers.get(disk)
            if writer is None:
                writer = DiskWriter(self._clock, MAX_QUEUED_BYTES)
                writer.refusal = self._refusals.get(mount)
                writer.start()  # before anybody can find it, to stop it say
                self._writers[disk] = writer
            return writer

    @property
    def queued_bytes(self) -> int:
        """What waits to be written, on all of them."""
        return sum(writer.queued_bytes for writer in list(self._writers.values()))

    def refused(self, mount: str = "") -> tuple[int, float] | None:
        """Errno and moment (monotonic) of the last refusal of those of ``mount``."""
        return max((last for w in self._of(mount) if (last := w.refusals.last)), key=lambda r: r[1], default=None)

    def still_s(self, mount: str = "") -> float:
        """For how long (seconds) a write to one of those of ``mount`` has been under way."""
        return max((writer.still_s for writer in self._of(mount)), default=0.0)

    def refuse(self, why: str | None, mount: str = "") -> None:
        """The disk is away, as ``why`` says: nothing is begun on it. None: it is there again."""
        with self._lock:
            self._refusals[mount] = why
            for writer in self._of(mount):
                writer.refuse(why)

    def settled(self, timeout: float, mount: str | None = None) -> bool:
        """Waits until all that is queued now (of ``mount``) is done; False when that takes longer (seconds)."""
        return self._within(timeout, DiskWriter.settled, mount)

    def stop(self, timeout: float) -> bool:
        """Finishes what is queued; False when a disk does not within ``timeout`` seconds."""
        return self._within(timeout, DiskWriter.stop)

    def _of(self, mount: str | None) -> list[DiskWriter]:
        return [one for disk, one in list(self._writers.items()) if mount is None or disk[0] == mount]

    def _within(self, timeout: float, each: Callable[[DiskWriter, float], bool], mount: str | None = None) -> bool:
        deadline = self._clock.monotonic() + timeout
        results = [each(one, max(0.05, deadline - self._clock.monotonic())) for one in self._of(mount)]
        return all(results)


def _device(folder: Path) -> int:
    for one in (folder, *folder.parents):
        try:
            return os.stat(one).st_dev
        except OSError:  # not made yet, or gone: what it would be made on
            continue
    return 0
