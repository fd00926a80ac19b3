"""The rules of one camera at work: conditions, schedules and state machines joined into alert events.

Not here: writing events anywhere (``detectors.alerts``). Times are passed in.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from detectors.rules.conditions import CONDITIONS, Verdict
from detectors.rules.machine import Happening, Word, continued, step
from detectors.rules.open_alerts import OpenAlert
from detectors.rules.schedule import Schedule
from detectors.tracking import Track
from vms.domain.clock import from_epoch
from vms.domain.facility import Camera, Rule, Zone

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
    detail: dict[str, int | float | str] = field(default_factory=dict)


class CameraRules:
    """State machines of one camera's rules; used by one thread at a time."""

    def __init__(self, site: str, camera: Camera, zone_info: ZoneInfo, opened: Sequence[OpenAlert] = ()) -> None:
        self._site = site
        self._zone_info = zone_info
        self._states: dict[str, Happening] = {}
        self._open: dict[str, OpenAlert] = {}
        self._inherited = {alert.rule: alert for alert in opened}
        self._set(camera)

    def _set(self, camera: Camera) -> None:
        self._camera = camera
        self._zones: dict[str, Zone] = {zone.id: zone for zone in camera.zones}
        self._rules: dict[str, Rule] = {rule.id: rule for rule in camera.rules if rule.kind in CONDITIONS}
        self._schedules = {
            rule.id: Schedule.parse(rule.schedule) for rule in self._rules.values() if rule.schedule is not None
        }

    @property
    def open_alerts(self) -> list[OpenAlert]:
        """What is open now, inherited ones included."""
        return [*self._inherited.values(), *self._open.values()]

    def change(self, camera: Camera, zone_info: ZoneInfo, at: float) -> list[RuleEvent]:
        """Takes other zones and rules; alerts of rules that are gone or changed their kind end."""
        self._zone_info = zone_info
        self._set(camera)
        for rule in list(self._states):
            if rule not in self._rules:
                del self._states[rule]
        return self._drop_orphans(at)

    def end_all(self, at: float, cause: str) -> list[RuleEvent]:
        """Ends every alert: the camera is switched off or taken out."""
        events = [self.ended(alert, at, cause) for alert in self.open_alerts]
        self._inherited.clear()
        self._open.clear()
        self._states.clear()
        return events

    def look(self, tracks: Sequence[Track], moment: float, at: float) -> list[RuleEvent]:
        """Takes in one picture: ``tracks`` are the persons, ``moment`` monotonic and ``at`` UTC seconds."""
        events = self._drop_orphans(at)
        for rule in self._rules.values():
            if (inherited := self._inherited.pop(rule.id, None)) is not None:
                self._open[rule.id] = inherited
                began = inherited.began_at.timestamp()
                self._states[rule.id] = continued(moment, began, at, inherited.persons, inherited.most)
            verdict = self._verdict(rule, tracks, at)
            state, word = step(
                self._states.get(rule.id, Happening()),
                holds=verdict.holds,
                persons=len(verdict.persons),
                moment=moment,
                at=at,
                dwell_s=rule.dwell_s,
                rearm_s=rule.rearm_s,
            )
            self._states[rule.id] = state
            if word is not None:
                events.append(self._event(word, rule, state, verdict, at))
        return events

    def _verdict(self, rule: Rule, tracks: Sequence[Track], at: float) -> Verdict:
        schedule = self._schedules.get(rule.id)
        if schedule is not None and not schedule.armed(from_epoch(at), self._zone_info):
            return Verdict(False)
        zone = self._zones.get(rule.zone) if rule.zone is not None else None
        return CONDITIONS[rule.kind](rule, zone, tracks)

    def _event(self, word: Word, rule: Rule, state: Happening, verdict: Verdict, at: float) -> RuleEvent:
        if word == "opened":
            alert = OpenAlert(
                id=new_id(at), site=self._site, camera=self._camera.id, rule=rule.id, kind=rule.kind, zone=rule.zone,
                severity=rule.effective_severity, opened_at=from_epoch(at), began_at=from_epoch(state.began_at),
                persons=state.persons, most=state.most,
            )  # fmt: skip
            self._open[rule.id] = alert
        elif word == "updated":
            alert = self._open[rule.id].model_copy(update={"persons": state.persons, "most": state.most})
            self._open[rule.id] = alert
        else:
            alert = self._open.pop(rule.id).model_copy(update={"persons": 0, "most": state.most})
            return RuleEvent(word, alert, at, ended_at=state.last_held_at)
        return RuleEvent(word, alert, at, verdict.persons, detail=dict(verdict.detail))

    def _drop_orphans(self, at: float) -> list[RuleEvent]:
        events = []
        for alerts in (self._inherited, self._open):
            for rule, alert in list(alerts.items()):
                if rule not in self._rules or self._rules[rule].kind != alert.kind:
                    del alerts[rule]
                    self._states.pop(rule, None)
                    events.append(self.ended(alert, at, "rule_removed"))
        return events

    @staticmethod
    def ended(alert: OpenAlert, at: float, cause: str) -> RuleEvent:
        """The end of an alert that no look can end any more, and why."""
        return RuleEvent("ended", alert.model_copy(update={"persons": 0}), at, ended_at=at, detail={"cause": cause})
