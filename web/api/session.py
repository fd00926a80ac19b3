"""Logging in and out, and who one is."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse

from vms.domain.clock import rfc3339
from web.access import COOKIE, permit, permit_everyone
from web.accounts import users
from web.accounts.passwords import Crowded
from web.accounts.roles import Identity
from web.accounts.users import normal
from web.audit.stranger import stranger
from web.context import Context, Here
from web.grant import Grant
from web.problems import Problem
from web.proxies import address_of

log = logging.getLogger(__name__)
router = APIRouter(tags=["session"])

#: The server ends a session 12 h after its last use; the cookie itself only has to outlive that.
COOKIE_S = 30 * 86400


class Credentials(BaseModel):
    """What a login takes."""

    model_config = ConfigDict(extra="forbid")

    username: Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[^\x00]+$")]
    password: Annotated[str, Field(min_length=1, max_length=256)]


@contextlib.contextmanager
def counted_attempt(context: Context, request: Request, username: str, throttled: Callable[[], None]) -> Iterator[None]:
    """Around the comparison of a password; ``Problem`` 429 with ``Retry-After``, which ``throttled`` writes down.

    Counted before the hash is computed, so that attempts side by side are counted too; taken back where too many
    others wait and it is not computed at all.
    """
    address = address_of(request.scope)
    wait = context.throttle.wait_s(username, address)
    if wait:
        throttled()
        raise Problem(429, "throttled", f"too many attempts; wait {wait} s", headers={"Retry-After": str(wait)})
    context.throttle.failed(username, address)
    try:
        yield
    except Crowded:
        context.throttle.withdraw(username, address)
        raise


@router.post("/api/session", dependencies=[permit_everyone()], responses={401: {}})
async def log_in(credentials: Credentials, request: Request, context: Here) -> Response:
    """Logs in: 200 and the cookie, 401 `invalid-credentials`, 429 and 503 `busy` with `Retry-After`."""
    username = normal(credentials.username)
    address = address_of(request.scope)
    agent = request.headers.get("user-agent", "")
    with counted_attempt(context, request, username, lambda: _refused(context, request, None, 429)):
        token = await context.sessions.login(username, credentials.password, address, agent)
    if token is None:
        log.warning("session.refused address=%s", address)
        # A password typed in the name's place must not get in: a name is only told where it is one.
        _refused(context, request, username if await users.exists(context.database, username) else None, 401)
        raise Problem(401, "invalid-credentials", "the name or the password is wrong")
    context.throttle.succeeded(username, address)
    identity = await context.sessions.identify(token)
    if identity is None:
        raise Problem(401, "invalid-credentials", "the account was closed meanwhile")
    log.info("session.opened user=%s address=%s", identity.username, address)
    response = JSONResponse(_represent(identity, context))
    response.set_cookie(
        COOKIE,
        token,
        max_age=COOKIE_S,
        httponly=True,
        samesite="strict",
        # Behind a proxy that has the certificate this server sees plain HTTP; the browser's own word tells.
        secure="https" in (request.url.scheme, request.headers.get("origin", "").partition(":")[0]),
        path="/",
    )
    return response


@router.get("/api/session")
async def who_am_i(grant: Annotated[Grant, permit("session.own")], context: Here) -> dict[str, Any]:
    """The user, what they may do, and the facility."""
    return _represent(grant.identity, context)


@router.delete("/api/session", status_code=204)
async def log_out(grant: Annotated[Grant, permit("session.own")], context: Here) -> Response:
    """Ends the session."""
    await context.sessions.logout(grant.identity.session, grant)
    response = Response(status_code=204)
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")
    return response


def _refused(context: Context, request: Request, name: str | None, status: int) -> None:
    who = stranger(request.scope)
    context.audit.note(who, "session.refuse", object=name, detail={"status": status}, outcome="refused")


def _represent(identity: Identity, context: Context) -> dict[str, Any]:
    info = context.current.facility.facility
    return {
        "user": {
            "id": identity.user_id,
            "username": identity.username,
            "role": identity.role,
            "permissions": sorted(identity.permissions),
            "sites": None if identity.sites is None else sorted(identity.sites),
        },
        "facility": {"name": info.name, "timezone": info.timezone},
        "expires_at": rfc3339(identity.expires_at),
        "version": context.version,
    }
