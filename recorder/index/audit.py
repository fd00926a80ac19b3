"""Files, journal, index and clock compared: what differs is said. Reads only; ``rebuild`` mends."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePosixPath

from recorder.index.cover import Span, complete
from recorder.index.state import Found, days, is_empty, look
from recorder.index.taking import digest as hash_of
from recorder.index.taking import growing
from recorder.index.telling import records, row
from recorder.layout import PART, moment_of
from recorder.recovery import unexplained
from vms.domain.index import DaySum, Difference, digest
from vms.domain.messages import Gap, Segment

#: What is younger is on its way from disk to journal, to bus, to database.
LIVE_EDGE = timedelta(minutes=10)
#: A name is made before the start has settled, which moves it by what the network delayed the first picture.
NAME = timedelta(seconds=5)
#: Host clocks that were set are the alert `clock`'s; footage from the future is none of theirs.
FUTURE = timedelta(minutes=1)
#: Recordings of one time are no fault of the index: the clock was set back, and both are kept.
NO_FAULT = frozenset(("overlap",))


@dataclass(slots=True)
class Looked:
    """One camera, as far as it was looked at."""

    files: int = 0
    differences: list[Difference] = field(default_factory=list)
    days: list[DaySum] = field(default_factory=list)

    @property
    def faults(self) -> list[Difference]:
        """What must be told."""
        return [one for one in self.differences if one.kind not in NO_FAULT]


def look_at(
    root: Path, site: str, camera: str, now: datetime, *, verify: bool = False, alone: bool = False
) -> Iterator[Looked]:
    """Looks at one camera; yields after each day, so that one may rest in between.

    ``alone``: no recorder runs on this folder, so that no file is on its way to a journal.
    """
    edge = now - LIVE_EDGE
    looked = Looked()
    footage: list[Span] = []
    gaps: dict[str, Gap] = {}
    for day in days(root, site, camera):
        found = look(root, site, camera, day)
        looked.files += len(found.files) + len(found.parts)
        looked.differences += _differences(root, camera, found, now, edge, verify, alone)
        footage += [(one.start, one.end) for one in found.segments.values() if one.end is not None]
        gaps |= found.gaps
        start = datetime.fromisoformat(day).replace(tzinfo=UTC)
        looked.days.append(_sum(found, start, min(start + timedelta(days=1), edge)))
        yield looked
    footage += [(edge, now + timedelta(days=3650))]  # the recorder is still at it
    known = [_until(gap, edge, gaps, footage) for gap in gaps.values() if gap.start < edge]
    for gap in complete(footage, known, lambda begin, end: unexplained(site, camera, "", begin, end)):
        span = f"{gap.start.isoformat()} to {'now' if gap.end is None else gap.end.isoformat()}"
        looked.differences.append(Difference(camera=camera, kind="gap", detail=span))
    yield looked


def unreadable(camera: str, err: Exception) -> Looked:
    """One that cannot be looked at; the others can."""
    detail = f"{type(err).__name__}: {err}".encode(errors="replace").decode()[:200]
    return Looked(differences=[Difference(camera=camera, kind="unreadable", detail=detail)])


def summed_again(root: Path, site: str, camera: str, day: DaySum) -> DaySum:
    """The same day as it is now: gaps end, and footage is deleted, while one looks."""
    return _sum(look(root, site, camera, f"{day.start:%Y-%m-%d}"), day.start, day.end)


def _sum(found: Found, start: datetime, end: datetime) -> DaySum:
    rows = [row(one) for one in records(found) if one.start < end and one.end is not None]
    return DaySum(start=start, end=end, digest=digest(rows))


def _until(gap: Gap, edge: datetime, gaps: dict[str, Gap], footage: list[Span]) -> Gap:
    """As it was at the edge: what ended since, or lasts, reached it."""
    reaches = _is_last(gap, gaps, footage, edge) if gap.end is None else gap.end > edge
    return gap.model_copy(update={"end": edge}) if reaches else gap


def _is_last(gap: Gap, gaps: dict[str, Gap], footage: list[Span], edge: datetime) -> bool:
    others = [one.start for one in gaps.values() if one.id != gap.id and one.start < edge]
    return all(start <= gap.start for start in others + [start for start, _ in footage if start < edge])


def _differences(
    root: Path, camera: str, found: Found, now: datetime, edge: datetime, verify: bool, alone: bool
) -> Iterator[Difference]:
    def differs(kind: str, path: str, detail: str = "") -> Difference:
        return Difference(camera=camera, kind=kind, path=path, detail=detail)

    kept = sorted((one for one in found.segments.values() if not is_empty(one)), key=lambda one: one.start)
    for one in kept:
        size = found.files.get(one.path)
        if one.start > now + FUTURE:
            yield differs("future", one.path, f"it begins at {one.start.isoformat()}")
        if abs(moment_of(PurePosixPath(one.path).stem) - one.start) > NAME:
            yield differs("name", one.path, f"it begins at {one.start.isoformat()}")
        if size is None and one.start < edge and not (root / one.path).exists():
            yield differs("missing", one.path)
        elif size is not None and size != one.bytes:
            yield differs("size", one.path, f"{size} bytes, {one.bytes} were recorded")
        elif verify and size is not None and (kind := _content(root, one)) is not None:
            yield differs(kind, one.path)
    journaled = {one.path for one in kept}
    for path in sorted(found.files.keys() - journaled):
        if alone or _is_older(root / path, edge):
            yield differs("unjournaled", path)
    for path in sorted(found.parts):
        part = (root / path).with_suffix(PART)
        if not growing(part) and (alone or _is_older(part, edge)):
            yield differs("left_open", path)
    yield from _overlaps(camera, kept)


def _content(root: Path, one: Segment) -> str | None:
    try:
        return None if one.sha256 in (None, hash_of(root / one.path)) else "hash"
    except FileNotFoundError:  # since it was listed
        fresh = look(root, one.site, one.camera, f"{one.start:%Y-%m-%d}")
        return "missing" if one.id in fresh.segments else None


def _is_older(path: Path, edge: datetime) -> bool:
    try:
        return path.stat().st_mtime < edge.timestamp()
    except FileNotFoundError:  # closed, or deleted, meanwhile
        return False


def _overlaps(camera: str, kept: list[Segment]) -> Iterator[Difference]:
    reach: datetime | None = None
    for one in kept:
        if reach is not None and reach - one.start > timedelta(seconds=1):
            yield Difference(camera=camera, kind="overlap", path=one.path, detail=f"until {reach.isoformat()}")
        reach = one.end if reach is None or (one.end is not None and one.end > reach) else reach
