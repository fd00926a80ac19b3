"""Personal tokens: what a person lets a program do in his name, and until when. Who one belongs to is ``sessions``."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from vms.domain.clock import rfc3339
from vms.domain.errors import ConfigurationError
from web.accounts.roles import OF_PEOPLE, Identity, Permission
from web.accounts.sessions import hash_of
from web.database.engine import Change
from web.database.schema import ApiToken, Session

#: So that one that leaks is known for what it is, by people and by programs that look for secrets.
PREFIX = "vms_"
#: Of one person, in force.
MOST = 50


@dataclass(frozen=True, slots=True)
class Wanted:
    """A token that somebody asks for."""

    name: str
    permissions: frozenset[Permission]
    lasts: timedelta


async def make(change: Change, owner: Identity, wanted: Wanted, now: datetime) -> tuple[str, dict[str, Any]] | None:
    """The token, and what ``listed`` says of it; None when the owner's session has ended meanwhile.

    ``ConfigurationError`` for more than the owner may, and for more tokens than anybody needs.
    """
    check_scope(owner, wanted.permissions)
    connection = change.connection
    still = select(Session.token_hash).where(Session.token_hash == owner.session)
    if await connection.scalar(still.with_for_update()) is None:
        return None
    await connection.execute(delete(ApiToken).where(ApiToken.user_id == owner.user_id, ApiToken.expires_at <= now))
    held = await connection.scalar(select(func.count()).where(ApiToken.user_id == owner.user_id))
    if held is not None and held >= MOST:
        raise ConfigurationError(f"you have {held} tokens, the most there can be: revoke one")
    token, made = PREFIX + secrets.token_urlsafe(32), secrets.token_hex(16)
    await connection.execute(
        insert(ApiToken).values(
            id=made, token_hash=hash_of(token), user_id=owner.user_id, name=wanted.name,
            permissions=sorted(wanted.permissions), created_at=now, expires_at=now + wanted.lasts,
        )
    )  # fmt: skip
    return token, next(item for item in await listed(connection, owner, now) if item["id"] == made)


def check_scope(owner: Identity, permissions: Collection[Permission]) -> None:
    """Raises ``ConfigurationError`` for what the owner has not, or what no token has."""
    if not permissions:
        raise ConfigurationError("say what the token permits")
    for one in sorted(permissions):
        if one in OF_PEOPLE:
            raise ConfigurationError(f"'{one}' is for people alone: no token has it")
        if one not in owner.permissions:
            raise ConfigurationError(f"'{one}' is not yours to give")


async def listed(connection: AsyncConnection, owner: Identity, now: datetime) -> list[dict[str, Any]]:
    """The owner's tokens in force as the interface gives them, the newest first; with what each permits now."""
    rows = await connection.execute(
        select(ApiToken.__table__)
        .where(ApiToken.user_id == owner.user_id, ApiToken.expires_at > now)
        .order_by(ApiToken.created_at.desc(), ApiToken.id)
    )
    return [
        {
            "id": row.id,
            "name": row.name,
            "permissions": sorted(owner.permissions.intersection(row.permissions)),
            "created_at": rfc3339(row.created_at),
            "expires_at": rfc3339(row.expires_at),
            "last_used_at": None if row.last_used_at is None else rfc3339(row.last_used_at),
        }
        for row in rows
    ]


async def revoke(change: Change, user_id: int, token: str) -> bool:
    """Ends the token ``id``; False when the user has no such."""
    ended = delete(ApiToken).where(ApiToken.id == token, ApiToken.user_id == user_id).returning(ApiToken.id)
    return (await change.connection.execute(ended)).first() is not None
