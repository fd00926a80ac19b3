"""Alerts whose camera was not looked at: a short hole is bridged, after a long one it is another happening."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from rule_script import AT, look, person, rules_of

from detectors.alerts import AlertWriter
from detectors.rules import open_alerts
from detectors.rules.camera_rules import CameraRules, RuleEvent
from detectors.rules.conditions import HOLE_S, Scene
from vms.bus.outbox import Outbox

RULE: dict[str, object] = {"id": "breach", "kind": "zone_breach", "zone": "whole", "dwell_s": 0, "rearm_s": 10}


def see(rules: CameraRules, moment: float, *, somebody: bool = True, at: float = AT) -> list[RuleEvent]:
    """Another person each time; ``at`` is the UTC of moment 0."""
    there = [person((0.5, 0.9), int(moment) + 1, moment)] if somebody else []
    return rules.look(Scene(there), moment, at + moment)


def words(events: list[RuleEvent]) -> list[str]:
    return [event.word for event in events]


def test_a_short_hole_is_bridged() -> None:
    one = rules_of(RULE)
    assert words(see(one, 0)) == ["opened"]
    assert words(see(one, HOLE_S)) == []
    assert len(one.open_alerts) == 1


def test_who_is_there_after_a_long_hole_is_another_happening() -> None:
    one = rules_of(RULE)
    (opened,) = see(one, 0)
    see(one, 1)
    ended, again = see(one, 36_000)
    assert (ended.word, ended.alert.id, ended.detail["cause"]) == ("ended", opened.alert.id, "unwatched")
    assert ended.ended_at == AT + 1
    assert (again.word, again.alert.id != opened.alert.id) == ("opened", True)


def test_a_long_re_arm_time_bridges_a_long_hole() -> None:
    one = rules_of(RULE | {"rearm_s": 3600})
    see(one, 0)
    assert words(see(one, 3000)) == []


@pytest.mark.parametrize("rule", [{"kind": "absence"}, {"kind": "occupancy", "min": 1}, {"kind": "tamper"}])
def test_that_nobody_is_there_may_well_have_gone_on(rule: dict[str, object]) -> None:
    one = rules_of({"id": "r", "dwell_s": 0, **rule})
    assert words(look(one, 0, tamper="covered")) == ["opened"]
    assert words(look(one, 36_000, tamper="covered")) == []


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[AlertWriter]:
    made = AlertWriter(Outbox(tmp_path / "outbox.jsonl"), tmp_path / "open")
    made.start()
    yield made
    made.close()


@pytest.mark.parametrize(("gone_s", "expected"), [(20.0, []), (36_000.0, ["ended", "opened"])])
def test_after_a_restart_the_disk_says_when_it_was_looked_at(
    writer: AlertWriter, tmp_path: Path, gone_s: float, expected: list[str]
) -> None:
    before = rules_of(RULE)
    for event in see(before, 0):
        writer.tell(event)
    writer.looked("gate", AT + 30)
    writer.close()
    inherited = open_alerts.load(tmp_path / "open", "gate")
    assert [alert.looked_at.timestamp() for alert in inherited if alert.looked_at] == [AT + 30]
    after = rules_of(RULE, opened=inherited)
    assert words(see(after, 0, at=AT + 30 + gone_s)) == expected


def test_an_alert_that_is_told_to_be_over_is_not_taken_up(tmp_path: Path) -> None:
    """Killed as soon as the outbox has its end: the disk does not hold it any more."""

    told: list[str] = []

    class Killed(Exception):
        pass

    class Dying(Outbox):
        def put(self, subject: str, payload: bytes, msg_id: str, *, sync: bool = False) -> None:
            told.append(msg_id)
            if ".ended." in msg_id:
                raise Killed

    folder = tmp_path / "open"
    writer = AlertWriter(Dying(tmp_path / "outbox.jsonl"), folder)
    writer.start()
    one = rules_of(RULE)
    for moment, somebody in ((0.0, True), (1.0, False), (20.0, False)):
        for event in see(one, moment, somebody=somebody):
            writer.tell(event)
    writer.close()
    assert ".ended." in told[-1]
    assert open_alerts.load(folder, "gate") == []


def test_an_alert_of_a_rule_that_is_gone_ends_without_a_picture() -> None:
    before = rules_of(RULE)
    see(before, 0)
    after = rules_of(opened=before.open_alerts)
    (ended,) = after.drop_orphans(AT + 5)
    assert (ended.word, ended.detail["cause"]) == ("ended", "rule_removed")
    assert after.open_alerts == []
