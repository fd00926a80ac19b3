"""Sessions: a random token with the browser, its hash with us, 12 hours from the last use."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import secrets
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, select, update

from vms.domain.clock import Clock, from_epoch
from web.access import ROLES, Identity
from web.accounts import passwords
from web.accounts.users import normal
from web.database.engine import Database
from web.database.failures import ANY
from web.database.schema import Session, User

log = logging.getLogger(__name__)

LIFETIME = timedelta(hours=12)
#: Written at most this often: each write is a sync of the disk.
TOUCH_AFTER = timedelta(minutes=1)


class Sessions:
    """Logging in and out, and who a token belongs to."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._touching: set[asyncio.Task[None]] = set()

    def _now(self) -> datetime:
        return from_epoch(self._clock.utc())

    async def login(self, username: str, password: str, address: str) -> str | None:
        """A new session's token; None when name or password are wrong."""
        async with self._database.read() as connection:
            row = (
                await connection.execute(
                    select(User.id, User.password_hash).where(User.username == normal(username), User.enabled.is_(True))
                )
            ).first()
        if not await passwords.verify(None if row is None else row.password_hash, password) or row is None:
            return None
        token = secrets.token_urlsafe(32)
        now = self._now()
        async with self._database.change() as change:
            await change.connection.execute(delete(Session).where(Session.expires_at < now))
            await change.connection.execute(
                insert(Session).values(
                    token_hash=_hash(token),
                    user_id=row.id,
                    created_at=now,
                    last_seen_at=now,
                    expires_at=now + LIFETIME,
                    address=address[:64],
                )
            )
        return token

    async def logout(self, session: str) -> None:
        """Ends the session ``Identity.session``."""
        async with self._database.change() as change:
            await change.connection.execute(delete(Session).where(Session.token_hash == session))

    async def identify(self, token: str) -> Identity | None:
        """Who the token belongs to; use prolongs the session."""
        return await self.recheck(_hash(token))

    async def recheck(self, session: str) -> Identity | None:
        """As ``identify``, by ``Identity.session``: for sockets, which outlive their first check."""
        now = self._now()
        async with self._database.read() as connection:
            row = (
                await connection.execute(
                    select(Session.last_seen_at, Session.expires_at, User.id, User.username, User.role)
                    .join(User, User.id == Session.user_id)
                    .where(Session.token_hash == session, Session.expires_at > now, User.enabled.is_(True))
                )
            ).first()
        if row is None:
            return None
        expires = row.expires_at
        if now - row.last_seen_at > TOUCH_AFTER:
            expires = now + LIFETIME
            task = asyncio.create_task(self._touch(session, now))
            self._touching.add(task)
            task.add_done_callback(self._touching.discard)
        return Identity(
            session=session,
            user_id=row.id,
            username=row.username,
            role=row.role,
            permissions=ROLES.get(row.role, frozenset()),
            expires_at=expires,
        )

    async def _touch(self, session: str, now: datetime) -> None:
        try:
            async with self._database.change() as change:
                await change.connection.execute(
                    update(Session)
                    .where(Session.token_hash == session)
                    .values(last_seen_at=now, expires_at=now + LIFETIME)
                )
        except ANY as err:  # it is tried again at the next use
            log.debug("session.untouched error=%s", type(err).__name__)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
