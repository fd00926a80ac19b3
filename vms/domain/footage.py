"""What holds of recorded files whoever looks for them: how long one is, and which counts where two claim a moment.

Pure. Where files lie is ``recorder.layout``; what is done with them is the business of who looks.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Generic, NamedTuple, TypeVar

#: A file ends here (seconds), even without a key frame to begin the next one.
LONGEST_S = 540.0
#: How late the network may have made a run's labels (seconds); those of the next may be earlier by as much.
LATE_S = 30.0
#: A file that begins so much (seconds) after its first label does so on purpose; less is reordering and slewing.
LATE_FROM_S = 0.5
#: Who looks for the files of a moment looks so far back (seconds): a run's first labels may be put right.
LOOK_BACK_S = LONGEST_S + 60.0

#: Milliseconds or seconds since the epoch.
M = TypeVar("M", int, float)


class Claim(NamedTuple, Generic[M]):
    """A file says that it has the footage from ``start`` to before ``end``; its run has pts 0 at ``anchor``."""

    start: M
    end: M
    anchor: M
    id: str


class Part(NamedTuple, Generic[M]):
    """What of a file counts: from ``start`` to before ``end``; ``number`` is the claim's place in what was given."""

    number: int
    start: M
    end: M


def labelled_before(start: datetime, anchor: datetime | None, first_s: float) -> float:
    """Seconds that a file's pictures are labelled before its ``start``, because the run before was late; mostly 0.0.

    ``anchor`` is the run's UTC of pts 0 (None: nobody knows), ``first_s`` the file's first decode time.
    """
    if anchor is None:
        return 0.0
    before = (start - anchor).total_seconds() - first_s
    return before if before >= LATE_FROM_S else 0.0


def share(claims: Sequence[Claim[M]]) -> list[Part[M]]:
    """Who has which time, in order and without overlap; what any of them claims is somebody's.

    A clock that is set back labels time twice. Then that file counts whose run is anchored earlier, as long as it goes
    on: of one session the run that came after the step, the labels of which were put right. A file's own lines say
    that much, so that timeline, playlist and picture agree on every moment, whatever span each of them looks at.
    """
    order = sorted((n for n, one in enumerate(claims) if one.end > one.start), key=lambda n: claims[n].start)
    parts: list[Part[M]] = []
    first = 0
    while first < len(order):
        reach, last = claims[order[first]].end, first + 1
        while last < len(order) and claims[order[last]].start < reach:
            reach, last = max(reach, claims[order[last]].end), last + 1
        if last == first + 1:  # alone, as nearly always
            one = claims[order[first]]
            parts.append(Part(order[first], one.start, one.end))
        else:
            parts += _divided(claims, order[first:last])
        first = last
    return parts


def _divided(claims: Sequence[Claim[M]], order: Sequence[int]) -> Iterator[Part[M]]:
    """The same of files in order of their start that hang together."""
    bounds = sorted({at for n in order for at in (claims[n].start, claims[n].end)})
    there: list[tuple[M, str, int]] = []
    coming = 0
    begin, shown = bounds[0], -1
    for at in bounds:
        while coming < len(order) and claims[order[coming]].start <= at:
            one = claims[order[coming]]
            heapq.heappush(there, (one.anchor, one.id, order[coming]))
            coming += 1
        while there and claims[there[0][2]].end <= at:
            heapq.heappop(there)
        now = there[0][2] if there else -1
        if now != shown:
            if shown >= 0:
                yield Part(shown, begin, at)
            begin, shown = at, now
