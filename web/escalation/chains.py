"""The chains that are due: each batch is judged, called and told in one transaction.

A process that is killed finds the same rows due again; a chain that is hours
behind calls one rung, and goes on from now.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import ColumnElement, RowMapping, Table, bindparam, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from web.alerts.store import fetch_several
from web.database.engine import Change, Database
from web.database.failures import first_line, passes
from web.database.schema import Alert, AlertStep
from web.database.schema_duty import Call, Delivery
from web.database.schema_duty import Quiet as QuietRow
from web.duty import policies
from web.escalation.calling import Caller
from web.escalation.judging import Leader, Verdict, judge
from web.quiet.quiet import Quiet

log = logging.getLogger(__name__)

#: Alerts of one transaction: whoever waits to write is next.
BATCH = 200
#: What cannot be handled is put off by so much.
PUT_OFF = timedelta(minutes=1)
#: No ladder's ``cooldown_s`` is longer.
_MOST_COOLDOWN = timedelta(hours=1)
_COLUMNS = ("chain", "chain_rung", "chain_round", "chain_at", "chain_by", "group_id", "quiet")
_Key = tuple[str, str, str]


class Chains:
    """Call ``advance`` until it returns 0."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def advance(self, now: datetime) -> int:
        """Handles what is due, at most ``BATCH``; returns how many chains that were."""
        async with self._database.read() as connection:
            if not await _due(connection, now, limit=1):
                return 0
        try:
            return await self._transaction(now, BATCH)
        except Exception as err:
            if passes(err):
                raise
            return await self._singly(now)

    async def next_at(self) -> datetime | None:
        """When a chain is due next."""
        async with self._database.read() as connection:
            at: datetime | None = await connection.scalar(
                select(func.min(Alert.chain_at, type_=Alert.chain_at.type)).where(Alert.chain_at.is_not(None))
            )
        return at

    async def _transaction(self, now: datetime, limit: int) -> int:
        async with self._database.change() as change:
            rows = await _due(change.connection, now, limit)
            await _handle(change, rows, now)
        return len(rows)

    async def _singly(self, now: datetime) -> int:
        """One of them is to blame; the others go on, and it is tried again later."""
        async with self._database.read() as connection:
            rows = await _due(connection, now, BATCH)
        for row in rows:
            try:
                async with self._database.change() as change:
                    query = select(Alert.__table__).where(Alert.id == row["id"], Alert.chain_at == row["chain_at"])
                    await _handle(change, (await change.connection.execute(query)).mappings().all(), now)
            except Exception as err:
                if passes(err):
                    raise
                log.error("chain.refused alert=%s error=%s", row["id"], f"{type(err).__name__}: {first_line(err)}")
                async with self._database.change() as change:
                    put_off = update(Alert).where(Alert.id == row["id"], Alert.chain_at.is_not(None))
                    await change.connection.execute(put_off.values(chain_at=now + PUT_OFF))
        return len(rows)


async def _due(connection: AsyncConnection, now: datetime, limit: int) -> Sequence[RowMapping]:
    """Rows of ``alerts``; also of those whose quiet was ended before its time."""
    lifted = QuietRow.until > now, QuietRow.ended_at.is_not(None)
    kept = select(Alert.id, Alert.quiet).where(Alert.chain == "quiet", Alert.chain_at.is_not(None))
    due: ColumnElement[bool] = Alert.chain_at <= now
    if ended := set(await connection.scalars(select(QuietRow.id).where(*lifted))):
        free = [row.id for row in await connection.execute(kept) if row.quiet["id"] in ended]
        due = or_(due, Alert.id.in_(free[:limit]))
    query = select(Alert.__table__).where(due, Alert.chain_at.is_not(None))
    return (await connection.execute(query.order_by(Alert.chain_at, Alert.id).limit(limit))).mappings().all()


