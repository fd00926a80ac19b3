"""One's own account: sessions, the password, tokens for programs. Not for those tokens themselves."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from vms.domain.clock import from_epoch
from vms.domain.errors import ConfigurationError
from web.access import permit
from web.accounts import own, passwords, tokens
from web.accounts.roles import Permission
from web.api.paging import Cursor, Limit, page
from web.api.session import counted_attempt
from web.api.users import find
from web.context import Here
from web.grant import Grant
from web.problems import Problem, not_found
from web.proxies import address_of

log = logging.getLogger(__name__)
router = APIRouter(tags=["account"])

Own = Annotated[Grant, permit("session.own")]


class NewPassword(BaseModel):
    """The password as it is, and as it is to be."""

    model_config = ConfigDict(extra="forbid")
    current: Annotated[str, Field(min_length=1, max_length=256)]
    new: Annotated[str, Field(min_length=1, max_length=256)]


class NewToken(BaseModel):
    """What a program may do, and for how long."""

    model_config = ConfigDict(extra="forbid")
    name: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f-\x9f]+$")
    ]
    permissions: Annotated[list[Permission], Field(min_length=1, max_length=64)]
    days: Annotated[int, Field(ge=1, le=366)]


@router.get("/api/sessions", responses={404: {}})
async def sessions(
    grant: Own,
    context: Here,
    user: Annotated[int | None, Query(ge=1, le=2**63 - 1)] = None,
    limit: Limit = None,
    cursor: Cursor = None,
) -> dict[str, Any]:
    """One's own sessions in force, the last used first; with `user` (and `user.manage`) somebody else's."""
    mine = grant.identity
    now = from_epoch(context.clock.utc())
    async with context.database.read() as connection:
        if user is not None and user != mine.user_id:
            grant.require("user.manage")
            await find(connection, user, now)
        items = await own.sessions_of(connection, user or mine.user_id, now, mine.session)
    return page(items, limit, cursor)


@router.delete("/api/sessions/{session}", status_code=204)
async def end_session(session: str, grant: Own, context: Here) -> Response:
    """Ends a session of one's own, with `user.manage` anybody's; its sockets close within 5 s."""
    of_user = None if grant.identity.may(("user.manage",)) else grant.identity.user_id
    async with context.database.change() as change:
        whose = await own.end_session(change, session, of_user)
        if whose is None:
            raise not_found("session")
        await context.audit.write(change, grant, "session.close", object=whose, detail={"session": session})
    context.sessions.forget()
    log.info("session.revoked session=%s by=%s", session, grant.identity.username)
    return Response(status_code=204)


@router.put("/api/session/password", status_code=204)
async def change_password(body: NewPassword, request: Request, grant: Own, context: Here) -> Response:
    """Changes one's password and ends one's other sessions: 403 `wrong-password`, 422 for a weak one, 429."""
    mine, address = grant.identity, address_of(request.scope)
    try:
        passwords.check_strength(body.new)
    except ConfigurationError as err:
        raise Problem(422, "invalid", str(err)) from err

    def refused(status: int) -> None:
        detail = {"status": status}
        context.audit.note(grant, "password.change", object=mine.username, detail=detail, outcome="refused")

    with counted_attempt(context, request, mine.username, lambda: refused(429)):
        before = await own.matching_hash(context.database, mine.user_id, body.current)
    done = False
    if before is not None:
        context.throttle.succeeded(mine.username, address)
        after = await passwords.hash_password(body.new)
        async with context.database.change() as change:
            done = await own.change_password(change, mine, before, after)
            if done:
                await context.audit.write(change, grant, "password.change", object=mine.username)
    if not done:
        log.warning("password.refused user=%s address=%s", mine.username, address)
        refused(403)
        raise Problem(403, "wrong-password", "the present password is another")
    context.sessions.forget()
    log.info("password.changed user=%s address=%s", mine.username, address)
    return Response(status_code=204)


@router.get("/api/tokens")
async def own_tokens(grant: Own, context: Here, limit: Limit = None, cursor: Cursor = None) -> dict[str, Any]:
    """One's own tokens in force, the newest first, with what each permits now."""
    async with context.database.read() as connection:
        items = await tokens.listed(connection, grant.identity, from_epoch(context.clock.utc()))
    return page(items, limit, cursor)


@router.post("/api/tokens", status_code=201)
async def make_token(body: NewToken, grant: Own, context: Here) -> dict[str, Any]:
    """A token for a program; `token` is shown this once."""
    mine = grant.identity
    wanted = tokens.Wanted(body.name, frozenset(body.permissions), timedelta(days=body.days))
    try:
        async with context.database.change() as change:
            made = await tokens.make(change, mine, wanted, from_epoch(context.clock.utc()))
            if made is not None:
                told = {key: made[1][key] for key in ("name", "permissions", "expires_at")}
                await context.audit.write(change, grant, "token.create", object=made[1]["id"], detail=told)
    except ConfigurationError as err:
        raise Problem(422, "invalid", str(err)) from err
    if made is None:
        raise Problem(401, "unauthenticated", "log in first")
    token, item = made
    context.sessions.learn(token)
    log.info("token.created token=%s user=%s permissions=%s", item["id"], mine.username, ",".join(item["permissions"]))
    return {**item, "token": token}


@router.delete("/api/tokens/{token}", status_code=204)
async def revoke_token(token: str, grant: Own, context: Here) -> Response:
    """Ends a token of one's own; its sockets close within 5 s."""
    async with context.database.change() as change:
        if not await tokens.revoke(change, grant.identity.user_id, token):
            raise not_found("token")
        await context.audit.write(change, grant, "token.revoke", object=token)
    context.sessions.forget()
    log.info("token.revoked token=%s user=%s", token, grant.identity.username)
    return Response(status_code=204)
