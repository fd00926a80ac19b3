"""What is quiet: snoozed rules and cameras under maintenance. Their alerts are stored and shown; nobody is called.

Putting, ending, listing, and what it does to chains that run; whom to call is ``web.escalation``.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, exists, insert, or_, select, true, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from vms.domain.clock import rfc3339
from vms.domain.node import NODE_SITE
from web.alerts.shape import Row as AlertRow
from web.alerts.store import fetch_represented
from web.database.engine import Change
from web.database.schema import Alert, AlertStep
from web.database.schema_duty import Delivery
from web.database.schema_duty import Quiet as _Row
from web.problems import Problem, not_found
from web.quiet.quiet import Kind, Quiet
from web.reach import EVERYTHING, Reach

EVENT = "quiet.changed"


async def in_force(connection: AsyncConnection, alert: AlertRow, at: datetime) -> Quiet | None:
    """By what the alert (a row of ``alerts``, or its camera, rule and kind) calls nobody; of several the longest."""
    query = select(_Row.__table__).where(_Row.camera == alert["camera"], _in_force(at))
    found = [_read(row) for row in await connection.execute(query.order_by(_Row.until.desc(), _Row.id))]
    return next((one for one in found if one.holds(alert, at)), None)


async def put(change: Change, quiets: Sequence[Quiet]) -> list[dict[str, Any]]:
    """Stores them. A snooze hushes the chains that run; maintenance is for what opens during it."""
    items = []
    for one in quiets:
        row = {
            "id": one.id, "kind": one.kind, "site": one.site, "camera": one.camera, "rule": one.rule,
            "start": one.start, "until": one.until, "reason": one.reason, "author": one.by, "created_at": change.now,
        }  # fmt: skip
        await change.connection.execute(insert(_Row).values(row))
        if one.kind == "snooze":
            await _hush(change, one)
        items.append(await fetch(change.connection, one.id, change.now))
        await _tell(change, one)
    return items


async def end(change: Change, quiet: str, by: str, within: Reach = EVERYTHING) -> dict[str, Any] | None:
    """Ends it and gives what it was; what goes on and nobody has taken is due. ``Problem`` 404; None: it was over."""
    now = change.now
    seen = await fetch(change.connection, quiet, now, within)
    done = await change.connection.execute(
        update(_Row)
        .where(_Row.id == quiet, _Row.ended_at.is_(None), _Row.until > now)
        .values(ended_at=now, ended_by=by)
    )
    if not done.rowcount:
        return None
    one = _read((await change.connection.execute(select(_Row.__table__).where(_Row.id == quiet))).one())
    await _wake(change, one)
    await _tell(change, one)
    return seen


async def fetch(connection: AsyncConnection, quiet: str, now: datetime, within: Reach = EVERYTHING) -> dict[str, Any]:
    """One as the interface gives it; ``Problem`` 404."""
    row = (await connection.execute(select(_Row.__table__).where(_Row.id == quiet, _within(within)))).first()
    if row is None:
        raise not_found("quiet")
    return _represent(row, now)


async def fetch_page(
    connection: AsyncConnection, now: datetime, configured: Collection[str], *, ended: bool = False, limit: int = 100,
    cursor: str | None = None, within: Reach = EVERYTHING,
) -> tuple[list[dict[str, Any]], str | None]:  # fmt: skip
    """Newest first, and the cursor of the next page: in force and to come, or with ``ended`` those that are over.

    ``configured``: cameras that there are; what was of others is over.
    """
    present = or_(_Row.site == NODE_SITE, _Row.camera.in_(configured))
    goes_on = and_(_Row.ended_at.is_(None), _Row.until > now, present)
    query = select(_Row.__table__).where(_within(within), ~goes_on if ended else goes_on)
    query = query.order_by(_Row.created_at.desc(), _Row.id.desc()).limit(limit + 1)
    if cursor is not None:
        last = (await connection.execute(select(_Row.created_at).where(_Row.id == cursor, _within(within)))).first()
        if last is None:
            raise Problem(422, "invalid", "'cursor' is not one that this list gave")
        query = query.where(or_(_Row.created_at < last[0], and_(_Row.created_at == last[0], _Row.id < cursor)))
    rows = (await connection.execute(query)).all()
    items = [_represent(row, now, gone=row.site != NODE_SITE and row.camera not in configured) for row in rows[:limit]]
    return items, rows[limit - 1].id if len(rows) > limit else None


def made(
    kind: Kind, where: tuple[str, str], rule: str | None, span: tuple[datetime, datetime], reason: str, by: str
) -> Quiet:
    """A new one; ``where``: site and camera."""
    return Quiet(uuid.uuid4().hex, kind, *where, rule, *span, reason.strip(), by)


async def _hush(change: Change, quiet: Quiet) -> None:
    """Chains that run stop where they are, until it is over."""
    # What shares a chain waits by itself: the one whose chain it is may be over by then, and calls nobody any more.
    first = aliased(Alert)
    joined = and_(
        Alert.chain == "joined", Alert.ended_at.is_(None),
        exists().where(first.id == Alert.group_id, first.chain == "running"),
    )  # fmt: skip
    query = select(Alert.id, Alert.severity).where(
        Alert.site == quiet.site, Alert.camera == quiet.camera, Alert.rule == quiet.rule,
        or_(Alert.chain.in_(("due", "running")), joined),
    )  # fmt: skip
    hushed = {row["id"]: quiet.end_of(row) for row in (await change.connection.execute(query)).mappings()}
    ids = list(hushed)
    if not ids:
        return
    undone = update(Delivery).where(Delivery.alert_id.in_(ids), Delivery.state == "due")
    await change.connection.execute(undone.values(state="skipped", at=change.now, answer="quiet"))
    step = {"at": change.now, "kind": "quieted", "author": quiet.by, "note": quiet.reason}
    await change.connection.execute(insert(AlertStep), [{"alert_id": one, **step} for one in ids])
    for one, until in hushed.items():
        await _change_chains(change, [one], {"chain": "quiet", "chain_at": until, "quiet": quiet.told()})


async def _wake(change: Change, quiet: Quiet) -> None:
    """Alerts that were quiet by it and are nobody's are due: those that go on, or had called; others' stay quiet."""
    shared = select(Alert.group_id).where(Alert.chain == "joined", Alert.ended_at.is_(None))
    query = select(Alert.id, Alert.camera, Alert.rule, Alert.kind, Alert.severity, Alert.quiet).where(
        Alert.site == quiet.site, Alert.chain == "quiet", Alert.acknowledged_at.is_(None), Alert.resolved_at.is_(None),
        or_(Alert.ended_at.is_(None), Alert.chain_rung.is_not(None), Alert.id.in_(shared)),
    )  # fmt: skip
    for row in (await change.connection.execute(query)).mappings().all():
        if row["quiet"] is None or row["quiet"]["id"] != quiet.id:
            continue
        other = await in_force(change.connection, row, change.now)
        if other is None:
            values: dict[str, Any] = {"chain": "due", "chain_at": change.now, "quiet": None}
        else:
            values = {"chain_at": other.end_of(row), "quiet": other.told()}
        await _change_chains(change, [row["id"]], values)


async def _change_chains(change: Change, ids: Iterable[str], values: dict[str, Any]) -> None:
    for one in ids:
        await change.connection.execute(update(Alert).where(Alert.id == one).values(**values))
        await change.record("alert.updated", await fetch_represented(change.connection, one))


async def _tell(change: Change, quiet: Quiet) -> None:
    await change.record(EVENT, _place(quiet.site, quiet.camera))


def _place(site: str, camera: str) -> dict[str, str | None]:
    if site == NODE_SITE:
        return {"site": None, "camera": None, "node": camera}
    return {"site": site, "camera": camera, "node": None}


def _read(row: Row[Any]) -> Quiet:
    return Quiet(row.id, row.kind, row.site, row.camera, row.rule, row.start, row.until, row.reason, row.author)


def _represent(row: Row[Any], now: datetime, *, gone: bool = False) -> dict[str, Any]:
    return {
        "id": row.id, "kind": row.kind, **_place(row.site, row.camera), "rule": row.rule, "start": rfc3339(row.start),
        "until": rfc3339(row.until), "reason": row.reason, "by": row.author, "created_at": rfc3339(row.created_at),
        "ended_at": None if row.ended_at is None else rfc3339(row.ended_at), "ended_by": row.ended_by,
        "in_force": row.ended_at is None and row.start <= now < row.until and not gone,
    }  # fmt: skip


def _in_force(at: datetime) -> ColumnElement[bool]:
    return and_(_Row.ended_at.is_(None), _Row.start <= at, _Row.until > at)


def _within(reach: Reach) -> ColumnElement[bool]:
    if reach.sites is None:
        return true()
    nodes = true() if reach.nodes is None else _Row.camera.in_(reach.nodes)
    return or_(_Row.site.in_(reach.sites), and_(_Row.site == NODE_SITE, nodes))
