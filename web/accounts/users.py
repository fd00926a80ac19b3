"""Users: adding, changing and listing them, and the first administrator. Used by the routes and the command line."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, TypedDict

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from vms.domain.clock import Clock, from_epoch, rfc3339
from vms.domain.errors import ConfigurationError
from vms.domain.facility import ID_PATTERN
from vms.settings.secrets import secret
from web.accounts import passwords
from web.accounts.roles import OF_ALL, OF_SITES, ROLES
from web.audit import chain
from web.audit.entry import COMMAND_LINE, SERVICE, Actor
from web.database.engine import Change, Database
from web.database.schema import ApiToken, Session, User
from web.duty.terms import CHANGED

log = logging.getLogger(__name__)

FIRST_ADMINISTRATOR = "admin"
ADMINISTRATOR = "admin"
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")


class Refused(ConfigurationError):
    """Right in itself, but not with the users that there are; ``word`` is the interface's for it."""

    def __init__(self, word: str, text: str) -> None:
        super().__init__(text)
        self.word = word


class Altered(TypedDict, total=False):
    """What is to be different with a user."""

    role: str
    sites: list[str] | None
    enabled: bool
    password_hash: str


def normal(username: str) -> str:
    """The one spelling under which a name is kept and compared."""
    return username.strip().lower()


async def exists(database: Database, username: str) -> bool:
    """Whether there is such a user, allowed to log in or not."""
    async with database.read() as connection:
        return await connection.scalar(select(User.id).where(User.username == normal(username))) is not None


async def add_user(
    database: Database,
    clock: Clock,
    username: str,
    password: str,
    role: str,
    sites: Collection[str] | None = None,
    by: Actor = COMMAND_LINE,
) -> int:
    """A new user's id; ``ConfigurationError`` for a bad name, role or password, or a name that is taken.

    ``sites``: None: all, also those to come.
    """
    name = checked_name(username)
    check_rights(role, sites)
    hashed = await passwords.hash_password(password)
    async with database.change() as change:
        user_id = await insert_user(change, name, hashed, role, sites, from_epoch(clock.utc()))
        await chain.write(change, by, "user.create", object=name, detail={"role": role, "sites": sites})
    log.info("user.added user=%s role=%s", name, role)
    return user_id


def checked_name(username: str) -> str:
    """As it is kept; ``ConfigurationError`` for one that cannot be a name."""
    name = normal(username)
    if not _NAME.fullmatch(name):
        raise ConfigurationError(f"'{username[:64]}' is no user name: use a-z, 0-9, '.', '_' and '-', at most 63")
    return name


async def insert_user(
    change: Change, name: str, hashed: str, role: str, sites: Collection[str] | None, now: datetime
) -> int:
    """As ``add_user``, of what has been checked, with the password's hash."""
    if await change.connection.scalar(select(User.id).where(User.username == name)) is not None:
        raise Refused("taken", f"the user '{name}' exists; change the password with: vms user passwd {name}")
    made = await change.connection.execute(
        insert(User)
        .values(
            username=name, password_hash=hashed, role=role, sites=None if sites is None else sorted(set(sites)),
            enabled=True, created_at=now,
        )
        .returning(User.id)
    )  # fmt: skip
    return int(made.scalar_one())


async def alter(change: Change, user_id: int, altered: Altered, by: int | None = None) -> dict[str, Any]:
    """Changes a user and says what his role, sites and being enabled were; a new password or being disabled ends his
    sessions and tokens.

    ``Refused`` where there is no such user, where no enabled administrator would be left, and where ``by`` would take
    his own rights away; ``ConfigurationError`` for a role that does not go with the sites.
    """
    connection = change.connection
    # Locked, so that two who demote each other in two processes leave one.
    administrators = select(User.id).where(User.role == ADMINISTRATOR, User.enabled.is_(True)).order_by(User.id)
    left = set(await connection.scalars(administrators.with_for_update())) - {user_id}
    before = (await connection.execute(select(User.__table__).where(User.id == user_id).with_for_update())).first()
    if before is None:
        raise Refused("not-found", "there is no such user")
    role, enabled = altered.get("role", before.role), altered.get("enabled", before.enabled)
    sites = altered.get("sites", before.sites)
    if "role" in altered or "sites" in altered:  # what was stored by an older version is no reason not to disable
        check_rights(role, sites)
    if before.role == ADMINISTRATOR and before.enabled and not (role == ADMINISTRATOR and enabled):
        if not left:
            raise Refused("last-administrator", f"'{before.username}' is the last administrator: make another first")
        if by == user_id:
            raise Refused("own-account", "nobody disables or demotes himself: ask another administrator")
    if altered:
        values: dict[str, Any] = {**altered, "sites": None if sites is None else sorted(set(sites))}
        await connection.execute(update(User).where(User.id == user_id).values(values))
        if altered.keys() - {"password_hash"}:  # who is called may be another
            await change.record(CHANGED, {"site": None})
    if not enabled or "password_hash" in altered:
        await connection.execute(delete(Session).where(Session.user_id == user_id))
        await connection.execute(delete(ApiToken).where(ApiToken.user_id == user_id))
    return {"role": before.role, "sites": before.sites, "enabled": before.enabled}


