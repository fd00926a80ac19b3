"""Files that are written while they are sent: how many at once, and for how long one may have them."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from web.audit.read import Ended
from web.context import Context
from web.database.failures import ANY
from web.grant import Grant
from web.problems import Problem

#: Under way at once: each reads the whole of what there is.
MOST_EXPORTS = 4


def check_room(context: Context) -> None:
    """``Problem`` 503 where too many are under way."""
    if context.exports >= MOST_EXPORTS:
        raise Problem(503, "busy", "other exports are under way", headers={"Retry-After": "10"})


def still(context: Context, grant: Grant) -> Callable[[], Awaitable[bool]]:
    """Asks whether whoever began to read may go on."""

    async def ask() -> bool:
        try:
            identity = await context.sessions.recheck(grant.identity.session)
        except ANY:  # a database that is away ends no sessions
            return True
        return identity is not None and identity.same_rights(grant.identity)

    return ask


class Export(StreamingResponse):
    """Counted while it is sent; where he may not see it any more (``Ended``) the body is left without its end."""

    def __init__(self, context: Context, lines: AsyncIterator[str], **more: Any) -> None:
        super().__init__(lines, **more)
        self._context = context

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._context.exports += 1
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._context.exports -= 1

    async def stream_response(self, send: Send) -> None:
        with contextlib.suppress(Ended):
            await super().stream_response(send)
