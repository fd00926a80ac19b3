"""Sending what is due: a task for each message under way, so many a way (``ways``) that a dead one holds up no other.

What was sent and not yet written down when the process is killed is sent again. What came of an attempt is
``web.escalation.outcomes``'.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, Select, func, not_, or_, select, update

from vms.domain.node import NODE_SITE
from web.alerts.shape import Row
from web.channels.push import Answer
from web.channels.store import ChannelRow
from web.database.engine import Database
from web.database.failures import ANY, first_line, passes
from web.database.schema import Alert, User
from web.database.schema_duty import Channel, Delivery
from web.duty.on_duty import OnDuty
from web.escalation.carrying import HANG_S, Composer, Courier
from web.escalation.outcomes import Try, keep
from web.escalation.steady import SteadyClock
from web.escalation.ways import goes_by, way_of

log = logging.getLogger(__name__)

#: Messages under way at once by one way. Couriers carry fewer at once: what waits for them counts as hanging, so that
#: most wait in their rows.
PER_WAY = 8
#: Rows looked at in one query.
BATCH = 64
#: The database was away while a message was written: it is looked at again after this (seconds).
AWAY_S = 1.0
#: What is under way when the role ends has so long (seconds).
CLOSING_S = 1.0
_COLUMNS = (
    Delivery.__table__,
    *(Alert.chain, Alert.chain_by, Alert.site, User.enabled.label("user_enabled"), User.role, User.sites),
    *(Channel.gateway, Channel.address, Channel.label, Channel.language, Channel.position),
    Channel.enabled.label("channel_enabled"),
)


class Deliveries:
    """``turn`` whenever something may be due; ``wake`` is called when one that was under way has come to its end."""

    def __init__(
        self, database: Database, clock: SteadyClock, courier: Courier, composer: Composer, wake: Callable[[], None]
    ) -> None:
        self._database = database
        self._clock = clock
        self._courier = courier
        self._composer = composer
        self._wake = wake
        self._under_way: dict[int, asyncio.Task[None]] = {}  # by the row's id
        self._by_way: Counter[str] = Counter()
        self._answered: dict[str, float] = {}  # monotonic: when a way last took a message, or was idle
        self._made: dict[int, Try] = {}

    async def turn(self) -> None:
        """Writes down what was made, and begins what is due."""
        await self._keep()
        while await self._begin(self._clock.now()):
            await self._keep()

    async def next_at(self) -> datetime | None:
        """When the next one is due; those that wait for others to end are not counted."""
        query = select(func.min(Delivery.due_at, type_=Delivery.due_at.type)).where(Delivery.state == "due")
        async with self._database.read() as connection:
            at: datetime | None = await connection.scalar(query.where(Delivery.due_at > self._clock.now()))
        return at

    async def close(self) -> None:
        """Lets what is under way end soon; what does not is broken off, and due again."""
        under_way = list(self._under_way.values())
        if under_way:
            await asyncio.wait(under_way, timeout=CLOSING_S)
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)
        with contextlib.suppress(*ANY):
            await self._keep()

    async def _keep(self) -> None:
        """Stays in memory as long as the database refuses; meanwhile it is not sent again."""
        made = dict(self._made)
        if not made:
            return
        try:
            await self._write(list(made.values()))
        except Exception as err:
            if passes(err):
                raise
            for one in made.values():
                await self._singly(one)
        for row in made:
            del self._made[row]

    async def _write(self, made: list[Try]) -> None:
        async with self._database.change() as change:
            await keep(change, made, self._clock.now())

    async def _singly(self, one: Try) -> None:
        """One of them is to blame: it is over, and the others go on."""
        try:
            await self._write([one])
        except Exception as err:
            if passes(err):
                raise
            log.exception("delivery.unwritten alert=%s", one.row["alert_id"])
            async with self._database.change() as change:
                ended = update(Delivery).where(Delivery.id == one.row["id"])
                await change.connection.execute(ended.values(state="failed", at=one.at))

    async def _begin(self, now: datetime) -> bool:
        """Begins some of what is due; False when there was nothing to begin."""
        full = [way for way in self._by_way if self._is_full(way)]
        rows = await self._due(or_(Channel.gateway.is_(None), not_(goes_by(full))), now)
        begun = 0
        for row in rows:
            way = way_of(row)
            if self._is_full(way):
                continue
            begun += 1
            refusal = _refusal(row)
            if refusal is not None:
                self._made[row["id"]] = Try(row, now, None, refusal)
                continue
            if not self._by_way[way]:
                self._answered[way] = self._clock.monotonic()
            self._by_way[way] += 1
            self._under_way[row["id"]] = asyncio.create_task(self._one(row))
        dead = [name for name in full if self._clock.monotonic() - self._answered[name] >= HANG_S]
        if dead:
            late = Delivery.due_at <= now - timedelta(seconds=HANG_S)
            for row in await self._due(goes_by(dead) & late, now):
                self._made[row["id"]] = Try(row, now, None, "the gateway takes nothing", waited=True)
        return begun > 0 or bool(self._made)

    def _is_full(self, way: str) -> bool:
        return self._by_way[way] >= PER_WAY

    async def _due(self, where: ColumnElement[bool], now: datetime) -> Sequence[RowMapping]:
        query: Select[Any] = select(*_COLUMNS).select_from(Delivery.__table__)
        query = query.join(Alert, Alert.id == Delivery.alert_id)
        query = query.outerjoin(User, User.id == Delivery.user_id)
        query = query.outerjoin(Channel, Channel.id == Delivery.channel_id)
        query = query.where(Delivery.state == "due", Delivery.due_at <= now, where)
        known = [*self._under_way, *self._made]
        query = query.where(Delivery.id.not_in(known)).order_by(Delivery.due_at, Delivery.id).limit(BATCH)
        async with self._database.read() as connection:
            found: Sequence[RowMapping] = (await connection.execute(query)).mappings().all()
        return found

    async def _one(self, row: Row) -> None:
        at = self._clock.now()
        try:
            self._made[row["id"]] = await self._attempt(row, at)
        except ANY as err:
            log.warning("delivery.postponed alert=%s error=%s", row["alert_id"], first_line(err))
            await asyncio.sleep(AWAY_S)
        finally:
            del self._under_way[row["id"]]
            self._by_way[way_of(row)] -= 1
            self._wake()

    async def _attempt(self, row: Row, at: datetime) -> Try:
        try:
            async with asyncio.timeout(HANG_S):
                taken_by = row["taken_by"]
                push = await self._composer.push(
                    row["alert_id"], _person(row), row["language"], silent=taken_by is not None, taken_by=taken_by
                )
                if push is None:
                    return Try(row, at, None, "may not see it")
                answer = await self._courier.send(_channel(row), push)
        except TimeoutError:
            answer = Answer("failed", f"no answer within {HANG_S:g} s", int(HANG_S * 1000))
        except ANY:
            raise
        except Exception as err:  # a fault of ours must not end the calling of everybody else
            log.exception("delivery.broken alert=%s", row["alert_id"])
            answer = Answer("failed", type(err).__name__)
        if answer.outcome == "sent":
            self._answered[way_of(row)] = self._clock.monotonic()
        return Try(row, at, answer)


def _channel(row: Row) -> ChannelRow:
    gateway, label = row["gateway"], row["label"]
    address, language, position = row["address"], row["language"], row["position"]
    return ChannelRow(row["channel_id"], row["user_id"], gateway, address, label, language, position, enabled=True)


def _person(row: Row) -> OnDuty:
    sites = None if row["sites"] is None else frozenset(row["sites"])
    return OnDuty(row["user_id"], row["username"], row["role"], sites, not row["stand_in"])


def _refusal(row: Row) -> str | None:
    """Why it is not sent after all: the last look before it leaves."""
    if row["taken_by"] is None and row["chain"] != "running":
        return f"not needed any more: {row['chain']}" + (f" by {row['chain_by']}" if row["chain_by"] else "")
    if not row["user_enabled"]:
        return "account disabled"
    if not _person(row).may_see(None if row["site"] == NODE_SITE else row["site"]):
        return "may not see it"
    return None if row["channel_enabled"] else "channel removed"
