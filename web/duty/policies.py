"""The policy in force, and who put it there."""

from __future__ import annotations

from datetime import datetime

from pydantic import ValidationError
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from web.database.engine import Change
from web.database.schema_duty import DutyPolicy
from web.duty.policy import DEFAULT, Policy


async def in_force(connection: AsyncConnection) -> tuple[int, Policy]:
    """Its number (0: the default, nobody has put one) and itself."""
    query = select(DutyPolicy.revision, DutyPolicy.policy).order_by(DutyPolicy.revision.desc()).limit(1)
    row = (await connection.execute(query)).first()
    if row is None:
        return 0, DEFAULT
    try:
        return row.revision, Policy.model_validate(row.policy)
    except ValidationError:  # of a newer service: better by the default than to nobody
        return row.revision, DEFAULT


async def put_by(connection: AsyncConnection, revision: int) -> tuple[str | None, datetime | None]:
    """Who put that policy, and when; None of the default."""
    query = select(DutyPolicy.author, DutyPolicy.at).where(DutyPolicy.revision == revision)
    row = (await connection.execute(query)).first()
    return (None, None) if row is None else (row.author, row.at)


async def put(change: Change, policy: Policy, author: str) -> int:
    """Puts it in force; returns its number."""
    revision = (await in_force(change.connection))[0] + 1
    row = {"revision": revision, "at": change.now, "author": author, "policy": policy.model_dump(mode="json")}
    await change.connection.execute(insert(DutyPolicy).values(row))
    return revision
