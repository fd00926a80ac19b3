"""Who stays in a zone, for how long. Pure: the stays of all persons come in and go out.

A stay belongs to one person. It goes on over an absence no longer than ``rearm_s`` (what ends an alert ends a stay,
so one stay is never two alerts), and when the tracker takes the person for another at about the same place. Persons
who pass one after another have a stay each, however long the zone is never empty.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from detectors.geometry import Point, foot_of
from detectors.rules.conditions import HOLE_S, Verdict, View, persons_in, seen, unit_of
from detectors.tracking import Track

#: Another track takes a stay over within so many seconds …
RETAKE_S = 6.0
#: … so near (in heights of the person), of about the same size (ratio) …
RETAKE_REACH = 0.6
RETAKE_SIZE = 1.5
#: … and where both hardly move (heights a second): people walk at 0.7 to 0.9, so one who leaves by a door is no one
#: who comes in by it a moment later.
RETAKE_SPEED = 0.4


@dataclass(frozen=True, slots=True)
class Stay:
    """One person in the zone. Moments are monotonic seconds."""

    track: int
    born: float  # the track's ``first_seen``: another tracker begins its ids anew
    since: float  # when the person came
    came_at: float  # when this track came
    came_to: Point  # its foot then
    seen_at: float  # when it was found in the zone last
    foot: Point  # where
    unit: Point  # its height as a length across and down the picture
    speed: float  # heights a second
    outside: bool = False  # it walked out and was found there: nobody takes over from it


@dataclass(frozen=True, slots=True)
class Stays:
    """The stays of all. Who is found in the zone until ``adopt_until`` has been there all along: an alert is open."""

    stays: tuple[Stay, ...] = ()
    adopt_until: float = -math.inf
    looked_at: float = -math.inf


def loitering(view: View, memory: Stays) -> tuple[Verdict, Stays]:
    """Somebody has been in the zone for ``dwell_s``. Outside the schedule nobody is: a stay counts from its arming."""
    if not view.armed or view.zone is None:
        return Verdict(False), Stays()
    moment, rule = view.moment, view.rule
    within = persons_in(view.zone, view.scene.tracks)
    # Where pictures are seconds apart, who is found in two that follow each other was not away.
    apart = moment - memory.looked_at
    apart = apart if apart <= HOLE_S else 0.0
    followed = {(track.id, track.first_seen) for track in within}
    known = {
        (stay.track, stay.born): stay for stay in memory.stays
        if moment - stay.seen_at <= max(rule.rearm_s, apart)
        or (not stay.outside and (stay.track, stay.born) in followed)  # hidden for a moment, and there all the same
    }  # fmt: skip
    long_ago = moment - rule.dwell_s if moment <= memory.adopt_until else moment
    inside = {track.id for track in within}
    for track in view.scene.tracks:
        key = track.id, track.first_seen
        if not seen(track, moment):
            continue
        if track.id in inside:
            known[key] = _stayed(known.get(key), track, moment, long_ago)
        elif key in known:
            known[key] = replace(known[key], outside=True)
    stays = _taken_over(known.values(), view.scene.tracks, max(RETAKE_S, apart))
    since = {(stay.track, stay.born): stay.since for stay in stays}
    long = [
        track for track in within
        if moment - since.get((track.id, track.first_seen), math.inf) >= rule.dwell_s
    ]  # fmt: skip
    if not long:
        return Verdict(False), Stays(stays, memory.adopt_until, moment)
    began = min(since[track.id, track.first_seen] for track in long)
    verdict = Verdict(
        True,
        tuple(long),
        sure=any(seen(track, moment) for track in long),
        began=began,
        figures={"dwell_s": round(moment - began)},
    )
    return verdict, Stays(stays, memory.adopt_until, moment)


def _stayed(stay: Stay | None, track: Track, moment: float, since: float) -> Stay:
    foot, unit = foot_of(track.box), unit_of(track)
    speed = math.hypot(track.velocity[0] / unit[0], track.velocity[1] / unit[1])
    if stay is None:
        return Stay(track.id, track.first_seen, since, moment, foot, moment, foot, unit, speed)
    return replace(stay, seen_at=moment, foot=foot, unit=unit, speed=speed, outside=False)


def _taken_over(stays: Iterable[Stay], tracks: Sequence[Track], within_s: float) -> tuple[Stay, ...]:
    """The stays, those of vanished tracks given to the ones that came where they were."""
    followed = {(track.id, track.first_seen) for track in tracks}
    left = {(stay.track, stay.born): stay for stay in stays}
    for key, lost in list(left.items()):
        if key in followed or lost.outside:
            continue
        heirs = [stay for other, stay in left.items() if other in followed and _may_be(lost, stay, within_s)]
        if heirs:
            heir = min(heirs, key=lambda stay: _apart(lost, stay))
            left[heir.track, heir.born] = replace(heir, since=min(heir.since, lost.since))
            del left[key]
    return tuple(left.values())


def _may_be(lost: Stay, other: Stay, within_s: float) -> bool:
    """Whether ``other`` may well be the same person as ``lost``."""
    sizes = lost.unit[1] / other.unit[1]
    return (
        0 < other.came_at - lost.seen_at <= within_s
        and _apart(lost, other) <= RETAKE_REACH
        and 1 / RETAKE_SIZE <= sizes <= RETAKE_SIZE
        and max(lost.speed, other.speed) <= RETAKE_SPEED
    )


def _apart(lost: Stay, other: Stay) -> float:
    """From where one was last to where the other came, in heights of the first."""
    return math.hypot(
        (other.came_to[0] - lost.foot[0]) / lost.unit[0], (other.came_to[1] - lost.foot[1]) / lost.unit[1]
    )
