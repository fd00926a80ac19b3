"""When a dark camera or a dark site wakes somebody."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vms.domain.rules import DWELL_S, REARM_S
from web.cameras.alarms import FIRST_GRACE_S, GRACE_S, TOGETHER_S, Action, Alarms, Hush, Status

AFTER_S, OVER_S = DWELL_S["camera_offline"], REARM_S["camera_offline"]


class Site:
    """Scripted cameras and their clock."""

    def __init__(self, count: int) -> None:
        self.alarms = Alarms()
        self.now = 0.0
        self.dark: dict[str, bool] = {f"c{i}": False for i in range(count)}
        self.told: list[tuple[str, str, str]] = []
        self.pass_s(GRACE_S)

    def set(self, *cameras: str, dark: bool) -> None:
        for camera in cameras:
            self.dark[camera] = dark

    def pass_s(self, seconds: float) -> list[tuple[str, str, str]]:
        """What is told meanwhile: (does, kind, camera)."""
        told: list[Action] = []
        for _ in range(round(seconds * 2)):
            self.now += 0.5
            told += self.alarms.tick(
                self.now, [Status("s", camera, dark, "timeout") for camera, dark in self.dark.items()]
            )
        return [(action.does, action.kind, action.camera) for action in told]


def test_camera_is_told_after_eight_seconds_and_ended_when_back() -> None:
    site = Site(2)
    site.set("c0", dark=True)
    assert site.pass_s(AFTER_S) == []
    assert site.pass_s(1) == [("open", "camera_offline", "c0")]
    assert site.pass_s(60) == []
    site.set("c0", dark=False)
    assert site.pass_s(OVER_S) == []
    assert site.pass_s(1) == [("end", "camera_offline", "c0")]


def test_camera_that_comes_and_goes_is_one_happening() -> None:
    site = Site(2)
    site.set("c0", dark=True)
    assert site.pass_s(AFTER_S + 1) == [("open", "camera_offline", "c0")]
    for _ in range(5):
        site.set("c0", dark=False)
        assert site.pass_s(OVER_S - 1) == []
        site.set("c0", dark=True)
        assert site.pass_s(AFTER_S + 1) == []


def test_a_rule_says_after_how_long_and_when() -> None:
    alarms = Alarms()
    alarms.tick(0, [Status("s", "c", False, armed=False)])

    def dark(now: float, *, armed: bool) -> list[str]:
        return [one.does for one in alarms.tick(now, [Status("s", "c", True, "timeout", 0, 60, 0, armed)])]

    assert dark(100, armed=False) == []
    assert dark(159, armed=True) == []
    assert dark(160, armed=True) == ["open"]
    assert dark(161, armed=False) == [], "its schedule is over, and it is not back"
    assert [one.does for one in alarms.tick(201, [Status("s", "c", False, None, 0, 60, 0)])] == ["end"]


@pytest.mark.parametrize(
    "rules",
    [
        [{}, {"armed": False}, {"armed": False}],
        [{"armed": False}] * 3,
        [{"dwell_s": 3600}] * 3,
        [{"dwell_s": 0}, {}, {"dwell_s": 0}],
    ],
)
def test_a_dark_site_is_told_whatever_the_rules_of_its_cameras(rules: list[dict[str, Any]]) -> None:
    alarms = Alarms()
    alarms.tick(0, [Status("s", camera, False) for camera in "abc"])
    told: dict[float, list[str]] = {}
    for now in range(30, 50):  # one after the other
        statuses = [Status("s", c, now >= 30 + n, "unreachable", **rules[n]) for n, c in enumerate("abc")]
        if actions := alarms.tick(now, statuses):
            told[now] = [f"{one.does} {one.kind}" for one in actions]
    at, last = max(told.items())
    assert last == ["open site_unreachable"]
    assert 30 + AFTER_S <= at <= 30 + 2 + AFTER_S


def test_short_darkness_tells_nothing() -> None:
    site = Site(1)
    for _ in range(10):
        site.set("c0", dark=True)
        assert site.pass_s(5) == []
        site.set("c0", dark=False)
        assert site.pass_s(5) == []


def test_darkness_counts_from_the_last_picture() -> None:
    alarms = Alarms()
    alarms.tick(0, [Status("s", "c", False)])
    assert alarms.tick(GRACE_S, [Status("s", "c", True, "timeout", dark_s=6)]) == []
    assert len(alarms.tick(GRACE_S + 2, [Status("s", "c", True, "timeout")])) == 1


def test_new_camera_gets_time_to_connect() -> None:
    alarms = Alarms()
    assert alarms.tick(0, [Status("s", "c", True)]) == []
    assert alarms.tick(FIRST_GRACE_S - 0.5, [Status("s", "c", True)]) == []
    assert len(alarms.tick(FIRST_GRACE_S, [Status("s", "c", True)])) == 1


def test_dark_site_is_one_alarm_and_those_that_stay_away_are_told_later() -> None:
    site = Site(4)
    site.set("c0", "c1", dark=True)
    site.pass_s(1)
    site.set("c2", "c3", dark=True)
    assert site.pass_s(AFTER_S + TOGETHER_S) == [("open", "site_unreachable", "c0")]
    site.set("c0", "c1", "c2", dark=False)
    assert site.pass_s(1) == [("end", "site_unreachable", "c0")]
    assert site.pass_s(GRACE_S) == [("open", "camera_offline", "c3")]


def test_many_but_not_all_are_told_one_by_one_a_little_later() -> None:
    site = Site(4)
    site.set("c0", "c1", "c2", dark=True)
    assert site.pass_s(AFTER_S + TOGETHER_S) == []
    assert len(site.pass_s(1)) == 3


def test_camera_taken_out_ends_its_alarm() -> None:
    alarms = Alarms(cameras={"gone": "s"}, sites={"t": "x"})
    actions = alarms.tick(0, [Status("s", "c", False)])
    assert {(action.does, action.kind) for action in actions} == {
        ("end", "camera_offline"),
        ("end", "site_unreachable"),
    }


@given(st.lists(st.tuples(st.sampled_from(["c0", "c1", "c2", "c3"]), st.booleans(), st.integers(1, 12)), max_size=30))
def test_alarms_open_and_end_in_turn(script: list[tuple[str, bool, int]]) -> None:
    site = Site(4)
    is_open: set[tuple[str, str]] = set()
    for camera, dark, seconds in script:
        site.set(camera, dark=dark)
        for does, kind, about in site.pass_s(seconds):
            key = (kind, about)
            assert (key in is_open) == (does == "end")
            is_open ^= {key}
    site.set(*site.dark, dark=False)
    for _, kind, about in site.pass_s(OVER_S + 1):
        is_open ^= {(kind, about)}
    assert not is_open


def test_alarms_wait_while_nobody_at_all_is_heard() -> None:
    hush = Hush()
    assert not hush.holds(100.0, heard_at=97.0), "a heartbeat late is no silence"
    assert hush.holds(105.0, heard_at=100.0)
    assert hush.holds(129.0, heard_at=100.0)
    assert not hush.holds(131.0, heard_at=100.0), "after so long the alarm is due, whatever the cause"


def test_after_a_silence_everybody_gets_time_to_speak() -> None:
    hush = Hush()
    assert hush.holds(110.0, heard_at=100.0)
    assert hush.holds(113.0, heard_at=112.0), "one has spoken, others not yet"
    assert not hush.holds(114.5, heard_at=114.0)
