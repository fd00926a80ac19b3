"""The writer of one disk: a queue bounded in bytes and two threads. Whoever submits never waits; what does not fit is
refused, and the caller records a gap.

The *writing* thread opens files and appends fragments, each in one write, as they come: what it has written survives
the process. All that waits for the disk itself is the *forcing* thread's: the sync of every open file each few seconds,
and a segment's end, data → fsync → rename → folder sync → journal → announcement. So a slow sync holds up no footage.
Each thing passes through the writing thread first, so all of it happens in the order in which it was submitted.
"""

from __future__ import annotations

import errno
import logging
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass

from recorder.refusals import Refusals
from recorder.segment_file import SegmentFile
from vms.domain.clock import Clock

log = logging.getLogger(__name__)

MAX_QUEUED_BYTES = 96 * 1024 * 1024
#: Files opened, closed and journaled cost syncs, not bytes: so many of them waiting is a disk that is behind too.
MAX_QUEUED_ITEMS = 20_000
#: Every open file is synced at least this often; a power cut may cost 5 s, one turn of the loop included.
SYNC_S = 2.5
#: A write goes into the kernel's memory. One that takes longer (seconds) stands still, and so does the disk.
STANDSTILL_S = 5.0

Work = Callable[[], None]


@dataclass(frozen=True, slots=True)
class _Item:
    """What the writing thread does, then what the forcing thread does; ``last``: the end of a file that is broken."""

    write: Work | None
    force: Work | None
    file: SegmentFile | None = None
    size: int = 0
    last: bool = False


