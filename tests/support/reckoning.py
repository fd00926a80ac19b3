"""A camera's recordings added up as an auditor would: files against journals, every second in a segment or a gap."""

from __future__ import annotations

import hashlib
import itertools
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from recorder import journal
from recorder.layout import PART
from vms.domain.messages import Gap, Segment

#: Labels are rounded to a microsecond; a first start settles to a millisecond.
_ROUNDING = timedelta(milliseconds=2)


@dataclass(frozen=True, slots=True)
class Reckoning:
    """What the journals say at last. ``segments`` are closed and hold footage, ``growing`` are neither."""

    segments: list[Segment]
    growing: list[Segment]
    gaps: list[Gap]


def reckon(root: Path, site: str, camera: str, *, stopped: bool = True) -> Reckoning:
    """Raises ``AssertionError`` where files and journals disagree, or time is in neither a segment nor a gap.

    ``stopped``: nobody writes, so that no file may grow.
    """
    last: dict[str, Segment] = {}
    gaps: dict[str, Gap] = {}
    for day in journal.days(root, site, camera):
        for entry in journal.read(day):
            if isinstance(entry.record, Gap):
                gaps[entry.record.id] = entry.record
            elif entry.kind == "closed" or entry.record.id not in last:
                last[entry.record.id] = entry.record
    segments = sorted((s for s in last.values() if s.end is not None and s.bytes), key=lambda s: s.start)
    growing = [s for s in last.values() if s.end is None]
    for one in segments:
        assert (root / one.path).exists(), one.path
        data = (root / one.path).read_bytes()
        assert (len(data), hashlib.sha256(data).hexdigest()) == (one.bytes, one.sha256), one.path
    files = {str(path.relative_to(root)) for path in (root / site / camera).glob("**/*.mp4")}
    assert files == {s.path for s in segments}, "files and journal name each other"
    if stopped:
        assert growing == []
        assert list((root / site / camera).glob(f"**/*{PART}")) == []
    _assert_nothing_missing(segments, sorted(gaps.values(), key=lambda g: g.start))
    return Reckoning(segments, growing, sorted(gaps.values(), key=lambda g: g.start))


def _assert_nothing_missing(segments: list[Segment], gaps: list[Gap]) -> None:
    lasting = [(g.start, g.end) for g in gaps if g.end != g.start]  # an empty gap says nothing
    spans = sorted([*((s.start, s.end) for s in segments), *lasting], key=lambda one: one[0])
    for (_, end), (start, _) in itertools.pairwise(spans):
        assert end is not None, "only the last span is open"
        assert abs(start - end) <= _ROUNDING, f"between {end} and {start} nobody says what is"
