from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rule_script import AT, ZONE, Place, camera, every, look, person, rules_of, walk, words

from detectors.geometry import distance_to
from detectors.rules.camera_rules import CameraRules, RuleEvent
from detectors.rules.conditions import unit_of
from detectors.rules.crossing import CLEAR
from detectors.tracking import Track

ABOVE, BELOW, BESIDE = (0.5, 0.3), (0.5, 0.7), (0.95, 0.5)


def line(**more: object) -> dict[str, object]:
    return {"id": "gate", "kind": "line_crossing", "zone": "line", "rearm_s": 4, **more}


def events_of(rules: CameraRules, script: Sequence[tuple[float, Sequence[Place]]], at: float = AT) -> list[RuleEvent]:
    return [
        event
        for moment, places in script
        for event in look(rules, moment, *(person(p, n, moment) for n, p in enumerate(places, 1)), at=at)
    ]


@pytest.mark.parametrize(
    ("direction", "way", "told"),
    [
        ("both", [ABOVE, BELOW], {"a_to_b": 1}), ("both", [BELOW, ABOVE], {"b_to_a": 1}),
        ("a_to_b", [ABOVE, BELOW], {"a_to_b": 1}), ("a_to_b", [BELOW, ABOVE], None),
        ("b_to_a", [BELOW, ABOVE], {"b_to_a": 1}), ("b_to_a", [ABOVE, BELOW], None),
        ("both", [ABOVE, (0.95, 0.3), BESIDE, (0.95, 0.7), BELOW], None),  # around the line's end
    ],
)  # fmt: skip
def test_direction_and_span(direction: str, way: list[Place], told: dict[str, int] | None) -> None:
    events = events_of(rules_of(line(direction=direction)), walk(0.25, 0, way))
    assert [(e.word, e.detail) for e in events] == ([] if told is None else [("opened", told)])


def test_the_alert_shows_who_crossed_and_begins_where_the_person_was_clear_of_the_line() -> None:
    (opened,) = events_of(rules_of(line()), walk(0.25, 0, [ABOVE, BELOW]))
    # From 0.3 to 0.7 at 0.2 a second; clear is 0.03 (a tenth of its height) from the line, so from 0.47 to 0.53.
    assert opened.alert.began_at.timestamp() - AT == pytest.approx(0.75)
    assert opened.at - AT == pytest.approx(1.25)
    assert [track.id for track in opened.persons] == [1]
    assert (opened.alert.persons, opened.alert.severity) == (1, "critical")


def test_further_crossings_within_the_rearm_time_count_in_the_same_alert() -> None:
    rules = rules_of(line())
    there_and_back = walk(0.25, 0, [ABOVE, BELOW, ABOVE, BELOW])
    events = events_of(rules, [*there_and_back, *every(0.25, 6.25, 15, [BELOW])])
    assert [(e.word, e.alert.persons) for e in events] == [("opened", 1), ("updated", 2), ("updated", 3), ("ended", 3)]
    assert events[-1].detail == {"a_to_b": 2, "b_to_a": 1}
    assert len({e.alert.id for e in events}) == 1
    assert events[-1].ended_at == pytest.approx(events[2].at)
    assert rules.open_alerts == []


def test_two_who_cross_close_upon_each_other_are_both_told_and_shown() -> None:
    """The second comes too soon after the first word to be told at once; it must not get lost."""
    rules = rules_of(line())
    first, second = walk(0.25, 0, [ABOVE, BELOW]), walk(0.25, 0.5, [(0.6, 0.3), (0.6, 0.7)])
    after, told = dict(second), []
    for moment, places in [*first, *every(0.25, 2.25, 12, [BELOW])]:
        tracks = [person(places[0], 1, moment)]
        tracks += [person(after.get(moment, [(0.6, 0.7)])[0], 2, moment)] if moment >= 0.5 else []
        told += look(rules, moment, *tracks)
    assert [(e.word, e.alert.persons, [t.id for t in e.persons]) for e in told] == [
        ("opened", 1, [1]), ("updated", 2, [2]), ("ended", 2, []),
    ]  # fmt: skip


