"""One alert per happening: a rule's condition over time becomes opened, updated and ended. Pure, no clock.

    quiet ──holds──▶ waiting ──for dwell_s──▶ open ──does not hold──▶ fading ──for rearm_s──▶ quiet
              ◀─does not hold─┘                 ◀──holds──┘

``moment`` is monotonic seconds and measures durations; ``at`` is UTC seconds and labels. Not here: ids and
messages (``detectors.alerts``), what is looked at (``conditions``).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

#: A changed number of persons is told at most this often (seconds).
UPDATE_EVERY_S = 2.0


@dataclass(frozen=True, slots=True)
class Happening:
    """The state of one rule. ``open`` says that an alert was raised and has not ended."""

    open: bool = False
    holds_since: float | None = None  # moment; None: it does not hold
    missing_since: float | None = None  # moment, while open: since when it has not held
    began_at: float = 0.0  # UTC seconds since when it holds
    last_held_at: float = 0.0  # UTC seconds
    persons: int = 0
    most: int = 0
    told_persons: int = 0
    told_most: int = 0
    told: float = 0.0  # moment of the last word


Word = Literal["opened", "updated", "ended"]


def step(
    state: Happening, *, holds: bool, persons: int, moment: float, at: float, dwell_s: float, rearm_s: float
) -> tuple[Happening, Word | None]:
    """The next state, and what is to be told of it."""
    if state.open:
        return _open(state, holds, persons, moment, at, rearm_s)
    if not holds:
        return Happening(), None
    since = state.holds_since if state.holds_since is not None else moment
    began_at = state.began_at if state.holds_since is not None else at
    most = max(state.most, persons)
    if moment - since < dwell_s:
        return Happening(holds_since=since, began_at=began_at, last_held_at=at, persons=persons, most=most), None
    return (
        Happening(
            open=True,
            holds_since=since,
            began_at=began_at,
            last_held_at=at,
            persons=persons,
            most=most,
            told_persons=persons,
            told_most=most,
            told=moment,
        ),
        "opened",
    )


def _open(
    state: Happening, holds: bool, persons: int, moment: float, at: float, rearm_s: float
) -> tuple[Happening, Word | None]:
    if not holds:
        since = state.missing_since if state.missing_since is not None else moment
        if moment - since >= rearm_s:
            return Happening(most=state.most, last_held_at=state.last_held_at), "ended"
        return replace(state, missing_since=since), None
    state = replace(state, missing_since=None, persons=persons, most=max(state.most, persons), last_held_at=at)
    changed = state.persons != state.told_persons or state.most != state.told_most
    if changed and moment - state.told >= UPDATE_EVERY_S:
        return replace(state, told_persons=state.persons, told_most=state.most, told=moment), "updated"
    return state, None


def continued(moment: float, began_at: float, last_held_at: float, persons: int, most: int) -> Happening:
    """An alert that was open when the process before this one ended: it goes on, or ends after ``rearm_s``."""
    return Happening(
        open=True,
        holds_since=moment,
        began_at=began_at,
        last_held_at=last_held_at,
        persons=persons,
        most=most,
        told_persons=persons,
        told_most=most,
        told=moment,
    )
