"""Covering a span with segments and gaps, without overlap and without a hole. Pure; times are whole milliseconds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

#: A file is cut near its minute: an unfinished one that is not the last cannot have gone on for longer.
OPEN_AT_MOST = 90_000


@dataclass(frozen=True, slots=True)
class Recorded:
    """A segment; ``end`` None while it grows."""

    id: str
    start: int
    end: int | None
    codec: str = ""
    bytes: int = 0
    open: bool = False


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
    gaps = sorted(gaps, key=lambda gap: gap.start)
    recorded = _clip(start, end, _close(sorted(segments, key=lambda one: (one.start, one.id)), gaps, grown_to))
    missing: list[Missing] = []
    at = start
    for one in recorded:
        if one.start > at:
            missing += _explain(at, one.start, gaps, configured_at)
        at = one.end or at
    if at < end:
        missing += _explain(at, end, gaps, configured_at)
    return Cover(tuple(recorded), tuple(missing))


def _close(segments: Sequence[Recorded], gaps: Sequence[Missing], grown_to: int) -> list[Recorded]:
    """Gives open segments an end."""
    closed = []
    for i, one in enumerate(segments):
        if one.end is not None:
            closed.append(one)
            continue
        last = i == len(segments) - 1
        until = max(one.start, grown_to) if last else min(segments[i + 1].start, one.start + OPEN_AT_MOST)
        later = [gap.start for gap in gaps if gap.start > one.start]
        if later:
            until = min(until, later[0])
        closed.append(replace(one, end=until, open=last))
    return closed


def _clip(start: int, end: int, segments: Iterable[Recorded]) -> list[Recorded]:
    """Cuts to the span and takes overlaps from the later one."""
    kept = []
    at = start
    for one in segments:
        begin, finish = max(one.start, at), min(end if one.end is None else one.end, end)
        if finish > begin:
            kept.append(replace(one, start=begin, end=finish))
            at = finish
    return kept


def _explain(start: int, end: int, gaps: Sequence[Missing], configured_at: int | None) -> list[Missing]:
    """Causes for a span without footage: the gaps that were told, else what can be known, else ``unknown``."""
    told: list[Missing] = []
    at = start
    for gap in gaps:
        begin, finish = max(gap.start, at), min(end if gap.end is None else gap.end, end)
        if finish > begin:
            told += _unexplained(at, begin, configured_at)
            told.append(Missing(begin, finish, gap.cause, gap.reason))
            at = finish
    told += _unexplained(at, end, configured_at)
    joined: list[Missing] = []
    for one in told:
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
