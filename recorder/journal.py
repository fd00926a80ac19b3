"""The journal of a camera's day: one JSON line for each segment opened, closed, and each gap. Appended and synced.

Together with the files it says everything: an index can be rebuilt from it alone. Lines are only ever added, and the
last word on an id counts; a torn line (power cut) is skipped when read, and never swallows the next.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal, get_args

from recorder.folders import make_folder, sync_folder
from recorder.layout import FIRST_YEAR, JOURNAL, LAST_YEAR, day_of, journal_path
from recorder.opening import IrregularFile, opened
from vms.domain.messages import Gap, Segment

Kind = Literal["opened", "closed", "gap"]
#: The time of pts 0 may lie before the recording by whatever the camera counts from.
_ANCHORED = 1900


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
    make_folder(path.parent)
    fresh = not path.exists()
    data = b"".join(
        json.dumps({"type": entry.kind, **entry.record.model_dump(mode="json")}, ensure_ascii=False).encode() + b"\n"
        for entry in entries
    )
    with _alone(path) as file:
        if file.seek(0, os.SEEK_END) and not _ends_with_newline(path):
            data = b"\n" + data  # a torn line must not swallow this one
        if file.write(data) != len(data):  # a disk that is almost full takes a part
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        os.fdatasync(file.fileno())
    if fresh:  # its name must be on the disk as well, and the day's, camera's and site's, whoever made them
        for folder in path.parents[:4]:
            sync_folder(folder)


def read(path: Path, refused: list[bytes] | None = None) -> Iterator[Entry]:
    """The entries of one journal, in order; unreadable lines are left out, and put into ``refused``."""
    for line in lines(path):
        try:
            entry = parse(line)
        except ValueError:
            if refused is not None and line:
                refused.append(line)
            continue
        yield entry


def lines(path: Path) -> list[bytes]:
    """The lines of one journal, none where there is none; what is there and is no file raises ``OSError``."""
    try:
        with opened(path) as file:
            return file.read().splitlines()
    except IrregularFile:
        raise
    except FileNotFoundError:
        return []


def parse(line: bytes) -> Entry:
    """One line; raises ``ValueError`` for what is none, or says what nobody could be told of."""
    try:
        data = json.loads(line)
        kind = data.pop("type")
        if kind not in get_args(Kind):
            raise ValueError("no such line")
        record = Gap.model_validate(data) if kind == "gap" else Segment.model_validate(data)
    except (KeyError, TypeError, AttributeError, RecursionError) as err:
        raise ValueError("no line of a journal") from err
    moments = [record.start, record.end or record.start]
    if any(not FIRST_YEAR <= moment.year <= LAST_YEAR for moment in moments):
        raise ValueError("no moment of a recording")
    if isinstance(record, Segment) and record.anchor_utc and not _ANCHORED <= record.anchor_utc.year <= LAST_YEAR:
        raise ValueError("no moment of a run")
    if b"\\u" in line or b"\xed" in line:  # half a character, escaped or raw, which cannot be encoded again
        record.encode()
    return Entry(kind, record)


def rewrite(path: Path, keep: Callable[[bytes], bool]) -> None:
    """Leaves only the lines that ``keep`` says, all at once; whoever appends meanwhile waits for it."""
    temporary = path.with_suffix(".tmp")
    with _alone(path) as file:
        kept = [line for line in file.read().splitlines() if keep(line)]
        try:
            with temporary.open("wb") as fresh:  # buffered: all of it is written, or it raises
                fresh.write(b"".join(line + b"\n" for line in kept))
                fresh.flush()
                os.fsync(fresh.fileno())
        except OSError:
            temporary.unlink(missing_ok=True)
            raise
        temporary.replace(path)
        sync_folder(path.parent)


def days(root: Path, site: str, camera: str) -> list[Path]:
    """The camera's journals, oldest first."""
    found = (root / site / camera).glob(f"[0-9]*-[0-9]*-[0-9]*/{JOURNAL}")
    return sorted(path for path in found if day_of(path.parent.name) is not None)


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[BinaryIO]:
    """The journal, nobody else's meanwhile: another recorder of this disk may be the one that rewrites it."""
    while True:
        with path.open("a+b", buffering=0) as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            try:
                current = os.path.samestat(os.fstat(file.fileno()), path.stat())
            except FileNotFoundError:
                continue
            if current:  # else it was replaced while we waited
                file.seek(0)
                yield file
                return


def _ends_with_newline(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"
