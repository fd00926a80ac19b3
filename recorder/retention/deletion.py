"""Deleting a few files of one camera so that files, journal and index agree at every moment, also after a crash.

What is about to go is noted, then its gap is journaled, then the files are unlinked and their folder synced, then the
gap is told, then the note is cleared. A crash in between is finished at the next start from the note. Holds are
asked again right before each file goes; one that was put meanwhile wins, and the gap is made smaller.

The note is a file of fixed size that is written over: on a full disk that needs no room. The journal may need some;
where it is refused the files go first.
"""

from __future__ import annotations

import errno
import json
import logging
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from recorder import journal
from recorder.folders import sync_folder
from recorder.layout import FIRST_YEAR, LAST_YEAR, PART, moment_of, stamp_of
from recorder.retention import shelf as shelves
from recorder.retention.shelf import Batch, Footage, Held, Shelf
from vms.domain.clock import from_epoch
from vms.domain.messages import Gap

log = logging.getLogger(__name__)

Reason = Literal["age", "quota", "pressure"]
#: A step takes no more files than an hour has; the note of 200 names is 6 KB.
MOST_FILES = 200
_NOTE_BYTES = 16 * 1024
#: What lies this close together is one span (seconds).
_ABUTS = 0.0015
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
#: What ails one file or folder, and not the disk: the others must go on being deleted.
_ITS_OWN = frozenset((
    errno.EACCES, errno.EPERM, errno.EISDIR, errno.ENOTDIR, errno.EIO, errno.EUCLEAN, errno.EBUSY, errno.ELOOP,
    errno.EINVAL, errno.ESPIPE,
))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Deleted:
    """What a step took."""

    files: int = 0
    bytes: int = 0
    refused: tuple[str, ...] = ()  # names of files that cannot be deleted


class Deleter:
    """For one thread of one process. ``tell`` announces a gap and keeps it until it has arrived."""

    def __init__(self, root: Path, note: Path, node: str, holds: Held, tell: Callable[[Gap], None]) -> None:
        self._root = root
        self._note = note
        self._node = node
        self._holds = holds
        self._tell = tell

    def finish(self, disk: str) -> None:
        """Ends what was begun when a process died; call before the first ``delete``."""
        noted = self._read()
        if noted is None:
            self._write({}, sync=True)  # its room is taken while there is some
            return
        try:
            shelf = Shelf(noted["site"], noted["camera"])
            folder = shelf.folder(self._root) / noted["day"] / noted["hour"]
            there = {one.name: one for one in shelves.files(folder)}
            files = [there.get(name) or _gone(name) for name in noted["names"]]
            if noted["disk"] == disk:
                batch = Batch(shelf, noted["day"], noted["hour"], tuple(files))
                log.info("retention.finishing camera=%s files=%d", shelf.camera, len(files))
                self._delete(batch, noted["reason"])
        except (KeyError, TypeError, ValueError) as err:
            log.error("retention.refused path=%s error=%s", self._note.name, type(err).__name__)
        self._write({})

    def delete(self, batch: Batch, reason: Reason, disk: str) -> Deleted:
        """Deletes what of the batch is not held. Raises ``OSError`` where the disk refuses; then call ``finish``."""
        batch = Batch(batch.shelf, batch.day, batch.hour, batch.files[:MOST_FILES])
        self._write(
            {
                "disk": disk, "site": batch.shelf.site, "camera": batch.shelf.camera, "day": batch.day,
                "hour": batch.hour, "reason": reason, "names": [one.name for one in batch.files],
            }
        )  # fmt: skip
        done = self._delete(batch, reason)
        self._write({})
        return done

    def prune(self, hour: Path, only: bool) -> None:
        """Removes the folder of an hour that has no files; with the day's last one its journal is compacted."""
        try:
            if any(hour.iterdir()):  # something else lies there, and stays: so do the day's lines
                return
            if only and (hour.parent / "journal.jsonl").exists():
                journal.rewrite(hour.parent / "journal.jsonl", self._stays)
            hour.rmdir()
            if only and not (hour.parent / "journal.jsonl").exists():
                hour.parent.rmdir()
        except OSError as err:
            log.debug("retention.unpruned folder=%s error=%s", hour, err.strerror)

    def _stays(self, line: bytes) -> bool:
        """Whether a line outlives its day's footage: a gap, or a file that is there."""
        try:
            data = json.loads(line)
            if data["type"] == "gap":
                return True
            final = self._root / str(data["path"])
            return final.exists() or final.with_suffix(PART).exists()
        except (ValueError, KeyError, TypeError):
            return False

    def _delete(self, batch: Batch, reason: Reason) -> Deleted:
        try:
            done = self._take(batch, reason)
        except OSError as err:  # of its journal: without a line nothing goes
            if err.errno not in _ITS_OWN:
                raise
            log.error("retention.undeletable camera=%s day=%s error=%s", batch.shelf.camera, batch.day, err)
            return Deleted(refused=tuple(one.name for one in batch.files))
        return done

    def _take(self, batch: Batch, reason: Reason) -> Deleted:
        folder = batch.shelf.folder(self._root) / batch.day / batch.hour
        told, known = _read_journal(folder.parent / "journal.jsonl")
        camera = batch.shelf.camera
        spans = {one.name: told.get(one.name, (one.start, one.until)) for one in batch.files}
        before, over = _as_before(known, min(s for s, _ in spans.values()), max(e for _, e in spans.values()))

        def keeps(one: Footage) -> bool:
            return self._holds.held(camera, *spans[one.name]) and (folder / one.name).exists()

        chosen = [one for one in batch.files if not keeps(one)]
        gaps = self._gaps(batch.shelf, reason, [spans[one.name] for one in chosen], before)
        gaps = [*_taken_back(over, gaps, before), *gaps]
        journaled = self._journal(gaps)
        gone, refused = [], []
        for one in chosen:
            if keeps(one):
                continue
            try:
                os.unlink(folder / one.name)
            except FileNotFoundError:
                pass
            except OSError as err:
                if err.errno not in _ITS_OWN:
                    raise
                log.error("retention.undeletable file=%s error=%s", folder / one.name, err.strerror)
                refused.append(one.name)
                continue
            gone.append(one)
        if gone and folder.exists():
            sync_folder(folder)
        if len(gone) < len(chosen):
            made, gaps = gaps, self._gaps(batch.shelf, reason, [spans[one.name] for one in gone], before)
            gaps = [*_taken_back(made, gaps, before), *gaps]
            journaled = self._journal(gaps)
        if not journaled and not self._journal(gaps):
            raise OSError(errno.ENOSPC, "the journal cannot be written")
        for gap in gaps:
            self._tell(gap)
        return Deleted(len(gone), sum(one.bytes for one in gone), tuple(refused))

    def _journal(self, gaps: Iterable[Gap]) -> bool:
        """False when there is no room for it."""
        try:
            for gap in gaps:
                journal.append(self._root, "gap", gap)
        except OSError as err:
            if err.errno not in _NO_ROOM:
                raise
            return False
        return True

    def _gaps(
        self, shelf: Shelf, reason: Reason, spans: Iterable[tuple[float, float]], before: Iterable[Gap]
    ) -> list[Gap]:
        """One gap for what lies together, longer under its old id where it goes on from one of ``before``."""
        together: list[list[float]] = []
        for start, end in sorted(spans):
            if together and start - together[-1][1] <= _ABUTS:
                together[-1][1] = max(end, together[-1][1])
            else:
                together.append([start, end])
        gaps = []
        for start, end in together:
            moment, finish = from_epoch(start), from_epoch(end)
            on = next((g for g in before if g.end and abs(g.end.timestamp() - start) <= _ABUTS), None)
            if on is not None:
                gaps.append(on.model_copy(update={"end": finish, "reason": reason}))
                continue
            gaps.append(
                Gap(
                    id=f"{shelf.camera}.deleted.{stamp_of(moment)}", site=shelf.site, camera=shelf.camera,
                    node=self._node, start=moment, end=finish, cause="deleted", reason=reason,
                )
            )  # fmt: skip
        return gaps

    def _read(self) -> dict[str, Any] | None:
        try:
            noted = json.loads(self._note.read_bytes() or b"{}")
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as err:  # torn: then nothing of it had been begun
            log.error("retention.unread path=%s error=%s", self._note.name, type(err).__name__)
            return None
        return noted or None

    def _write(self, noted: dict[str, Any], *, sync: bool = False) -> None:
        data = json.dumps(noted).encode().ljust(_NOTE_BYTES)
        try:
            self._note.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self._note, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                os.pwrite(descriptor, data, 0)
                if noted or sync:  # what is only cleared may come back: it is done once more, to no effect
                    os.fdatasync(descriptor)
            finally:
                os.close(descriptor)
        except OSError as err:  # making room is worth more than the note of it
            log.error("retention.unnoted path=%s error=%s", self._note.name, err.strerror)


