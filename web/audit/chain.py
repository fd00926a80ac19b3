"""Adding to the chain, within the transaction of the change that an entry tells of. Checking it is ``verify``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from web.audit.entry import GENESIS, Asker, Entry, Outcome, canonical, hash_of, made, told
from web.database.engine import Change
from web.database.schema_audit import AuditEntry


async def write(
    change: Change,
    by: Asker,
    action: str,
    *,
    site: str | None = None,
    camera: str | None = None,
    object: str | None = None,  # the interface's word
    detail: Mapping[str, Any] | None = None,
    outcome: Outcome = "done",
) -> None:
    """Adds what happens in this change: both are committed, or neither."""
    now = change.now
    entry = made(now, by, action, site=site, camera=camera, object=object, detail=detail, outcome=outcome)
    await append(change, [entry])


async def append(change: Change, entries: Sequence[Entry]) -> None:
    """Adds the entries, in this order, behind the newest one."""
    connection = change.connection
    if connection.dialect.name == "postgresql":  # SQLite has one writer anyway; readers are not held up
        await connection.execute(text("LOCK TABLE audit_entries IN SHARE ROW EXCLUSIVE MODE"))
    seq, prev = await head(connection)
    rows = []
    for entry in entries:
        seq += 1
        hashed = hash_of(prev, canonical(told(seq, entry)))
        rows.append(
            {
                "seq": seq, "at": entry.at, "user": entry.user, "role": entry.role, "address": entry.address,
                "action": entry.action, "site": entry.site, "camera": entry.camera, "object": entry.object,
                "outcome": entry.outcome, "detail": canonical(entry.detail), "prev": prev, "hash": hashed,
            }
        )  # fmt: skip
        prev = hashed
    if rows:
        await connection.execute(insert(AuditEntry), rows)


async def head(connection: AsyncConnection) -> tuple[int, str]:
    """Number and hash of the newest entry; of an empty chain 0 and ``GENESIS``."""
    newest = select(AuditEntry.seq, AuditEntry.hash).order_by(AuditEntry.seq.desc()).limit(1)
    row = (await connection.execute(newest)).first()
    return (0, GENESIS) if row is None else (row.seq, row.hash)
