"""Whose pictures may have killed this process, or will: those streams are decoded in another one (``decoding``).

A page of memory that is a file says which cameras are inside the decoder; it outlives the process that wrote it, and
costs a decoder no call of the system. Who was inside when a process died is a suspect, and so is a stream with errors
in it or one whose decoder did not come back. Not here: decoding.
"""

from __future__ import annotations

import contextlib
import json
import logging
import mmap
import os
import threading
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from vms.domain.clock import Clock
from vms.settings.whole_file import write_whole

log = logging.getLogger(__name__)

#: ``inside``: when a process died; ``errors``: in what it sends; ``died``, ``hung``: a decoder that served it alone.
Why = Literal["inside", "errors", "died", "hung"]
#: So long (seconds) nobody is trusted again. Of those inside at a death most are innocent, errors may pass.
FOR_S: dict[Why, float] = {"inside": 3600.0, "errors": 3600.0, "died": 86400.0, "hung": 86400.0}
#: A decoder that takes so long for one access unit does not come back (seconds).
HUNG_S = 8.0
#: So many are decoded apart for errors alone: one process serves all, and must have time for the others.
MOST_ERRING = 8
#: What is told again within this time is not written again (seconds).
_REPEATED_S = 600.0

# The page: a head (what it is, the boot, whether the process means to live), then a slot a camera (id, who is inside).
_MAGIC = b"vms inside 1"
_HEAD, _SLOT, _ID, _SLOTS = 64, 72, 64, 1024
_LIVING = 48
_BOOT = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True)
class Suspicion:
    """Why, and when last (UTC seconds)."""

    why: Why
    at: float


class Door:
    """One camera's way into the decoder, from any thread: ``with door: decode(…)``. Costs two microseconds."""

    def __init__(self, camera: str, clock: Clock, page: mmap.mmap | None, place: int) -> None:
        self.camera = camera
        self._clock = clock
        self._page = page
        self._place = place
        self._lock = threading.Lock()
        self._inside: dict[int, float] = {}  # by the kernel's id of the thread: since when (monotonic seconds)

    def __enter__(self) -> None:
        with self._lock:
            self._inside[threading.get_native_id()] = self._clock.monotonic()
            if self._page is not None:
                self._page[self._place] = min(len(self._inside), 255)

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._inside.pop(threading.get_native_id(), None)
            if self._page is not None:
                self._page[self._place] = min(len(self._inside), 255)

    def inside_since(self) -> dict[int, float]:
        """Who is inside now, by the kernel's id of the thread, and since when (monotonic seconds)."""
        with self._lock:
            return dict(self._inside)


class Suspects:
    """One process's page and list. ``folder`` is its own; a disk that takes neither costs the memory, no more."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock
        self._lock = threading.Lock()
        self._doors: dict[str, Door] = {}
        self._known = self._load()
        for camera in self._left_inside():
            if self.why(camera) in (None, "errors"):
                self._known[camera] = Suspicion("inside", clock.utc())
            log.error("decoder.suspected camera=%s why=inside when the process before this one died", camera)
        self._page = self._fresh_page()
        self._save()

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

    def why(self, camera: str) -> Why | None:
        """Why ``camera`` is to be decoded apart now; None: it is not."""
        known = self._known.get(camera)
        if known is None:
            return None
        age = self._clock.utc() - known.at
        return known.why if age < FOR_S[known.why] else None  # a clock that was set back only makes it longer

    def accuse(self, camera: str, why: Why) -> None:
        """``camera`` is decoded apart from now on, for as long as that is good for."""
        now = self._clock.utc()
        with self._lock:
            before = self._known.get(camera)
            present = before.why if before is not None and self.why(camera) is not None else None
            if before is not None and present == why and 0 <= now - before.at < _REPEATED_S:
                return
            if why == "errors":
                if present in ("died", "hung"):
                    return  # the graver word stays
                if present is None and sum(self.why(one) == "errors" for one in self._known) >= MOST_ERRING:
                    return
            self._known[camera] = Suspicion(why, now)
            self._save()
        if present != why:
            log.error("decoder.suspected camera=%s why=%s", camera, why)

    def stuck(self, awake_since: float) -> dict[str, list[int]]:
        """Cameras whose decoder has not come back for ``HUNG_S``, and the threads that it holds (the kernel's ids).

        ``awake_since``: since when (monotonic seconds) this process has run without standing still.
        """
        latest = self._clock.monotonic() - HUNG_S
        with self._lock:
            doors = list(self._doors.values())
        held = {
            door.camera: [thread for thread, since in door.inside_since().items() if max(since, awake_since) < latest]
            for door in doors
        }
        return {camera: threads for camera, threads in held.items() if threads}

    def stopping(self) -> None:
        """From here on the process ends because it was told to: nobody is to blame for it."""
        if self._page is not None:
            self._page[_LIVING] = 0

    def _fresh_page(self) -> mmap.mmap | None:
        """The page, empty and written out: a page without a place on the disk would kill who writes to it."""
        path = self._folder / "inside"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            head = (_MAGIC.ljust(12) + _boot()).ljust(_LIVING, b"\0") + b"\1"
            fresh = path.with_name("inside.tmp")
            fresh.write_bytes(head.ljust(_HEAD + _SLOTS * _SLOT, b"\0"))
            fresh.replace(path)
            with path.open("r+b") as file:
                return mmap.mmap(file.fileno(), 0)
        except OSError as err:
            log.error("suspects.unnoted error=%s", err.strerror)
            return None

    def _left_inside(self) -> list[str]:
        """Cameras that were inside when the process before this one died; none after a clean end or a new boot."""
        try:
            page = (self._folder / "inside").read_bytes()
        except OSError:
            return []
        if len(page) != _HEAD + _SLOTS * _SLOT or page[:_LIVING] != (_MAGIC.ljust(12) + _boot()).ljust(_LIVING, b"\0"):
            return []
        if not page[_LIVING]:
            return []
        slots = (page[at : at + _SLOT] for at in range(_HEAD, len(page), _SLOT))
        return [slot[:_ID].rstrip(b"\0").decode(errors="replace") for slot in slots if slot[_ID]]

    def _load(self) -> dict[str, Suspicion]:
        known: dict[str, Suspicion] = {}
        with contextlib.suppress(OSError, ValueError, TypeError, AttributeError, KeyError):
            for camera, one in json.loads((self._folder / "suspects.json").read_bytes()).items():
                if one["why"] in FOR_S:
                    known[camera] = Suspicion(one["why"], min(float(one["at"]), self._clock.utc()))
        return known

    def _save(self) -> None:
        self._known = {camera: one for camera, one in self._known.items() if self.why(camera) is not None}
        try:
            body = {camera: asdict(one) for camera, one in self._known.items()}
            write_whole(self._folder / "suspects.json", json.dumps(body).encode(), synced=False)
        except OSError as err:
            log.error("suspects.unwritten error=%s", err.strerror)


def spare(threads: list[int]) -> None:
    """Threads that do not come back get only what nobody else wants of the processors."""
    for thread in threads:
        with contextlib.suppress(OSError):
            os.sched_setscheduler(thread, os.SCHED_IDLE, os.sched_param(0))


def _boot() -> bytes:
    """Which boot of the host this is: a page that a power cut left says nothing about decoders."""
    try:
        return _BOOT.read_bytes().strip()[:36]
    except OSError:
        return b""
