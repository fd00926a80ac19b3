"""The last leg of a canary: out of the house, to a monitor that alarms when none comes any more."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from vms.domain.clock import Clock, from_epoch
from web.canary import store
from web.channels.push import Answer, Push
from web.database.engine import Database
from web.rounds import for_ever

log = logging.getLogger(__name__)

#: Brings one message to the monitor, or says None: there is none. Never raises (``web.channels.couriers``).
Carry = Callable[[Push], Awaitable[Answer | None]]
#: After a refusal.
RETRY_S = 10.0


class CanaryPush:
    """Of each site only the latest waits: a slow monitor holds up nobody."""

    def __init__(self, database: Database, clock: Clock, carry: Carry) -> None:
        self.refusals: int | None = 0  # in a row; None: there is no monitor
        self.answer = ""  # the last one
        self._database = database
        self._clock = clock
        self._carry = carry
        self._waiting: dict[str, tuple[str, str]] = {}
        self._come = asyncio.Event()

    def take(self, site: str, canary: str, sent_at: str) -> None:
        """It came as far as the websockets."""
        self._waiting[site] = canary, sent_at
        self._come.set()

    async def run(self) -> None:
        """Carries for ever."""
        await for_ever(self._next, 0, "canaries.unpushed")

    async def _next(self) -> None:
        self._come.clear()
        for site in list(self._waiting):
            canary, sent_at = self._waiting[site]
            push = Push(
                title=f"vms canary {site}", body=f"{site} {sent_at}", path="/", tag=f"canary-{site}", urgent=False,
                silent=True,
            )  # fmt: skip
            answer = await self._carry(push)
            if answer is None:
                self.refusals = None
                del self._waiting[site]
                continue
            self.answer = answer.text
            if answer.outcome != "sent":
                self.refusals = (self.refusals or 0) + 1
                if self.refusals == 1:
                    log.warning("canary.refused answer=%s", answer.text)
                await asyncio.sleep(RETRY_S)
                return
            self.refusals = 0
            if self._waiting[site][0] == canary:
                del self._waiting[site]
            async with self._database.change() as change:
                await store.pushed(change, site, canary, from_epoch(self._clock.utc()))
        if not self._waiting:
            await self._come.wait()
