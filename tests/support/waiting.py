"""Waiting for a condition, never for a time: the only place where tests sleep.

A limit says when to give up, not what is fast enough: a quiet machine keeps well within it, and a busy one is
given ``PATIENCE`` times as long before a test fails.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")
PATIENCE = 3


def wait_until(condition: Callable[[], T], timeout: float = 10.0, what: str = "") -> T:
    """Returns what ``condition`` returns as soon as it is true; fails after ``timeout`` seconds."""
    deadline = time.monotonic() + timeout * PATIENCE
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise _given_up(condition, timeout, what)
        time.sleep(0.01)
    return value


async def until(condition: Callable[[], T], timeout: float = 10.0, what: str = "") -> T:
    """The same in an event loop."""
    deadline = time.monotonic() + timeout * PATIENCE
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise _given_up(condition, timeout, what)
        await asyncio.sleep(0.01)
    return value


async def until_async(condition: Callable[[], Awaitable[T]], timeout: float = 10.0, what: str = "") -> T:
    """The same for a condition that has to ask somebody."""
    deadline = time.monotonic() + timeout * PATIENCE
    while not (value := await condition()):
        if time.monotonic() > deadline:
            raise _given_up(condition, timeout, what)
        await asyncio.sleep(0.05)
    return value


def _given_up(condition: Callable[[], object], timeout: float, what: str) -> AssertionError:
    return AssertionError(f"not within {timeout * PATIENCE:g} s: {what or getattr(condition, '__name__', condition)}")
