"""How many bytes of each camera lie on the disk, by hour (UTC): what quotas and the forecast are computed from.

Counted from the files, a few folders at a time, and kept in a file: a start must not look at five million of them.
Each day is counted again now and then, so that no error stays.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from recorder.retention import shelf as shelves
from recorder.retention.shelf import DAY_S, HOUR_S, Shelf
from vms.domain.clock import from_epoch
from vms.settings.whole_file import write_whole

log = logging.getLogger(__name__)

_HOURS = 24


class Account:
    """Not for several threads. ``root`` is where the recordings are, ``note`` where the count is kept."""

    def __init__(self, root: Path, note: Path) -> None:
        self._root = root
        self._note = note
        self._days: dict[Shelf, dict[str, list[int]]] = {}
        self._uncounted: list[tuple[Shelf, str]] | None = None
        self._again: Iterator[tuple[Shelf, str]] = iter(())

    @property
    def complete(self) -> bool:
        """Whether every day has been counted once."""
        return self._uncounted == []

    def load(self, disk: str) -> None:
        """Takes over what was counted on this disk before; days on it that are new since are counted."""
        self._days.clear()
        try:
            plain = json.loads(self._note.read_bytes())
            if plain["disk"] == disk:
                for key, days in plain["bytes"].items():
                    site, camera = key.split("/")
                    self._days[Shelf(site, camera)] = {day: [int(n) for n in hours] for day, hours in days.items()}
        except FileNotFoundError:
            pass
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as err:
            log.error("storage.uncounted path=%s error=%s", self._note.name, type(err).__name__)
        self._uncounted = None

    def save(self, disk: str) -> None:
        """Keeps the count."""
        plain = {f"{one.site}/{one.camera}": days for one, days in self._days.items()}
        try:
            write_whole(self._note, json.dumps({"disk": disk, "bytes": plain}, separators=(",", ":")).encode())
        except OSError as err:  # it is counted again
            log.error("storage.uncounted path=%s error=%s", self._note.name, err.strerror)

    def count(self, now: float, goes_on: Callable[[], bool]) -> None:
        """Counts the present hours, then days that are not known yet, then one known day again."""
        present = shelves.shelves(self._root)
        for gone in self._days.keys() - set(present):
            del self._days[gone]
        for one in present:
            for at in (now - HOUR_S, now):
                self._count_hour(one, at)
        if self._uncounted is None:
            found = [(one, day) for one in present for day in shelves.days(self._root, one)]
            today = {_day(now), _day(now - HOUR_S)}
            self._uncounted = [(one, day) for one, day in found if day in today or day not in self._days.get(one, {})]
        while self._uncounted and goes_on():
            self._count_day(*self._uncounted.pop())
        if self.complete:
            again = next(self._again, None)
            if again is None:
                self._again = iter([(one, day) for one, days in self._days.items() for day in days])
            else:
                self._count_day(*again)

    def take(self, one: Shelf, day: str, hour: str, size: int) -> None:
        """So much of an hour was deleted."""
        known = self._days.get(one, {}).get(day)
        if known is not None:
            known[int(hour)] = max(0, known[int(hour)] - size)
            if not any(known):
                del self._days[one][day]

    def total(self, of: Callable[[Shelf], bool] = lambda _one: True) -> int:
        """Bytes of the chosen cameras."""
        return sum(sum(map(sum, days.values())) for one, days in self._days.items() if of(one))

    def since(self, moment: float) -> dict[Shelf, int]:
        """Bytes of each camera in the hours from the one of ``moment`` on."""
        day, hour = _day(moment), int(moment % DAY_S // HOUR_S)
        return {
            one: sum(sum(n[hour:] if d == day else n) for d, n in days.items() if d >= day)
            for one, days in self._days.items()
        }

    def within(self, one: Shelf, spans: Iterable[tuple[float, float]]) -> int:
        """Bytes of a camera in the spans (in order, they may overlap), hours in part by their part."""
        found, at = 0.0, 0.0
        for begin, end in spans:
            begin, at = max(begin, at), max(end, at)  # noqa: PLW2901 - what was counted is not counted again
            for day, hours in self._days.get(one, {}).items():
                first = shelves.begin_of(day)
                if first < at and first + DAY_S > begin:
                    for hour, size in enumerate(hours):
                        start = first + hour * HOUR_S
                        found += size * max(0.0, min(at, start + HOUR_S) - max(begin, start)) / HOUR_S
        return round(found)

    def _count_hour(self, one: Shelf, at: float) -> None:
        day, hour = _day(at), int(at % DAY_S // HOUR_S)
        size = shelves.size_of(one.folder(self._root) / day / f"{hour:02d}")
        known = self._days.setdefault(one, {}).get(day)
        if size or known is not None:
            self._days[one].setdefault(day, [0] * _HOURS)[hour] = size

    def _count_day(self, one: Shelf, day: str) -> None:
        folder = one.folder(self._root) / day
        sizes = [0] * _HOURS
        for hour in shelves.hours(folder):
            sizes[int(hour)] = shelves.size_of(folder / hour)
        if any(sizes):
            self._days.setdefault(one, {})[day] = sizes
        else:  # only its journal is left; it is not looked at again
            self._days.get(one, {}).pop(day, None)


def _day(at: float) -> str:
    return from_epoch(at).strftime("%Y-%m-%d")
