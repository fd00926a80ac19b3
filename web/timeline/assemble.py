"""Covering a span with segments and gaps, without overlap and without a hole. Pure; times are whole milliseconds."""

from __future__ import annotations

import sys
from bisect import bisect_right, insort
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

#: A file is cut near its minute: an unfinished one that is not the last cannot have gone on for longer.
OPEN_AT_MOST = 90_000
#: Runs that follow each other may overlap by the network's jitter: nobody misses that.
OVERLAP_FROM = 1000


@dataclass(frozen=True, slots=True)
class Recorded:
    """A segment; ``end`` None while it grows."""

    id: str
    start: int
    end: int | None
    codec: str = ""
    bytes: int = 0
    open: bool = False
    run: str = ""


@dataclass(frozen=True, slots=True)
class Missing:
    """A span without footage; ``end`` None while it lasts."""

    start: int
    end: int | None
    cause: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Cover:
    """A span, whole: every millisecond in exactly one segment or gap."""

    segments: tuple[Recorded, ...]
    gaps: tuple[Missing, ...]
    overlaps: tuple[Recorded, ...] = ()  # whole segments whose moments others have: the clock was set back


def assemble(
    start: int,
    end: int,
    segments: Iterable[Recorded],
    gaps: Iterable[Missing],
    *,
    grown_to: int,
    configured_at: int | None,
) -> Cover:
    """Covers ``start`` to ``end``.

    ``grown_to``: how far the newest open segment is known to reach. ``configured_at``: before it nothing can
    have been recorded (None: never configured). Where footage and a gap claim the same moment, footage wins.
    """
    if end <= start:
        return Cover((), ())
    told = _Told(gaps)
    closed = _close(sorted(segments, key=lambda one: (one.start, one.id)), told, grown_to)
    recorded, overlaps = _clip(start, end, closed)
    missing: list[Missing] = []
    at = start
    for one in recorded:
        if one.start > at:
            missing += _explain(at, one.start, told, configured_at)
        at = one.end or at
    if at < end:
        missing += _explain(at, end, told, configured_at)
    return Cover(tuple(recorded), tuple(missing), tuple(overlaps))


class _Told:
    """Gaps in order of their start, found by moment: a month of a flapping camera has thousands."""

    def __init__(self, gaps: Iterable[Missing]) -> None:
        self.gaps = sorted(gaps, key=lambda gap: gap.start)
        self.starts = [gap.start for gap in self.gaps]
        ends = (sys.maxsize if gap.end is None else gap.end for gap in self.gaps)
        self._reach = list(accumulate(ends, max))  # the farthest end so far, so never falling

    def touching(self, start: int, end: int) -> Iterable[Missing]:
        """Those that may have a part between the two."""
        first = bisect_right(self._reach, start)
        return self.gaps[first : bisect_right(self.starts, end)]


def _close(segments: Sequence[Recorded], told: _Told, grown_to: int) -> list[Recorded]:
    """Gives open segments an end."""
    closed = []
    for i, one in enumerate(segments):
        if one.end is not None:
            closed.append(one)
            continue
        last = i == len(segments) - 1
        until = max(one.start, grown_to) if last else min(segments[i + 1].start, one.start + OPEN_AT_MOST)
        later = bisect_right(told.starts, one.start)
        if later < len(told.starts):
            until = min(until, told.starts[later])
        closed.append(replace(one, end=until, open=last))
    return closed


def _clip(start: int, end: int, segments: Sequence[Recorded]) -> tuple[list[Recorded], list[Recorded]]:
    """Cuts to the span without overlap; and those of which much is not shown.

    A clock that was set back labels time twice: one run is shown as long as it goes on, not now this, now that one.
    """
    reach: dict[str, int] = {}
    for one in segments:
        reach[one.run] = max(reach.get(one.run, 0), end if one.end is None else one.end)
    kept: list[Recorded] = []
    behind: list[Recorded] = []
    at, run = start, None
    for one in segments:
        begin, finish = max(one.start, at), min(end if one.end is None else one.end, end)
        if run is not None and one.run != run and one.start < min(reach[run], end):
            behind.append(one)
        elif finish > begin:
            kept.append(replace(one, start=begin, end=finish))
            at, run = finish, one.run
    overlaps = []
    for one in behind:
        free = _free(kept, max(one.start, start), min(end if one.end is None else one.end, end))
        for begin, finish in free:
            insort(kept, replace(one, start=begin, end=finish), key=lambda each: each.start)
        whole = min(end if one.end is None else one.end, end) - max(one.start, start)
        if whole - sum(finish - begin for begin, finish in free) >= OVERLAP_FROM:
            overlaps.append(one)
    return kept, overlaps


def _free(kept: Sequence[Recorded], start: int, end: int) -> list[tuple[int, int]]:
    """What of the span nobody has; ``kept`` is in order and without overlap."""
    free = []
    at = start
    for one in kept[max(0, bisect_right(kept, start, key=lambda each: each.start) - 1) :]:
        if one.start >= end:
            break
        if one.start > at:
            free.append((at, one.start))
        at = max(at, one.end or at)
    if at < end:
        free.append((at, end))
    return free


def _explain(start: int, end: int, told: _Told, configured_at: int | None) -> list[Missing]:
    """Causes for a span without footage: the gaps that were told, else what can be known, else ``unknown``."""
    parts: list[Missing] = []
    at = start
    for gap in told.touching(start, end):
        begin, finish = max(gap.start, at), min(end if gap.end is None else gap.end, end)
        if finish > begin:
            parts += _unexplained(at, begin, configured_at)
            parts.append(Missing(begin, finish, gap.cause, gap.reason))
            at = finish
    parts += _unexplained(at, end, configured_at)
    joined: list[Missing] = []
    for one in parts:
        if joined and (joined[-1].cause, joined[-1].reason) == (one.cause, one.reason):
            joined[-1] = replace(joined[-1], end=one.end)
        else:
            joined.append(one)
    return joined


def _unexplained(start: int, end: int, configured_at: int | None) -> list[Missing]:
    if end <= start:
        return []
    if configured_at is None or configured_at >= end:
        return [Missing(start, end, "disabled")]
    if configured_at <= start:
        return [Missing(start, end, "unknown")]
    return [Missing(start, configured_at, "disabled"), Missing(configured_at, end, "unknown")]