@settings(deadline=None)
@given(st.lists(st.floats(-0.029, 0.029), min_size=1, max_size=60), st.sampled_from([ABOVE, BELOW]))
def test_who_stands_on_the_line_and_sways_is_nobody_who_crosses(sway: list[float], origin: Place) -> None:
    rules = rules_of(line())
    script = [(0.0, [origin])] + [(0.25 * n, [(0.5, 0.5 + by)]) for n, by in enumerate(sway, 1)]
    back = [(script[-1][0] + 0.25, [origin])]
    assert words(rules, [*script, *back]) == []


def test_who_comes_into_being_on_the_line_has_not_crossed_it() -> None:
    assert words(rules_of(line()), walk(0.25, 0, [(0.5, 0.499), BELOW])) == []
    assert words(rules_of(line()), walk(0.25, 0, [(0.5, 0.501), ABOVE])) == []


def test_dwell_is_how_long_one_stays_beyond() -> None:
    way = walk(0.25, 0, [ABOVE, (0.5, 0.6)])
    beyond = way[-1][0]
    assert words(rules_of(line(dwell_s=2)), [*way, *walk(0.25, beyond + 0.25, [(0.5, 0.6), ABOVE])]) == []
    stays = [*way, *every(0.25, beyond + 0.25, beyond + 4, [(0.5, 0.6)])]
    assert [(word, moment) for moment, word, _ in words(rules_of(line(dwell_s=2)), stays)] == [("opened", 3.25)]


def test_another_person_with_a_known_number_goes_its_own_way() -> None:
    """A new tracker (a stream of another size) numbers from one again."""
    rules = rules_of(line())
    assert look(rules, 0, person(ABOVE, 1, 0.0, born=0.0)) == []
    assert look(rules, 1, person(BELOW, 1, 1.0, born=1.0)) == []
    assert [e.word for e in look(rules, 2, person(ABOVE, 1, 2.0, born=1.0))] == ["opened"]


def cut_off(moment: float, foot: float, top: float) -> Track:
    """Somebody whose box goes from ``top`` down to ``foot``."""
    return person((0.5, foot), 1, moment, height=foot - top)


@pytest.mark.parametrize("hidden_s", [0.25, 2, 4.5, 20])
@pytest.mark.parametrize("period", [0.25, 0.5])
def test_feet_that_are_hidden_for_a_while_have_not_crossed(hidden_s: float, period: float) -> None:
    """The box ends at the hip, beyond the line, and then at the feet again; the head is where it was."""
    rules = rules_of(line())
    told = []
    for n in range(int((hidden_s + 10) / period)):
        hidden = 2 <= n * period < 2 + hidden_s
        told += look(rules, n * period, cut_off(n * period, 0.45 if hidden else 0.6, 0.3 + 0.005 * (n % 2)))
    assert told == []


def test_who_walks_on_behind_something_crosses_where_the_feet_must_be() -> None:
    rules = rules_of(line())
    events = []
    for n in range(16):  # a tenth of its height a picture, from above to below the line
        foot = 0.3 + 0.03 * n
        shown = foot - 0.12 if 3 <= n < 14 else foot
        events += look(rules, n * 0.25, cut_off(n * 0.25, shown, foot - 0.3))
    assert [(e.word, e.detail) for e in events] == [("opened", {"a_to_b": 1})]
    assert events[0].at - AT == pytest.approx(2.0)  # the feet are at 0.54


@pytest.mark.parametrize("period", [0.25, 0.5, 1.0])
@pytest.mark.parametrize("comes", [True, False])
def test_who_walks_towards_a_camera_at_head_height_crosses_though_the_head_stays(period: float, comes: bool) -> None:
    """From 8.5 m to 3.4 m at 1.4 m/s: the head stays at 0.2, the feet go from 0.4 to 0.7."""
    rules = rules_of(line())
    events = []
    for n in range(int(3.6 / period) + 1):
        metres = 8.5 - 1.4 * n * period if comes else 3.4 + 1.4 * n * period
        events += look(rules, n * period, cut_off(n * period, 0.2 + 1.7 / metres, 0.2))
    assert [e.detail for e in events] == [{"a_to_b" if comes else "b_to_a": 1}]


