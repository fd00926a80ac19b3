from __future__ import annotations

import pytest

from detectors.minutes import MinuteCounter

START = 1_795_310_400.0  # a whole minute


def test_the_mean_is_over_time_not_over_samples() -> None:
    counter = MinuteCounter("site", "gate")
    assert counter.add(START, 0) is None
    for n in range(1, 4):
        assert counter.add(START + 10 * n, 0) is None
    for n in range(80):  # 20 s with two persons at 4 a second
        counter.add(START + 40 + n * 0.25, 2)
    done = counter.add(START + 60, 0)
    assert done is not None
    assert (done.max, done.samples, done.at.timestamp()) == (2, 84, START)
    assert done.mean == pytest.approx(2 / 3, abs=0.02)


def test_a_camera_that_is_lost_is_not_taken_to_be_full_for_ever() -> None:
    counter = MinuteCounter("site", "gate")
    counter.add(START, 4)
    assert counter.roll(START + 59) is None
    assert counter.roll(START - 2) is None
    done = counter.roll(START + 61)
    assert done is not None
    assert (done.mean, done.samples) == (4, 1)
    assert counter.roll(START + 130) is None
    assert counter.close(START + 131) is None


def test_minutes_without_samples_are_not_told_and_a_clock_set_back_begins_anew() -> None:
    counter = MinuteCounter("site", "gate")
    counter.add(START + 5, 1)
    assert counter.add(START + 600, 1) is not None
    done = counter.add(START + 30, 1)
    assert done is not None
    assert done.at.timestamp() == START + 600
