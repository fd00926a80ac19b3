"""One camera's journal made whole from its files: found files taken in, lost ones said, gaps completed.

Only adds lines to journals and cuts torn tails of files that nobody writes to: it may be killed anywhere and run again,
and beside a recorder, whose growing files are locked and whose last minutes are left to it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from recorder import journal
from recorder.index.cover import Span, complete, free, horizon, union, until
from recorder.index.state import Found, days, is_empty, look
from recorder.index.taking import described, digest, growing, keep, measured
from recorder.layout import PART
from recorder.recovery import open_gap, unexplained
from vms.domain.messages import Gap, Segment

log = logging.getLogger(__name__)

#: Beside a recorder: what is younger is left to it. A file is opened, closed and journaled in far less.
LIVE_EDGE_S = 120.0
#: Files of one run abut; a name says the start to a millisecond, and a drifting clock moves the end by 30 ms a minute.
ABUT = timedelta(milliseconds=50)


@dataclass(slots=True)
class Rebuilt:
    """What was found and done; ``unmended`` says what is left: path and why."""

    cameras: int = 0
    segments: int = 0
    gaps: int = 0
    bytes: int = 0
    taken_in: int = 0  # files that nobody had journaled
    closed: int = 0  # files that a crash had left open
    missing: int = 0  # journaled, and no longer there
    gaps_mended: int = 0  # ended, cut or found
    lines_refused: int = 0  # torn, or of another camera
    left_to_recorder: int = 0
    unmended: list[tuple[str, str]] = field(default_factory=list)

    def add(self, other: Rebuilt) -> None:
        """Sums up."""
        for one in fields(self):
            setattr(self, one.name, getattr(self, one.name) + getattr(other, one.name))

    def as_json(self) -> dict[str, Any]:
        """For ``--json``."""
        return asdict(self) | {"unmended": [{"path": path, "reason": reason} for path, reason in self.unmended]}


def rebuild(
    root: Path, site: str, camera: str, node: str, *, now: datetime, alone: bool, verify: bool = False
) -> Iterator[Rebuilt]:
    """Mends one camera; yields its result so far after each day that was read, and at the end.

    ``alone``: no recorder runs on this folder. ``verify``: every file is hashed and compared.
    """
    done = Rebuilt(cameras=1)
    found = Found()
    for day in days(root, site, camera):
        look(root, site, camera, day, found)
        yield done
    done.lines_refused = found.refused
    edge = datetime.max.replace(tzinfo=now.tzinfo) if alone else now - timedelta(seconds=LIVE_EDGE_S)
    lines = [*_lost(root, found, done, edge, verify), *_left(root, found, done, edge, node)]
    lines = _abutting(list(found.segments.values()), lines)
    for line in lines:
        found.take(site, camera, line)
    lines += _gaps(found, done, edge, site, camera, node, alone, horizon(now))
    journal.append_all(root, lines)
    done.segments = sum(not is_empty(one) for one in found.segments.values())
    done.bytes = sum(one.bytes for one in found.segments.values())
    done.gaps = len(found.gaps)
    yield done


def _lost(root: Path, found: Found, done: Rebuilt, edge: datetime, verify: bool) -> list[journal.Entry]:
    """Journaled files that are not there, or not what was journaled."""
    lines = []
    for one in list(found.segments.values()):
        if is_empty(one) or one.start > edge or one.id not in found.segments:
            continue
        if one.path in found.parts and one.path not in found.files:
            continue  # journaled, not renamed: it is one that was left
        size, sha256 = found.files.get(one.path), one.sha256
        if verify and size == one.bytes and sha256 is not None:
            try:
                sha256 = digest(root / one.path)
            except FileNotFoundError:
                if _was_deleted(root, found, one):
                    continue
                size = None
        if size is None and not (root / one.path).exists():
            log.error("index.missing file=%s", one.path)
            done.missing += 1
            empty = {"end": one.start, "bytes": 0, "frames": 0, "sha256": None}
            lines.append(journal.Entry("closed", one.model_copy(update=empty)))
        elif size is not None and size != one.bytes:
            done.unmended.append((one.path, f"it has {size} bytes, {one.bytes} were recorded"))
        elif sha256 != one.sha256:
            done.unmended.append((one.path, "its content is not what was recorded: the hash differs"))
    return lines


def _was_deleted(root: Path, found: Found, segment: Segment) -> bool:
    """Whether retention took it since its day was read; then the day is taken in as it is now."""
    day = f"{segment.start:%Y-%m-%d}"
    fresh = look(root, segment.site, segment.camera, day)
    if segment.id in fresh.segments:
        return False
    found.gaps |= fresh.gaps
    for one in [one for one in found.segments.values() if f"{one.start:%Y-%m-%d}" == day]:
        if one.id not in fresh.segments:
            del found.segments[one.id]
            found.files.pop(one.path, None)
    return True


def _left(root: Path, found: Found, done: Rebuilt, edge: datetime, node: str) -> list[journal.Entry]:
    """Files that a crash left open, and files that nobody journaled."""
    lines = []
    closed = {one.path for one in found.segments.values() if not is_empty(one)}
    opened = {one.path: one for one in (*found.segments.values(), *found.growing.values())}
    waiting = {one.path for one in found.growing.values()}
    for path in sorted((found.files.keys() | waiting) - closed | found.parts.keys()):
        known = opened.get(path)
        try:
            if _in_use(root / path, edge) or (known is not None and known.start > edge):
                done.left_to_recorder += 1
                continue
            kept = keep(root / path)
            if known is None and not kept.fragments:
                done.unmended.append((path, "nothing in it is whole"))
                continue
            record = measured(known or described(root, path, node), kept)
        except (OSError, ValueError, ArithmeticError) as err:  # one unreadable file must not hide the others
            done.unmended.append((path, str(err)))
            continue
        if known is not None and is_empty(record) and record == found.segments.get(record.id):
            continue
        done.taken_in += known is None
        done.closed += known is not None
        lines.append(journal.Entry("closed", record))
    return lines


def _in_use(final: Path, edge: datetime) -> bool:
    part = final.with_suffix(PART)
    there = part if part.exists() else final
    return growing(part) or (there.exists() and there.stat().st_mtime > edge.timestamp())


def _abutting(known: list[Segment], lines: list[journal.Entry]) -> list[journal.Entry]:
    """A file that was found begins and ends where its neighbours do, if that is only a rounding away."""
    new = {one.id: one for line in lines if isinstance(one := line.record, Segment)}
    found = {name for name, one in new.items() if one.run.startswith("found-")}
    now = {one.id: one for one in known} | new
    order = [one.id for one in sorted(now.values(), key=lambda one: one.start) if not is_empty(one)]
    for name, following in pairwise(order):
        one, other = now[name], now[following]
        if one.end is None or one.end == other.start or abs(other.start - one.end) > ABUT:
            continue
        if following in found and name not in found:
            now[following] = other.model_copy(update={"start": one.end})
        elif name in found:
            now[name] = one.model_copy(update={"end": max(one.start, other.start)})
    return [journal.Entry(line.kind, now.get(line.record.id, line.record)) for line in lines]


def _gaps(
    found: Found, done: Rebuilt, edge: datetime, site: str, camera: str, node: str, alone: bool, limit: datetime
) -> list[journal.Entry]:
    footage = [(one.start, one.end) for one in found.segments.values() if one.end is not None]
    footage += [(one.start, max(one.start, edge)) for one in found.growing.values() if not alone]
    gone = union((one.start, one.start + timedelta(minutes=1)) for one in found.segments.values() if is_empty(one))

    def hole(start: datetime, end: datetime) -> Gap:
        lost = free(gone, start, end) != [(start, end)]
        return unexplained(site, camera, node, start, end, "missing" if lost else "unexplained")

    footage, told = until(limit, footage, found.gaps.values())
    gaps = complete(footage, told, hole)
    if not alone:
        gaps = [gap for gap in gaps if gap.end is not None and gap.end <= edge]
    elif (tail := _tail(footage, [*told, *gaps], site, camera, node)) is not None:
        gaps.append(tail)
    found.gaps |= {gap.id: gap for gap in gaps}
    done.gaps_mended += len(gaps)
    return [journal.Entry("gap", gap) for gap in gaps]


def _tail(footage: list[Span], gaps: list[Gap], site: str, camera: str, node: str) -> Gap | None:
    """Nobody records: what is missing since then is the recorder's. The next start goes on with it."""
    # A file of which nothing is whole is no footage: what was to be in it is missing.
    ends = [end for start, end in footage if end > start] + [gap.end for gap in gaps if gap.end is not None]
    if open_gap({gap.id: gap for gap in gaps}.values()) is not None or not footage or not ends:
        return None
    last = max(ends)
    made = unexplained(site, camera, node, last, last)
    return made.model_copy(update={"id": f"{made.id}.tail", "end": None, "cause": "recorder", "reason": "crashed"})
