"""Which file has the footage of a moment: by the names of the files and the journal's lines, without any index."""

from __future__ import annotations

import contextlib
import math
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from pydantic import ValidationError

from recorder.layout import PART, journal_path, moment_of, segment_id
from recorder.opening import opened
from vms.domain.clock import from_epoch
from vms.domain.footage import LOOK_BACK_S, Claim, share
from vms.domain.messages import Segment
from vms.ingest.stream import TIMESCALE
from vms.media.reading import walk_samples

#: A run's first file is named before its anchor settles, which moves its times back by what the network delayed.
SETTLED_S = 10.0


@dataclass(frozen=True, slots=True)
class Footage:
    """One segment. Times are seconds since the epoch, ``end`` the end of what can be read now."""

    path: Path
    site: str
    camera: str
    stamp: str
    growing: bool
    start: float
    end: float
    anchor: float  # of pts 0
    timescale: int

    @property
    def id(self) -> str:
        """The segment's."""
        return segment_id(self.camera, self.stamp)

    def ticks(self, at: float) -> int:
        """The presentation time at ``at``."""
        return int((at - self.anchor) * self.timescale)

    def utc(self, pts: int) -> float:
        """When the frame with ``pts`` was taken."""
        return self.anchor + pts / self.timescale


def at_moment(root: Path, site: str, camera: str, at: float) -> Footage | None:
    """The segment that counts at ``at``; None in a gap."""
    return _first([one for one in _found(root, site, camera, at, at) if one.start <= at < one.end], at, math.inf)


def in_span(root: Path, site: str, camera: str, start: float, end: float) -> Footage | None:
    """The first segment with footage in the span that counts there."""
    return _first(list(_found(root, site, camera, start, end)), start, end)


def all_in_span(root: Path, site: str, camera: str, start: float, end: float) -> list[tuple[Footage, float, float]]:
    """Every segment with footage in the span, and from when to when it counts there; in order, without overlap."""
    found = list(_found(root, site, camera, start, end))
    return [(found[part.number], part.start, part.end) for part in share(_claims(found, start, end))]


def _first(found: list[Footage], start: float, end: float) -> Footage | None:
    return next((found[part.number] for part in share(_claims(found, start, end))), None)


def _claims(found: list[Footage], start: float, end: float) -> list[Claim[float]]:
    return [Claim(max(one.start, start), min(one.end, end), one.anchor, one.id) for one in found]


def _found(root: Path, site: str, camera: str, start: float, end: float) -> Iterator[Footage]:
    first, last = start - LOOK_BACK_S, end + SETTLED_S
    hours = [from_epoch(3600.0 * n).strftime("%Y-%m-%d/%H") for n in range(int(first // 3600), int(last // 3600) + 1)]
    files: list[tuple[str, Path]] = []
    for hour in hours:
        files += [(path.stem, path) for path in _listed(root / site / camera / hour) if _within(path, first, last)]
    journals: dict[Path, bytes] = {}
    for stamp, path in files:
        found = _described(root, site, camera, stamp, path, journals)
        if found is not None:
            yield found


def _listed(folder: Path) -> Iterable[Path]:
    try:
        return [folder / name for name in os.listdir(folder)]
    except (FileNotFoundError, NotADirectoryError):
        return []


def _within(path: Path, first: float, last: float) -> bool:
    if path.suffix not in (PART, ".mp4"):
        return False
    try:
        return first <= moment_of(path.stem).timestamp() <= last
    except ValueError:  # not one of ours
        return False


def _described(
    root: Path, site: str, camera: str, stamp: str, path: Path, journals: dict[Path, bytes]
) -> Footage | None:
    record = _record(root, site, camera, stamp, journals)
    if record is not None and record.end is not None and record.anchor_utc is not None and path.suffix != PART:
        return Footage(path, site, camera, stamp, False, record.start.timestamp(), record.end.timestamp(),
                       record.anchor_utc.timestamp(), record.timescale)  # fmt: skip
    try:
        with opened(path) as file:
            fragments = list(walk_samples(file))
    except FileNotFoundError:  # closed just now, or deleted
        final = path.with_suffix(".mp4")
        return _described(root, site, camera, stamp, final, {}) if path.suffix == PART and final.exists() else None
    if not fragments:
        return None
    timescale = TIMESCALE if record is None else record.timescale
    start, anchor = moment_of(stamp).timestamp(), None
    if record is not None and record.anchor_utc is not None:
        start, anchor = record.start.timestamp(), record.anchor_utc.timestamp()
    if anchor is None:  # its lines are lost: it begins when its name says so
        anchor = start - fragments[0][0].pts / timescale
    end = anchor + max(sample.pts + sample.duration for sample in fragments[-1]) / timescale
    return Footage(path, site, camera, stamp, path.suffix == PART, start, end, anchor, timescale)


def _record(root: Path, site: str, camera: str, stamp: str, journals: dict[Path, bytes]) -> Segment | None:
    """What the journal says of a segment: when it was closed, else when it was opened, the last word counting."""
    moment = moment_of(stamp)
    name = f'"{segment_id(camera, stamp)}"'.encode()
    found: Segment | None = None
    # Around midnight a line may stand in the day before the file's.
    for day in sorted({moment - timedelta(seconds=SETTLED_S), moment}, key=lambda one: one.date()):
        path = journal_path(root, site, camera, day.timestamp())
        if path not in journals:
            with contextlib.suppress(FileNotFoundError), opened(path) as file:
                journals[path] = file.read()
        text = journals.setdefault(path, b"")
        at = text.rfind(name)
        if at < 0 or (found is not None and found.end is not None):
            continue
        try:
            found = Segment.model_validate_json(text[text.rfind(b"\n", 0, at) + 1 :].split(b"\n", 1)[0])
        except ValidationError:  # torn by a power cut
            continue
    return found
