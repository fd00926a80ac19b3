"""Gaps completed, so that segments and gaps cover a camera's life: no hole, no overlap of a gap. Pure.

Where footage and a gap claim the same moment footage wins. Footage may overlap footage: after a clock was set back both
recordings are kept.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta

from vms.domain.messages import Gap

Span = tuple[datetime, datetime]
#: Makes the gap for a hole that nobody explained.
Unexplained = Callable[[datetime, datetime], Gap]


#: What such a gap says of a moment counts only where no other says more: the one was found, not told, and a clock that
#: was ahead for a while leaves labels out that come after all.
_YIELDS = frozenset(("unexplained", "clock"))
#: Clocks differ by less: what is later was labelled by one that was ahead.
AHEAD = timedelta(minutes=1)
#: A host's clock that is before this was not set yet (it has no battery): nothing follows from it.
_SET = datetime(2026, 1, 1, tzinfo=UTC)


def horizon(now: datetime) -> datetime:
    """What begins later than this is from the future, of which nothing is known to be missing."""
    return now + AHEAD if now >= _SET else datetime.max.replace(tzinfo=UTC)


def until(limit: datetime, footage: Iterable[Span], gaps: Iterable[Gap]) -> tuple[list[Span], list[Gap]]:
    """What was told up to ``limit``; a gap that would reach farther lasts until anything else begins."""
    return (
        [(start, min(end, limit)) for start, end in footage if start <= limit],
        [
            gap if gap.end is None or gap.end <= limit else gap.model_copy(update={"end": None})
            for gap in gaps
            if gap.start <= limit
        ],
    )


def complete(footage: Iterable[Span], gaps: Iterable[Gap], unexplained: Unexplained) -> list[Gap]:
    """The gaps that must be told anew: ended, cut to what they cover, split, or found; none when all is well.

    An open gap ends where anything else begins; one that nothing follows stays open. Idempotent.
    """
    footage = [span for span in footage if span[1] > span[0]]
    recorded = taken = union(footage)
    begins = sorted(start for start, _ in footage)
    told = sorted(gaps, key=lambda gap: (gap.start, gap.end is None, gap.id))
    starts = [gap.start for gap in told]
    changed: list[Gap] = []
    covered: list[Span] = []
    last_open: datetime | None = None
    for yields in (False, True):
        reach: datetime | None = None  # the end of all these gaps so far
        for gap in told:
            if (gap.reason in _YIELDS) is not yields:
                continue
            start = gap.start if reach is None else max(gap.start, reach)
            start = _beyond(taken, start) if gap.end is None else start
            end = gap.end
            if end is None:
                end = _next(begins, starts, gap.start)
                if end is None and last_open is None:
                    last_open = start
                    if start != gap.start:
                        changed.append(gap.model_copy(update={"start": start}))
                    continue
                end = start if end is None else end  # two of one moment: one is enough
            elif yields and last_open is not None:
                end = min(end, max(start, last_open))
            pieces = free(taken, start, end)
            covered += pieces
            reach = end if reach is None else max(reach, end)
            changed += _cut(gap, pieces)
        taken = union([*recorded, *covered])
    limit = [] if last_open is None else [(last_open, last_open)]
    for (_, before), (after, _) in zip(taken, [*taken[1:], *limit], strict=False):
        if after > before:
            changed.append(unexplained(before, after))
    return changed


def _cut(gap: Gap, pieces: Sequence[Span]) -> list[Gap]:
    """The gap as the pieces of it that count, where that is not what was told."""
    if not pieces:
        return [gap.model_copy(update={"end": gap.start})] if gap.end != gap.start else []
    made = [
        gap.model_copy(update={"id": f"{gap.id}.{number}" if number else gap.id, "start": begin, "end": finish})
        for number, (begin, finish) in enumerate(pieces)
    ]
    return [one for one in made if one != gap]


def union(spans: Iterable[Span]) -> list[Span]:
    """The spans joined, in order; empty ones left out."""
    joined: list[Span] = []
    for start, end in sorted(spans):
        if end <= start:
            continue
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined


def free(joined: Sequence[Span], start: datetime, end: datetime) -> list[Span]:
    """The parts of ``start`` to ``end`` that none of the joined spans takes."""
    parts = []
    at = start
    for begin, finish in joined[max(0, bisect_right(joined, start, key=lambda one: one[0]) - 1) :]:
        if begin >= end:
            break
        if begin > at:
            parts.append((at, begin))
        at = max(at, finish)
    if at < end:
        parts.append((at, end))
    return parts


def _beyond(joined: Sequence[Span], at: datetime) -> datetime:
    """``at``, or the end of the span that it falls into."""
    place = bisect_right(joined, at, key=lambda one: one[0]) - 1
    return max(at, joined[place][1]) if place >= 0 else at


def _next(begins: Sequence[datetime], starts: Sequence[datetime], at: datetime) -> datetime | None:
    """Where footage begins from ``at`` on, or another gap after it."""
    footage, gap = bisect_left(begins, at), bisect_right(starts, at)
    return min([*begins[footage : footage + 1], *starts[gap : gap + 1]], default=None)
