"""What stops a chain: somebody takes the alert on, or it is over and its ladder calls nobody for what is.

In the transaction of what stops it, so that nobody is called any more once it is said to be taken.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from web.alerts.shape import Row
from web.channels.push import WEBPUSH
from web.database.engine import Change
from web.database.schema import Alert
from web.database.schema_duty import Channel, Delivery
from web.duty import policies
from web.escalation.judging import OVER

#: Chains that may still call somebody, or have done so in vain.
_OPEN = ("due", "running", "quiet", "exhausted")
_OF_DELIVERY = (
    "alert_id", "rung", "round", "duty", "user_id", "username", "stand_in", "channel_id", "channel",
)  # fmt: skip


async def stop(change: Change, ids: Collection[str], by: str) -> set[str]:
    """Stops the chains of these alerts and those that they share; returns the other alerts that this changed.

    Who was reached in his browser is told, silently, who took it on.
    """
    connection, now = change.connection, change.now
    columns = Alert.id, Alert.group_id, Alert.chain
    mine = {row.id: row for row in await connection.execute(select(*columns).where(Alert.id.in_(ids)))}
    shared = {row.group_id for row in mine.values() if row.group_id is not None} - mine.keys()
    leaders = select(Alert.id).where(Alert.id.in_(shared), Alert.chain.in_(_OPEN))
    others = set(await connection.scalars(leaders)) if shared else set()
    stopped = {row.id for row in mine.values() if row.chain in (*_OPEN, "joined")} | others
    if stopped:
        values = {"chain": "stopped", "chain_at": None, "chain_by": by, "stopped_at": now}
        await connection.execute(update(Alert).where(Alert.id.in_(stopped)).values(values))
        sent = select(Delivery.__table__).where(Delivery.alert_id.in_(stopped), Delivery.state == "sent")
        await tell_taken(connection, (await connection.execute(sent)).mappings().all(), by, now)
    return others


async def tell_taken(connection: AsyncConnection, sent: Sequence[Row], by: str, now: datetime) -> None:
    """Makes due what replaces the messages ``sent`` (rows of ``deliveries``) to browsers; each once."""
    reached = {(row["alert_id"], row["channel_id"]): row for row in sent if row["taken_by"] is None}
    if not reached:
        return
    channels = select(Channel.id).where(Channel.id.in_({channel for _, channel in reached}), Channel.gateway == WEBPUSH)
    browsers = set(await connection.scalars(channels))
    told_rows = select(Delivery.alert_id, Delivery.channel_id).where(
        Delivery.alert_id.in_({alert for alert, _ in reached}), Delivery.taken_by.is_not(None)
    )
    told = {tuple(row) for row in await connection.execute(told_rows)}
    anew = {"attempt": 1, "state": "due", "due_at": now, "at": None, "took_ms": None, "answer": None, "taken_by": by}
    silent = [row for key, row in reached.items() if key[1] in browsers and key not in told]
    rows = [{name: row[name] for name in _OF_DELIVERY} | anew for row in silent]
    if rows:
        await connection.execute(insert(Delivery), rows)


async def over(change: Change, alert: str) -> str | None:
    """After an alert ended by itself: stops the chain that it shares, unless that goes on for another of its group.

    Returns the alert whose chain it was, where that is another one.
    """
    connection = change.connection
    columns = Alert.id, Alert.group_id, Alert.chain, Alert.kind, Alert.severity
    row = (await connection.execute(select(*columns).where(Alert.id == alert))).one()
    leader = row
    if row.chain == "joined":
        leader = (await connection.execute(select(*columns).where(Alert.id == row.group_id))).one()
    if leader.chain != "running":
        return None
    ladder = (await policies.in_force(connection))[1].ladder(leader.kind, leader.severity)
    if ladder is None or not ladder.until_over:
        return None
    going_on = select(Alert.id).where(
        or_(Alert.id == leader.id, (Alert.group_id == leader.id) & (Alert.chain == "joined")), Alert.ended_at.is_(None)
    )
    if (await connection.execute(going_on.limit(1))).first() is not None:
        return None
    values = {"chain": "stopped", "chain_at": None, "chain_by": OVER}
    await connection.execute(update(Alert).where(Alert.id == leader.id).values(values))
    return None if leader.id == alert else str(leader.id)
