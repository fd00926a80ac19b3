"""What came of attempts, in one transaction with what follows: another try, the next channel, the next rung at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import RowMapping, Table, bindparam, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from web.alerts.shape import Row
from web.channels.push import Answer
from web.channels.store import note_delivery
from web.database.engine import Change
from web.database.schema import Alert
from web.database.schema_duty import Channel, Delivery
from web.duty import policies
from web.escalation.calling import channels_of, place_of
from web.escalation.carrying import HANG_S, again_at
from web.escalation.ladder import Place, following, is_repeat
from web.escalation.stopping import tell_taken


@dataclass(frozen=True, slots=True)
class Try:
    """An attempt of the delivery ``row`` that began at ``at``; ``answer`` None: nothing was sent, ``why``."""

    row: Row
    at: datetime
    answer: Answer | None
    why: str = ""
    waited: bool = False  # in vain for its turn

    @property
    def state(self) -> str:
        """As the row keeps it."""
        if self.answer is None:
            return "failed" if self.waited else "skipped"
        return "sent" if self.answer.outcome == "sent" else "failed"

    @property
    def words(self) -> str:
        """The answer as a database takes it: PostgreSQL refuses NUL."""
        return (self.why if self.answer is None else self.answer.text).replace("\x00", "")[:300]


async def keep(change: Change, tries: Sequence[Try], now: datetime) -> None:
    """Writes down what came of them and what follows."""
    connection = change.connection
    columns = (Alert.id, Alert.chain, Alert.chain_rung, Alert.chain_round, Alert.chain_by, Alert.stopped_at)
    query = select(*columns, Alert.kind, Alert.severity).where(Alert.id.in_({one.row["alert_id"] for one in tries}))
    alerts = {row["id"]: row for row in (await connection.execute(query)).mappings()}
    waiting = {one.row["id"] for one in tries if one.waited and _goes_on(one, alerts)}
    made = [one for one in tries if one.row["id"] not in waiting]
    await _settle(connection, made)
    last = {one.row["channel_id"]: one for one in made}
    for channel, one in last.items():
        if one.answer is not None:
            await note_delivery(change, channel, replace(one.answer, text=one.words))
    for one in tries:
        alert = alerts.get(one.row["alert_id"])
        if alert is None:
            continue
        if one.state == "sent":
            if alert["chain"] == "stopped" and alert["stopped_at"] is not None:  # while it was under way
                await tell_taken(connection, [one.row], alert["chain_by"], now)
        elif _goes_on(one, alerts):
            await _Failure(connection, one, alert, now).follow()


def _goes_on(one: Try, alerts: Mapping[str, RowMapping]) -> bool:
    """Whether somebody is still to be called for its alert."""
    alert = alerts.get(one.row["alert_id"])
    return one.row["taken_by"] is None and alert is not None and bool(alert["chain"] == "running")


async def _settle(connection: AsyncConnection, tries: Sequence[Try]) -> None:
    table = cast(Table, Delivery.__table__)
    rows = [
        {
            "of": one.row["id"], "to_state": one.state, "to_at": one.at, "to_answer": one.words,
            "to_took_ms": None if one.answer is None else one.answer.took_ms,
        }
        for one in tries
    ]  # fmt: skip
    if rows:
        names = ("state", "at", "answer", "took_ms")
        values = {name: bindparam(f"to_{name}", type_=table.c[name].type) for name in names}
        made = update(table).where(table.c.id == bindparam("of"), table.c.state == "due")
        await connection.execute(made.values(values), rows)


class _Failure:
    """What follows on an attempt that reached nobody."""

    def __init__(self, connection: AsyncConnection, one: Try, alert: RowMapping, now: datetime) -> None:
        self._connection = connection
        self._try = one
        self._row = one.row
        self._alert = alert
        self._now = now

    async def follow(self) -> None:
        rows = await self._following()
        if self._try.waited:
            if not rows:  # there is no other way: it keeps its place in the queue
                await self._postpone()
                return
            await _settle(self._connection, [self._try])
        if rows:
            await self._connection.execute(insert(Delivery), rows)
        else:
            await self._not_waited_for()

    async def _postpone(self) -> None:
        later = update(Delivery).where(Delivery.id == self._row["id"])
        await self._connection.execute(later.values(due_at=self._now + timedelta(seconds=HANG_S)))

    async def _following(self) -> list[dict[str, Any]]:
        """The next attempt for the same person, or none."""
        row, answer = self._row, self._try.answer
        if answer is None and not self._try.waited and self._try.why != "channel removed":
            return []  # he is not to be told, whichever way
        others = await self._of_rung()
        mine = [one for one in others if one["user_id"] == row["user_id"]]
        anew = {name: row[name] for name in _KEPT} | {"state": "due", "at": None, "took_ms": None, "answer": None}
        if answer is not None and answer.outcome == "failed":
            same = [one["at"] for one in mine if one["channel_id"] == row["channel_id"] and one["at"] is not None]
            at = again_at(row["attempt"], min([self._try.at, *same]), self._now)
            if at is not None:
                return [{**anew, "attempt": row["attempt"] + 1, "due_at": at}]
        tried = {one["channel_id"] for one in mine}
        used = {(one["gateway"], one["address"]) for one in others if one["state"] in ("sent", "due")}
        for channel in (await channels_of(self._connection, [row["user_id"]])).get(row["user_id"], []):
            if channel.id not in tried and (channel.gateway, channel.address) not in used:
                way = {"channel_id": channel.id, "channel": channel.name, "attempt": 1, "due_at": self._now}
                return [{**anew, **way}]
        return []

    async def _of_rung(self) -> Sequence[RowMapping]:
        row = self._row
        query = select(Delivery.__table__, Channel.gateway, Channel.address)
        query = query.outerjoin(Channel, Channel.id == Delivery.channel_id)
        query = query.where(Delivery.alert_id == row["alert_id"], Delivery.taken_by.is_(None))
        query = query.where(Delivery.rung == row["rung"], Delivery.round == row["round"])
        return (await self._connection.execute(query)).mappings().all()

    async def _not_waited_for(self) -> None:
        """Where nobody of the rung was reached nor will be: the next one is called at once."""
        alert, here = self._alert, Place(self._row["rung"], self._row["round"])
        if place_of(alert) != here or any(one["state"] in ("sent", "due") for one in await self._of_rung()):
            return
        _, policy = await policies.in_force(self._connection)
        ladder = policy.ladder(alert["kind"], alert["severity"])
        if ladder is None or is_repeat(following(ladder, here)):
            return
        now_due = update(Alert).where(Alert.id == alert["id"], Alert.chain == "running")
        await self._connection.execute(now_due.values(chain_at=self._now))


#: What the next attempt has from the one before.
_KEPT = (
    "alert_id", "rung", "round", "duty", "user_id", "username", "stand_in", "channel_id", "channel", "taken_by",
)  # fmt: skip
