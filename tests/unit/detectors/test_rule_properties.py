"""What holds of each kind of rule wherever persons stand and walk, at every rate. Whole lives: ``test_rule_lives``."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from rule_script import ZONE, Place, camera, every, look, person, rules_of, walk, words

from detectors.geometry import foot_of, inside
from detectors.rules.camera_rules import CameraRules
from detectors.tracking import Track
from vms.domain.facility import Camera
from vms.domain.model import STORED
from vms.domain.schedule import Schedule

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
            box = (left, top, left + width, top + height)
            if not inside(foot_of(box), corners):
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
