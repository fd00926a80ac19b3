"""When a camera that is recorded and not analysed wakes somebody, and when that is over."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from web.cameras.unanalysed import AFTER_S, STEADY_S, Unanalysed


def play(alarms: Unanalysed, begin: float, seconds: float, **failing: bool | None) -> list[tuple[str, str, float]]:
    """(opens or ends, camera, when) of so many seconds in which nothing changes."""
    told = []
    for second in range(round(seconds)):
        opens, ends = alarms.tick(begin + second, failing)
        told += [("opens", camera, begin + second) for camera in opens]
        told += [("ends", camera, begin + second) for camera in ends]
    return told


def test_it_opens_after_a_while_once_and_ends_when_all_has_been_well_for_a_while() -> None:
    alarms = Unanalysed()
    assert play(alarms, 0, AFTER_S, a=True, b=False) == []
    assert play(alarms, AFTER_S, 100, a=True, b=False) == [("opens", "a", AFTER_S)]
    assert play(alarms, 200, 200, a=False, b=False) == [("ends", "a", 200 + STEADY_S)]


def test_a_picture_now_and_then_is_one_trouble_and_silence_is_neither_good_nor_bad() -> None:
    alarms = Unanalysed()
    told = []
    for n in range(20):
        told += play(alarms, 30 * n, 28, a=True)
        told += play(alarms, 30 * n + 28, 2, a=False)
    assert told == [("opens", "a", AFTER_S)]
    assert play(alarms, 600, 1000, a=None) == []
    assert play(alarms, 1600, STEADY_S, a=False) == []
    assert play(alarms, 1600 + STEADY_S, 1, a=False) == [("ends", "a", 1600 + STEADY_S)]


def test_seconds_of_trouble_and_a_camera_that_nobody_speaks_of_wake_nobody() -> None:
    alarms = Unanalysed()
    assert play(alarms, 0, AFTER_S - 1, a=True, b=None) == []
    assert play(alarms, AFTER_S - 1, 500, a=False, b=None) == []


def test_a_camera_that_is_taken_out_of_use_ends_its_alarm_and_one_from_before_a_restart_goes_on() -> None:
    alarms = Unanalysed(open={"gone", "a", "b"})
    assert play(alarms, 0, 10, a=True, b=None) == [("ends", "gone", 0)]
    assert play(alarms, 10, STEADY_S + 1, a=False, b=False) == [
        ("ends", "a", 10 + STEADY_S), ("ends", "b", 10 + STEADY_S),
    ]  # fmt: skip


@given(st.lists(st.tuples(st.sampled_from([True, False, None]), st.integers(1, 90)), max_size=30))
def test_openings_and_ends_alternate(script: list[tuple[bool | None, int]]) -> None:
    alarms, now = Unanalysed(), 0.0
    told = []
    for failing, seconds in script:
        told += [word for word, _, _ in play(alarms, now, seconds, a=failing)]
        now += seconds
    assert told == (["opens", "ends"] * len(told))[: len(told)]
    assert alarms.open == ({"a"} if len(told) % 2 else set())