async def _handle(change: Change, rows: Sequence[RowMapping], now: datetime) -> None:
    connection = change.connection
    if not rows:
        return
    _, policy = await policies.in_force(connection)
    quiets = await _quiets(connection, rows, now)
    leaders = await _leaders(connection, now)
    going_on = await _going_on(connection, rows)
    caller = Caller(connection, now)
    changed: list[dict[str, Any]] = []
    for row in rows:
        ladder = policy.ladder(row["kind"], row["severity"])
        near = quiets[row["camera"]], leaders[_key(row)]
        verdict = judge(row, now, ladder, *near, goes_on=row["id"] in going_on)
        values = dict(verdict.values)
        if verdict.climbs and ladder is not None:
            values |= await caller.call(row, ladder)
        if values.get("chain") == "running":  # the next in this batch may share it
            leaders[_key(row)] = [
                *leaders[_key(row)], Leader(row["id"], row["severity"], row["opened_at"], None)
            ]  # fmt: skip
        if verdict.step is not None:
            caller.written.steps.append(_step(row["id"], now, verdict))
        changed.append({f"to_{name}": values.get(name, row[name]) for name in _COLUMNS} | {"of": row["id"]})
    await _write(change, changed, caller)


async def _write(change: Change, changed: list[dict[str, Any]], caller: Caller) -> None:
    connection, written = change.connection, caller.written
    table = cast(Table, Alert.__table__)
    values = {name: bindparam(f"to_{name}", type_=table.c[name].type) for name in _COLUMNS}
    await connection.execute(update(table).where(table.c.id == bindparam("of")).values(values), changed)
    for model, rows in ((Call, written.calls), (Delivery, written.deliveries), (AlertStep, written.steps)):
        if rows:
            await connection.execute(insert(model), rows)
    await change.record_all("alert.updated", await fetch_several(connection, [one["of"] for one in changed]))


def _key(row: Any) -> _Key:
    return row["site"], row["camera"], row["rule"]


def _step(alert: str, now: datetime, verdict: Verdict) -> dict[str, Any]:
    return {"alert_id": alert, "at": now, "kind": verdict.step, "author": verdict.by, "note": verdict.note}


async def _quiets(
    connection: AsyncConnection, rows: Sequence[RowMapping], now: datetime
) -> defaultdict[str, list[Quiet]]:
    """By camera, those that touch the time from the opening of the first of the alerts until now."""
    first = min(row["opened_at"] for row in rows)
    query = select(QuietRow.__table__).where(QuietRow.until > first, QuietRow.start <= now)
    found: defaultdict[str, list[Quiet]] = defaultdict(list)
    cameras = {row["camera"] for row in rows}
    for row in (await connection.execute(query)).mappings():
        if row["camera"] in cameras:
            until = row["until"] if row["ended_at"] is None else min(row["until"], row["ended_at"])
            why = row["reason"], row["author"]
            one = Quiet(row["id"], row["kind"], row["site"], row["camera"], row["rule"], row["start"], until, *why)
            found[row["camera"]].append(one)
    return found


async def _going_on(connection: AsyncConnection, rows: Sequence[RowMapping]) -> set[str]:
    """Those that are over themselves and whose chain is shared by one that is not."""
    over = [row["id"] for row in rows if row["ended_at"] is not None]
    shared = select(Alert.group_id).where(Alert.group_id.in_(over), Alert.chain == "joined", Alert.ended_at.is_(None))
    return set(await connection.scalars(shared)) if over else set()


async def _leaders(connection: AsyncConnection, now: datetime) -> defaultdict[_Key, list[Leader]]:
    """By camera and rule, those whose chain others may share: few, for they share."""
    columns = (Alert.id, Alert.site, Alert.camera, Alert.rule, Alert.group_id, Alert.severity, Alert.opened_at)
    running = select(*columns, Alert.stopped_at).where(Alert.chain == "running", Alert.chain_at.is_not(None))
    stopped = select(*columns, Alert.stopped_at).where(Alert.stopped_at >= now - _MOST_COOLDOWN)
    found: defaultdict[_Key, list[Leader]] = defaultdict(list)
    for query in (running, stopped):
        for row in (await connection.execute(query)).mappings():
            one = Leader(row["group_id"] or row["id"], row["severity"], row["opened_at"], row["stopped_at"])
            found[_key(row)].append(one)
    return found
