"""The one place that decides who may do what. Every route and websocket declares its permission here.

``permit("camera.view")`` is the dependency of a route; ``permit_everyone()`` marks one that needs no login.
``undeclared`` finds routes with neither; the application does not start with one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args

from fastapi import Depends, FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import RouteContext, iter_route_contexts
from starlette.requests import HTTPConnection

from web.problems import Problem, SocketRefused

Permission = Literal[
    "session.own",
    "system.view",
    "camera.view",
    "camera.configure",
    "alert.view",
    "alert.ack",
    "alert.resolve",
    "recording.view",
    "recording.hold",
    "index.audit",
]
ALL: frozenset[Permission] = frozenset(get_args(Permission))

ROLES: dict[str, frozenset[Permission]] = {"admin": ALL}

COOKIE = "vms_session"

#: Close codes of websockets.
UNAUTHENTICATED = 4401
FORBIDDEN = 4403


@dataclass(frozen=True, slots=True)
class Identity:
    """Who asks; ``session`` is the hash by which the session is kept."""

    session: str
    user_id: int
    username: str
    role: str
    permissions: frozenset[Permission]
    expires_at: datetime


class Permit:
    """The check itself, as a dependency that gives the ``Identity``."""

    def __init__(self, *needed: Permission) -> None:
        self.needed = frozenset(needed)

    async def __call__(self, connection: HTTPConnection) -> Identity:
        """Raises ``Problem`` 401 or 403, for a websocket ``SocketRefused`` 4401 or 4403."""
        token = _token(connection)
        identity: Identity | None = None
        if token:
            identity = await connection.app.state.context.sessions.identify(token)
        if identity is None:
            if connection.scope["type"] == "websocket":
                raise SocketRefused(UNAUTHENTICATED, "log in first")
            raise Problem(401, "unauthenticated", "log in first")
        if not allows(identity, self.needed):
            if connection.scope["type"] == "websocket":
                raise SocketRefused(FORBIDDEN, "not permitted")
            raise Problem(403, "forbidden", "your role does not permit this")
        return identity


def _token(connection: HTTPConnection) -> str | None:
    """The session's token: of the cookie, or of ``Authorization: Bearer`` for who is not a browser."""
    scheme, _, value = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and value.strip():
        return value.strip()
    return connection.cookies.get(COOKIE)


class Everyone:
    """Marks a route that needs no login."""

    async def __call__(self) -> None:
        """Lets everybody pass."""


def allows(identity: Identity, needed: Iterable[Permission]) -> bool:
    """Whether the identity has all permissions."""
    return identity.permissions.issuperset(needed)


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
    return any(isinstance(call, Permit) for call in _calls(getattr(route, "dependant", None)))


def _calls(dependant: Dependant | None) -> Iterator[object]:
    if dependant is None:
        return
    for child in dependant.dependencies:
        yield child.call
        yield from _calls(child)
