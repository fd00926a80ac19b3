"""Users: adding one, changing a password, and the first administrator. Used by the routes and the command line."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Collection, Mapping

from sqlalchemy import delete, func, insert, select, update

from vms.domain.clock import Clock, from_epoch
from vms.domain.errors import ConfigurationError
from vms.domain.facility import ID_PATTERN
from web.accounts import passwords
from web.accounts.roles import OF_ALL, OF_SITES, ROLES
from web.database.engine import Database
from web.database.schema import Session, User

log = logging.getLogger(__name__)

FIRST_ADMINISTRATOR = "admin"
_NAME = re.compile(r"^[a-z0-9][a-z0-9._-]{0,62}$")


def normal(username: str) -> str:
    """The one spelling under which a name is kept and compared."""
    return username.strip().lower()


async def exists(database: Database, username: str) -> bool:
    """Whether there is such a user, allowed to log in or not."""
    async with database.read() as connection:
        return await connection.scalar(select(User.id).where(User.username == normal(username))) is not None


async def add_user(
    database: Database, clock: Clock, username: str, password: str, role: str, sites: Collection[str] | None = None
) -> int:
    """A new user's id; ``ConfigurationError`` for a bad name, role or password, or a name that is taken.

    ``sites``: None: all, also those to come.
    """
    name = normal(username)
    if not _NAME.match(name):
        raise ConfigurationError(f"'{username[:64]}' is no user name: use a-z, 0-9, '.', '_' and '-', at most 63")
    check_rights(role, sites)
    hashed = await passwords.hash_password(password)
    async with database.change() as change:
        if await change.connection.scalar(select(User.id).where(User.username == name)) is not None:
            raise ConfigurationError(f"the user '{name}' exists; change the password with: vms user passwd {name}")
        made = await change.connection.execute(
            insert(User)
            .values(
                username=name, password_hash=hashed, role=role, sites=None if sites is None else sorted(set(sites)),
                enabled=True, created_at=from_epoch(clock.utc()),
            )
            .returning(User.id)
        )  # fmt: skip
        user_id = int(made.scalar_one())
    log.info("user.added user=%s role=%s", name, role)
    return user_id


def check_rights(role: str, sites: Collection[str] | None) -> None:
    """Raises ``ConfigurationError`` for a role that there is not, or that does not go with these sites."""
    if role not in ROLES:
        raise ConfigurationError(f"'{role}' is no role: use {', '.join(sorted(ROLES))}")
    if sites is None and role in OF_SITES:
        raise ConfigurationError(f"the role '{role}' answers for sites: say which, with --sites")
    if sites is not None and role in OF_ALL:
        raise ConfigurationError(f"the role '{role}' is for all sites: it gives rights to others")
    if sites is not None and not sites:
        raise ConfigurationError("name at least one site, or none at all for every site")
    for site in sites or ():
        if not re.fullmatch(ID_PATTERN, site):
            raise ConfigurationError(f"'{site[:64]}' is no id of a site")


async def set_password(database: Database, username: str, password: str) -> None:
    """Changes a password and ends the user's sessions; ``ConfigurationError`` when there is no such user."""
    name = normal(username)
    hashed = await passwords.hash_password(password)
    async with database.change() as change:
        user_id = await change.connection.scalar(select(User.id).where(User.username == name))
        if user_id is None:
            raise ConfigurationError(f"there is no user '{name[:64]}'; add one with: vms user add {name[:64]}")
        await change.connection.execute(update(User).where(User.id == user_id).values(password_hash=hashed))
        await change.connection.execute(delete(Session).where(Session.user_id == user_id))
    log.info("user.password_changed user=%s", name)


def given_password(env: Mapping[str, str]) -> str | None:
    """The first administrator's password from ``VMS_ADMIN_PASSWORD``; raises ``ConfigurationError`` for a weak one."""
    given = env.get("VMS_ADMIN_PASSWORD") or None
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
    await add_user(database, clock, FIRST_ADMINISTRATOR, password, "admin")
    if given is None:
        sys.stdout.write(f"First login: {FIRST_ADMINISTRATOR} / {password}\n")
        sys.stdout.flush()
