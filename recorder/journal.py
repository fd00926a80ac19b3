"""The journal of a camera's day: one JSON line for each segment opened, closed, and each gap. Appended and synced.

Together with the files it says everything: an index can be rebuilt from it alone. Lines are only ever added, and the
last word on an id counts; a torn line (power cut) is skipped when read, and never swallows the next.
"""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from pydantic import ValidationError

from recorder.disk import sync_folder
from recorder.layout import JOURNAL, journal_path
from vms.domain.messages import Gap, Segment

Kind = Literal["opened", "closed", "gap"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One line."""

    kind: Kind
    record: Segment | Gap


def append(root: Path, kind: Kind, record: Segment | Gap) -> None:
    """Writes one line to the journal of the day on which the record starts; synced when this returns."""
    _write(journal_path(root, record.site, record.camera, record.start.timestamp()), [Entry(kind, record)])


def append_all(root: Path, entries: Iterable[Entry]) -> None:
    """The same for many, with one sync a day. Killed half way, whole lines are there and the others are not."""
    days: dict[Path, list[Entry]] = {}
    for entry in entries:
        one = entry.record
        days.setdefault(journal_path(root, one.site, one.camera, one.start.timestamp()), []).append(entry)
    for path, of_day in sorted(days.items()):
        _write(path, of_day)


def _write(path: Path, entries: Iterable[Entry]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = not path.exists()
    data = b"".join(
        json.dumps({"type": entry.kind, **entry.record.model_dump(mode="json")}, ensure_ascii=False).encode() + b"\n"
        for entry in entries
    )
    with path.open("ab", buffering=0) as file:
        if file.tell() and not _ends_with_newline(path):
            data = b"\n" + data  # a torn line must not swallow this one
        if file.write(data) != len(data):  # a full disk may take a part of it
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        os.fdatasync(file.fileno())
    if fresh:  # its name must be on the disk as well
        sync_folder(path.parent)


def read(path: Path, refused: list[bytes] | None = None) -> Iterator[Entry]:
    """The entries of one journal, in order; unreadable lines are left out, and put into ``refused``."""
    try:
        lines = path.read_bytes().splitlines()
    except FileNotFoundError:
        return
    for line in lines:
        try:
            data = json.loads(line)
            kind = data.pop("type")
            if kind not in get_args(Kind):
                raise ValueError("no such line")
            record = Gap.model_validate(data) if kind == "gap" else Segment.model_validate(data)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError, ValidationError):
            if refused is not None and line:
                refused.append(line)
            continue
        yield Entry(kind, record)


def days(root: Path, site: str, camera: str) -> list[Path]:
    """The camera's journals, oldest first."""
    return sorted((root / site / camera).glob(f"[0-9]*-[0-9]*-[0-9]*/{JOURNAL}"))


def _ends_with_newline(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"
