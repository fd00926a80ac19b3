"""Which canaries are missed, and by how many alerts that is told."""

from __future__ import annotations

import random

from web.canary.missing import ALL, PUSH, REFUSALS, SLACK_S, Missing, Seen

P = 300.0
LATE = 2 * P + SLACK_S
SITES = ("a", "b", "c", "d")
Told = list[tuple[str, str, str, float]]


class World:
    """Sites that each tell every ``P`` seconds, at a moment of their own, unless they are ``mute``."""

    def __init__(self, *sites: str, began: float = 0.0) -> None:
        self.missing = Missing(P)
        self.began = began
        self.seen = {site: Seen() for site in sites}
        self.phase = {site: 60.0 * number for number, site in enumerate(sites)}
        self.mute: set[str] = set()
        self.deaf: set[str] = set()  # stored, and not told
        self.excused: set[str] = set()
        self.refusals: int | None = None
        self.now = began

    def play(self, seconds: float) -> Told:
        """(does, key, reason, seconds since the call)."""
        begun, told = self.now, []
        while self.now < begun + seconds:
            self.now += 1
            for site in self.seen.keys() - self.mute:
                if (self.now - self.phase[site]) % P == 0:
                    self.seen[site] = Seen(self.now, self.seen[site].told if site in self.deaf else self.now)
            actions = self.missing.tick(self.now, self.seen, self.excused, self.refusals, self.began)
            told += [(one.does, one.key, str(one.reason), self.now - begun) for one in actions]
        return told


def test_one_that_stays_away_is_told_once_after_two_periods_and_ends_when_it_is_back() -> None:
    world = World(*SITES)
    assert world.play(3000) == []
    world.mute = {"a"}  # its last one came at 3000
    assert world.play(3600) == [("open", "a", "stored_missing", LATE + 1)]
    world.mute = set()
    assert [one[:3] for one in world.play(P)] == [("end", "a", "stored_missing")]
    assert world.play(3000) == []


def test_one_lost_on_the_way_wakes_nobody() -> None:
    world = World(*SITES)
    world.play(3000)
    for site in SITES:
        world.mute = {site}
        assert world.play(P + 60) == []
        world.mute = set()
        assert world.play(2 * P) == []


def test_a_site_that_never_had_one_gets_the_time_too() -> None:
    world = World("a", "b", began=5000)
    world.mute = {"b"}
    assert world.play(LATE + 1) == []
    assert world.play(10) == [("open", "b", "stored_missing", 1)]
    world.seen["new"], world.phase["new"] = Seen(), 0
    world.mute.add("new")
    assert world.play(LATE) == []
    assert world.play(10) == [("open", "new", "stored_missing", 2)]
    del world.seen["b"]
    assert world.play(1) == [("end", "b", "stored_missing", 1)]


def test_a_dead_bus_is_one_alert_however_the_sites_are_spread() -> None:
    for seed in range(40):
        world = World(*SITES)
        chance = random.Random(seed)
        world.phase = {site: float(chance.randrange(int(P))) for site in SITES}
        world.play(3000 + chance.randrange(int(P)))
        world.mute = set(SITES)
        assert [one[:3] for one in world.play(4000)] == [("open", ALL, "stored_missing")], seed
        world.mute = set()
        assert [one[:3] for one in world.play(2 * P)] == [("end", ALL, "stored_missing")], seed
        assert world.play(3000) == []


def test_sites_that_stay_away_when_the_others_are_back_are_told_one_by_one() -> None:
    world = World(*SITES)
    world.play(3000)
    world.mute = set(SITES)
    assert [one[1] for one in world.play(2000)] == [ALL]
    world.mute = {"a", "b"}
    assert [one[:2] for one in world.play(2000)] == [("end", ALL), ("open", "a"), ("open", "b")]


def test_two_sites_are_told_one_by_one() -> None:
    world = World("a", "b")
    world.play(3000)
    world.mute = {"a", "b"}
    assert sorted(one[1] for one in world.play(2000)) == ["a", "b"]


def test_what_is_stored_and_told_to_nobody_is_the_feeds_fault() -> None:
    world = World(*SITES)
    world.play(3000)
    world.deaf = {"b"}
    assert [one[:3] for one in world.play(2000)] == [("open", "b", "told_missing")]
    world.deaf = set(SITES)
    assert [one[:3] for one in world.play(2000)] == [("open", ALL, "told_missing")]
    world.deaf = set()
    assert sorted(one[:2] for one in world.play(P)) == [("end", ALL), ("end", "b")]


def test_what_was_told_a_moment_before_it_was_found_written_down_is_missed_on_the_bus() -> None:
    missing = Missing(P)
    missing.tick(0, {"a": Seen(12, 10)}, (), None, 0)
    (told,) = missing.tick(10 + LATE + 1, {"a": Seen(12, 10)}, (), None, 0)
    assert told.reason == "stored_missing"


def test_a_site_of_which_something_else_says_why_is_not_told_twice() -> None:
    world = World(*SITES)
    world.play(3000)
    world.mute = world.excused = {"a"}
    assert world.play(5000) == []
    world.excused = set()
    assert world.play(P + SLACK_S) == [], "its next one may be a period away"
    assert world.play(10) == [("open", "a", "stored_missing", 1)]
    world.mute = world.excused = set(SITES)
    assert world.play(5000) == []


def test_who_could_not_listen_gives_time_and_ends_nothing() -> None:
    world = World(*SITES)
    world.play(3000)
    world.mute = {"a"}
    world.play(2000)
    world.now += 7200  # this process stood still
    world.began = world.now
    world.mute = set(SITES)
    assert world.play(P) == []
    world.mute = {"a"}
    assert world.play(P) == []
    world.mute = set()
    assert [one[:2] for one in world.play(P)] == [("end", "a")]


def test_what_was_open_before_a_restart_ends_only_when_one_comes() -> None:
    world = World(*SITES)
    world.missing.open = {"a": "stored_missing", "gone": "stored_missing", PUSH: "push_failed"}
    world.mute = {"a"}
    world.refusals = REFUSALS
    assert world.play(P) == [("end", "gone", "stored_missing", 1)]
    world.mute, world.refusals = set(), 0
    assert sorted(one[1] for one in world.play(P)) == [PUSH, "a"]


def test_a_monitor_that_refuses_three_times() -> None:
    world = World("a")
    world.refusals = REFUSALS - 1
    assert world.play(60) == []
    world.refusals = REFUSALS
    assert world.play(60) == [("open", PUSH, "push_failed", 1)]
    world.refusals = 1
    assert world.play(60) == []
    world.refusals = 0
    assert world.play(60) == [("end", PUSH, "push_failed", 1)]
