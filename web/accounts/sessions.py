"""Sessions: a random token with the browser, its hash with us, 12 hours from the last use.

Also says who any token belongs to, a program's too; how a program gets one is ``web.accounts.tokens``, what people do
with their own sessions ``web.accounts.own``.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import secrets
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import Executable, delete, insert, literal, select, union_all, update

from vms.domain.clock import Clock, from_epoch
from web.accounts import passwords
from web.accounts.roles import OF_PEOPLE, ROLES, Identity
from web.accounts.users import normal
from web.audit import chain
from web.audit.entry import Actor, Asker
from web.database.engine import Database
from web.database.failures import ANY
from web.database.schema import ApiToken, Session, User

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
        #: Those that may be in force, and whether it is a program's: what holds of it the database says, each time.
        self._known: dict[str, bool] = {}
        self._read_at = float("-inf")
        self._asking: dict[str, asyncio.Task[Any]] = {}

    def _now(self) -> datetime:
        return from_epoch(self._clock.utc())

    async def login(self, username: str, password: str, address: str, agent: str = "") -> str | None:
        """A new session's token; None when name or password are wrong. ``agent``: what the browser calls itself."""
        found = select(User.id, User.password_hash, User.role)
        found = found.where(User.username == normal(username), User.enabled.is_(True))
        async with self._database.read() as connection:
            row = (await connection.execute(found)).first()
        if not await passwords.verify(None if row is None else row.password_hash, password) or row is None:
            return None
        token = secrets.token_urlsafe(32)
        now = self._now()
        async with self._database.change() as change:
            # Hashing took a while: who was disabled, or got another password meanwhile, gets no session.
            if (await change.connection.execute(found.with_for_update())).first() != row:
                return None
            await change.connection.execute(delete(Session).where(Session.expires_at < now))
            await change.connection.execute(
                insert(Session).values(
                    token_hash=hash_of(token),
                    id=secrets.token_hex(16),
                    user_id=row.id,
                    created_at=now,
                    last_seen_at=now,
                    expires_at=now + LIFETIME,
                    address=address[:64],
                    agent="".join(letter for letter in agent if letter.isprintable())[:200],
                )
            )
            await change.connection.execute(update(User).where(User.id == row.id).values(last_seen_at=now))
            await chain.write(change, Actor(normal(username), row.role, address), "session.open")
        self._known[hash_of(token)] = False
        return token

    async def logout(self, session: str, by: Asker) -> None:
        """Ends the session ``Identity.session``, whose user ``by`` is."""
        async with self._database.change() as change:
            ended = await change.connection.execute(
                delete(Session).where(Session.token_hash == session).returning(Session.id)
            )
            if ended.first() is not None:
                await chain.write(change, by, "session.close")
        self._known.pop(session, None)
        self.forget()

    def forget(self) -> None:
        """Whoever asks from now on is answered by what the database holds now: something was revoked."""
        self._asking.clear()

    def learn(self, token: str) -> None:
        """A program's token was made: it is good at once."""
        self._known[hash_of(token)] = True

    async def identify(self, token: str) -> Identity | None:
        """Who the token belongs to; use prolongs a session."""
        return await self.recheck(hash_of(token))

    async def recheck(self, session: str) -> Identity | None:
        """As ``identify``, by ``Identity.session``: for sockets, which outlive their first check."""
        if session not in self._known and self._clock.monotonic() - self._read_at >= REREAD_S:
            await self._together("", self._reread)
        return await self._together(session, lambda: self._ask(session)) if session in self._known else None

    async def places(self) -> list[tuple[str, str]]:
        """Names and addresses of the sessions in force."""
        async with self._database.read() as connection:
            rows = await connection.execute(
                select(User.username, Session.address)
                .join(User, User.id == Session.user_id)
                .where(Session.expires_at > self._now())
            )
            return [(row.username, row.address) for row in rows]

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
        before, now = self._known.copy(), self._now()
        in_force = union_all(
            select(Session.token_hash, literal(0)).where(Session.expires_at > now),
            select(ApiToken.token_hash, literal(1)).where(ApiToken.expires_at > now),
        )
        async with self._database.read() as connection:
            found = {token: bool(of_program) for token, of_program in await connection.execute(in_force)}
        meanwhile = {token: kind for token, kind in self._known.items() if token not in before}  # they logged in
        self._known = found | meanwhile
        self._read_at = self._clock.monotonic()

    async def _ask(self, session: str) -> Identity | None:
        now, of_program = self._now(), self._known.get(session, False)
        async with self._database.read() as connection:
            row = (await connection.execute(_belonging(session, of_program, now))).first()
        if row is None:
            self._known.pop(session, None)
            return None
        expires = row.expires_at
        if row.used_at is None or now - row.used_at > TOUCH_AFTER:
            expires = expires if of_program else now + LIFETIME
            task = asyncio.create_task(self._touch(session, row.id, of_program, now))
            self._touching.add(task)
            task.add_done_callback(self._touching.discard)
        permissions = ROLES.get(row.role, frozenset())
        if of_program:
            permissions = permissions.intersection(row.scope) - OF_PEOPLE
        return Identity(
            session=session,
            user_id=row.id,
            username=row.username,
            role=row.role,
            permissions=permissions,
            sites=None if row.sites is None else frozenset(row.sites),
            expires_at=expires,
            token=row.token if of_program else None,
        )

    async def _touch(self, session: str, user_id: int, of_program: bool, now: datetime) -> None:
        try:
            async with self._database.change() as change:
                if of_program:
                    await change.connection.execute(
                        update(ApiToken).where(ApiToken.token_hash == session).values(last_used_at=now)
                    )
                    return
                await change.connection.execute(
                    update(Session)
                    .where(Session.token_hash == session)
                    .values(last_seen_at=now, expires_at=now + LIFETIME)
                )
                await change.connection.execute(update(User).where(User.id == user_id).values(last_seen_at=now))
        except ANY as err:  # it is tried again at the next use
            log.debug("session.untouched error=%s", type(err).__name__)


def hash_of(token: str) -> str:
    """What is kept of a token. It has 256 random bits: no salt, no slow hash would add to them."""
    return hashlib.sha256(token.encode()).hexdigest()


def _belonging(session: str, of_program: bool, now: datetime) -> Executable:
    of_user = (User.id, User.username, User.role, User.sites)
    if of_program:
        return (
            select(ApiToken.last_used_at.label("used_at"), ApiToken.expires_at, ApiToken.permissions.label("scope"))
            .add_columns(ApiToken.name.label("token"), *of_user)
            .join(User, User.id == ApiToken.user_id)
            .where(ApiToken.token_hash == session, ApiToken.expires_at > now, User.enabled.is_(True))
        )
    return (
        select(Session.last_seen_at.label("used_at"), Session.expires_at)
        .add_columns(*of_user)
        .join(User, User.id == Session.user_id)
        .where(Session.token_hash == session, Session.expires_at > now, User.enabled.is_(True))
    )