class DiskWriter:
    """The threads of one disk."""

    def __init__(self, clock: Clock, max_bytes: int = MAX_QUEUED_BYTES) -> None:
        self._clock = clock
        self._max_bytes = max_bytes
        self._queue: queue.SimpleQueue[_Item | None] = queue.SimpleQueue()
        self._written: queue.SimpleQueue[_Item | None] = queue.SimpleQueue()
        self._queued_bytes = 0
        self._queued_items = 0
        self._lock = threading.Lock()
        self._open: dict[SegmentFile, None] = {}  # in the order of their beginning
        self._writes_since: float | None = None  # monotonic: the work under way in each thread
        self._forces_since: float | None = None
        self.refusal: str | None = None  # why nothing is written at all
        self.refusals = Refusals(clock)
        self._threads = [
            threading.Thread(target=target, name=name, daemon=True)
            for name, target in (("disk", self._write), ("disk-sync", self._force))
        ]

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

    @property
    def still_s(self) -> float:
        """For how long the write or sync under way has been so, in seconds; 0.0 between two."""
        return max(self._since(self._writes_since), self._since(self._forces_since))

    @property
    def stands_still(self) -> bool:
        """Whether nothing is even written."""
        return self._since(self._writes_since) > STANDSTILL_S

    def _since(self, moment: float | None) -> float:
        return 0.0 if moment is None else self._clock.monotonic() - moment

    def start(self) -> None:
        """Starts the threads."""
        for thread in self._threads:
            thread.start()

    def open(self, file: SegmentFile) -> bool:
        """Creates ``file``."""

        def work() -> None:
            file.open(self._clock.monotonic())
            with self._lock:
                self._open[file] = None

        return self._submit(_Item(work, file.settle, file))

    def append(self, file: SegmentFile, data: bytes, done: Work | None = None) -> bool:
        """Appends a fragment, then calls ``done`` in the writing thread; False when the queue is full."""

        def work() -> None:
            file.append(data)
            if done is not None:
                done()

        return self._submit(_Item(work, None, file, len(data)))

    def close(self, file: SegmentFile, done: Callable[[SegmentFile], None]) -> None:
        """Closes and renames ``file``, then calls ``done`` in the forcing thread. Never refused."""

        def work() -> None:
            file.close()
            done(file)

        self._submit(_Item(lambda: self._forget(file), work, file))

    def call(self, work: Work) -> None:
        """Runs ``work`` (journal lines) in the forcing thread, in order with the rest."""
        self._submit(_Item(None, work))

    def refuse(self, why: str | None) -> None:
        """The disk is away, as ``why`` says: no file is begun, the open ones are given up. None: it is there again."""
        self.refusal = why
        if why is not None:
            self._submit(_Item(lambda: self._forsake(OSError(errno.ENODEV, why)), None))

    def _forsake(self, err: OSError) -> None:
        with self._lock:
            there = list(self._open)
        for file in there:
            self._give_up(file, err)

    def settled(self, timeout: float) -> bool:
        """Waits until all that is queued now is done; False when that takes longer."""
        reached = threading.Event()
        self.call(reached.set)
        return reached.wait(timeout)

    def stop(self, timeout: float) -> bool:
        """Finishes what is queued; False when the disk does not."""
        self._queue.put(None)
        self._threads[-1].join(timeout)  # the writing thread ends before it
        return not self._threads[-1].is_alive()

    def _submit(self, item: _Item) -> bool:
        with self._lock:
            if item.size and (
                self._queued_bytes + item.size > self._max_bytes or self._queued_items >= MAX_QUEUED_ITEMS
            ):
                return False
            self._queued_bytes += item.size
            self._queued_items += 1
        self._queue.put(item)
        return True

    def _write(self) -> None:
        while (item := self._queue.get()) is not None:
            if item.write is not None and not (item.file and item.file.broken):
                self._writes_since = self._clock.monotonic()
                self._guarded(item.write, item.file)
                self._writes_since = None
            with self._lock:
                self._queued_bytes -= item.size
                self._queued_items -= item.force is None
            if item.force is not None:
                self._written.put(item)
        self._written.put(None)

    def _force(self) -> None:
        synced = False
        while True:
            try:
                item = self._written.get(timeout=0.0 if synced else 0.5)
            except queue.Empty:
                synced = self._sync_oldest()
                continue
            if item is None:
                return
            if item.force is not None and (item.last or not (item.file and item.file.ended)):
                self._forced(item.force, item.file)
            with self._lock:
                self._queued_items -= 1
            synced = self._sync_oldest()  # one: on a slow disk neither the syncs nor the rest may wait for ever

    def _forced(self, work: Work, file: SegmentFile | None) -> None:
        self._forces_since = self._clock.monotonic()
        self._guarded(work, file)
        self._forces_since = None

    def _guarded(self, work: Work, file: SegmentFile | None) -> None:
        name = file.part.name if file else "-"
        try:
            work()
            if file is not None:
                self.refusals.worked()
        except OSError as err:
            self.refusals.failed(err, name)
            if file is not None and not file.broken:
                self._give_up(file, err)
        except Exception:  # one camera's fault must not stop the disk for all
            log.exception("disk.failed file=%s", name)

    def _give_up(self, file: SegmentFile, err: OSError) -> None:
        """Nothing more is written to it; its end comes behind what the writing thread has under way."""
        file.broken = True
        self._forget(file)
        end = _Item(None, lambda: file.fail(err), file, last=True)
        if threading.current_thread() is self._threads[0]:
            with self._lock:
                self._queued_items += 1
            self._written.put(end)
        else:
            file.ended = True
            self._submit(end)

    def _forget(self, file: SegmentFile) -> None:
        with self._lock:
            self._open.pop(file, None)

    def _sync_oldest(self) -> bool:
        """Syncs the file that has waited longest; False when none is due."""
        now = self._clock.monotonic()
        with self._lock:
            due = [file for file in self._open if file.dirty and now - file.synced_at >= SYNC_S]
        file = min(due, key=lambda one: one.synced_at, default=None)
        if file is None:
            return False
        if not file.broken:
            self._forced(lambda: file.sync(self._clock.monotonic()), file)
        return True
