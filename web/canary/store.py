"""How far each site's last canary came: the table. When one is missed is ``missing``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from vms.domain.canary import Canary
from vms.domain.clock import rfc3339
from web.database.engine import Change
from web.database.schema_duty import Canary as _Row
from web.database.upsert import upsert

EVENT = "canary"


@dataclass(frozen=True, slots=True)
class Kept:
    """A site's last one; None: it did not come so far yet."""

    id: str
    node: str
    sent_at: datetime
    stored_at: datetime
    told_at: datetime | None
    pushed_at: datetime | None


async def keep(change: Change, canaries: Sequence[Canary]) -> None:
    """Writes down the last of each site, in the order in which they came, and tells the feed of it."""
    for one in {canary.site: canary for canary in canaries}.values():
        row = {
            "site": one.site, "id": one.id, "node": one.node, "sent_at": one.at, "stored_at": change.now,
            "told_at": None, "pushed_at": None,
        }  # fmt: skip
        await upsert(change.connection, _Row, [row], ["site"])
        await change.record(EVENT, {"site": one.site, "id": one.id, "sent_at": rfc3339(one.at)})


async def told(change: Change, site: str, canary: str, at: datetime) -> None:
    """A listener of the feed has seen it."""
    await change.connection.execute(update(_Row).where(_Row.site == site, _Row.id == canary).values(told_at=at))


async def pushed(change: Change, site: str, canary: str, at: datetime) -> None:
    """A courier has brought it to the monitor outside."""
    await change.connection.execute(update(_Row).where(_Row.site == site, _Row.id == canary).values(pushed_at=at))


async def fetch(connection: AsyncConnection) -> dict[str, Kept]:
    """Every site's last one."""
    columns = (getattr(_Row, one.name) for one in fields(Kept))
    return {row[0]: Kept(*row[1:]) for row in await connection.execute(select(_Row.site, *columns))}