def _as_before(known: Iterable[Gap], start: float, end: float) -> tuple[list[Gap], list[Gap]]:
    """The gaps as they were before the step, and those of a step that a crash cut short: they reach into its files."""
    before, over = [], []
    for gap in known:
        if gap.end is None or gap.end.timestamp() <= start + _ABUTS or gap.start.timestamp() >= end - _ABUTS:
            before.append(gap)
            continue
        over.append(gap)
        if gap.start.timestamp() < start - _ABUTS:
            before.append(gap.model_copy(update={"end": from_epoch(start)}))
    return before, over


def _taken_back(made: Iterable[Gap], right: Iterable[Gap], before: Iterable[Gap]) -> list[Gap]:
    """The gaps that were journaled for files that stayed after all, as they were before (empty where they were not)."""
    known = {gap.id: gap for gap in before}
    stay = {gap.id for gap in right}
    return [known.get(gap.id, gap.model_copy(update={"end": gap.start})) for gap in made if gap.id not in stay]


def _gone(name: str) -> Footage:
    start = moment_of(name.removesuffix(".mp4")).timestamp()
    return Footage(name, start, start + 60.0, 0)


def _read_journal(path: Path) -> tuple[dict[str, tuple[float, float]], list[Gap]]:
    """The spans of the day's closed files by name, and its gaps ``deleted``; only that much is parsed."""
    spans: dict[str, tuple[float, float]] = {}
    gaps: dict[str, Gap] = {}
    for line in journal.lines(path):
        try:
            if b'"type": "closed"' in line:
                data = json.loads(line)
                start, end = (datetime.fromisoformat(data[key]) for key in ("start", "end"))
                if FIRST_YEAR <= start.year <= end.year <= LAST_YEAR:
                    spans[str(data["path"]).rpartition("/")[2]] = (start.timestamp(), end.timestamp())
            elif b'"deleted"' in line:
                record = journal.parse(line).record
                if isinstance(record, Gap):
                    gaps[record.id] = record
        except (ValueError, KeyError, TypeError, AttributeError):
            continue
    return spans, list(gaps.values())
