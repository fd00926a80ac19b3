"""Waiting before a camera is tried again."""

from __future__ import annotations

import random

import pytest

from vms.ingest.backoff import FIRST_S, GOOD_RUN_S, LAST_S, REFUSED_FIRST_S, REFUSED_LAST_S, Backoff


class Highest(random.Random):
    """The upper end of every range: delays without their jitter."""

    def uniform(self, a: float, b: float) -> float:
        return b


class Lowest(random.Random):
    def uniform(self, a: float, b: float) -> float:
        return a


def delays(rng: random.Random, reason: str, count: int) -> list[float]:
    backoff = Backoff(rng)
    return [backoff.next_delay(reason, 0) for _ in range(count)]


def test_delays_double_up_to_the_last() -> None:
    assert delays(Highest(), "unreachable", 6) == [0.5, 1, 2, 4, LAST_S, LAST_S]


def test_jitter_takes_up_to_half() -> None:
    assert delays(Lowest(), "unreachable", 6) == [0.25, 0.5, 1, 2, LAST_S / 2, LAST_S / 2]


def test_a_camera_that_comes_back_is_tried_within_ten_seconds() -> None:
    assert max(delays(Highest(), "timeout", 100)) <= 6


@pytest.mark.parametrize("reason", ["unauthorized", "forbidden", "redirected", "unsupported_codec", "configuration"])
def test_who_refused_is_asked_rarely(reason: str) -> None:
    """Cameras lock an account after a few wrong passwords."""
    waits = delays(Lowest(), reason, 10)
    assert waits[0] == REFUSED_FIRST_S / 2
    assert waits[-1] == REFUSED_LAST_S / 2


def test_a_long_good_run_is_forgiven() -> None:
    backoff = Backoff(Highest())
    for _ in range(10):
        backoff.next_delay("ended", 0)
    assert backoff.next_delay("ended", GOOD_RUN_S) == FIRST_S


def test_flapping_is_not() -> None:
    backoff = Backoff(Highest())
    for _ in range(10):
        last = backoff.next_delay("ended", GOOD_RUN_S - 1)
    assert last == LAST_S


def test_failing_for_years_overflows_nothing() -> None:
    assert delays(Highest(), "unreachable", 5000)[-1] == LAST_S
