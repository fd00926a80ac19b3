from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from rule_script import AT, ZONE, Place, camera, every, look, person, rules_of, words

from detectors.alerts import message_of
from detectors.rules import open_alerts
from detectors.rules.camera_rules import CameraRules, RuleEvent, new_id
from vms.domain.schedule import Schedule


def at(*xs: float) -> list[Place]:
    """Places of persons; from 0.5 on they stand in the zone."""
    return [(x, 0.8) for x in xs]


def breach(**more: object) -> dict[str, object]:
    return {"id": "breach", "kind": "zone_breach", "zone": "right", "dwell_s": 1, "rearm_s": 2, **more}


def test_a_breach_opens_after_its_dwell_and_ends_after_its_rearm_time() -> None:
    rules = CameraRules("site", camera(breach()), ZONE)
    script = every(0.25, 0, 5, at(0.7)) + every(0.25, 5, 10, [])
    events: list[RuleEvent] = []
    for moment, places in script:
        events += look(rules, moment, *(person(place, moment=moment) for place in places))
    assert [(e.word, e.at - AT) for e in events] == [("opened", 1.0), ("ended", 7.0)]
    assert events[0].alert.id == events[1].alert.id
    assert events[1].ended_at == pytest.approx(AT + 4.75)
    assert events[0].alert.severity == "critical"
    assert rules.open_alerts == []


def test_a_short_visit_and_a_person_beside_the_zone_raise_nothing() -> None:
    rules = CameraRules("site", camera(breach()), ZONE)
    script = every(0.25, 0, 0.75, at(0.7)) + every(0.25, 1, 3, []) + every(0.25, 3, 9, at(0.4))
    assert words(rules, script) == []


def test_one_alert_for_one_happening_despite_gaps_shorter_than_rearm() -> None:
    rules = CameraRules("site", camera(breach()), ZONE)
    script = (
        every(0.25, 0, 3, at(0.7)) + every(0.25, 3, 4.5, []) + every(0.25, 4.5, 8, at(0.7)) + every(0.25, 8, 12, [])
    )
    assert [word for _, word, _ in words(rules, script)] == ["opened", "ended"]


def test_two_happenings_are_two_alerts() -> None:
    rules = CameraRules("site", camera(breach()), ZONE)
    script = [
        step
        for n in range(2)
        for step in every(0.25, 10 * n, 10 * n + 3, at(0.7)) + every(0.25, 10 * n + 3, 10 * n + 9, [])
    ]
    assert [word for _, word, _ in words(rules, script)] == ["opened", "ended"] * 2


def test_updates_come_only_with_another_number_and_at_most_every_two_seconds() -> None:
    rules = CameraRules("site", camera(breach()), ZONE)
    script = (
        every(0.25, 0, 3, at(0.7))
        + every(0.25, 3, 3.5, at(0.6, 0.9))
        + every(0.25, 3.5, 4, at(0.7))
        + every(0.25, 4, 20, at(0.6, 0.7, 0.8))
    )
    told = words(rules, script)
    assert told == [(1.0, "opened", 1), (3.0, "updated", 2), (5.0, "updated", 3)]


@pytest.mark.parametrize(
    ("limit", "quiet", "loud"),
    [({"max": 2}, at(0.1, 0.2), at(0.1, 0.2, 0.3)), ({"min": 1}, at(0.1), [])],
)
def test_occupancy(limit: dict[str, int], quiet: list[Place], loud: list[Place]) -> None:
    rules = CameraRules("site", camera({"id": "crowd", "kind": "occupancy", "dwell_s": 2, "rearm_s": 1, **limit}), ZONE)
    script = every(0.5, 0, 5, quiet) + every(0.5, 5, 10, loud) + every(0.5, 10, 15, quiet)
    assert [(moment, word) for moment, word, _ in words(rules, script)] == [(7.0, "opened"), (11.0, "ended")]


@pytest.mark.parametrize(
    ("text", "clock", "armed"),
    [
        ("22:00-05:00", "21:59", False), ("22:00-05:00", "22:00", True), ("22:00-05:00", "00:00", True),
        ("22:00-05:00", "04:59", True), ("22:00-05:00", "05:00", False), ("08:00-17:30", "17:29", True),
        ("08:00-17:30", "17:30", False), ("08:00-17:30", "07:59", False), ("00:00-00:00", "13:00", True),
    ],
)  # fmt: skip
def test_schedule_on_the_facilitys_clock(text: str, clock: str, armed: bool) -> None:
    hour, minute = map(int, clock.split(":"))
    moment = datetime(2026, 11, 22, hour, minute, tzinfo=ZONE).astimezone(ZoneInfo("UTC"))
    assert Schedule.parse(text).armed(moment, ZONE) == armed


