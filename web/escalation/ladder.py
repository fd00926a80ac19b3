"""How a chain climbs its ladder: which rung is called next, and when. Pure: no rows, no clock.

A rung that reaches nobody is not waited for, the next one is called at once; only the last one, called again and again,
keeps its interval.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from web.duty.policy import MOST_ROUNDS, Duty, Ladder


@dataclass(frozen=True, slots=True)
class Place:
    """A rung (from 0) and its round: how often the last rung was called before."""

    rung: int
    round: int = 0


@dataclass(frozen=True, slots=True)
class Called:
    """A rung that is called now; ``deadline`` None: it reaches nobody, and is not waited for."""

    place: Place
    duty: Duty
    deadline: datetime | None


@dataclass(frozen=True, slots=True)
class Climb:
    """What is called now, in order, and when the chain is looked at again; None: it is exhausted."""

    calls: tuple[Called, ...]
    next_at: datetime | None


def first_at(ladder: Ladder, opened: datetime, now: datetime) -> datetime:
    """When the first rung is called. An alert from a host whose clock is ahead is not waited for longer."""
    return min(opened, now) + timedelta(seconds=ladder.rungs[0].after_s)


def following(ladder: Ladder, place: Place | None) -> Place | None:
    """What is called after ``place`` (None: nothing was yet); None: nothing more.

    A ladder that was shortened meanwhile goes on with its last rung.
    """
    if place is None:
        return Place(0)
    last = len(ladder.rungs) - 1
    if place.rung < last:
        return Place(place.rung + 1)
    if ladder.repeat_s is None or place.round >= MOST_ROUNDS:
        return None
    return Place(last, place.round + 1)


def is_repeat(place: Place | None) -> bool:
    """Whether the last rung is called again: then its interval is kept, whoever was reached before."""
    return place is not None and place.round > 0


def wait_s(ladder: Ladder, place: Place) -> int:
    """How long whoever is called at ``place`` has before anything more happens (seconds)."""
    after = following(ladder, place)
    if after is not None and not is_repeat(after):
        return ladder.rungs[after.rung].after_s
    # The end is waited for, too: alerts of the same rule share the chain that long.
    return ladder.repeat_s or ladder.cooldown_s


def climb(ladder: Ladder, place: Place | None, now: datetime, reaches: Callable[[Duty], bool]) -> Climb:
    """What is called when the chain that is at ``place`` is due; ``reaches``: whether a duty has anybody to send to."""
    calls: list[Called] = []
    following_place = following(ladder, place)
    while following_place is not None:
        here = following_place
        duty = ladder.rungs[here.rung].duty
        deadline = now + timedelta(seconds=wait_s(ladder, here))
        if reaches(duty):
            calls.append(Called(here, duty, deadline))
            return Climb(tuple(calls), deadline)
        calls.append(Called(here, duty, None))
        following_place = following(ladder, here)
        if is_repeat(following_place):
            return Climb(tuple(calls), deadline)
    return Climb(tuple(calls), None)
