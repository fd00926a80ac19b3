from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rule_script import AT, ZONE, Place, camera, every, look, person, rules_of, words

from detectors.rules.camera_rules import CameraRules, RuleEvent
from detectors.tracking import Track

SPOT = (0.7, 0.8)
OUTSIDE = (0.3, 0.8)
#: Of a person 0.3 of the picture high, a tenth of its height across and down.
ACROSS, DOWN = 0.03 * 9 / 16, 0.03


def stay(**more: object) -> dict[str, object]:
    return {"id": "stay", "kind": "loitering", "zone": "right", "dwell_s": 20, "rearm_s": 5, **more}


def play(rules: CameraRules, script: Iterable[tuple[float, Sequence[Track]]], at: float = AT) -> list[RuleEvent]:
    return [event for moment, tracks in script for event in look(rules, moment, *tracks, at=at)]


def one(
    start: float, end: float, number: int = 1, place: Place = SPOT, speed: Place = (0.0, 0.0)
) -> list[tuple[float, list[Track]]]:
    """One person found four times a second."""
    times = [start + n * 0.25 for n in range(round((end - start) * 4))]
    return [(t, [person(place, number, t, born=start, speed=speed)]) for t in times]


def nobody(start: float, end: float) -> list[tuple[float, list[Track]]]:
    return [(start + n * 0.25, []) for n in range(round((end - start) * 4))]


def test_one_who_stays_is_told_once_with_when_the_stay_began() -> None:
    opened, ended = play(rules_of(stay()), [*nobody(0, 10), *one(10, 60), *nobody(60, 70)])
    assert (opened.word, opened.at - AT, opened.alert.began_at.timestamp() - AT) == ("opened", 30, 10)
    assert [track.id for track in opened.persons] == [1]
    assert opened.detail == {"dwell_s": 20}
    assert (ended.word, ended.at - AT, ended.ended_at) == ("ended", 65, AT + 59.75)
    assert ended.detail == {"dwell_s": 50}


def test_one_who_is_hidden_for_a_moment_has_not_left_however_short_the_re_arm_time() -> None:
    hidden = [
        (t, [person(SPOT, 1, t if n % 7 else t - 0.25, born=0.0)])
        for n, t in enumerate(i * 0.25 for i in range(1, 120))
    ]
    events = play(rules_of(stay(rearm_s=0)), hidden)
    assert [(event.word, event.alert.began_at.timestamp() - AT) for event in events if event.word == "opened"] == [
        ("opened", 0.5)
    ]


def test_time_outside_the_zone_is_not_time_in_it() -> None:
    assert play(rules_of(stay()), [*one(0, 60, place=OUTSIDE)]) == []
    arrives = [(t, [person(SPOT if t >= 50 else OUTSIDE, 1, t)]) for t in range(68)]
    assert play(rules_of(stay()), arrives) == []


@pytest.mark.parametrize(("away", "words"), [(4.5, ["opened"]), (6, [])])
def test_a_short_absence_does_not_begin_the_stay_anew(away: float, words: list[str]) -> None:
    out = [(t, [person(OUTSIDE, 1, t)]) for t in (15 + n * 0.25 for n in range(int(away * 4)))]
    back = [(t, [person(SPOT, 1, t)]) for t in (15 + away + n * 0.25 for n in range(40))]
    script = [*one(0, 15), *out, *back]
    assert [e.word for e in play(rules_of(stay()), script)] == words


@pytest.mark.parametrize(
    ("gap", "place", "words"),
    [
        (2, SPOT, ["opened"]),
        (4, (SPOT[0] + 4 * ACROSS, SPOT[1]), ["opened"]),
        (4, (SPOT[0] + 10 * ACROSS, SPOT[1]), []),  # a height away: another person
        (7, SPOT, []),  # too long unseen
    ],
)
def test_another_number_at_about_the_same_place_is_the_same_person(gap: float, place: Place, words: list[str]) -> None:
    script = [*one(0, 15), *nobody(15, 15 + gap), *one(15 + gap, 25, 2, place)]
    events = play(rules_of(stay()), script)
    assert [e.word for e in events] == words
    if words:
        assert events[0].alert.began_at.timestamp() == AT


