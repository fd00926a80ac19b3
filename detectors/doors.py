"""Who is inside the decoder, for this process and for the one that follows it.

A page of memory that is a file says which cameras are inside; it outlives the process that wrote it, and costs a
decoder no call of the system. Not here: what follows from it (``suspects``), decoding.
"""

from __future__ import annotations

import contextlib
import logging
import mmap
import os
import threading
from pathlib import Path

from vms.domain.clock import Clock

log = logging.getLogger(__name__)

# The page: a head (what it is, the boot, whether the process means to live), then a slot a camera (id, who is inside).
_MAGIC = b"vms inside 1"
_HEAD, _SLOT, _ID, _SLOTS = 64, 72, 64, 1024
_LIVING = 48
_BOOT = Path("/proc/sys/kernel/random/boot_id")


class Door:
    """One camera's way into the decoder, from any thread: ``with door: decode(…)``. Costs two microseconds."""

    def __init__(self, camera: str, clock: Clock, page: mmap.mmap | None, place: int) -> None:
        self.camera = camera
        self._clock = clock
        self._page = page
        self._place = place
        self._lock = threading.Lock()
        self._inside: dict[int, float] = {}  # by the kernel's id of the thread: since when (monotonic seconds)
        self._spared: set[int] = set()

    def __enter__(self) -> None:
        with self._lock:
            self._inside[threading.get_native_id()] = self._clock.monotonic()
            if self._page is not None:
                self._page[self._place] = min(len(self._inside), 255)

    def __exit__(self, *_: object) -> None:
        me = threading.get_native_id()
        with self._lock:
            self._inside.pop(me, None)
            if self._page is not None:
                self._page[self._place] = min(len(self._inside), 255)
            if me in self._spared:
                self._spared.discard(me)
                # Some hosts do not let an ordinary user take it back: who was given up ends now anyway.
                with contextlib.suppress(OSError):
                    os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))

    def inside_since(self) -> dict[int, float]:
        """Who is inside now, by the kernel's id of the thread, and since when (monotonic seconds)."""
        with self._lock:
            return dict(self._inside)

    def spare(self, thread: int) -> None:
        """While ``thread`` is inside it gets only what nobody else wants of the processors."""
        with self._lock:
            if thread in self._inside and thread not in self._spared:
                self._spared.add(thread)
                with contextlib.suppress(OSError):
                    os.sched_setscheduler(thread, os.SCHED_IDLE, os.sched_param(0))


class Doors:
    """One process's page and doors. ``folder`` is its own; a disk that does not take the page costs the memory alone.

    ``left_inside``: cameras that were inside when the process before this one died; none after a clean end.
    """

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._path = folder / "inside"
        self._clock = clock
        self._lock = threading.Lock()
        self._doors: dict[str, Door] = {}
        self.left_inside = self._read()
        self._page = self._fresh_page()

    def door(self, camera: str) -> Door:
        """The same one for each call with ``camera``."""
        with self._lock:
            door = self._doors.get(camera)
            if door is None:
                number = len(self._doors)
                place = _HEAD + number * _SLOT
                page = self._page if number < _SLOTS else None
                if page is not None:
                    page[place : place + _ID] = camera.encode().ljust(_ID, b"\0")
                door = self._doors[camera] = Door(camera, self._clock, page, place + _ID)
            return door

    def held(self, seconds: float, awake_since: float = 0.0) -> list[tuple[Door, dict[int, float]]]:
        """Doors from which threads (the kernel's ids) have not come back for so long, and since when each is inside.

        ``awake_since``: since when (monotonic seconds) this process has run without standing still.
        """
        latest = self._clock.monotonic() - seconds
        with self._lock:
            doors = list(self._doors.values())
        held = [
            (door, {one: since for one, since in door.inside_since().items() if max(since, awake_since) < latest})
            for door in doors
        ]
        return [(door, threads) for door, threads in held if threads]

    def stopping(self) -> None:
        """From here on the process ends because it was told to: nobody is to blame for it."""
        if self._page is not None:
            self._page[_LIVING] = 0

    def _fresh_page(self) -> mmap.mmap | None:
        """The page, empty and written out: a page without a place on the disk would kill who writes to it."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            head = (_MAGIC.ljust(12) + _boot()).ljust(_LIVING, b"\0") + b"\1"
            fresh = self._path.with_name("inside.tmp")
            fresh.write_bytes(head.ljust(_HEAD + _SLOTS * _SLOT, b"\0"))
            fresh.replace(self._path)
            with self._path.open("r+b") as file:
                return mmap.mmap(file.fileno(), 0)
        except OSError as err:
            log.error("suspects.unnoted error=%s", err.strerror)
            return None

    def _read(self) -> list[str]:
        """Says nothing after a clean end or a new boot."""
        try:
            page = self._path.read_bytes()
        except OSError:
            return []
        if len(page) != _HEAD + _SLOTS * _SLOT or page[:_LIVING] != (_MAGIC.ljust(12) + _boot()).ljust(_LIVING, b"\0"):
            return []
        if not page[_LIVING]:
            return []
        slots = (page[at : at + _SLOT] for at in range(_HEAD, len(page), _SLOT))
        return [slot[:_ID].rstrip(b"\0").decode(errors="replace") for slot in slots if slot[_ID]]


def _boot() -> bytes:
    """Which boot of the host this is: a page that a power cut left says nothing about decoders."""
    try:
        return _BOOT.read_bytes().strip()[:36]
    except OSError:
        return b""
