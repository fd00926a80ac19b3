"""The writer of one disk: a thread, a queue bounded in bytes, one write a fragment, a sync every few seconds.

Order of a segment's end: data → fdatasync → rename → folder sync → journal → announcement. Whoever submits
never waits; what does not fit is refused, and the caller records a gap.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import logging
import os
import queue
import threading
from collections.abc import Callable
from pathlib import Path

from recorder.refusals import Refusals
from vms.domain.clock import Clock

log = logging.getLogger(__name__)

MAX_QUEUED_BYTES = 96 * 1024 * 1024
#: Files opened, closed and journaled cost syncs, not bytes: so many of them waiting is a disk that is behind too.
MAX_QUEUED_ITEMS = 20_000
#: Every open file is synced at least this often; a power cut may cost 5 s, one turn of the loop included.
SYNC_S = 2.5
#: Space is reserved in steps, so that many growing files stay whole on a spinning disk.
RESERVE_BYTES = 16 * 1024 * 1024

_FALLOC_FL_KEEP_SIZE = 1
Failure = Callable[[OSError], None]


class SegmentFile:
    """One growing file. The submitting side holds it as a token; all its work happens in the disk's thread."""

    def __init__(self, part: Path, final: Path, failed: Failure) -> None:
        self.part = part
        self.final = final
        self._failed = failed
        self._descriptor: int | None = None
        self._reserved = 0
        self.hash = hashlib.sha256()
        self.written = 0
        self.synced_at = 0.0
        self.dirty = False
        self.broken = False
        self.closed = False
        self._appends = 0
        self._doubtful = False

    def open(self, now: float) -> None:
        """Creates the ``.part``, its folders and their entries on disk."""
        make_folder(self.part.parent)
        self._descriptor = os.open(self.part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o640)
        fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)  # who mends leaves it alone
        sync_folder(self.part.parent)
        self.synced_at = now

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
        """Forces the data to the disk."""
        if self._descriptor is not None:
            try:
                os.fdatasync(self._descriptor)
            except OSError:
                self._doubtful = True  # which pages were lost nobody knows: recovery reads what is there
                raise
        self.dirty = False
        self.synced_at = now

    def close(self) -> None:
        """Cuts the reserved space back, syncs, renames to the final name, syncs the folder."""
        if self._descriptor is None:
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
        self.broken = True
        with contextlib.suppress(OSError):
            if self._descriptor is not None and self._appends < 2:  # the head alone: nothing to keep
                self.part.unlink()
            elif not self._doubtful:
                self.close()
        self._abandon()
        self._failed(err)

    def _abandon(self) -> None:
        if self._descriptor is not None:
            descriptor, self._descriptor = self._descriptor, None
            with contextlib.suppress(OSError):
                os.close(descriptor)

    def _reserve(self, need: int) -> None:
        # Linux's KEEP_SIZE, so that a reader never sees the reserved tail; Python's own call lacks it.
        length = max(RESERVE_BYTES, need)
        if _fallocate(self._descriptor or 0, self.written, length):
            self._reserved = self.written + length
        else:
            self._reserved = 1 << 62  # the file system cannot: do not ask again


