"""Keeping a bucket of the bus at what the database says, whatever happens to either."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable

from vms.bus.connection import Bus
from vms.domain.errors import BusError
from web.database.failures import ANY, first_line

log = logging.getLogger(__name__)

#: A bucket that was lost is filled anew this much later at most (seconds).
POLL_S = 5.0
RETRY_S = 0.5
UNAVAILABLE: tuple[type[Exception], ...] = (BusError, TimeoutError, *ANY)


async def keep_published(bus: Bus, wake: asyncio.Event, once: Callable[[Bus], Awaitable[None]], name: str) -> None:
    """Calls ``once`` for ever: when ``wake`` is set, at each reconnection, and by itself in between.

    What it raises of ``UNAVAILABLE`` is logged once as ``<name>.unpublished``, and it is tried again.
    """

    async def reconnected() -> None:
        wake.set()

    bus.on_reconnect(reconnected)
    failing = False
    while True:
        wake.clear()
        try:
            await once(bus)
            failing = False
        except UNAVAILABLE as err:
            if not failing:
                log.warning("%s.unpublished error=%s", name, first_line(err))
            failing = True
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(RETRY_S if failing else POLL_S):
                await wake.wait()
