"""Ending tasks for sure: what the roles do with the tasks that use the NATS client."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any

PATIENCE_S = 0.2
MOST_TRIES = 10


async def end(tasks: Iterable[asyncio.Task[Any]], patience_s: float = PATIENCE_S) -> None:
    """Cancels ``tasks``, again every ``patience_s``, until they have ended.

    Once is not enough: ``asyncio.wait_for`` of Python 3.11, which the NATS client uses, swallows a cancellation
    that meets its result (python/cpython issue 86296), and a task that works for ever would go on.
    """
    pending = {task for task in tasks if not task.done()}
    for _ in range(MOST_TRIES):
        if not pending:
            return
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=patience_s)


async def all_of(*work: Coroutine[Any, Any, None]) -> None:
    """Runs ``work`` side by side until one ends or fails; then ends the others. Raises what the first one raised."""
    tasks = [asyncio.ensure_future(one) for one in work]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        await end(tasks)
