"""Files that killed the process while they were being decoded: after the second time they are left alone for a while.

A note says which file is in work; one that is found at start was left by a death. Where several files were in work
each is a suspect: an innocent one is shown again after ``ASIDE_S``.
"""

from __future__ import annotations

import contextlib
import json
import logging
import threading
from collections.abc import Iterator
from pathlib import Path

from vms.domain.clock import Clock
from vms.settings.whole_file import write_whole

log = logging.getLogger(__name__)

ASIDE_S = 3600.0
DEATHS = 2
_NOTE = "decoding-"


class Suspects:
    """``with suspects.at_work(segment)`` around decoding, from any thread; ``aside`` before it."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock
        self._lock = threading.Lock()
        self._begun: dict[int, float] = {}
        self._deaths = self._load()

    def aside(self, segment: str) -> bool:
        """Whether it is not to be touched now."""
        since = self._clock.utc() - ASIDE_S
        return sum(since < at for at in self._deaths.get(segment, ())) >= DEATHS

    @contextlib.contextmanager
    def at_work(self, segment: str | None = None) -> Iterator[None]:
        """Notes it down while the block runs; where the note cannot be written the work is done all the same.

        None: nothing is decoded, and nobody is a suspect; how long it lasts counts as well.
        """
        with self._lock:
            number = next(n for n in range(len(self._begun) + 1) if n not in self._begun)
            self._begun[number] = self._clock.monotonic()
        note = self._folder / f"{_NOTE}{number}"
        try:
            if segment is not None:
                with contextlib.suppress(OSError):
                    note.write_text(segment, encoding="utf-8")
            yield
        finally:
            if segment is not None:
                with contextlib.suppress(OSError):
                    note.unlink(missing_ok=True)
            with self._lock:
                del self._begun[number]

    def longest_s(self) -> float:
        """How long the oldest piece of work has lasted."""
        with self._lock:
            return self._clock.monotonic() - min(self._begun.values(), default=self._clock.monotonic())

    def _load(self) -> dict[str, list[float]]:
        """What is known of earlier deaths, with the one that the notes tell of."""
        kept = self._folder / "deaths.json"
        now = self._clock.utc()
        deaths: dict[str, list[float]] = {}
        with contextlib.suppress(OSError, ValueError, TypeError, AttributeError):
            for segment, times in json.loads(kept.read_bytes()).items():
                deaths[segment] = [float(at) for at in times if now - ASIDE_S < float(at) <= now]
        try:
            for note in sorted(self._folder.glob(f"{_NOTE}*")):
                segment = note.read_text(encoding="utf-8", errors="replace")
                deaths.setdefault(segment, []).append(now)
                log.error("render.died segment=%s times=%d", segment[:200], len(deaths[segment]))
                note.unlink()
            write_whole(kept, json.dumps({segment: times for segment, times in deaths.items() if times}).encode())
        except OSError as err:
            log.error("render.unnoted error=%s", err.strerror)
        return deaths
