from __future__ import annotations

import pytest

from detectors.counting import Estimate
from detectors.minutes import MinuteCounter

START = 1_795_310_400.0  # a whole minute


def persons(number: int, sigma: float = 0.0) -> Estimate:
    return Estimate(number, float(number), sigma)


def test_the_mean_is_over_time_not_over_samples() -> None:
    counter = MinuteCounter("site", "gate")
    assert counter.add(START, persons(0), {}) is None
    for n in range(1, 4):
        assert counter.add(START + 10 * n, persons(0), {}) is None
    for n in range(80):  # 20 s with two persons at 4 a second
        counter.add(START + 40 + n * 0.25, persons(2), {})
    done = counter.add(START + 60, persons(0), {})
    assert done is not None
    assert (done.max, done.samples, done.at.timestamp()) == (2, 84, START)
    assert done.mean == pytest.approx(2 / 3, abs=0.02)


def test_a_camera_that_is_lost_is_not_taken_to_be_full_for_ever() -> None:
    counter = MinuteCounter("site", "gate")
    counter.add(START, persons(4), {})
    assert counter.roll(START + 59) is None
    assert counter.roll(START - 2) is None
    done = counter.roll(START + 61)
    assert done is not None
    assert (done.mean, done.samples) == (4, 1)
    assert counter.roll(START + 130) is None
    assert counter.close(START + 131) is None


def test_minutes_without_samples_are_not_told_and_a_clock_set_back_begins_anew() -> None:
    counter = MinuteCounter("site", "gate")
    counter.add(START + 5, persons(1), {})
    assert counter.add(START + 600, persons(1), {}) is not None
    done = counter.add(START + 30, persons(1), {})
    assert done is not None
    assert done.at.timestamp() == START + 600


def test_zones_and_the_spread_have_their_own_means() -> None:
    counter = MinuteCounter("site", "gate")
    counter.add(START, persons(1, 0.4), {"door": persons(1, 0.5)})
    counter.add(START + 10, persons(1, 0.2), {"door": persons(0), "yard": persons(1)})
    done = counter.add(START + 60, persons(0), {})
    assert done is not None
    assert (done.zones["door"].mean, done.zones["door"].max) == (pytest.approx(10 / 25), 1)
    assert (done.zones["yard"].mean, done.zones["yard"].max) == (1, 1)
    assert done.sigma == pytest.approx((0.4 * 10 + 0.2 * 15) / 25)
    assert (done.zones["door"].sigma, done.zones["yard"].sigma) == (pytest.approx(0.5 * 10 / 25), 0)
