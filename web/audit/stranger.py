"""Who asks without a login."""

from __future__ import annotations

from starlette.types import Scope

from web.audit.entry import Actor


def address_of(scope: Scope) -> str:
    """The address that a request or a websocket comes from."""
    client = scope.get("client")
    return "-" if client is None else str(client[0])


def stranger(scope: Scope) -> Actor:
    """Nobody whom we know."""
    return Actor(None, None, address_of(scope))
