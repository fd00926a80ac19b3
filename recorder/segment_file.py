"""One growing file. Who submits footage holds it as a token; only the disk's two threads (``disk``) touch it.

``open`` and ``append`` are the writing thread's and never wait for a sync; ``settle``, ``sync``, ``close`` and ``fail``
are the forcing thread's.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import fcntl
import functools
import hashlib
import os
from collections.abc import Callable
from pathlib import Path

from recorder.folders import make_names, sync_folder
from recorder.layout import PART

#: Space is reserved in steps, so that many growing files stay whole on a spinning disk.
RESERVE_BYTES = 16 * 1024 * 1024
#: Files of one millisecond, after clocks were set back; as many as an id has room for.
MOST_OF_A_NAME = 1000

_FALLOC_FL_KEEP_SIZE = 1
Failure = Callable[[OSError], None]


class SegmentFile:
    """A ``.part`` that gets its final name when it is closed. ``failed`` is called once, by the forcing thread."""

    def __init__(self, final: Path, failed: Failure) -> None:
        self.final = final
        self._failed = failed
        self._descriptor: int | None = None
        self._unsynced: list[Path] = []
        self._reserved = 0
        self.hash = hashlib.sha256()
        self.written = 0
        self.synced_at = 0.0
        self.dirty = False
        self.broken = False  # nothing more is written to it
        self.ended = False  # nor forced
        self.closed = False
        self._appends = 0
        self._doubtful = False

    @property
    def part(self) -> Path:
        """What it is called while it grows."""
        return self.final.with_suffix(PART)

    def open(self, now: float) -> None:
        """Creates the ``.part`` and its folders. A name that is taken, after a clock was set back, gets a number."""
        self._unsynced = [*make_names(self.final.parent), self.final.parent]
        stem, folder = self.final.stem, self.final.parent
        names = (f"{stem}-{number}" if number else stem for number in range(MOST_OF_A_NAME))
        for name in names:
            self.final = folder / f"{name}.mp4"
            # The growing name first: what is closed in between has the other one by then.
            if not self.part.exists() and not self.final.exists():
                break
        else:
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(self.final))
        self._descriptor = os.open(self.part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o640)
        fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)  # who mends leaves it alone
        self.synced_at = now

    def settle(self) -> None:
        """Forces its name and its folders' to the disk."""
        for folder in self._unsynced:
            sync_folder(folder)

    def append(self, data: bytes) -> None:
        """One fragment, in one write."""
        if self._descriptor is None:
            return
        if self.written + len(data) > self._reserved:
            self._reserve(len(data))
        view = memoryview(data)
        while view:
            view = view[os.write(self._descriptor, view) :]
        self.hash.update(data)
        self.written += len(data)
        self._appends += 1
        self.dirty = True

    def sync(self, now: float) -> None:
        """Forces the data to the disk; what is appended meanwhile counts as not synced."""
        self.dirty, self.synced_at = False, now
        if self._descriptor is not None:
            try:
                os.fdatasync(self._descriptor)
            except OSError:
                self._doubtful = True  # which pages were lost nobody knows: recovery reads what is there
                raise

    def close(self) -> None:
        """Cuts the reserved space back, syncs, renames to the final name, syncs the folder; not of a head alone."""
        if self._descriptor is None:
            return
        if self._is_head():
            self._abandon()
            self.part.unlink()
            return
        os.ftruncate(self._descriptor, self.written)
        try:
            os.fsync(self._descriptor)
        except OSError:
            self._doubtful = True  # a second fsync would succeed over pages that are lost
            raise
        self._abandon()
        os.rename(self.part, self.final)
        self.closed = True
        sync_folder(self.final.parent)

    def fail(self, err: OSError) -> None:
        """Gives the file up. Its whole fragments are closed if the disk lets us; else recovery does it later."""
        self.ended = True
        with contextlib.suppress(OSError):
            if self._is_head() or not self._doubtful:
                self.close()
        self._abandon()
        self._failed(err)

    def _is_head(self) -> bool:
        """Whether it has no footage: there is nothing to keep."""
        return self._appends < 2

    def _abandon(self) -> None:
        if self._descriptor is not None:
            descriptor, self._descriptor = self._descriptor, None
            with contextlib.suppress(OSError):
                os.close(descriptor)

    def _reserve(self, need: int) -> None:
        # Linux's KEEP_SIZE, so that a reader never sees the reserved tail; Python's own call lacks it.
        length = max(RESERVE_BYTES, need)
        if _libc().fallocate64(
            self._descriptor or 0, _FALLOC_FL_KEEP_SIZE, ctypes.c_int64(self.written), ctypes.c_int64(length)
        ):
            self._reserved = 1 << 62  # the file system cannot: do not ask again
        else:
            self._reserved = self.written + length


@functools.cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