def test_the_new_number_may_come_before_the_tracker_gives_the_old_one_up() -> None:
    """The old track is still followed, unseen, when the new one begins."""
    lingering = [
        (t, [person(SPOT, 1, 14.75), person((SPOT[0], SPOT[1] + DOWN), 2, t, born=15.5)])
        for t in (15.5 + n * 0.25 for n in range(6))
    ]
    script = [*one(0, 15), *lingering, *((t, [person(SPOT, 2, t, born=15.5)]) for t in range(17, 30))]
    opened, *more = play(rules_of(stay()), script)
    assert (opened.word, opened.alert.persons, more) == ("opened", 1, [])
    assert 20 <= opened.at - AT <= 21


def test_persons_who_pass_one_after_another_are_nobody_who_stays() -> None:
    """Each comes in by the door where the one before went out, walking; the zone is never empty for long."""
    script: list[tuple[float, list[Track]]] = []
    for n in range(30):
        start, inward = 5.0 * n, n % 2 == 0
        for step in range(16):
            share = step / 15 if inward else 1 - step / 15
            moment = start + step * 0.25
            speed = (0.4 / 3.75 if inward else -0.4 / 3.75, 0.0)  # 0.6 heights a second
            script.append((moment, [person((0.55 + 0.4 * share, 0.8), n + 1, moment, born=start, speed=speed)]))
    assert play(rules_of(stay()), script) == []


def test_a_queue_in_which_each_stands_for_a_while_is_nobody_who_stays() -> None:
    """One walks out of the zone, still followed, as the next stops at the same place."""
    script = []
    for n in range(12):
        start = 15.0 * n
        for step in range(60):
            moment = start + step * 0.25
            tracks = [person(SPOT, n + 1, moment, born=start)]
            if step < 12 and n > 0:
                tracks.append(person(OUTSIDE, n, moment, born=start - 15.0))
            script.append((moment, tracks))
    assert play(rules_of(stay()), script) == []


def test_two_who_stay_are_one_alert() -> None:
    both = [(t, [person(SPOT, 1, t), person((0.9, 0.8), 2, t)]) for t in range(30)]
    alone = [(t, [person((0.9, 0.8), 2, t)]) for t in range(30, 50)]
    events = play(rules_of(stay()), [*both, *alone, *((t, []) for t in range(50, 60))])
    assert [(e.word, e.alert.persons) for e in events] == [("opened", 2), ("updated", 1), ("ended", 2)]


def test_a_stay_counts_from_the_beginning_of_the_schedule() -> None:
    ten = datetime(2026, 11, 22, 22, 0, tzinfo=ZONE).timestamp()
    script = [(t, [person(SPOT, 1, t)]) for t in range(-100, 40)]
    (opened,) = play(rules_of(stay(schedule="22:00-05:00")), script, ten)
    assert (opened.at - ten, opened.alert.began_at.timestamp() - ten) == (20, 0)


def test_a_restart_goes_on_with_the_alert_and_opens_no_second_one() -> None:
    before = rules_of(stay())
    (opened,) = play(before, one(0, 30))
    after = rules_of(stay(), opened=before.open_alerts)
    # Numbers begin anew, the tracker needs a second, and the person has moved in the meantime.
    script = [*nobody(5, 6), *one(6, 90, 1, (0.9, 0.9)), *nobody(90, 100)]
    (ended,) = play(after, script, AT + 60)
    assert (ended.word, ended.alert.id) == ("ended", opened.alert.id)
    assert ended.at - AT == 60 + 95


def test_a_changed_rule_begins_anew_but_goes_on_with_its_open_alert() -> None:
    rules = rules_of(stay())
    assert [e.word for e in play(rules, one(0, 30))] == ["opened"]
    assert rules.change(camera(stay(dwell_s=25)), ZONE, AT + 30) == []
    assert play(rules, [*one(30, 80, 1)]) == []
    rules = rules_of(stay())
    assert play(rules, one(0, 15)) == []
    rules.change(camera(stay(dwell_s=19)), ZONE, AT + 15)
    assert [e.at - AT for e in play(rules, [(t, [person(SPOT, 1, t)]) for t in range(15, 40)])] == [34]


