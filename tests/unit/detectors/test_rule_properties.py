"""What holds of rules whatever persons, clocks, restarts and changes of the configuration do."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from rule_script import AT, ZONE, Place, camera, every, look, person, rules_of, walk, words

from detectors.geometry import inside, polygon_of
from detectors.rules.camera_rules import CameraRules, RuleEvent
from detectors.rules.conditions import Scene
from detectors.rules.open_alerts import OpenAlert
from detectors.rules.schedule import Schedule
from detectors.sampling.tamper import Tamper
from detectors.tracking import Track
from vms.domain.facility import Camera
from vms.domain.model import STORED

SECONDS = (0, 0.5, 1, 3, 10)
PLACES = ((0.3, 0.3), (0.3, 0.48), (0.3, 0.52), (0.3, 0.8), (0.7, 0.3), (0.7, 0.48), (0.7, 0.52), (0.7, 0.8))
KINDS: tuple[dict[str, Any], ...] = (
    {"kind": "zone_breach", "zone": "right"}, {"kind": "zone_breach", "zone": "whole"},
    {"kind": "loitering", "zone": "right"}, {"kind": "loitering", "zone": "whole"},
    {"kind": "absence"}, {"kind": "absence", "zone": "right"}, {"kind": "occupancy", "min": 1, "max": 1},
    {"kind": "tamper"}, {"kind": "line_crossing", "zone": "line"},
    {"kind": "line_crossing", "zone": "line", "direction": "a_to_b"},
)  # fmt: skip


def any_camera(dice: Random) -> Camera:
    """With up to three rules, ``r0`` to ``r2``, of any kind."""
    rules = []
    for id_ in dice.sample(["r0", "r1", "r2"], dice.randint(1, 3)):
        rule = {"id": id_, **dice.choice(KINDS), "dwell_s": dice.choice(SECONDS), "rearm_s": dice.choice(SECONDS)}
        if dice.random() < 0.3:
            rule["schedule"] = dice.choice(["12:00-12:01", "11:59-12:02", "12:01-12:00"])
        rules.append(rule)
    return camera(*rules)


@dataclass(frozen=True)
class Look:
    """``times`` pictures, each ``after`` seconds, with persons 1, 2, … at ``places``, some of them only followed."""

    times: int
    after: float
    places: tuple[Place | None, ...]
    followed: frozenset[int]
    tamper: Tamper | None


@dataclass(frozen=True)
class Change:
    """Other rules."""

    camera: Camera


@dataclass(frozen=True)
class Restart:
    """The process is killed; the last ``unwritten`` events had not been written yet."""

    unwritten: int
    gone_s: float


@dataclass(frozen=True)
class ClockSet:
    """The host's clock is set."""

    by: float


Action = Look | Change | Restart | ClockSet


def any_life(dice: Random, length: int) -> list[Action]:
    """Pictures in which persons come, go and stay, and now and then something else."""
    actions: list[Action] = []
    places: list[Place | None] = [None, None, None]
    tamper: Tamper | None = None
    while len(actions) < length:
        for number in range(len(places)):
            if dice.random() < 0.2:
                places[number] = dice.choice([None, *PLACES])
        if dice.random() < 0.1:
            tamper = dice.choice([None, "covered", "moved"])
        followed = frozenset(number for number in (1, 2, 3) if dice.random() < 0.1)
        after = dice.choice([0.05, 0.25, 0.25, 0.25, 1, 4] + [70] * (dice.random() < 0.05))
        actions.append(Look(dice.randint(1, 6), after, tuple(places), followed, tamper))
        what = dice.random()
        if what < 0.1:
            actions.append(Restart(dice.randint(0, 3), dice.choice([0.0, 1.0, 500.0])))
        elif what < 0.2:
            actions.append(ClockSet(dice.choice([-3600.0, -20.0, 1.5, 3600.0])))
        elif what < 0.3:
            actions.append(Change(any_camera(dice)))
    return actions


