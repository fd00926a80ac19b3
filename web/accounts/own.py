"""What people see and do of their logins: sessions listed and ended, the password changed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from vms.domain.clock import rfc3339
from web.accounts import passwords
from web.accounts.roles import Identity
from web.database.engine import Change, Database
from web.database.schema import Session, User


async def sessions_of(connection: AsyncConnection, user_id: int, now: datetime, current: str) -> list[dict[str, Any]]:
    """The user's sessions in force as the interface gives them, the last used first; ``current``: the asker's own."""
    rows = await connection.execute(
        select(Session.__table__)
        .where(Session.user_id == user_id, Session.expires_at > now)
        .order_by(Session.last_seen_at.desc(), Session.id)
    )
    return [
        {
            "id": row.id,
            "created_at": rfc3339(row.created_at),
            "last_seen_at": rfc3339(row.last_seen_at),
            "expires_at": rfc3339(row.expires_at),
            "address": row.address,
            "agent": row.agent,
            "current": row.token_hash == current,
        }
        for row in rows
    ]


async def end_session(change: Change, session: str, of_user: int | None) -> str | None:
    """Ends the session ``id`` and says whose it was; None: there is none, or none ``of_user`` (None: of anybody)."""
    ended = delete(Session).where(Session.id == session).returning(Session.user_id)
    if of_user is not None:
        ended = ended.where(Session.user_id == of_user)
    whose = await change.connection.scalar(ended)
    if whose is None:
        return None
    name: str | None = await change.connection.scalar(select(User.username).where(User.id == whose))
    return name


async def matching_hash(database: Database, user_id: int, password: str) -> str | None:
    """The stored hash of the user's password, None when it is another."""
    async with database.read() as connection:
        stored = await connection.scalar(select(User.password_hash).where(User.id == user_id))
    return stored if await passwords.verify(stored, password) else None


async def change_password(change: Change, owner: Identity, before: str, after: str) -> bool:
    """Sets the hash ``after``, and ends every session but the owner's own.

    False when ``before`` is not the hash any more, or the session has ended. The tokens stay: each is listed, and
    revoked by itself.
    """
    mine = select(Session.token_hash).where(Session.token_hash == owner.session)
    if await change.connection.scalar(mine.with_for_update()) is None:
        return False
    done = await change.connection.execute(
        update(User)
        .where(User.id == owner.user_id, User.password_hash == before)
        .values(password_hash=after)
        .returning(User.id)
    )
    if done.first() is None:
        return False
    await change.connection.execute(
        delete(Session).where(Session.user_id == owner.user_id, Session.token_hash != owner.session)
    )
    return True
