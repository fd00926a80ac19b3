"""What lies on the disk, oldest first: cameras, days, hours, files. Looks only where it has to: names are in order."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from recorder.layout import PART, day_of, moment_of
from vms.domain.facility import ID_PATTERN
from vms.domain.footage import LOOK_BACK_S

#: A file is cut near its minute; one whose end nobody tells is taken to be this long at most (seconds).
TYPICAL_S = 60.0
#: A file's name tells its start before the run's anchor has settled; the journal tells it exactly.
SETTLES_S = 5.0
HOUR_S, DAY_S = 3600.0, 86400.0
_ID = re.compile(ID_PATTERN)
_HOUR = re.compile(r"[01]\d|2[0-3]", re.ASCII)


class Held(Protocol):
    """What is held of a camera's footage between two moments (UTC seconds)."""

    def held(self, camera: str, start: float, end: float) -> bool:
        """Whether anything of it is."""
        ...

    def covered(self, camera: str, start: float, end: float) -> bool:
        """Whether all of it is."""
        ...


@dataclass(frozen=True, slots=True, order=True)
class Shelf:
    """A camera's folder."""

    site: str
    camera: str

    def folder(self, root: Path) -> Path:
        """Where it is."""
        return root / self.site / self.camera


@dataclass(frozen=True, slots=True)
class Footage:
    """A closed file: its name, the span (UTC seconds) that it lies in, its size in bytes."""

    name: str
    start: float
    until: float
    bytes: int


@dataclass(frozen=True, slots=True)
class Batch:
    """Files of one camera's hour, in order."""

    shelf: Shelf
    day: str
    hour: str
    files: tuple[Footage, ...]

    @property
    def start(self) -> float:
        """When the first begins."""
        return self.files[0].start


def shelves(root: Path) -> list[Shelf]:
    """Every camera that has a folder on this disk, whether or not it is still configured."""
    return [Shelf(site, camera) for site in _sites(root) for camera in _names(root / site, _ID)]


def days(root: Path, shelf: Shelf) -> list[str]:
    """The days (UTC) of a camera that have a folder, oldest first."""
    return sorted(e.name for e in _entries(shelf.folder(root)) if day_of(e.name) and e.is_dir(follow_symlinks=False))


def hours(day: Path) -> list[str]:
    """The hours of a day that have a folder."""
    return _names(day, _HOUR)


def begin_of(day: str, hour: str = "00") -> float:
    """UTC seconds at which an hour begins."""
    return datetime.strptime(f"{day} {hour}", "%Y-%m-%d %H").replace(tzinfo=UTC).timestamp()


def files(hour: Path) -> list[Footage]:
    """The closed files of an hour, oldest first; what is no recording is left alone."""
    found = []
    for entry in _entries(hour):
        if entry.name.endswith(".mp4") and entry.is_file(follow_symlinks=False):
            try:
                start = moment_of(entry.name.removesuffix(".mp4")).timestamp()
                found.append((start, entry.name, entry.stat(follow_symlinks=False).st_size))
            except (ValueError, FileNotFoundError):
                continue
    found.sort()
    ends = [*(start for start, _, _ in found[1:]), float("inf")]
    return [
        Footage(name, start, min(end, start + LOOK_BACK_S), size)
        for (start, name, size), end in zip(found, ends, strict=False)
    ]


def size_of(hour: Path) -> int:
    """Bytes of an hour's recordings, growing ones included."""
    total = 0
    for entry in _entries(hour):
        if entry.name.endswith((".mp4", PART)) and entry.is_file(follow_symlinks=False):
            try:
                total += entry.stat(follow_symlinks=False).st_size
            except FileNotFoundError:
                continue
    return total


def oldest(
    root: Path,
    shelf: Shelf,
    most: int,
    holds: Held,
    spent: Callable[[Path, bool], None] | None = None,
    bare: set[tuple[Shelf, str]] | None = None,
    aside: Callable[[Shelf, str], bool] = lambda _shelf, _name: False,
) -> Batch | None:
    """The camera's oldest files that are not held, ``most`` at most and of one hour; None when there are none.

    Files that ``aside`` names are passed over.

    ``spent`` is told of each hour's folder that is empty, and whether it is the only one of its day. ``bare`` gathers
    the past days that have nothing but a journal, which are then not looked into again.
    """
    for day in _days_with_hours(root, shelf, bare):
        if holds.covered(shelf.camera, begin_of(day), begin_of(day) + DAY_S):
            continue
        folder = shelf.folder(root) / day
        names = hours(folder)
        for hour in list(names):
            begin = begin_of(day, hour)
            if holds.covered(shelf.camera, begin, begin + HOUR_S):
                continue
            entries = files(folder / hour)
            free = [
                one for one in entries
                if not holds.held(shelf.camera, one.start - SETTLES_S, one.until) and not aside(shelf, one.name)
            ]  # fmt: skip
            if free:
                return Batch(shelf, day, hour, tuple(free[:most]))
            if not entries and spent is not None:
                spent(folder / hour, len(names) == 1)
                names.remove(hour)
    return None


def first_moment(root: Path, shelf: Shelf, bare: set[tuple[Shelf, str]] | None = None) -> float | None:
    """When the camera's oldest footage begins, held or not."""
    for day in _days_with_hours(root, shelf, bare):
        for hour in hours(shelf.folder(root) / day):
            found = files(shelf.folder(root) / day / hour)
            if found:
                return found[0].start
    return None


def last_moment(root: Path, shelf: Shelf) -> float | None:
    """When the camera's newest closed footage ends."""
    for day in reversed(days(root, shelf)):
        for hour in reversed(hours(shelf.folder(root) / day)):
            found = files(shelf.folder(root) / day / hour)
            if found:
                return min(found[-1].until, found[-1].start + TYPICAL_S)
    return None


def _days_with_hours(root: Path, shelf: Shelf, bare: set[tuple[Shelf, str]] | None) -> Iterator[str]:
    found = days(root, shelf)
    for day in found:
        if bare is not None and (shelf, day) in bare:
            continue
        if bare is not None and day < found[-1] and not hours(shelf.folder(root) / day):
            bare.add((shelf, day))
            continue
        yield day


def _sites(root: Path) -> list[str]:
    """A site that is a mount of its own is another disk's, and looked after by the link in that one's view."""
    found = [e for e in _entries(root) if _ID.fullmatch(e.name)]
    device = os.stat(root).st_dev if found else 0
    there = (e for e in found if (e.is_dir(follow_symlinks=False) and _device(e) == device) or _is_handle(e))
    return sorted(e.name for e in there)


def _is_handle(entry: os.DirEntry[str]) -> bool:
    return entry.is_symlink() and os.readlink(entry.path).startswith("/proc/self/fd/")


def _device(entry: os.DirEntry[str]) -> int:
    return entry.stat(follow_symlinks=False).st_dev


def _names(folder: Path, pattern: re.Pattern[str]) -> list[str]:
    return sorted(e.name for e in _entries(folder) if pattern.fullmatch(e.name) and e.is_dir(follow_symlinks=False))


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            yield from entries
    except FileNotFoundError:
        return
