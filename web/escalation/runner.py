"""The one loop that calls: woken by each commit and by the next deadline, over everything that goes wrong.

All it knows is in rows, but for the messages that are just under way.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from datetime import datetime, timedelta

from sqlalchemy import BigInteger, select, type_coerce, update

from vms.domain.clock import Clock
from web.database.engine import Change, Database
from web.database.failures import ANY, first_line
from web.database.moment import Moment
from web.database.schema import Alert
from web.database.schema_duty import Delivery
from web.duty import policies
from web.escalation.calling import place_of
from web.escalation.carrying import Composer, Courier
from web.escalation.chains import Chains
from web.escalation.deliveries import Deliveries
from web.escalation.ladder import wait_s
from web.escalation.steady import SteadyClock

log = logging.getLogger(__name__)

#: It looks by itself so often: a clock may have been set, the command line writes too.
POLL_S = 2.0
RETRY_S = 0.5
#: What commits together is handled together.
GATHER_S = 0.02
_MICROSECOND = timedelta(microseconds=1)


class Escalation:
    """Keep ``run`` running."""

    def __init__(self, database: Database, clock: Clock, courier: Courier, composer: Composer) -> None:
        self._database = database
        self._clock = clock
        self._steady = SteadyClock(clock)
        self._wake = asyncio.Event()
        self._chains = Chains(database)
        self._deliveries = Deliveries(database, self._steady, courier, composer, self._wake.set)
        self._begun = False
        database.on_commit(self._wake.set)

    async def run(self) -> None:
        """Calls for ever."""
        failing = False
        try:
            while True:
                self._wake.clear()
                wait = RETRY_S
                try:
                    wait = await self.turn()
                    failing = False
                except ANY as err:
                    if not failing:
                        log.error("escalation.waiting error=%s", first_line(err))
                    failing = True
                except Exception:  # a fault of ours must not take the dashboard along
                    if not failing:
                        log.exception("escalation.broken")
                    failing = True
                if failing:
                    await asyncio.sleep(RETRY_S)
                    continue
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(wait):
                        await self._wake.wait()
                        await asyncio.sleep(min(GATHER_S, wait))
        finally:
            await self._deliveries.close()

    async def turn(self) -> float:
        """Does what is due; returns how long nothing will be, unless something is committed (seconds)."""
        await self._follow_clock()
        while await self._chains.advance(self._steady.now()):
            await self._deliveries.turn()
        await self._deliveries.turn()
        now = self._steady.now()
        due = [await self._chains.next_at(), await self._deliveries.next_at()]
        left = [(at - now).total_seconds() for at in due if at is not None]
        return max(0.0, min([POLL_S, *left]))

    async def _follow_clock(self) -> None:
        step = self._steady.look()
        if step is not None:
            async with self._database.change() as change:
                await _move(change, step, self._steady.now() + step)
            self._steady.moved(step)  # nobody has had a turn to write since
            log.warning("escalation.clock_set by_s=%.0f", step.total_seconds())
        if not self._begun:
            async with self._database.change() as change:
                await _believe(change, self._steady.now())
            self._begun = True


async def _move(change: Change, step: timedelta, now: datetime) -> None:
    """Every deadline of a chain is as far away as before; what waits for minutes at most is due."""
    later = type_coerce(type_coerce(Alert.chain_at, BigInteger) + step // _MICROSECOND, Moment)
    running = update(Alert).where(Alert.chain == "running", Alert.chain_at.is_not(None))
    await change.connection.execute(running.values(chain_at=later))
    await _at_once(change, now)


async def _at_once(change: Change, now: datetime) -> None:
    fresh = update(Alert).where(Alert.chain == "due", Alert.chain_at > now)
    await change.connection.execute(fresh.values(chain_at=now))
    waiting = update(Delivery).where(Delivery.state == "due", Delivery.due_at > now)
    await change.connection.execute(waiting.values(due_at=now))


async def _believe(change: Change, now: datetime) -> None:
    """At the start: no deadline lies further ahead than its ladder allows, whatever was done to the clock meanwhile."""
    _, policy = await policies.in_force(change.connection)
    query = select(Alert.__table__).where(Alert.chain == "running", Alert.chain_at > now)
    for row in (await change.connection.execute(query)).mappings().all():
        ladder, place = policy.ladder(row["kind"], row["severity"]), place_of(row)
        if ladder is None:
            continue
        longest = ladder.rungs[0].after_s if place is None else wait_s(ladder, place)
        latest = now + timedelta(seconds=longest)
        if row["chain_at"] > latest:
            await change.connection.execute(update(Alert).where(Alert.id == row["id"]).values(chain_at=latest))
    await _at_once(change, now)