def test_a_track_that_is_only_followed_goes_nowhere() -> None:
    rules = rules_of(line())
    look(rules, 0, person(ABOVE, 1, 0.0))
    assert look(rules, 0.25, person(BELOW, 1, 0.0)) == []
    assert [e.word for e in look(rules, 0.5, person(BELOW, 1, 0.5))] == ["opened"]


def test_a_crossing_outside_the_schedule_does_not_count_and_one_at_its_beginning_does() -> None:
    ten = datetime(2026, 11, 22, 22, 0, tzinfo=ZONE).timestamp()
    armed = line(schedule="22:00-05:00")
    assert words(rules_of(armed), walk(0.25, -10, [ABOVE, BELOW]), ten) == []
    told = words(rules_of(armed), walk(0.25, -0.9, [ABOVE, BELOW]), ten)
    assert [word for _, word, _ in told] == ["opened"]


def test_the_count_goes_on_after_a_restart() -> None:
    before = rules_of(line(rearm_s=60))
    (opened,) = events_of(before, walk(0.25, 0, [ABOVE, BELOW]))
    after = rules_of(line(rearm_s=60), opened=before.open_alerts)
    events = events_of(after, [*walk(0.25, 0, [BELOW, ABOVE]), *every(0.5, 2.5, 70, [])], AT + 30)
    assert [(e.word, e.alert.id, e.alert.persons, e.detail) for e in events] == [
        ("updated", opened.alert.id, 2, {"a_to_b": 1, "b_to_a": 1}),
        ("ended", opened.alert.id, 2, {"a_to_b": 1, "b_to_a": 1}),
    ]


def test_a_line_that_is_moved_away_from_under_somebody_is_not_crossed() -> None:
    rules = rules_of(line())
    look(rules, 0, person((0.5, 0.6), 1, 0.0))
    rules.change(camera(line(), line=[[0.2, 0.8], [0.8, 0.8]]), ZONE, AT + 1)
    assert look(rules, 1, person((0.5, 0.6), 1, 1.0)) == []
    assert [e.detail for e in look(rules, 2, person((0.5, 0.9), 1, 2.0))] == [{"a_to_b": 1}]


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.floats(0.05, 0.95), st.floats(0.05, 0.95)), min_size=2, max_size=40),
    st.sampled_from([[[0.0, 0.5], [1.0, 0.5]], [[0.0, 0.3], [0.5, 0.6], [1.0, 0.4]], [[1.0, 0.5], [0.0, 0.5]]]),
)
def test_crossings_of_a_line_across_the_picture_are_the_changes_of_sides(
    way: list[Place], points: list[list[float]]
) -> None:
    """Whatever the way: a_to_b less b_to_a is where it ended less where it began, both clear of the line."""
    rules = CameraRules("site", camera(line(rearm_s=86400), line=points), ZONE)
    way = [way[0], *way, way[-1]]
    for moment, place in enumerate(way):
        look(rules, float(moment), person(place, 1, float(moment), height=0.05))
    sides = [side(place, points) for place in way]
    clear = [one for one in sides if one != 0]
    detail = rules.open_alerts[0].detail if rules.open_alerts else {}
    net = int(detail.get("a_to_b", 0)) - int(detail.get("b_to_a", 0))
    crossed = int(detail.get("a_to_b", 0)) + int(detail.get("b_to_a", 0))
    changes = sum(a != b for a, b in itertools.pairwise(clear))
    assert (net, crossed) == ((clear[-1] - clear[0]) // 2 if clear else 0, changes)


def side(place: Place, points: list[list[float]]) -> int:
    """−1 on side a, +1 on side b, 0 near the line: above or below it by interpolation."""
    if points[0][0] > points[-1][0]:
        return -side(place, points[::-1])
    if distance_to(place, [(x, y) for x, y in points], unit_of(person(place, height=0.05))) < CLEAR:
        return 0
    return 1 if place[1] > np.interp(place[0], *zip(*points, strict=True)) else -1