@pytest.mark.parametrize("period", [0.25, 1, 4, 8, 15])
def test_few_pictures_do_not_interrupt_a_stay(period: float) -> None:
    """Also where the tracker cannot know that it is the same person: a new number in each picture."""
    for same in (True, False):
        times = [n * period for n in range(int(60 / period))]
        script = [(t, [person(SPOT, 1 if same else n + 1, t, born=0 if same else t)]) for n, t in enumerate(times)]
        (opened,) = play(rules_of(stay()), script)
        assert opened.word == "opened"
        assert 20 <= opened.at - AT <= 20 + period


def test_what_was_not_looked_at_for_a_minute_is_not_known_to_have_been_so() -> None:
    assert play(rules_of(stay()), [(0, [person(SPOT, 1, 0)]), (61, [person(SPOT, 2, 61)])]) == []
    empty = {"id": "empty", "kind": "absence", "dwell_s": 50}
    assert play(rules_of(empty), [(0, []), (61, [])]) == []
    assert [e.word for e in play(rules_of(empty), [(0, []), (30, []), (59, [])])] == ["opened"]


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(1.5, 4), st.floats(0.5, 19.5)), min_size=1, max_size=15))
def test_no_stay_shorter_than_the_dwell_is_told(visits: list[tuple[float, float]]) -> None:
    """Visits of different persons, one after another at any distance in time, each elsewhere than the five before."""
    script, moment = [], 0.0
    for number, (before, length) in enumerate(visits, 1):
        moment += before
        place = (0.6 + 0.15 * (number % 3), 0.8 if number % 2 else 0.5)
        for step in range(max(1, int(length / 0.5))):
            script.append((moment + step * 0.5, [person(place, number, moment + step * 0.5, born=moment)]))
        moment = script[-1][0]
    assert play(rules_of(stay()), script) == []


def test_absence_in_the_picture_and_in_a_zone() -> None:
    script = [*every(0.5, 0, 5, [OUTSIDE]), *every(0.5, 5, 20, []), *every(0.5, 20, 30, [OUTSIDE])]
    empty = {"id": "empty", "kind": "absence", "dwell_s": 10, "rearm_s": 2}
    assert words(rules_of(empty), script) == [(15.0, "opened", 0), (22.0, "ended", 0)]
    assert words(rules_of({**empty, "zone": "right"}), script) == [(10.0, "opened", 0)]


def test_absence_goes_on_after_a_restart() -> None:
    empty = {"id": "empty", "kind": "absence", "dwell_s": 10, "rearm_s": 2}
    before = rules_of(empty)
    assert [word for _, word, _ in words(before, every(0.5, 0, 12, []))] == ["opened"]
    after = rules_of(empty, opened=before.open_alerts)
    script = [*every(0.5, 0, 30, []), *every(0.5, 30, 40, [OUTSIDE])]
    assert words(after, script, AT + 100) == [(32.0, "ended", 0)]


def test_tampering_is_told_with_what_was_done_and_when_that_changes() -> None:
    rules = rules_of({"id": "hand", "kind": "tamper", "rearm_s": 3})
    script = [(t, None if t < 5 or t >= 15 else "covered" if t < 10 else "moved") for t in range(25)]
    events = [e for t, what in script for e in look(rules, t, tamper=what)]  # type: ignore[arg-type]
    assert [(e.word, e.at - AT, e.detail) for e in events] == [
        ("opened", 5, {"tamper": "covered"}), ("updated", 10, {"tamper": "moved"}), ("ended", 18, {"tamper": "moved"}),
    ]  # fmt: skip
    assert {e.alert.severity for e in events} == {"warning"}


def test_tampering_goes_on_after_a_restart_until_it_can_have_been_found_again() -> None:
    rule = {"id": "hand", "kind": "tamper", "rearm_s": 3}
    before = rules_of(rule)
    (opened,) = look(before, 0, tamper="covered")
    after = rules_of(rule, opened=before.open_alerts)
    assert [e for t in range(30) for e in look(after, t, tamper=None if t < 20 else "covered", at=AT + 50)] == []
    (ended,) = [e for t in range(30, 90) for e in look(after, t, at=AT + 50)]
    assert (ended.word, ended.alert.id, ended.at - AT) == ("ended", opened.alert.id, 50 + 60)


def test_an_empty_room_before_a_covered_camera_is_told_with_the_reason() -> None:
    rules = rules_of({"id": "empty", "kind": "absence", "dwell_s": 5})
    (opened,) = [e for t in range(7) for e in look(rules, t, tamper="covered")]
    assert opened.detail == {"tamper": "covered"}
