"""What the role looks at every few seconds, for ever: a database that does not answer is waited for, and said once."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from web.database.failures import ANY, first_line

log = logging.getLogger(__name__)


async def for_ever(look: Callable[[], Awaitable[None]], every_s: float, failed: str) -> None:
    """Calls ``look``, then waits ``every_s``; what the database refuses is logged as ``failed``, once a spell."""
    failing = False
    while True:
        try:
            await look()
            failing = False
        except ANY as err:
            if not failing:
                log.error("%s error=%s", failed, first_line(err))
            failing = True
        await asyncio.sleep(every_s)
