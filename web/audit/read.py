"""Reading the log: pages for the interface, and all of a filter for an export. Who may, is the routes' matter."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from vms.domain.clock import rfc3339
from vms.domain.errors import VmsError
from web.audit.verify import parsed
from web.database.engine import Database
from web.database.schema_audit import AuditEntry
from web.reach import Reach

#: Entries of an export that are in memory at once.
PAGE = 1000


class Ended(VmsError):
    """Who reads may not any more."""


@dataclass(frozen=True, slots=True)
class Filter:
    """What to list; None means any. ``user``, ``action``, ``camera``, ``site``: one or several, with commas."""

    start: datetime | None = None
    end: datetime | None = None
    user: str | None = None
    action: str | None = None
    camera: str | None = None
    site: str | None = None
    outcome: str | None = None
    q: str | None = None


async def fetch_page(
    connection: AsyncConnection, within: Reach, wanted: Filter, limit: int, cursor: int | None
) -> tuple[list[dict[str, Any]], str | None]:
    """Entries, newest first, and the cursor of the next page: the number of the last one."""
    query = select(AuditEntry.__table__).where(*_wanted(within, wanted))
    if cursor is not None:
        query = query.where(AuditEntry.seq < cursor)
    rows = (await connection.execute(query.order_by(AuditEntry.seq.desc()).limit(limit + 1))).mappings().all()
    items = [represent(row) for row in rows[:limit]]
    return items, str(items[-1]["seq"]) if len(rows) > limit else None


async def all_of(
    database: Database,
    within: Reach,
    wanted: Filter,
    last: int,
    first: Sequence[dict[str, Any]],
    still: Callable[[], Awaitable[bool]],
) -> AsyncIterator[dict[str, Any]]:
    """``first``, a page, and every entry behind it up to number ``last``; between two pages no connection is held.

    Before each page it is asked whether he may ``still``; ``Ended`` where not.
    """
    seq = 0
    for one in first:
        yield one
        seq = one["seq"]
    while seq < last:
        if not await still():
            raise Ended
        page = await fetch_after(database, within, wanted, seq, last)
        for one in page:
            yield one
        if len(page) < PAGE:
            return
        seq = page[-1]["seq"]


async def fetch_after(database: Database, within: Reach, wanted: Filter, seq: int, last: int) -> list[dict[str, Any]]:
    """The next ``PAGE`` entries above ``seq``, oldest first."""
    query = select(AuditEntry.__table__).where(*_wanted(within, wanted), AuditEntry.seq > seq, AuditEntry.seq <= last)
    async with database.read() as connection:
        rows = (await connection.execute(query.order_by(AuditEntry.seq).limit(PAGE))).mappings().all()
    return [represent(row) for row in rows]


def represent(row: RowMapping) -> dict[str, Any]:
    """One entry as the interface gives it; ``detail`` is empty where somebody made nonsense of it."""
    return {
        "seq": row["seq"], "at": rfc3339(row["at"]), "user": row["user"], "role": row["role"],
        "address": row["address"], "action": row["action"], "site": row["site"], "camera": row["camera"],
        "object": row["object"], "outcome": row["outcome"], "detail": parsed(row["detail"]) or {},
        "prev": row["prev"], "hash": row["hash"],
    }  # fmt: skip


def _wanted(within: Reach, wanted: Filter) -> list[ColumnElement[bool]]:
    asked: list[ColumnElement[bool]] = []
    if within.sites is not None:  # of no site: logins, and what strangers were refused
        asked.append(AuditEntry.site.in_(within.sites))
    for name in ("user", "action", "camera", "site"):
        value = getattr(wanted, name)
        if value is not None:
            asked.append(getattr(AuditEntry, name).in_(value.split(",")))
    if wanted.outcome is not None:
        asked.append(AuditEntry.outcome == wanted.outcome)
    if wanted.start is not None:
        asked.append(AuditEntry.at >= wanted.start)
    if wanted.end is not None:
        asked.append(AuditEntry.at < wanted.end)
    if wanted.q:
        columns = (AuditEntry.user, AuditEntry.address, AuditEntry.camera, AuditEntry.object, AuditEntry.detail)
        asked.append(or_(*(column.icontains(wanted.q, autoescape=True) for column in columns)))
    return asked
