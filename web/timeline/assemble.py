"""Covering a span with segments and gaps, without overlap and without a hole. Pure; times are whole milliseconds."""

from __future__ import annotations

import sys
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import NamedTuple

from vms.domain.footage import Claim, share

#: A file is cut near its minute: of one that is not the last, and has not told its end, no more is believed. One
#: without key frames may be longer, and says so when it ends.
OPEN_AT_MOST = 90_000
#: Runs that follow each other may overlap by the network's jitter: nobody misses that.
OVERLAP_FROM = 1000
#: Such a gap was found, not told, or left labels out that came after all: whatever else was told of a moment counts.
_YIELDS = frozenset(("unexplained", "clock"))


class Recorded(NamedTuple):
    """A segment; ``end`` None while it grows. A tuple, because a month has 44 000."""

    id: str
    start: int
    end: int | None
    codec: str = ""
    bytes: int = 0
    open: bool = False
    anchor: int | None = None  # of its run's pts 0


@dataclass(frozen=True, slots=True)
class Missing:
    """A span without footage; ``end`` None while it lasts."""

    start: int
    end: int | None
    cause: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Cover:
    """A span, whole: every millisecond in exactly one segment or gap.

    ``overlaps``: whole segments whose moments others have, because the clock was set back.
    """

    segments: tuple[Recorded, ...]
    gaps: tuple[Missing, ...]
    overlaps: tuple[Recorded, ...] = ()


def assemble(
    start: int,
    end: int,
    segments: Iterable[Recorded],
    gaps: Iterable[Missing],
    *,
    grown_to: int,
    configured_at: int | None,
    told_from: int | None = None,
) -> Cover:
    """Covers ``start`` to ``end``.

    ``grown_to``: how far the newest open segment is known to reach. ``configured_at``: before it nothing can
    have been recorded (None: never configured). ``told_from``: the first moment of which a recorder said anything.
    Where footage and a gap claim the same moment, footage wins; of two files the one that
    ``vms.domain.footage`` names.
    """
    if end <= start:
        return Cover((), ())
    gaps = list(gaps)
    told = _Told(gaps)
    ranks = [_Told(gap for gap in gaps if (gap.reason in _YIELDS) is yields) for yields in (False, True)]
    closed = _close(sorted(segments, key=lambda one: (one.start, one.id)), told, grown_to)
    recorded, overlaps = _clip(start, end, closed)
    life = (configured_at, told_from)
    missing: list[Missing] = []
    at = start
    for one in recorded:
        if one.start > at:
            missing += _explain(at, one.start, ranks, life)
        at = one.end or at
    if at < end:
        missing += _explain(at, end, ranks, life)
    return Cover(tuple(recorded), tuple(missing), tuple(overlaps))


def merge(segments: Sequence[Recorded]) -> list[Recorded]:
    """Those that abut and share a codec as one, without an id: what a long timeline draws."""
    spans: list[Recorded] = []
    first: Recorded | None = None
    end, size, is_open = 0, 0, False
    for one in segments:
        if first is not None and one.start == end and one.codec == first.codec:
            end, size, is_open = one.end or end, size + one.bytes, one.open
            continue
        if first is not None:
            spans.append(Recorded("", first.start, end, first.codec, size, is_open))
        first, end, size, is_open = one, one.end or one.start, one.bytes, one.open
    if first is not None:
        spans.append(Recorded("", first.start, end, first.codec, size, is_open))
    return spans


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
        closed.append(one._replace(end=until, open=last))
    return closed


def _clip(start: int, end: int, segments: Sequence[Recorded]) -> tuple[list[Recorded], list[Recorded]]:
    """Cuts to the span without overlap; and those of which much is not shown. ``segments`` are sorted by start."""
    kept: list[Recorded] = []
    overlaps: list[Recorded] = []
    for group in _groups(segments):
        one = group[0]
        if len(group) == 1 and one.end is not None and start <= one.start < one.end <= end:  # as nearly always
            kept.append(one)
            continue
        shown, hidden = _divide(start, end, group)
        kept += shown
        overlaps += hidden
    return kept, overlaps


def _groups(segments: Sequence[Recorded]) -> Iterator[list[Recorded]]:
    """Those that share a moment with the one before them together."""
    group: list[Recorded] = []
    reach = 0
    for one in segments:
        if group and one.start >= reach:
            yield group
            group = []
        group.append(one)
        reach = max(reach, one.start if one.end is None else one.end)
    if group:
        yield group


def _divide(start: int, end: int, segments: Sequence[Recorded]) -> tuple[list[Recorded], list[Recorded]]:
    """The same of those that hang together, or reach over the span's ends."""
    claims = []
    for one in segments:
        until = end if one.end is None else one.end
        anchor = one.start if one.anchor is None else one.anchor
        claims.append(Claim(max(one.start, start), min(until, end), anchor, one.id))
    kept = []
    hidden = [claim.end - claim.start for claim in claims]
    for number, begin, finish in share(claims):
        one = segments[number]
        kept.append(one if (one.start, one.end) == (begin, finish) else one._replace(start=begin, end=finish))
        hidden[number] -= finish - begin
    return kept, [one for one, ms in zip(segments, hidden, strict=True) if ms >= OVERLAP_FROM]


_Life = tuple[int | None, int | None]


def _explain(start: int, end: int, ranks: Sequence[_Told], life: _Life) -> list[Missing]:
    """Causes for a span without footage: the gaps that were told, the firm ones first, else what can be known, else
    ``unknown``.
    """
    if not ranks or start >= end:
        return _unexplained(start, end, life)
    parts: list[Missing] = []
    at = start
    for gap in ranks[0].touching(start, end):
        begin, finish = max(gap.start, at), min(end if gap.end is None else gap.end, end)
        if finish > begin:
            parts += _explain(at, begin, ranks[1:], life)
            parts.append(Missing(begin, finish, gap.cause, gap.reason))
            at = finish
    parts += _explain(at, end, ranks[1:], life)
    joined: list[Missing] = []
    for one in parts:
        if joined and (joined[-1].cause, joined[-1].reason) == (one.cause, one.reason):
            joined[-1] = replace(joined[-1], end=one.end)
        else:
            joined.append(one)
    return joined


def _unexplained(start: int, end: int, life: _Life) -> list[Missing]:
    """Before the camera was configured nothing was wanted; before its recorder's first word that one was starting."""
    if start >= end:
        return []
    configured, told = life
    born = end if configured is None else min(max(configured, start), end)
    heard = born if told is None else min(max(told, born), end)
    parts = [
        Missing(start, born, "disabled"),
        Missing(born, heard, "recorder", "starting"),
        Missing(heard, end, "unknown"),
    ]
    return [one for one in parts if one.end is not None and one.end > one.start]
