"""Who asks without a login."""

from __future__ import annotations

from starlette.types import Scope

from web.audit.entry import Actor
from web.proxies import address_of


def stranger(scope: Scope) -> Actor:
    """Nobody whom we know."""
    return Actor(None, None, address_of(scope))
