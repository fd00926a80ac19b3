"""Whose pictures may have killed this process, or will: those streams are decoded in another one (``decoding``).

Who was inside the decoder when a process died is a suspect, and so is a stream with errors in it or one whose decoder
did not come back. Of many who were inside most are innocent, and what killed the process may have come from outside:
a few are suspects, those first who were inside at most deaths. Not here: who is inside (``doors``), decoding.
"""

from __future__ import annotations

import contextlib
import json
import logging
import threading
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal

from detectors.doors import Door, Doors
from vms.domain.clock import Clock
from vms.settings.whole_file import write_whole

log = logging.getLogger(__name__)

#: ``inside``: when a process died; ``errors``: in what it sends; ``died``, ``hung``: a decoder that served it alone.
Why = Literal["inside", "errors", "died", "hung"]
#: So long (seconds) nobody is trusted again. Of those inside at a death most are innocent, errors may pass.
FOR_S: dict[Why, float] = {"inside": 3600.0, "errors": 3600.0, "died": 86400.0, "hung": 86400.0}
#: A decoder that takes so long for one access unit does not come back (seconds).
HUNG_S = 8.0
#: After so long whoever waited for it has given its thread up, which ends should it ever come back (seconds).
GIVEN_UP_S = 20.0
#: So many are decoded apart for errors alone: one process serves all, and must have time for the others.
MOST_ERRING = 8
#: The same for those who were inside. Others are remembered: whose pictures kill is there at the next death as well.
MOST_INSIDE = 8
#: When more that went in within ``GIVEN_UP_S`` of each other hang, it is the machine, not their pictures.
MOST_HUNG = 8
#: What is told again within this time is not written again (seconds).
_REPEATED_S = 600.0
#: At the end what is not written yet has so long (seconds).
_LAST_WORDS_S = 0.5


@dataclass(frozen=True, slots=True)
class Suspicion:
    """Why, and when last (UTC seconds); at how many deaths it was inside; whether there was a place apart for it."""

    why: Why
    at: float
    deaths: int = 0
    apart: bool = True


class Suspects:
    """One process's doors and list. ``folder`` is its own; a disk that takes neither costs the memory, no more."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._file = folder / "suspects.json"
        self._clock = clock
        self._doors = Doors(folder, clock)
        self._lock = threading.Lock()
        self._unsaved = threading.Event()
        self._closed = threading.Event()
        self._machine_until = float("-inf")  # whoever went in by then (monotonic seconds) is told of already
        self._writer: threading.Thread | None = None
        self._known = self._load()
        self._accuse_inside(self._doors.left_inside)
        self._save()

    def door(self, camera: str) -> Door:
        """The same one for each call with ``camera``."""
        return self._doors.door(camera)

    def why(self, camera: str) -> Why | None:
        """Why ``camera`` is to be decoded apart now; None: it is not."""
        known = self._known.get(camera)
        return known.why if known is not None and known.apart and self._holds(known) else None

    def accuse(self, camera: str, why: Why) -> None:
        """``camera`` is decoded apart from now on, for as long as that is good for. Never waits for a disk.

        Not always: ``why`` says whether it is.
        """
        now = self._clock.utc()
        if why == "hung" and self._machine_stands(camera):
            return
        with self._lock:
            before = self._known.get(camera)
            present = self.why(camera)
            if before is not None and present == why and 0 <= now - before.at < _REPEATED_S:
                return
            if why == "errors":
                if present in ("died", "hung"):
                    return  # the graver word stays
                if present is None and sum(self.why(one) == "errors" for one in self._known) >= MOST_ERRING:
                    return
            self._known[camera] = Suspicion(why, now)
            if self._writer is None:
                self._writer = threading.Thread(target=self._write, name="suspects", daemon=True)
                self._writer.start()
        self._unsaved.set()
        if present != why:
            log.error("decoder.suspected camera=%s why=%s", camera, why)

    def stuck(self, awake_since: float) -> list[str]:
        """Cameras whose decoder has not come back for ``HUNG_S``.

        ``awake_since``: since when (monotonic seconds) this process has run without standing still.
        """
        return [door.camera for door, _ in self._doors.held(HUNG_S, awake_since)]

    def spare(self, awake_since: float) -> None:
        """Threads that were given up get only what nobody else wants of the processors, until they come back."""
        for door, threads in self._doors.held(GIVEN_UP_S, awake_since):
            for thread in threads:
                door.spare(thread)

    def stopping(self) -> None:
        """From here on the process ends because it was told to: nobody is to blame for it."""
        self._doors.stopping()

    def close(self) -> None:
        """Writes what is not written yet; does not wait for a disk that hangs."""
        self._closed.set()
        self._unsaved.set()
        if self._writer is not None:
            self._writer.join(_LAST_WORDS_S)

    def _machine_stands(self, camera: str) -> bool:
        """Whether many hang that went in when ``camera`` did; who hangs since another time says nothing about it."""
        since = {door.camera: max(threads.values()) for door, threads in self._doors.held(HUNG_S / 2)}
        own = since.get(camera, self._clock.monotonic())
        many = sum(abs(one - own) < GIVEN_UP_S for one in since.values())
        if many <= MOST_HUNG:
            return False
        if own > self._machine_until:
            self._machine_until = own + GIVEN_UP_S
            log.error("decoder.unaccused cameras=%d hang at once: it is the machine, not their pictures", many)
        return True

    def _holds(self, one: Suspicion) -> bool:
        """A clock that was set back only makes it longer."""
        return self._clock.utc() - one.at < FOR_S[one.why]

    def _accuse_inside(self, inside: list[str]) -> None:
        """Of those who were inside at this death and at those before, the likeliest."""
        if not inside:
            return
        self._known = {camera: one for camera, one in self._known.items() if self._holds(one)}
        for camera in inside:
            before = self._known.get(camera)
            if before is None or before.why in ("inside", "errors"):
                deaths = before.deaths if before is not None else 0
                self._known[camera] = Suspicion("inside", self._clock.utc(), deaths + 1)
        known = [(one, camera) for camera, one in self._known.items() if one.why == "inside"]
        known.sort(key=lambda pair: (pair[0].deaths, pair[0].at), reverse=True)
        for number, (one, camera) in enumerate(known):
            self._known[camera] = replace(one, apart=number < MOST_INSIDE)
        log.error("decoder.suspected cameras=%s why=inside when the process before this one died, of=%d",
                  ",".join(camera for _, camera in known[:MOST_INSIDE]), len(known))  # fmt: skip

    def _load(self) -> dict[str, Suspicion]:
        known: dict[str, Suspicion] = {}
        with contextlib.suppress(OSError, ValueError, TypeError, AttributeError, KeyError):
            for camera, one in json.loads(self._file.read_bytes()).items():
                if one["why"] in FOR_S:
                    at = min(float(one["at"]), self._clock.utc())
                    known[camera] = Suspicion(one["why"], at, int(one["deaths"]), bool(one["apart"]))
        return known

    def _write(self) -> None:
        """In a thread of its own: a disk that is slow must not hold up who decodes."""
        while self._unsaved.wait():
            self._unsaved.clear()
            self._save()
            if self._closed.is_set() and not self._unsaved.is_set():
                return

    def _save(self) -> None:
        with self._lock:
            self._known = {camera: one for camera, one in self._known.items() if self._holds(one)}
            body = {camera: asdict(one) for camera, one in self._known.items()}
        try:
            write_whole(self._file, json.dumps(body).encode(), synced=False)
        except OSError as err:
            log.error("suspects.unwritten error=%s", err.strerror)
