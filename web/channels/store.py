"""The channels of persons: list, add, change, order, remove, and what came of a test or a delivery.

Who may is the routes' business; what is sent over them, and when, that of others. Nothing here is sent.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from vms.domain.clock import rfc3339
from web.channels.endpoints import Subscription
from web.channels.push import WEBPUSH, Answer
from web.database.engine import Change
from web.database.schema_duty import Channel
from web.problems import Problem, not_found

MOST_EACH = 10
MOST_LABEL = 64
#: Of a channel that will never work again.
GONE = "the browser's subscription has ended: allow notifications in it once more"


@dataclass(frozen=True, slots=True)
class ChannelRow:
    """One way to one person. ``address``: of ``webpush`` the subscription; it is for who sends alone."""

    id: str
    user_id: int
    gateway: str
    address: str = field(repr=False)
    label: str
    language: str
    position: int
    enabled: bool
    tested_at: datetime | None = None
    tested_ok: bool | None = None
    last_ok_at: datetime | None = None
    last_error: str | None = None

    @property
    def name(self) -> str:
        """As records of deliveries call it."""
        return f"{self.gateway} · {self.label}"

    def told(self) -> dict[str, Any]:
        """As its owner is shown it."""
        browser = self.gateway == WEBPUSH
        return {
            "id": self.id, "gateway": self.gateway, "address": None if browser else self.address,
            "device": Subscription.stored(self.address).device if browser else None,
            "label": self.label, "language": self.language, "position": self.position, "enabled": self.enabled,
            "tested_at": _said(self.tested_at), "tested_ok": self.tested_ok, "last_ok_at": _said(self.last_ok_at),
            "last_error": self.last_error,
        }  # fmt: skip


_COLUMNS = tuple(getattr(Channel, name) for name in ChannelRow.__slots__)


async def of_user(connection: AsyncConnection, user: int, *, enabled: bool = False) -> list[ChannelRow]:
    """In the order in which they are tried; ``enabled``: those alone that are."""
    query = select(*_COLUMNS).where(Channel.user_id == user).order_by(Channel.position, Channel.created_at, Channel.id)
    if enabled:
        query = query.where(Channel.enabled)
    return [ChannelRow(*row) for row in await connection.execute(query)]


async def find(connection: AsyncConnection, channel: str, user: int | None = None) -> ChannelRow | None:
    """The channel, with ``user`` only if it is his."""
    query = select(*_COLUMNS).where(Channel.id == channel)
    if user is not None:
        query = query.where(Channel.user_id == user)
    row = (await connection.execute(query)).first()
    return None if row is None else ChannelRow(*row)


async def add(
    change: Change, user: int, gateway: str, address: str, label: str, language: str
) -> tuple[ChannelRow, int]:
    """At the end of his; the same way again is the same channel, renamed and enabled. ``Problem`` 409: he has ten.

    A browser that somebody else used before him is his now, and shows no other's alerts: besides, how many channels of
    others ended so.
    """
    ended = 0
    his = await of_user(change.connection, user)
    if gateway == WEBPUSH:
        browser = await _of_browser(change.connection, address)
        others = [one.id for one in browser if one.user_id != user]
        await change.connection.execute(delete(Channel).where(Channel.id.in_(others)))
        ended, same = len(others), next((one for one in browser if one.user_id == user), None)
    else:
        same = next((one for one in his if (one.gateway, one.address) == (gateway, address)), None)
    values = {"address": address, "label": label, "language": language, "enabled": True}
    if same is not None:
        await change.connection.execute(update(Channel).where(Channel.id == same.id).values(**values))
        return await _again(change, same.id), ended
    if len(his) >= MOST_EACH:
        raise Problem(409, "too-many", f"a person has at most {MOST_EACH} channels: remove one first")
    made = uuid.uuid4().hex
    last = max((one.position for one in his), default=-1)
    row = {"id": made, "user_id": user, "gateway": gateway, "position": last + 1, "created_at": change.now, **values}
    await change.connection.execute(insert(Channel).values(row))
    return await _again(change, made), ended


async def _of_browser(connection: AsyncConnection, subscription: str) -> list[ChannelRow]:
    """Whatever its keys are by now: an endpoint is one browser."""
    rows = await connection.execute(select(*_COLUMNS).where(Channel.gateway == WEBPUSH))
    endpoint = Subscription.stored(subscription).endpoint
    return [one for one in (ChannelRow(*row) for row in rows) if Subscription.stored(one.address).endpoint == endpoint]


async def alter(
    change: Change, user: int, channel: str, *, label: str | None, enabled: bool | None, position: int | None
) -> ChannelRow:
    """Only what is given; with ``position`` (from 0) it moves there, and the others move up. ``Problem`` 404."""
    his = await of_user(change.connection, user)
    found = next((one for one in his if one.id == channel), None)
    if found is None:
        raise not_found("channel")
    values: dict[str, Any] = {}
    if label is not None:
        values["label"] = label
    if enabled is not None:
        values["enabled"] = enabled
    if values:
        await change.connection.execute(update(Channel).where(Channel.id == channel).values(**values))
    if position is not None:
        others = [one.id for one in his if one.id != channel]
        others.insert(min(position, len(others)), channel)
        await _number(change, others)
    return await _again(change, channel)


async def remove(change: Change, user: int, channel: str) -> ChannelRow:
    """What it was; ``Problem`` 404."""
    found = await find(change.connection, channel, user)
    if found is None:
        raise not_found("channel")
    await change.connection.execute(delete(Channel).where(Channel.id == channel))
    return found


async def note_test(change: Change, channel: str, answer: Answer) -> None:
    """What came of a test; also as ``note_delivery``."""
    tested = {"tested_at": change.now, "tested_ok": answer.outcome == "sent"}
    await change.connection.execute(update(Channel).where(Channel.id == channel).values(**tested))
    await note_delivery(change, channel, answer)


async def note_delivery(change: Change, channel: str, answer: Answer) -> None:
    """What came of a message; one that is gone is tried no more, and says why."""
    values: dict[str, Any]
    match answer.outcome:
        case "sent":
            values = {"last_ok_at": change.now, "last_error": None}
        case "gone":
            values = {"enabled": False, "last_error": GONE}
        case _:
            values = {"last_error": answer.text[:300]}
    await change.connection.execute(update(Channel).where(Channel.id == channel).values(**values))


async def _number(change: Change, ids: Sequence[str]) -> None:
    for position, one in enumerate(ids):
        await change.connection.execute(update(Channel).where(Channel.id == one).values(position=position))


async def _again(change: Change, channel: str) -> ChannelRow:
    found = await find(change.connection, channel)
    if found is None:  # within one transaction there is no other
        raise not_found("channel")
    return found


def _said(at: datetime | None) -> str | None:
    return None if at is None else rfc3339(at)