def check_rights(role: str, sites: Collection[str] | None) -> None:
    """Raises ``ConfigurationError`` for a role that there is not, or that does not go with these sites."""
    if role not in ROLES:
        raise ConfigurationError(f"'{role}' is no role: use {', '.join(sorted(ROLES))}")
    if sites is None and role in OF_SITES:
        raise ConfigurationError(f"the role '{role}' answers for sites: say which")
    if sites is not None and role in OF_ALL:
        raise ConfigurationError(f"the role '{role}' is for all sites: it gives rights to others")
    if sites is not None and not sites:
        raise ConfigurationError("name at least one site, or none at all for every site")
    for site in sites or ():
        if not re.fullmatch(ID_PATTERN, site):
            raise ConfigurationError(f"'{site[:64]}' is no id of a site")


async def set_password(database: Database, username: str, password: str) -> None:
    """Changes a password and ends the user's sessions and tokens; ``ConfigurationError``: there is no such user."""
    await alter_named(database, username, {"password_hash": await passwords.hash_password(password)})


async def alter_named(database: Database, username: str, altered: Altered) -> None:
    """As ``alter``, by name."""
    name = normal(username)
    async with database.change() as change:
        user_id = await change.connection.scalar(select(User.id).where(User.username == name))
        if user_id is None:
            raise ConfigurationError(f"there is no user '{name[:64]}'; add one with: vms user add {name[:64]}")
        await alter(change, user_id, altered)
        told = {"password": "new"} if "password_hash" in altered else altered
        await chain.write(change, COMMAND_LINE, "user.change", object=name, detail=told)
    log.info("user.changed user=%s what=%s", name, ",".join(sorted(altered)))


async def listed(connection: AsyncConnection, now: datetime, user_id: int | None = None) -> list[dict[str, Any]]:
    """The users (or one) as the interface gives them, by name; with how many sessions and tokens are in force."""
    in_force = [
        select(func.count()).where(table.user_id == User.id, table.expires_at > now).scalar_subquery().label(name)
        for table, name in ((Session, "sessions"), (ApiToken, "tokens"))
    ]
    query = select(User.__table__, *in_force).order_by(User.username)
    if user_id is not None:
        query = query.where(User.id == user_id)
    return [
        {
            "id": row.id,
            "username": row.username,
            "role": row.role,
            "sites": row.sites,
            "enabled": row.enabled,
            "created_at": rfc3339(row.created_at),
            "last_seen_at": None if row.last_seen_at is None else rfc3339(row.last_seen_at),
            "sessions": row.sessions,
            "tokens": row.tokens,
        }
        for row in await connection.execute(query)
    ]


def given_password(env: Mapping[str, str]) -> str | None:
    """The first administrator's password, ``VMS_ADMIN_PASSWORD``; raises ``ConfigurationError`` for a weak one."""
    given = secret(env, "VMS_ADMIN_PASSWORD") or None
    if given is not None:
        try:
            passwords.check_strength(given)
        except ConfigurationError as err:
            raise ConfigurationError(f"VMS_ADMIN_PASSWORD: {err}") from err
    return given


async def ensure_administrator(database: Database, clock: Clock, env: Mapping[str, str]) -> None:
    """Makes ``admin`` when there is no user yet; a generated password is printed once and kept nowhere."""
    given = given_password(env)
    async with database.read() as connection:
        stored = await connection.scalar(select(User.password_hash).where(User.username == FIRST_ADMINISTRATOR))
        if await connection.scalar(select(func.count()).select_from(User)):
            if given is not None and not await passwords.verify(stored, given):
                log.warning("user.unchanged VMS_ADMIN_PASSWORD counts at the first start only; see: vms user passwd")
            return
    password = given or passwords.generate()
    await add_user(database, clock, FIRST_ADMINISTRATOR, password, "admin", by=SERVICE)
    if given is None:
        sys.stdout.write(f"First login: {FIRST_ADMINISTRATOR} / {password}\n")
        sys.stdout.flush()
