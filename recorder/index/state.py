"""What a camera's folder says: every journaled word as it was said last, and the files that lie there. Read only."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Container, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from recorder import journal
from recorder.layout import JOURNAL, PART, day_of, path_of_id
from vms.domain.facility import ID_PATTERN
from vms.domain.messages import Gap, Segment

_SITE = re.compile(ID_PATTERN)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_HOUR = re.compile(r"\d\d", re.ASCII)


@dataclass(slots=True)
class Found:
    """One camera. ``files`` and ``parts``: bytes by the closed file's path, relative to the recordings folder."""

    segments: dict[str, Segment] = field(default_factory=dict)  # closed, by id
    growing: dict[str, Segment] = field(default_factory=dict)  # opened and not closed, by id
    gaps: dict[str, Gap] = field(default_factory=dict)
    files: dict[str, int] = field(default_factory=dict)
    parts: dict[str, int] = field(default_factory=dict)
    refused: int = 0  # lines that are torn, or of another camera

    def take(self, site: str, camera: str, entry: journal.Entry) -> None:
        """One line, later than those before it."""
        one = entry.record
        if (one.site, one.camera) != (site, camera) or not _names_itself(one):
            self.refused += 1
        elif isinstance(one, Gap):
            self.gaps[one.id] = one
        elif entry.kind == "closed":
            self.segments[one.id] = one
            self.growing.pop(one.id, None)
        elif one.id not in self.segments:
            self.growing[one.id] = one


def look(root: Path, site: str, camera: str, day: str, found: Found | None = None) -> Found:
    """Reads one day (``2026-11-22``) of a camera, into ``found`` where that is given.

    What retention deleted is not in it: its lines stay in the journal until the whole day has gone.
    """
    found = Found() if found is None else found
    folder = root / site / camera / day
    # Files first: a deletion is journaled before its file goes, so what is not listed here is explained there.
    for hour in sorted(_folders(folder, _HOUR)):
        with contextlib.suppress(FileNotFoundError), os.scandir(hour) as entries:  # deleted meanwhile
            for one in entries:
                _file(found, f"{site}/{camera}/{day}/{hour.name}", one)
    refused: list[bytes] = []
    told: dict[str, Segment | Gap] = {}
    for entry in journal.read(folder / JOURNAL, refused):
        found.take(site, camera, entry)
        told[entry.record.id] = entry.record
    found.refused += len(refused)
    _leave_deleted_out(root, found, told)
    return found


def _leave_deleted_out(root: Path, found: Found, told: dict[str, Segment | Gap]) -> None:
    spans = [(one.start, one.end) for one in told.values() if isinstance(one, Gap) and one.cause == "deleted"]
    if not spans:
        return
    for one in told.values():
        if not isinstance(one, Segment) or not any(end and start <= one.start < end for start, end in spans):
            continue
        if not ((root / one.path).exists() or (root / one.path).with_suffix(PART).exists()):
            found.segments.pop(one.id, None)
            found.growing.pop(one.id, None)
            found.files.pop(one.path, None)


def days(root: Path, site: str, camera: str) -> list[str]:
    """The camera's days, oldest first."""
    return sorted(folder.name for folder in _folders(root / site / camera, _DAY) if day_of(folder.name) is not None)


def cameras(root: Path, sites: Container[str] | None = None) -> list[tuple[str, str]]:
    """``(site, camera)`` of every folder of recordings, of ``sites`` (None: all); disks of others are not asked."""
    there = [site for site in _folders(root, re.compile(r"[a-z0-9].*")) if sites is None or site.name in sites]
    return sorted((site.name, camera.name) for site in there for camera in _folders(site))


def site_folders(root: Path) -> list[str]:
    """The sites of which there is a folder; a disk of a site's own is not asked."""
    return sorted(folder.name for folder in _folders(root, _SITE))


def is_empty(segment: Segment) -> bool:
    """It was begun, and nothing of it is kept."""
    return segment.end == segment.start


def _names_itself(one: Segment | Gap) -> bool:
    try:
        return isinstance(one, Gap) or str(path_of_id(one.site, one.camera, one.id)) == one.path
    except ValueError:
        return False


def _file(found: Found, folder: str, one: os.DirEntry[str]) -> None:
    stem, dot, kind = one.name.rpartition(".")
    stem = os.fsencode(stem).decode(errors="replace")  # a name may be any bytes; it must be possible to tell it
    if f"{dot}{kind}" in (".mp4", PART) and one.is_file(follow_symlinks=False):
        files = found.files if kind == "mp4" else found.parts
        with contextlib.suppress(FileNotFoundError):  # deleted meanwhile
            files[f"{folder}/{stem}.mp4"] = one.stat(follow_symlinks=False).st_size


def _folders(folder: Path, name: re.Pattern[str] = re.compile(r"[a-z0-9].*")) -> Iterator[Path]:
    try:
        with os.scandir(folder) as entries:
            yield from [
                folder / one.name for one in entries if name.fullmatch(one.name) and one.is_dir(follow_symlinks=False)
            ]
    except FileNotFoundError:  # deleted meanwhile
        return
