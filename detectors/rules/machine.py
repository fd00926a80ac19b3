"""One alert per happening: a rule's condition over time becomes opened, updated and ended. Pure, no clock.

    quiet ──holds──▶ waiting ──for dwell_s──▶ open ──does not hold──▶ fading ──for rearm_s──▶ quiet
              ◀─does not hold─┘                 ◀──holds──┘

What happens in a moment (a crossing) holds for one picture: it opens at once, fades at once, and each further one
within ``rearm_s`` counts in the same alert. ``moment`` is monotonic seconds and measures durations; ``at`` is UTC
seconds and labels. Not here: ids and messages (``detectors.alerts``), what is looked at (``conditions``).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from detectors.rules.conditions import HOLE_S, Verdict

#: Another number of persons, or another detail, is told at most this often (seconds).
UPDATE_EVERY_S = 2.0

Detail = Mapping[str, int | str]


@dataclass(frozen=True, slots=True)
class Happening:
    """The state of one rule. ``open`` says that an alert was raised and has not ended. Moments are monotonic."""

    open: bool = False
    holds_since: float | None = None  # moment; None: it does not hold
    missing_since: float | None = None  # moment, while open: since when it has not held
    looked: float = -math.inf  # moment of the last picture
    patient_until: float = -math.inf  # moment: an alert that was taken up does not end before
    began_at: float = 0.0  # UTC seconds since when it holds
    last_held_at: float = 0.0  # UTC seconds
    persons: int = 0
    most: int = 0
    detail: Detail = field(default_factory=dict)
    figures: Detail = field(default_factory=dict)
    told: float = -math.inf  # moment of the last word
    told_of: tuple[int, int, Detail] = (0, 0, {})  # persons, most and detail in it

    @property
    def tells(self) -> tuple[int, int, Detail]:
        """What is told as soon as it is another."""
        return self.persons, self.most, self.detail


Word = Literal["opened", "updated", "ended"]


def step(
    state: Happening, verdict: Verdict, *, moment: float, at: float, dwell_s: float, rearm_s: float
) -> tuple[Happening, Word | None]:
    """The next state, and what is to be told of it."""
    state = replace(_held(state, verdict, moment, at) if verdict.holds else _missed(state, moment), looked=moment)
    if not state.open:
        if state.holds_since is None:
            return Happening(), None
        if moment - state.holds_since < dwell_s or not verdict.sure:
            return state, None
        return _telling(replace(state, open=True), moment), "opened"
    if state.missing_since is not None and moment - state.missing_since >= rearm_s and moment >= state.patient_until:
        return state, "ended"
    if state.tells != state.told_of and moment - state.told >= UPDATE_EVERY_S:
        return _telling(state, moment), "updated"
    return state, None


def continued(
    moment: float, at: float, patience_s: float, began_at: float, persons: int, most: int, detail: Detail
) -> Happening:
    """An alert that was open when the process before this one ended: it goes on, or ends after ``rearm_s``."""
    return _telling(
        Happening(
            open=True, holds_since=moment, looked=moment, patient_until=moment + patience_s, began_at=began_at,
            last_held_at=at, persons=persons, most=most, detail=detail,
        ),
        moment,
    )  # fmt: skip


def _held(state: Happening, verdict: Verdict, moment: float, at: float) -> Happening:
    if not state.open and (state.holds_since is None or moment - state.looked > HOLE_S):
        state = Happening(holds_since=moment, began_at=at if verdict.began is None else at - (moment - verdict.began))
    persons, detail = len(verdict.persons), verdict.detail
    if verdict.adds:
        persons = state.persons + sum(verdict.adds.values())
        detail = {**state.detail, **{key: _number(state.detail, key) + more for key, more in verdict.adds.items()}}
    return replace(
        state,
        missing_since=None,
        persons=persons,
        most=max(state.most, persons),
        last_held_at=at,
        detail=detail,
        figures=verdict.figures,
    )


def _missed(state: Happening, moment: float) -> Happening:
    if not state.open:
        return Happening()
    return replace(state, missing_since=state.missing_since if state.missing_since is not None else moment)


def _telling(state: Happening, moment: float) -> Happening:
    return replace(state, told=moment, told_of=state.tells)


def _number(detail: Detail, key: str) -> int:
    value = detail.get(key, 0)
    return value if isinstance(value, int) else 0
