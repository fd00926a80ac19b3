"""Sessions: a random token with the browser, its hash with us, 12 hours from the last use."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import secrets
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import delete, insert, select, update

from vms.domain.clock import Clock, from_epoch
from web.accounts import passwords
from web.accounts.roles import ROLES, Identity
from web.accounts.users import normal
from web.audit import chain
from web.audit.entry import Actor
from web.database.engine import Database
from web.database.failures import ANY
from web.database.schema import Session, User

log = logging.getLogger(__name__)

LIFETIME = timedelta(hours=12)
#: Written at most this often: each write is a sync of the disk.
TOUCH_AFTER = timedelta(minutes=1)
#: A token that is not known is looked for so often at most (seconds): a flood of them costs the database nothing.
REREAD_S = 1.0

T = TypeVar("T")


class Sessions:
    """Logging in and out, and who a token belongs to."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._touching: set[asyncio.Task[None]] = set()
        self._known: set[str] = set()  # those that may be in force: whether they are the database says, each time
        self._read_at = float("-inf")
        self._asking: dict[str, asyncio.Task[Any]] = {}

    def _now(self) -> datetime:
        return from_epoch(self._clock.utc())

    async def login(self, username: str, password: str, address: str) -> str | None:
        """A new session's token; None when name or password are wrong."""
        async with self._database.read() as connection:
            row = (
                await connection.execute(
                    select(User.id, User.password_hash, User.role).where(
                        User.username == normal(username), User.enabled.is_(True)
                    )
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
            await chain.write(change, Actor(normal(username), row.role, address), "session.open")
        self._known.add(_hash(token))
        return token

    async def logout(self, session: str) -> None:
        """Ends the session ``Identity.session``."""
        whose = (
            select(User.username, User.role, Session.address)
            .join(User, User.id == Session.user_id)
            .where(Session.token_hash == session)
        )
        async with self._database.change() as change:
            row = (await change.connection.execute(whose)).first()
            await change.connection.execute(delete(Session).where(Session.token_hash == session))
            if row is not None:
                await chain.write(change, Actor(row.username, row.role, row.address), "session.close")
        self._known.discard(session)
        self._asking.pop(session, None)  # an answer from before this

    async def identify(self, token: str) -> Identity | None:
        """Who the token belongs to; use prolongs the session."""
        return await self.recheck(_hash(token))

    async def recheck(self, session: str) -> Identity | None:
        """As ``identify``, by ``Identity.session``: for sockets, which outlive their first check."""
        if session not in self._known and self._clock.monotonic() - self._read_at >= REREAD_S:
            await self._together("", self._reread)
        return await self._together(session, lambda: self._ask(session)) if session in self._known else None

    async def _together(self, key: str, ask: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """One answer for all who ask while it is on its way."""
        asking = self._asking.get(key)
        if asking is None:

            def answered(task: asyncio.Task[T]) -> None:
                if self._asking.get(key) is task:
                    del self._asking[key]
                if not task.cancelled():
                    task.exception()  # also when all who asked have left

            asking = self._asking[key] = asyncio.create_task(ask())
            asking.add_done_callback(answered)
        answer: T = await asyncio.shield(asking)  # who leaves does not take it from the others
        return answer

    async def _reread(self) -> None:
        before = set(self._known)
        async with self._database.read() as connection:
            found = set(await connection.scalars(select(Session.token_hash).where(Session.expires_at > self._now())))
        self._known = found | (self._known - before)  # and those that logged in meanwhile
        self._read_at = self._clock.monotonic()

    async def _ask(self, session: str) -> Identity | None:
        now = self._now()
        async with self._database.read() as connection:
            row = (
                await connection.execute(
                    select(Session.last_seen_at, Session.expires_at, User.id, User.username, User.role, User.sites)
                    .join(User, User.id == Session.user_id)
                    .where(Session.token_hash == session, Session.expires_at > now, User.enabled.is_(True))
                )
            ).first()
        if row is None:
            self._known.discard(session)
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
            sites=None if row.sites is None else frozenset(row.sites),
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