class DiskWriter:
    """The thread of one disk."""

    def __init__(self, clock: Clock, max_bytes: int = MAX_QUEUED_BYTES) -> None:
        self._clock = clock
        self._max_bytes = max_bytes
        self._queue: queue.SimpleQueue[tuple[Callable[[], None], SegmentFile | None, int] | None] = queue.SimpleQueue()
        self._queued_bytes = 0
        self._queued_items = 0
        self._lock = threading.Lock()
        self._open: set[SegmentFile] = set()
        self.refusal: str | None = None  # why nothing is written at all
        self.refusals = Refusals(clock)
        self._thread = threading.Thread(target=self._loop, name="disk", daemon=True)

    @property
    def congested(self) -> bool:
        """So much waits, or the disk is away, that no further file should be begun."""
        return (
            self.refusal is not None
            or self._queued_bytes > self._max_bytes // 2
            or self._queued_items > MAX_QUEUED_ITEMS // 2
        )

    @property
    def queued_bytes(self) -> int:
        """What waits to be written."""
        return self._queued_bytes

    def start(self) -> None:
        """Starts the thread."""
        self._thread.start()

    def open(self, file: SegmentFile) -> bool:
        """Creates ``file``."""

        def work() -> None:
            file.open(self._clock.monotonic())
            self._open.add(file)

        return self._submit(work, file, 0)

    def append(self, file: SegmentFile, data: bytes, done: Callable[[], None] | None = None) -> bool:
        """Appends a fragment, then calls ``done`` in the disk's thread; False when the queue is full."""

        def work() -> None:
            file.append(data)
            if done is not None:
                done()

        return self._submit(work, file, len(data))

    def close(self, file: SegmentFile, done: Callable[[SegmentFile], None]) -> None:
        """Closes and renames ``file``, then calls ``done`` in the disk's thread. Never refused."""

        def work() -> None:
            self._open.discard(file)
            file.close()
            done(file)

        self._submit(work, file, 0)

    def call(self, work: Callable[[], None]) -> None:
        """Runs ``work`` (journal lines) in order with the rest."""
        self._submit(work, None, 0)

    def refuse(self, why: str | None) -> None:
        """The disk is away, as ``why`` says: no file is begun, the open ones are given up. None: it is there again."""
        self.refusal = why
        if why is not None:
            self.call(lambda: self._forsake(OSError(errno.ENODEV, why)))

    def _forsake(self, err: OSError) -> None:
        for file in list(self._open):
            self._open.discard(file)
            self._give_up(file, err)

    def settled(self, timeout: float) -> bool:
        """Waits until all that is queued now is done; False when that takes longer."""
        reached = threading.Event()
        self.call(reached.set)
        return reached.wait(timeout)

    def stop(self, timeout: float) -> bool:
        """Finishes what is queued; False when the disk does not."""
        self._queue.put(None)
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _submit(self, work: Callable[[], None], file: SegmentFile | None, size: int) -> bool:
        with self._lock:
            if size and (self._queued_bytes + size > self._max_bytes or self._queued_items >= MAX_QUEUED_ITEMS):
                return False
            self._queued_bytes += size
            self._queued_items += 1
        self._queue.put((work, file, size))
        return True

    def _loop(self) -> None:
        while True:
            try:
                item = self._queue.get(timeout=0.5)
            except queue.Empty:
                self._sync_due()
                continue
            if item is None:
                return
            work, file, size = item
            if file is None or not file.broken:
                self._guarded(work, file)
            with self._lock:
                self._queued_bytes -= size
                self._queued_items -= 1
            self._sync_due()

    def _guarded(self, work: Callable[[], None], file: SegmentFile | None) -> None:
        name = file.part.name if file else "-"
        try:
            work()
            if file is not None:
                self.refusals.worked()
        except OSError as err:
            self.refusals.failed(err, name)
            if file is not None:
                self._open.discard(file)
                self._give_up(file, err)
        except Exception:  # one camera's fault must not stop the disk for all
            log.exception("disk.failed file=%s", name)

    def _give_up(self, file: SegmentFile, err: OSError) -> None:
        try:
            file.fail(err)
        except OSError as other:  # nor may the failing of a file: a full disk also refuses the journal
            self.refusals.failed(other, file.part.name)
        except Exception:
            log.exception("disk.failed file=%s", file.part.name)

    def _sync_due(self) -> None:
        now = self._clock.monotonic()
        for file in [f for f in self._open if f.dirty and now - f.synced_at >= SYNC_S]:
            self._guarded(lambda file=file: file.sync(now), file)  # type: ignore[misc]


def make_folder(folder: Path) -> None:
    """Makes ``folder`` and those above it where they are missing; their names are on the disk when this returns."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    """Forces the folder's entries (names of new files) to the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _fallocate(descriptor: int, offset: int, length: int) -> bool:
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    result: int = libc.fallocate64(descriptor, _FALLOC_FL_KEEP_SIZE, ctypes.c_int64(offset), ctypes.c_int64(length))
    return result == 0
