"""Users and roles, for who manages them."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Annotated, Any, Literal, cast

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncConnection

from vms.domain.clock import from_epoch
from vms.domain.errors import ConfigurationError
from web.access import permit
from web.accounts import passwords, users
from web.accounts.roles import OF_ALL, OF_SITES, ROLES
from web.api.paging import Cursor, Limit, page
from web.context import Context, Here
from web.grant import Grant
from web.problems import Problem, not_found

log = logging.getLogger(__name__)
router = APIRouter(tags=["users"])

Manager = Annotated[Grant, permit("user.manage")]
UserId = Annotated[int, Path(ge=1, le=2**63 - 1)]
Role = Annotated[str, Field(max_length=32)]
Sites = Annotated[list[Annotated[str, Field(max_length=63)]], Field(max_length=1000)]


class NewUser(BaseModel):
    """Without a password one is generated."""

    model_config = ConfigDict(extra="forbid")
    username: Annotated[str, Field(min_length=1, max_length=64)]
    role: Role
    sites: Sites | None
    password: Annotated[str, Field(max_length=256)] | None = None


class ChangedUser(BaseModel):
    """What is to be different; the defaults stand for what is not named."""

    model_config = ConfigDict(extra="forbid")
    role: Role = ""
    sites: Sites | None = None
    enabled: bool = True
    password: Literal["generate"] = "generate"  # noqa: S105  # a word, no secret


@router.get("/api/users")
async def list_users(_manager: Manager, context: Here, limit: Limit = None, cursor: Cursor = None) -> dict[str, Any]:
    """All users by name, the disabled ones too."""
    async with context.database.read() as connection:
        items = await users.listed(connection, from_epoch(context.clock.utc()))
    return page(items, limit, cursor)


@router.get("/api/roles")
async def roles(_manager: Manager) -> dict[str, Any]:
    """What each role may; `of_sites`: it needs sites, `of_all`: it is for all of them."""
    items = [
        {"role": role, "permissions": sorted(rights), "of_sites": role in OF_SITES, "of_all": role in OF_ALL}
        for role, rights in ROLES.items()
    ]
    return {"items": items, "next": None}


@router.post("/api/users", status_code=201, responses={409: {}})
async def add(body: NewUser, manager: Manager, context: Here) -> dict[str, Any]:
    """Adds a user; `password` is in the answer where it was generated, this once. 409 `taken`."""
    password = body.password or passwords.generate()
    now = from_epoch(context.clock.utc())
    with _refusals():
        name = users.checked_name(body.username)
        users.check_rights(body.role, body.sites)
        _check_sites(context, body.sites)
        hashed = await passwords.hash_password(password)
        async with context.database.change() as change:
            made = await users.insert_user(change, name, hashed, body.role, body.sites, now)
            item = await find(change.connection, made, now)
            rights = {"role": body.role, "sites": body.sites}
            await context.audit.write(change, manager, "user.create", object=name, detail=rights)
    log.info("user.added user=%s role=%s by=%s", name, body.role, manager.identity.username)
    return item if body.password else {**item, "password": password}


@router.patch("/api/users/{user}", responses={409: {}})
async def alter(user: UserId, body: ChangedUser, manager: Manager, context: Here) -> dict[str, Any]:
    """Changes role, sites, whether one is enabled; `password: "generate"` sets a new one, shown this once.

    409 `last-administrator` and `own-account`. Disabling and a new password end the user's sessions and tokens.
    """
    now = from_epoch(context.clock.utc())
    stated = body.model_dump(exclude_unset=True)
    async with context.database.read() as connection:
        before = await find(connection, user, now)
    shown = {}
    with _refusals():
        if "sites" in stated:
            _check_sites(context, body.sites, before["sites"] or ())
        if stated.pop("password", None):
            shown["password"] = passwords.generate()
            stated["password_hash"] = await passwords.hash_password(shown["password"])
        async with context.database.change() as change:
            # As it was when it was changed: another change may have come between the question above and this one.
            was = await users.alter(change, user, cast(users.Altered, stated), by=manager.identity.user_id)
            item = await find(change.connection, user, now)
            told: dict[str, Any] = {key: [was[key], item[key]] for key in was if was[key] != item[key]}
            if shown:
                told["password"] = "new"  # noqa: S105  # a word, no secret
            await context.audit.write(change, manager, "user.change", object=item["username"], detail=told)
    context.sessions.forget()
    what = ",".join(sorted(stated))
    log.info("user.changed user=%s what=%s by=%s", item["username"], what, manager.identity.username)
    return {**item, **shown}


async def find(connection: AsyncConnection, user: int, now: datetime) -> dict[str, Any]:
    """The user as the interface gives him; ``Problem`` 404."""
    found = await users.listed(connection, now, user)
    if not found:
        raise not_found("user")
    return found[0]


def _check_sites(context: Context, sites: Collection[str] | None, had: Collection[str] = ()) -> None:
    """A site that was removed may stay with who had it: its footage is still there."""
    known = {site.id for site in context.current.facility.sites}.union(had)
    if unknown := sorted(set(sites or ()) - known):
        raise ConfigurationError(f"there is no site {', '.join(repr(one) for one in unknown[:10])}")


@contextlib.contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except users.Refused as err:
        raise (not_found("user") if err.word == "not-found" else Problem(409, err.word, str(err))) from err
    except ConfigurationError as err:
        raise Problem(422, "invalid", str(err)) from err
