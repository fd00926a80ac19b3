"""Guessing is slowed down from one address and from many, and nobody locks a person out of where he is at home."""

from __future__ import annotations

import pytest

from tests.support.clocks import ManualClock
from web.accounts.throttle import KNOWN_S, MAX_KEYS, PER_ACCOUNT, PER_ADDRESS, PER_PAIR, WINDOW_S, LoginThrottle

HOME = "10.1.1.7"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def throttle(clock: ManualClock) -> LoginThrottle:
    return LoginThrottle(clock)


def guess(throttle: LoginThrottle, name: str, *addresses: str) -> int:
    """Guesses from each in turn; how many were heard."""
    heard = 0
    for address in addresses:
        if throttle.wait_s(name, address) == 0:
            throttle.failed(name, address)
            heard += 1
    return heard


def many(count: int) -> list[str]:
    return [f"203.0.{i // 256}.{i % 256}" for i in range(count)]


def test_a_name_from_one_address_until_the_window_is_over(throttle: LoginThrottle, clock: ManualClock) -> None:
    assert guess(throttle, "lan", *["x"] * 30) == PER_PAIR
    assert throttle.wait_s("lan", "x") == WINDOW_S
    assert throttle.wait_s("lan", "y") == throttle.wait_s("mai", "x") == 0
    clock.advance(WINDOW_S)
    assert throttle.wait_s("lan", "x") == 0


def test_an_address_with_many_names(throttle: LoginThrottle) -> None:
    assert sum(guess(throttle, f"u{i}", "x") for i in range(200)) == PER_ADDRESS
    assert throttle.wait_s("lan", "x") > 0
    assert throttle.wait_s("lan", "y") == 0


def test_a_name_from_many_addresses_has_as_few_guesses(throttle: LoginThrottle, clock: ManualClock) -> None:
    assert guess(throttle, "lan", *many(1000)) == PER_ACCOUNT
    assert guess(throttle, "mai", *many(5)) == 5
    clock.advance(WINDOW_S)
    assert guess(throttle, "lan", *many(1000)) == PER_ACCOUNT


def test_who_is_attacked_from_elsewhere_signs_in_at_home(throttle: LoginThrottle, clock: ManualClock) -> None:
    throttle.failed("lan", HOME)
    throttle.succeeded("lan", HOME)
    for _ in range(20):  # for ever
        assert guess(throttle, "lan", *many(100)) == PER_ACCOUNT
        assert throttle.wait_s("lan", "198.51.100.1") > 0
        assert throttle.wait_s("lan", HOME) == 0
        clock.advance(WINDOW_S)
    guess(throttle, "lan", *many(100))
    assert guess(throttle, "lan", *[HOME] * 30) == PER_PAIR, "who is there has no more guesses than anywhere"
    clock.advance(KNOWN_S)
    guess(throttle, "lan", *many(100))
    assert throttle.wait_s("lan", HOME) > 0


def test_what_fails_at_home_locks_nobody_out_elsewhere(throttle: LoginThrottle, clock: ManualClock) -> None:
    throttle.remember("lan", HOME)
    for _ in range(PER_ACCOUNT):
        guess(throttle, "lan", HOME)
        clock.advance(WINDOW_S / PER_PAIR + 1)
    assert throttle.wait_s("lan", "x") == 0


def test_the_right_password_counts_against_nobody(throttle: LoginThrottle) -> None:
    for address in many(200):
        assert throttle.wait_s("lan", address) == 0
        throttle.failed("lan", address)
        throttle.succeeded("lan", address)
    for name in range(PER_ADDRESS * 2):
        assert throttle.wait_s(f"u{name}", HOME) == 0
        throttle.failed(f"u{name}", HOME)
        throttle.succeeded(f"u{name}", HOME)


def test_a_network_of_ipv6_is_one_place(throttle: LoginThrottle) -> None:
    assert guess(throttle, "lan", *(f"2001:db8::{i:x}" for i in range(1, 100))) == PER_PAIR
    assert throttle.wait_s("lan", "2001:db8:0:1::1") == 0


def test_names_and_addresses_without_end_do_not_fill_the_memory(throttle: LoginThrottle) -> None:
    for i, address in enumerate(many(MAX_KEYS)):
        throttle.failed(f"u{i}", address)
        throttle.remember(f"u{i}", address)
    throttle.remember("lan", HOME)
    assert len(throttle._failures) == len(throttle._known) == MAX_KEYS