@dataclass
class Node:
    """One camera's rules in processes that follow each other, and what came out of them into the world."""

    camera: Camera
    moment: float = 0.0
    offset: float = AT
    written: list[RuleEvent] = field(default_factory=list)
    waiting: list[RuleEvent] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rules = CameraRules("site", self.camera, ZONE)

    def act(self, action: Action) -> None:
        at = self.offset + self.moment
        if isinstance(action, Look):
            for _ in range(action.times):
                self.look(action)
        elif isinstance(action, Change):
            self.camera = action.camera
            self.waiting += self.rules.change(action.camera, ZONE, at)
        elif isinstance(action, ClockSet):
            self.offset += action.by
        else:
            self.written += self.waiting[: max(0, len(self.waiting) - action.unwritten)]
            self.waiting = []
            # The monotonic clock begins anew with the host; the other one goes on.
            self.offset, self.moment = at + action.gone_s, 0.0
            self.rules = CameraRules("site", self.camera, ZONE, self.open_on_disk())

    def check(self) -> None:
        """What is open is what a rule in force asks for; an inherited alert is judged on the first picture."""
        rules = {rule.id: (rule.kind, rule.zone) for rule in self.camera.rules}
        assert all((alert.kind, alert.zone) == rules[alert.rule] for alert in self.rules.open_alerts)

    def look(self, action: Look) -> None:
        self.moment += action.after
        tracks = [
            person(place, number, self.moment - 0.01 * (number in action.followed))
            for number, place in enumerate(action.places, 1)
            if place is not None
        ]
        self.waiting += self.rules.look(Scene(tracks, action.tamper), self.moment, self.offset + self.moment)
        self.check()

    def open_on_disk(self) -> list[OpenAlert]:
        """As ``AlertWriter`` keeps them, and JSON gives them back."""
        known: dict[str, OpenAlert] = {}
        for event in self.written:
            if event.word == "ended":
                del known[event.alert.id]
            else:
                known[event.alert.id] = event.alert
        return [OpenAlert.model_validate_json(alert.model_dump_json()) for alert in known.values()]

    def close(self) -> None:
        self.written, self.waiting = self.written + self.waiting, []


SEED = st.integers(0, 2**32)


@settings(deadline=None, max_examples=150)
@given(SEED)
def test_every_alert_opens_once_and_ends_once_and_a_rule_has_one_at_a_time(seed: int) -> None:
    dice = Random(seed)
    node, actions = Node(any_camera(dice)), any_life(dice, 60)
    for action in actions:
        node.act(action)
    node.close()
    running: dict[str, RuleEvent] = {}  # by rule
    over: set[str] = set()
    for event in node.written:
        alert, rule = event.alert, event.alert.rule
        assert alert.id not in over
        if event.word == "opened":
            assert rule not in running
            assert alert.began_at <= alert.opened_at
            running[rule] = event
            continue
        opened = running[rule].alert
        same = ("id", "kind", "zone", "opened_at", "began_at", "severity")
        assert {name: getattr(alert, name) for name in same} == {name: getattr(opened, name) for name in same}
        assert alert.most >= opened.most
        if event.word == "ended":
            assert event.ended_at is not None
            assert event.ended_at >= opened.opened_at.timestamp()
            del running[rule]
            over.add(alert.id)
    assert {event.alert.id for event in running.values()} == {alert.id for alert in node.rules.open_alerts}


