"""An audit log to look at: entries of a made-up day, and the database that they are in."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from sqlalchemy import select

from tests.support.clocks import ManualClock
from vms.settings.environment import Environment
from web.audit import chain
from web.audit.entry import Actor
from web.audit.read import represent
from web.database.engine import Database
from web.database.schema_audit import AuditEntry

LAN = Actor("lan", "supervisor", "192.0.2.7", "s1")
GUEST = Actor(None, None, "198.51.100.9")


@contextlib.asynccontextmanager
async def opened(folder: Path, clock: ManualClock | None = None) -> AsyncIterator[Database]:
    database = await Database.open(Environment.read(folder, {}), clock or ManualClock())
    try:
        yield database
    finally:
        await database.close()


async def write(database: Database, count: int, action: str = "hold.put") -> None:
    """So many changes, an entry each."""
    for number in range(count):
        async with database.change() as change:
            await chain.write(change, LAN, action, site="s1", camera=f"cam-{number}", detail={"reason": "vụ việc"})


async def entries(database: Database) -> list[dict[str, Any]]:
    """All of them, as the interface gives them, oldest first."""
    async with database.read() as connection:
        rows = (await connection.execute(select(AuditEntry.__table__).order_by(AuditEntry.seq))).mappings().all()
    return [represent(row) for row in rows]
