"""Messages that must reach JetStream, kept in a file until they have.

A worker puts and goes on; a task stores them one after the other, so that a camera's order is kept. What
is in the file at start is sent first; JetStream drops what it has already, by message id.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import logging
import os
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from vms.bus.connection import Bus
from vms.domain.errors import BusError, StorageError

log = logging.getLogger(__name__)

#: Bound of what waits, in bytes: a day of 115 cameras' segments without a bus is about 80 MB.
MAX_BYTES = 128 * 1024 * 1024
#: The file may be this large before it is written anew; base64 takes a third more.
FILE_BYTES = 3 * MAX_BYTES
RETRY_S = 0.5


@dataclass(frozen=True, slots=True)
class _Item:
    subject: str
    msg_id: str
    payload: bytes


class Outbox:
    """``put`` from any thread; ``run`` in the event loop. Survives a restart through ``path``."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()  # what waits; never held while the disk works, for the event loop takes it
        self._disk = threading.Lock()  # the file
        self._items: deque[_Item] = deque()
        self._bytes = 0
        self._wake = asyncio.Event()
        self._empty = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self.dropped = 0
        self._torn = False  # the file does not end in a whole line
        self._unwritten = False
        self._dropping = False
        self._written = 0
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._load()
            self._file = path.open("ab", buffering=0)
        except OSError as err:
            problem = err.strerror or type(err).__name__
            raise StorageError(f"{path.parent} cannot be written: {problem}; mend the disk or choose --data") from err

    def __len__(self) -> int:
        return len(self._items)

    def put(self, subject: str, payload: bytes, msg_id: str, *, sync: bool = False) -> None:
        """Queues one message; with ``sync`` it is on the disk when this returns. Never raises for the disk."""
        item = _Item(subject, msg_id, payload)
        line = _line(item)
        with self._disk:
            with self._lock:
                self._keep(item)
            try:
                self._write(line, sync)
                self._unwritten = False
            except OSError as err:  # a full disk: memory still holds it
                if not self._unwritten:
                    log.error("outbox.unwritten path=%s error=%s", self._path.name, err.strerror)
                self._unwritten = True
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop is closing: the file has it
                self._loop.call_soon_threadsafe(self._wake.set)

    def _write(self, line: bytes, sync: bool) -> None:
        if self._written > FILE_BYTES and self._compact():
            return  # with what this line says
        if self._torn:  # a torn line must not swallow this one
            line = b"\n" + line
        self._torn = self._file.write(line) != len(line)
        self._written += len(line)
        if sync:
            os.fdatasync(self._file.fileno())

    def _keep(self, item: _Item) -> None:
        if self._bytes + len(item.payload) > MAX_BYTES and not self._dropping:
            self._dropping = True  # said once
            log.error("outbox.full path=%s bytes=%d the oldest messages are dropped", self._path.name, self._bytes)
        while self._items and self._bytes + len(item.payload) > MAX_BYTES:
            self._bytes -= len(self._items.popleft().payload)
            self.dropped += 1
        self._items.append(item)
        self._bytes += len(item.payload)

    def _compact(self) -> bool:
        """Writes the file anew with what still waits: without a bus it would grow for ever. False without room."""
        temporary = self._path.with_suffix(".tmp")
        with self._lock:
            items = list(self._items)
        try:
            with temporary.open("wb") as file:
                for item in items:
                    file.write(_line(item))
                os.fsync(file.fileno())
            fresh = temporary.open("ab", buffering=0)
            temporary.replace(self._path)
        except OSError:  # no room for a second file: the first goes on
            return False
        self._file.close()
        self._file = fresh
        self._written = self._path.stat().st_size
        self._torn = False
        return True

    async def run(self, bus: Bus) -> None:
        """Stores what waits, for ever; on failure tries again."""
        self._loop = asyncio.get_running_loop()
        while True:
            self._wake.clear()
            while self._items:
                item = self._items[0]
                try:
                    await bus.store(item.subject, item.payload, item.msg_id)
                except BusError as err:
                    log.debug("outbox.waiting count=%d error=%s", len(self._items), err)
                    await asyncio.sleep(RETRY_S)
                    continue
                self._sent(item)
            await self._wake.wait()

    async def drained(self, timeout: float) -> bool:
        """Waits until everything is stored; False when that takes longer than ``timeout`` seconds."""
        if self._items:
            self._empty.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._empty.wait(), timeout)
        return not self._items

    def close(self) -> None:
        """Closes the file; what is unsent stays in it."""
        self._file.close()

    def _sent(self, item: _Item) -> None:
        with self._lock:
            if self._items and self._items[0] is item:  # else it was dropped for space meanwhile
                self._items.popleft()
                self._bytes -= len(item.payload)
            if self._items:
                return
            self._empty.set()
            self._dropping = False
        if self._disk.acquire(blocking=False):  # else something is being put: the file is emptied after that
            try:
                if not self._items:
                    with contextlib.suppress(OSError):
                        self._file.truncate(0)
                        self._written, self._torn = 0, False
            finally:
                self._disk.release()

    def _load(self) -> None:
        try:
            data = self._path.read_bytes()
        except FileNotFoundError:
            return
        self._torn = bool(data) and not data.endswith(b"\n")
        for line in data.split(b"\n"):
            if not line:
                continue
            try:
                subject, msg_id, payload = json.loads(line)
                item = _Item(str(subject), str(msg_id), base64.b64decode(payload, validate=True))
            except (ValueError, TypeError):  # a torn last line
                log.warning("outbox.torn path=%s", self._path.name)
                continue
            self._items.append(item)
            self._bytes += len(item.payload)
        while self._items and self._bytes > MAX_BYTES:
            self._bytes -= len(self._items.popleft().payload)
            self.dropped += 1
        self._written = len(data)


def adopt(folder: Path, names: Sequence[str], pattern: str) -> None:
    """What waits in outboxes of ``pattern`` that nobody of ``names`` (file stems) will open goes to the first of them.

    Call before those processes start. Doubled by a crash in between is harmless: ids de-duplicate.
    """
    heir = folder / f"{names[0]}.jsonl"
    for orphan in sorted(folder.glob(f"{pattern}.jsonl")):
        if orphan.stem in names:
            continue
        try:
            data = orphan.read_bytes()
            if data:
                with heir.open("ab") as file:
                    file.write(b"\n" + data)  # the heir may end in a torn line
                    os.fsync(file.fileno())
            orphan.unlink()
        except OSError as err:
            log.error("outbox.orphaned path=%s error=%s", orphan.name, err.strerror)
        else:
            log.info("outbox.adopted path=%s bytes=%d", orphan.name, len(data))


def _line(item: _Item) -> bytes:
    return json.dumps([item.subject, item.msg_id, base64.b64encode(item.payload).decode()]).encode() + b"\n"