@settings(deadline=None, max_examples=150)
@given(SEED)
def test_a_restart_goes_on_with_what_is_open_and_opens_no_second_alert_for_it(seed: int) -> None:
    """Around the restart nothing moves; the tracker numbers anew and needs two pictures to find persons again."""
    dice = Random(seed)
    configured, looks = any_camera(dice), [one for one in any_life(dice, 20) if isinstance(one, Look)]
    still = Look(6, 0.25, looks[-1].places, frozenset(), looks[-1].tamper)
    restarted, control = Node(configured), Node(configured)
    for node in (restarted, control):
        for one in [*looks, still]:
            node.act(one)
    before = {alert.rule: alert.id for alert in restarted.rules.open_alerts}
    restarted.act(Restart(0, 1.0))
    restarted.act(Look(2, 0.25, (), frozenset(), None))
    control.act(replace(still, times=2, after=0.75))
    restarted.act(still)
    assert before.items() <= {alert.rule: alert.id for alert in restarted.rules.open_alerts}.items()
    assert not [event for event in restarted.waiting if event.word == "opened" and event.alert.rule in before]
    control.act(replace(still, times=66))
    restarted.act(replace(still, times=60))
    go_on = {alert.rule for alert in control.rules.open_alerts} & before.keys()
    assert {rule: before[rule] for rule in go_on}.items() <= {
        alert.rule: alert.id for alert in restarted.rules.open_alerts
    }.items()


BOX = st.tuples(st.floats(0, 1), st.floats(0, 1), st.floats(0.01, 1), st.floats(0.01, 1))
CORNERS = st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=3, max_size=8)


@settings(deadline=None)
@given(CORNERS, st.lists(st.lists(BOX, max_size=3), min_size=1, max_size=20))
def test_who_stands_outside_never_counts_however_far_the_box_reaches_in(
    corners: list[Place], pictures: list[list[tuple[float, float, float, float]]]
) -> None:
    zones = [{"id": "z", "kind": "area", "polygon": corners}]
    kinds = [
        {"kind": "zone_breach"}, {"kind": "loitering"}, {"kind": "occupancy", "max": 0}, {"kind": "absence"},
    ]  # fmt: skip
    rules = [{**kind, "id": f"r{n}", "zone": "z", "dwell_s": 0} for n, kind in enumerate(kinds)]
    plain = camera().model_dump() | {"zones": zones, "rules": rules}
    # As stored, so that outlines which cross themselves are tried too: none can be drawn any more.
    at_work = CameraRules("site", Camera.model_validate(plain, context=STORED), ZONE)
    told = set()
    for moment, boxes in enumerate(pictures):
        outside = []
        for number, (left, top, width, height) in enumerate(boxes, 1):
            foot = np.array([[left + width / 2, top + height]], np.float32)
            if not inside(foot.astype(np.float64), polygon_of(corners))[0]:
                box = (left, top, left + width, top + height)
                outside.append(Track(number, box, (0.0, 0.0), 0.9, 0.0, float(moment), 1, True))
        told |= {event.alert.kind for event in look(at_work, float(moment), *outside)}
    assert told == {"absence"}


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(["seen", "followed", "away"]), st.floats(0.1, 3)), min_size=1, max_size=40),
    st.sampled_from([0.5, 1, 2.5]),
    st.sampled_from([0.5, 2, 6]),
)
def test_a_breach_opens_when_and_only_when_it_held_for_its_dwell(
    script: list[tuple[str, float]], dwell: float, rearm: float
) -> None:
    """Against a second reckoning over the whole past."""
    rules = rules_of({"id": "b", "kind": "zone_breach", "zone": "right", "dwell_s": dwell, "rearm_s": rearm})
    moment, open_, since, gone = 0.0, False, None, None
    for how, after in script:
        moment += after
        track = person((0.7, 0.8), 1, moment if how == "seen" else moment - 0.05)
        told = [event.word for event in look(rules, moment, *([] if how == "away" else [track]))]
        since = None if how == "away" else moment if since is None else since
        gone = None if how != "away" else moment if gone is None else gone
        opens = not open_ and since is not None and moment - since >= dwell and how == "seen"
        ends = open_ and gone is not None and moment - gone >= rearm
        assert [word for word in told if word != "updated"] == ["opened"] * opens + ["ended"] * ends
        open_ = (open_ or opens) and not ends


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.tuples(st.floats(6, 20), st.floats(3.1, 20)), min_size=1, max_size=6),
    st.sampled_from([0.1, 0.25, 0.4, 1.0]),
    st.floats(0, 1),
)
def test_visits_are_the_same_alerts_at_every_rate(
    visits: list[tuple[float, float]], period: float, phase: float
) -> None:
    """One who is found late by up to a period, and judged on the next picture after the dwell, is told within two."""
    dwell, rearm = 1.0, 3.0
    rules = rules_of({"id": "b", "kind": "zone_breach", "zone": "right", "dwell_s": dwell, "rearm_s": rearm})
    begins, ends, moment = [], [], 0.0
    for before, length in visits:
        begins.append(moment + before)
        moment += before + length
        ends.append(moment)
    script = []
    for n in range(int((moment + 10) / period)):
        now = (n + phase) * period
        there = any(begin <= now < end for begin, end in zip(begins, ends, strict=True))
        script.append((now, [(0.7, 0.8)] if there else []))
    told = words(rules, script)
    opened = [at for at, word, _ in told if word == "opened"]
    ended = [at for at, word, _ in told if word == "ended"]
    assert len(opened) == len(ended) == len(visits)
    for at, begin in zip(opened, begins, strict=True):
        assert begin + dwell - 1e-9 <= at <= begin + dwell + 2 * period + 1e-9
    for at, end in zip(ended, ends, strict=True):
        assert end + rearm - 1e-9 <= at <= end + rearm + 2 * period + 1e-9


