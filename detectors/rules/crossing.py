"""Who crosses a line, and in which direction. Pure: the ways of all persons come in and go out.

Counted is a person that was clear of the line on one side, then crossed it within its span, and is clear of it on
the other side. Who stands on the line and sways crosses it to and fro: that adds up to nothing as long as it is not
left for good. Only pictures in which the person was found count; a way between two of them is straight. Where
something comes between the camera and the feet, the box ends at the hip and its lower edge leaps though nobody moved:
such a leap is no step.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from detectors.geometry import Point, crossings, distance_to, foot_of
from detectors.rules.conditions import Verdict, View, seen, unit_of
from detectors.tracking import Track

#: Clear of the line is who stands this share of his height from it: feet of one who stands sway by a third of it.
CLEAR = 0.1
#: The lower edge leaps when it moves by more than this share of the person's height, and so much more for each second
#: between two pictures, while the upper edge does not go with it (walking is 0.2 to 0.3 a second).
LEAP = 0.15
LEAP_A_S = 0.3
#: Feet that are hidden are taken to be as far below the head as they were, for so long (seconds).
HIDDEN_S = 5.0
#: A way is forgotten when its person was not found for so long (seconds); trackers give up before.
FORGET_S = 10.0
#: Who crossed is shown with what is told within so many seconds: words are not told more often (``machine``).
SHOWN_S = 2.0


@dataclass(frozen=True, slots=True)
class Way:
    """One person's way since it was last clear of the line. Moments are monotonic seconds."""

    born: float  # the track's ``first_seen``: another tracker begins its ids anew
    foot: Point
    top: float  # upper edge of its box
    seen_at: float
    clear_at: float | None = None  # when it was clear of the line last, on the side it comes from; None: not yet
    net: int = 0  # crossings since then: from a to b less those from b to a
    beyond_at: float | None = None  # since when it is clear of the line on the other side
    hidden_at: float | None = None  # since when its feet are


@dataclass(frozen=True, slots=True)
class Ways:
    """The ways of all, by track id, and who crossed a moment ago."""

    ways: Mapping[int, Way] = field(default_factory=dict)
    crossed: tuple[tuple[float, Track], ...] = ()


def line_crossing(view: View, memory: Ways) -> tuple[Verdict, Ways]:
    """Somebody crossed the line in the rule's direction and stayed beyond it for ``dwell_s``.

    It holds on the picture that completes a crossing, and no longer. Outside the schedule ways are followed, so that
    whoever crosses afterwards is known, but nothing counts.
    """
    line = view.zone.points if view.zone is not None else None
    if line is None:
        return Verdict(False), memory
    moment = view.moment
    ways = {id_: way for id_, way in memory.ways.items() if moment - way.seen_at <= FORGET_S}
    adds: dict[str, int] = {}
    begins: list[float] = []
    crossed = [one for one in memory.crossed if view.armed and 0 <= moment - one[0] < SHOWN_S]
    for track in view.scene.tracks:
        if not seen(track, moment):
            continue
        before = ways.get(track.id)
        if before is None or before.born != track.first_seen:
            before = _begun(track, moment)
        way = _went(before, track, moment, line)
        if way.net and way.beyond_at is not None and moment - way.beyond_at >= view.rule.dwell_s:
            direction = "a_to_b" if way.net > 0 else "b_to_a"
            if view.armed and way.clear_at is not None and view.rule.direction in ("both", direction):
                adds[direction] = adds.get(direction, 0) + 1
                begins.append(way.clear_at)
                crossed.append((moment, track))
            way = _clear(way, moment)
        ways[track.id] = way
    persons = tuple({track.id: track for _, track in crossed}.values())
    verdict = Verdict(bool(adds), persons, began=min(begins, default=None), adds=adds)
    return verdict, Ways(ways, tuple(crossed))


def _begun(track: Track, moment: float) -> Way:
    return Way(track.first_seen, foot_of(track.box), track.box[1], moment)


def _went(way: Way, track: Track, moment: float, line: Sequence[Point]) -> Way:
    """The way, gone on to where the person is now."""
    (x, bottom), top, (across, _) = foot_of(track.box), track.box[1], unit_of(track)
    height = max(way.foot[1] - way.top, 1e-3)
    risen = way.foot[1] - bottom
    leaps = abs(risen) > (LEAP + LEAP_A_S * (moment - way.seen_at)) * height and abs(top - way.top) < abs(risen) / 2
    hidden_at = None
    if leaps:
        hidden_at = way.hidden_at if way.hidden_at is not None else moment
        if risen < 0 or moment - hidden_at > HIDDEN_S:
            return _begun(track, moment)
        bottom = top + height
    foot = x, bottom
    net = way.net + crossings(way.foot, foot, line)
    way = replace(way, foot=foot, top=top, seen_at=moment, net=net, hidden_at=hidden_at)
    if distance_to(foot, line, (across, max(bottom - top, 1e-3))) < CLEAR:
        return replace(way, beyond_at=None)
    if way.clear_at is None or way.net == 0:
        return _clear(way, moment)
    return replace(way, beyond_at=way.beyond_at if way.beyond_at is not None else moment)


def _clear(way: Way, moment: float) -> Way:
    """Clear of the line: what comes counts from here."""
    return replace(way, clear_at=moment, net=0, beyond_at=None)
