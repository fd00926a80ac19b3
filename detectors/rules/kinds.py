"""The kinds of rules that the detector judges: one function each, from a view and a memory to a verdict.

A new kind is one function in ``CONDITIONS``. Kinds that are not in there are not the detector's (``camera_offline``
is raised by ``web``). Not here: what each looks at (``conditions``, ``crossing``, ``loitering``).
"""

from __future__ import annotations

from collections.abc import Callable

from detectors.rules.conditions import Verdict, View, absence, occupancy, tamper, zone_breach
from detectors.rules.crossing import Ways, line_crossing
from detectors.rules.loitering import Stays, loitering
from vms.domain.facility import RuleKind

#: What a rule remembers from picture to picture; None: nothing yet.
Memory = Ways | Stays | None
Condition = Callable[[View, Memory], tuple[Verdict, Memory]]

#: Kinds whose dwell is each person's own, so that it is the condition that waits for it.
WAIT_THEMSELVES: frozenset[RuleKind] = frozenset(("line_crossing", "loitering"))
#: An alert that is taken up from the process before this one is given so long for its cause to be found again
#: (seconds): persons need some pictures, a tampered picture is believed only after it has lasted.
TAKE_UP_S: dict[RuleKind, float] = {"tamper": 60.0}
TAKE_UP_ELSE_S = 5.0


def _without_memory(judge: Callable[[View], Verdict]) -> Condition:
    def condition(view: View, memory: Memory) -> tuple[Verdict, Memory]:
        return judge(view) if view.armed else Verdict(False), memory

    return condition


def _crossing(view: View, memory: Memory) -> tuple[Verdict, Memory]:
    return line_crossing(view, memory if isinstance(memory, Ways) else Ways())


def _loitering(view: View, memory: Memory) -> tuple[Verdict, Memory]:
    return loitering(view, memory if isinstance(memory, Stays) else Stays())


CONDITIONS: dict[RuleKind, Condition] = {
    "zone_breach": _without_memory(zone_breach),
    "line_crossing": _crossing,
    "occupancy": _without_memory(occupancy),
    "absence": _without_memory(absence),
    "loitering": _loitering,
    "tamper": _without_memory(tamper),
}


def take_up_s(kind: RuleKind) -> float:
    """How long an inherited alert of this kind waits for its cause."""
    return TAKE_UP_S.get(kind, TAKE_UP_ELSE_S)


def memory_of_open(kind: RuleKind, moment: float) -> Memory:
    """What a rule whose alert is open knows when its memory is lost: by a restart, or because it was changed."""
    return Stays(adopt_until=moment + TAKE_UP_ELSE_S) if kind == "loitering" else None