@settings(deadline=None)
@given(
    st.floats(0.1, 0.9), st.floats(0.1, 0.9), st.sampled_from([0.1, 0.25, 0.5, 1.0, 2.0]), st.floats(0.1, 0.3),
    st.booleans(),
)  # fmt: skip
def test_a_walk_across_the_line_is_one_crossing_at_every_rate(
    start: float, goal: float, period: float, speed: float, up: bool
) -> None:
    way = [(start, 0.1), (goal, 0.9)] if not up else [(start, 0.9), (goal, 0.1)]
    middle = (start + goal) / 2
    assume(abs(middle - 0.2) > 0.01 and abs(middle - 0.8) > 0.01)
    rules = rules_of({"id": "x", "kind": "line_crossing", "zone": "line"})
    script = [*every(period, -2 * period, 0, [way[0]]), *walk(period, 0, way, speed)]
    events = [e for now, places in script for e in look(rules, now, person(places[0], 1, now))]
    expected = [{"b_to_a" if up else "a_to_b": 1}] if 0.2 < middle < 0.8 else []
    assert [event.detail for event in events if event.word == "opened"] == expected
    assert not [event for event in events if event.word != "opened"]


@pytest.mark.parametrize("zone", ["Asia/Ho_Chi_Minh", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca"])
def test_a_schedule_is_what_the_clock_on_the_wall_says(zone: str) -> None:
    """Through a year in which clocks are put back and forward, some of them by half an hour."""
    info = ZoneInfo(zone)
    schedules = ["22:00-05:00", "01:30-02:15", "02:15-01:30", "00:00-00:00", "23:59-00:00", "00:00-23:59"]
    now = datetime(2025, 1, 1, tzinfo=UTC)
    while now.year == 2025:
        offset = info.utcoffset(now.astimezone(info))
        assert offset is not None
        minute = int((now + offset).timestamp()) // 60 % 1440
        for text in schedules:
            begin, end = (int(part[:2]) * 60 + int(part[3:]) for part in text.split("-"))
            expected = (minute - begin) % 1440 < ((end - begin) % 1440 or 1440)
            assert Schedule.parse(text).armed(now, info) == expected, (now, text)
        now += timedelta(minutes=29, seconds=30)


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("zone_breach", {"zone": "right"}), ("loitering", {"zone": "right"}), ("occupancy", {"max": 0}),
    ],
)  # fmt: skip
def test_a_false_box_of_one_picture_that_is_followed_for_a_while_opens_nothing(kind: str, more: dict[str, Any]) -> None:
    rules = rules_of({"id": "r", "kind": kind, "dwell_s": 1, **more})
    looks = [look(rules, n * 0.25, person((0.7, 0.8), 1, 0.0)) for n in range(8)]
    assert looks == [[]] * 8
