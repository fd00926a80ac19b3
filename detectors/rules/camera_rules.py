"""The rules of one camera at work: conditions, schedules and state machines joined into alert events.

Not here: writing events anywhere (``detectors.alerts``). Times are passed in.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from detectors.rules.conditions import HOLE_S, Scene, Verdict, View
from detectors.rules.kinds import CONDITIONS, WAIT_THEMSELVES, Memory, memory_of_open, take_up_s
from detectors.rules.machine import Happening, Word, continued, step
from detectors.rules.open_alerts import OpenAlert
from detectors.tracking import Track
from vms.domain.clock import from_epoch
from vms.domain.facility import Camera, Rule, RuleKind, Zone
from vms.domain.schedule import Schedule

#: Somebody is where he must not be: it counts in seconds when that is told.
PROMPT: frozenset[RuleKind] = frozenset(("zone_breach", "line_crossing"))
#: …unless it may last longer than this anyway before it is told.
PROMPT_S = 5.0

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def new_id(at: float) -> str:
    """A ULID (github.com/ulid/spec): 48 bits of milliseconds UTC and 80 random bits, sorted by time."""
    number = (int(at * 1000) & ((1 << 48) - 1)) << 80 | secrets.randbits(80)
    return "".join(_CROCKFORD[number >> shift & 31] for shift in range(125, -1, -5))


@dataclass(frozen=True, slots=True)
class RuleEvent:
    """What is to be told of an alert. ``ended_at`` is UTC seconds, set with ``ended`` alone."""

    word: Word
    alert: OpenAlert
    at: float
    persons: tuple[Track, ...] = ()
    ended_at: float | None = None
    detail: dict[str, int | str] = field(default_factory=dict)


class CameraRules:
    """State machines of one camera's rules; used by one thread at a time."""

    def __init__(self, site: str, camera: Camera, zone_info: ZoneInfo, opened: Sequence[OpenAlert] = ()) -> None:
        self._site = site
        self._zone_info = zone_info
        self._states: dict[str, Happening] = {}
        self._memories: dict[str, Memory] = {}
        self._open: dict[str, OpenAlert] = {}
        self._inherited = {alert.rule: alert for alert in opened}
        self._set(camera)

    def _set(self, camera: Camera) -> None:
        self._camera = camera
        zones = {zone.id: zone for zone in camera.zones}
        rules = [rule for rule in camera.rules if rule.kind in CONDITIONS]
        self._rules: dict[str, Rule] = {rule.id: rule for rule in rules}
        self._zones: dict[str, Zone | None] = {
            rule.id: zones[rule.zone] if rule.zone is not None else None for rule in rules
        }
        self._schedules = {rule.id: Schedule.parse(rule.schedule) for rule in rules if rule.schedule is not None}

    @property
    def open_alerts(self) -> list[OpenAlert]:
        """What is open now, inherited ones included."""
        return [*self._inherited.values(), *self._open.values()]

    def change(self, camera: Camera, zone_info: ZoneInfo, at: float) -> list[RuleEvent]:
        """Takes other zones and rules.

        A rule that is another, or whose zone is, begins anew; an open alert goes on and ends by the new one. It ends
        at once where its rule is gone, or is now of another kind or for another zone.
        """
        rules, zones = self._rules, self._zones
        self._zone_info = zone_info
        self._set(camera)
        for id_ in list(rules):
            if self._rules.get(id_) != rules[id_] or self._zones[id_] != zones[id_]:
                self._memories.pop(id_, None)
                if id_ not in self._open:
                    self._states.pop(id_, None)
        return self.drop_orphans(at)

    def end_all(self, at: float, cause: str) -> list[RuleEvent]:
        """Ends every alert: the camera is switched off or taken out."""
        events = [self.ended(alert, at, cause) for alert in self.open_alerts]
        self._inherited.clear()
        self._open.clear()
        self._states.clear()
        self._memories.clear()
        return events

    def look(self, scene: Scene, moment: float, at: float) -> list[RuleEvent]:
        """Takes in one picture; ``moment`` is monotonic and ``at`` UTC seconds."""
        events = self.drop_orphans(at)
        for rule in self._rules.values():
            events += self._lapse(rule, moment, at)
            self._take_up(rule, moment, at)
            verdict = self._verdict(rule, scene, moment, at)
            state, word = step(
                self._states.get(rule.id, Happening()),
                verdict,
                moment=moment,
                at=at,
                dwell_s=0.0 if rule.kind in WAIT_THEMSELVES else rule.dwell_s,
                rearm_s=rule.rearm_s,
            )
            self._states[rule.id] = state
            if word is not None:
                events.append(self._event(word, rule, state, verdict, at))
        return events

    def _lapse(self, rule: Rule, moment: float, at: float) -> list[RuleEvent]:
        """Ends an alert of persons that nobody looked after for longer than is bridged: who is there now is others.

        That nobody is there, or the camera covered, may well have gone on meanwhile, and is not told once more.
        """
        longest = max(HOLE_S, rule.rearm_s)
        inherited, state = self._inherited.get(rule.id), self._states.get(rule.id)
        if inherited is not None and inherited.looked_at is not None and _of_persons(inherited):
            if at - (last := inherited.looked_at.timestamp()) <= longest:
                return []
            alert = self._inherited.pop(rule.id)
        elif state is not None and state.open and moment - state.looked > longest and _of_persons(self._open[rule.id]):
            alert = self._open.pop(rule.id).model_copy(update={"persons": state.most, "most": state.most})
            last = state.last_held_at
            del self._states[rule.id]
        else:
            return []
        self._memories.pop(rule.id, None)
        return [self.ended(alert, at, "unwatched", last)]

    def _take_up(self, rule: Rule, moment: float, at: float) -> None:
        """An alert from the process before this one goes on as if it had been this one's."""
        if (alert := self._inherited.pop(rule.id, None)) is not None:
            self._open[rule.id] = alert
            began = alert.began_at.timestamp()
            self._states[rule.id] = continued(
                moment, at, take_up_s(rule.kind), began, alert.persons, alert.most, alert.detail
            )
        if rule.id not in self._memories:
            self._memories[rule.id] = memory_of_open(rule.kind, moment) if rule.id in self._open else None

    def attentive(self, at: float) -> bool:
        """Whether a rule is armed now that a picture every few seconds does not do for."""
        return any(
            rule.kind in PROMPT and rule.dwell_s <= PROMPT_S and self._armed(rule, at) for rule in self._rules.values()
        )

    def _armed(self, rule: Rule, at: float) -> bool:
        schedule = self._schedules.get(rule.id)
        return schedule is None or schedule.armed(from_epoch(at), self._zone_info)

    def _verdict(self, rule: Rule, scene: Scene, moment: float, at: float) -> Verdict:
        view = View(rule, self._zones[rule.id], scene, moment, self._armed(rule, at))
        verdict, self._memories[rule.id] = CONDITIONS[rule.kind](view, self._memories[rule.id])
        return verdict

    def _event(self, word: Word, rule: Rule, state: Happening, verdict: Verdict, at: float) -> RuleEvent:
        if word == "opened":
            # A clock that was set back meanwhile must not make it begin after it was raised, or end before.
            zone = self._zones[rule.id]
            alert = OpenAlert(
                id=new_id(at), site=self._site, camera=self._camera.id, rule=rule.id, kind=rule.kind, zone=rule.zone,
                zone_name=None if zone is None else zone.name,
                severity=rule.effective_severity, opened_at=from_epoch(at),
                began_at=from_epoch(min(state.began_at, at)), persons=state.persons, most=state.most,
                detail=dict(state.detail),
            )  # fmt: skip
            self._open[rule.id] = alert
            return RuleEvent(word, alert, at, verdict.persons, detail={**state.detail, **state.figures})
        known = {"persons": state.persons, "most": state.most, "detail": dict(state.detail)}
        if word == "updated":
            alert = self._open[rule.id] = self._open[rule.id].model_copy(update=known)
            return RuleEvent(word, alert, at, verdict.persons, detail={**state.detail, **state.figures})
        del self._states[rule.id]
        alert = self._open.pop(rule.id).model_copy(update={**known, "persons": state.most})
        ended_at = max(state.last_held_at, alert.opened_at.timestamp())
        return RuleEvent(word, alert, at, ended_at=ended_at, detail={**state.detail, **state.figures})

    def drop_orphans(self, at: float) -> list[RuleEvent]:
        """Ends alerts whose rule is gone, or is another's now; a picture is not needed for that."""
        events = []
        for alerts in (self._inherited, self._open):
            for id_, alert in list(alerts.items()):
                rule = self._rules.get(id_)
                if rule is None or (rule.kind, rule.zone) != (alert.kind, alert.zone):
                    del alerts[id_]
                    self._states.pop(id_, None)
                    self._memories.pop(id_, None)
                    events.append(self.ended(alert, at, "rule_removed" if rule is None else "rule_changed"))
        return events

    @staticmethod
    def ended(alert: OpenAlert, at: float, cause: str, last: float | None = None) -> RuleEvent:
        """The end of an alert that no look can end any more, and why; ``last``: when it held last, if it is known."""
        ended_at = max(at if last is None else min(last, at), alert.opened_at.timestamp())
        return RuleEvent("ended", alert, at, ended_at=ended_at, detail={**alert.detail, "cause": cause})


def _of_persons(alert: OpenAlert) -> bool:
    """Whether somebody's being there is what the alert is about, not that nobody or too few are."""
    return alert.kind not in ("absence", "tamper") and "min" not in alert.detail