def test_an_alert_ends_with_its_schedule() -> None:
    rules = CameraRules("site", camera(breach(schedule="22:00-05:00")), ZONE)
    before_five = datetime(2026, 11, 22, 4, 59, 50, tzinfo=ZONE).timestamp()
    assert [(m, w) for m, w, _ in words(rules, every(0.5, 0, 30, at(0.7)), before_five)] == [
        (1.0, "opened"),
        (12.0, "ended"),
    ]


def test_an_open_alert_goes_on_after_a_restart(tmp_path: Path) -> None:
    before = CameraRules("site", camera(breach()), ZONE)
    words(before, every(0.25, 0, 3, at(0.7)))
    open_alerts.save(tmp_path, "gate", before.open_alerts)
    inherited = open_alerts.load(tmp_path, "gate")
    assert [alert.id for alert in inherited] == [before.open_alerts[0].id]

    after = CameraRules("site", camera(breach()), ZONE, inherited)
    assert after.open_alerts == inherited
    # The monotonic clock starts anew with the host: 1000 s before is 5 s now.
    assert words(after, every(0.25, 5, 9, at(0.7))) == []
    (event,) = [e for moment, _ in every(0.25, 9, 15, []) for e in look(after, moment, at=AT + 100)]
    assert event.word == "ended"
    assert event.alert.id == inherited[0].id


def test_an_alert_keeps_the_name_that_its_zone_had(tmp_path: Path) -> None:
    named = camera(breach())
    named = named.model_copy(update={"zones": tuple(z.model_copy(update={"name": "Cửa ra"}) for z in named.zones)})
    before = CameraRules("site", named, ZONE)
    script = every(0.25, 0, 3, at(0.7))
    (event,) = [e for moment, (foot,) in script for e in look(before, moment, person(foot, moment=moment))]
    assert message_of(event).detail["zone_name"] == "Cửa ra"
    open_alerts.save(tmp_path, "gate", before.open_alerts)
    after = CameraRules("site", camera(breach()), ZONE, open_alerts.load(tmp_path, "gate"))
    (event,) = [e for moment, _ in every(0.25, 9, 25, []) for e in look(after, moment)]
    assert (event.word, message_of(event).detail["zone_name"]) == ("ended", "Cửa ra")


def test_an_open_alert_whose_visitor_left_meanwhile_ends_after_a_restart() -> None:
    before = CameraRules("site", camera(breach()), ZONE)
    words(before, every(0.25, 0, 3, at(0.7)))
    after = CameraRules("site", camera(breach()), ZONE, before.open_alerts)
    # The zone breach waits a few seconds: a tracker that begins anew has not found anybody yet.
    assert [(m, w) for m, w, _ in words(after, every(0.5, 0, 8, []))] == [(5.0, "ended")]


def test_an_alert_ends_with_its_rule() -> None:
    rules = CameraRules("site", camera(breach()), ZONE)
    words(rules, every(0.25, 0, 3, at(0.7)))
    (event,) = rules.change(camera(), ZONE, AT + 3)
    assert (event.word, event.detail) == ("ended", {"cause": "rule_removed"})
    assert rules.open_alerts == []


def test_a_torn_file_of_open_alerts_is_none(tmp_path: Path) -> None:
    (tmp_path / "gate.json").write_text('[{"id": "x", "si', encoding="utf-8")
    assert open_alerts.load(tmp_path, "gate") == []
    assert open_alerts.load(tmp_path, "other") == []
    open_alerts.save(tmp_path, "gate", [])
    assert open_alerts.cameras(tmp_path) == []


def test_ids_sort_by_time_and_differ() -> None:
    ids = [new_id(AT + n) for n in range(50)]
    assert ids == sorted(ids)
    assert len({new_id(AT) for _ in range(1000)}) == 1000
    assert {len(one) for one in ids} == {26}


@pytest.mark.parametrize(
    ("rule", "prompt"),
    [
        ({"kind": "zone_breach", "zone": "right"}, True),
        ({"kind": "zone_breach", "zone": "right", "dwell_s": 30}, False),
        ({"kind": "zone_breach", "zone": "right", "schedule": "23:00-23:30"}, False),
        ({"kind": "occupancy", "max": 3}, False),
    ],
)
def test_only_a_breach_that_is_told_at_once_asks_for_more_looks(rule: dict[str, object], prompt: bool) -> None:
    noon = datetime(2026, 11, 23, 12, tzinfo=ZONE).timestamp()
    assert rules_of({"id": "r", **rule}).attentive(noon) == prompt
