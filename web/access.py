"""The one place that decides who may do what. Every route and websocket declares its permission here.

``permit("camera.view")`` is the dependency of a route, and gives it the ``Grant``; ``permit_everyone()`` marks one that
needs no login. ``undeclared`` finds routes with neither; the application does not start with one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fastapi import Depends, FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import RouteContext, iter_route_contexts
from starlette.requests import HTTPConnection

from web.accounts.roles import Identity, Permission
from web.context import Context
from web.grant import Grant
from web.problems import Problem, SocketRefused
from web.proxies import address_of

COOKIE = "vms_session"

#: Close codes of websockets.
UNAUTHENTICATED = 4401
FORBIDDEN = 4403


class Permit:
    """The check itself, as a dependency that gives the ``Grant``."""

    def __init__(self, *needed: Permission) -> None:
        self.needed = frozenset(needed)

    async def __call__(self, connection: HTTPConnection) -> Grant:
        """Raises ``Problem`` 401 or 403, for a websocket ``SocketRefused`` 4401 or 4403."""
        context: Context = connection.app.state.context
        token = token_of(connection)
        identity: Identity | None = None
        if token:
            identity = await context.sessions.identify(token)
        if identity is None:
            if connection.scope["type"] == "websocket":
                raise SocketRefused(UNAUTHENTICATED, "log in first")
            raise Problem(401, "unauthenticated", "log in first")
        grant = connection.state.grant = Grant(identity, context, address_of(connection.scope))
        if not identity.may(self.needed):
            if connection.scope["type"] == "websocket":
                raise SocketRefused(FORBIDDEN, "not permitted")
            raise Problem(403, "forbidden", "your role, or your token, does not permit this")
        return grant


def token_of(connection: HTTPConnection) -> str | None:
    """The session's token: of the cookie, or of ``Authorization: Bearer`` for who is not a browser."""
    scheme, _, value = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and value.strip():
        return value.strip()
    return connection.cookies.get(COOKIE)


class Everyone:
    """Marks a route that needs no login."""

    async def __call__(self) -> None:
        """Lets everybody pass."""


def permit(*needed: Permission) -> Any:
    """The dependency for a route that needs all of these permissions."""
    if not needed:
        raise ValueError("name at least one permission")
    return Depends(Permit(*needed))


def permit_everyone() -> Any:
    """The dependency for a route without a login."""
    return Depends(Everyone())


def undeclared(app: FastAPI) -> list[str]:
    """Paths of the routes that declare no permission."""
    return [
        str(route.path or route.route)
        for route in iter_route_contexts(app.routes)
        if not any(isinstance(call, (Permit, Everyone)) for call in _calls(getattr(route, "dependant", None)))
    ]


def needs_login(route: RouteContext) -> bool:
    """Whether the route refuses who is not logged in."""
    return bool(permissions_of(route))


def permissions_of(route: RouteContext) -> frozenset[Permission]:
    """The permissions that the route declares; none: everybody may."""
    calls = _calls(getattr(route, "dependant", None))
    return frozenset(one for call in calls if isinstance(call, Permit) for one in call.needed)


def _calls(dependant: Dependant | None) -> Iterator[object]:
    if dependant is None:
        return
    for child in dependant.dependencies:
        yield child.call
        yield from _calls(child)
