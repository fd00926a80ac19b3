"""What every websocket needs: it ends when its browser goes, and within 5 s of its session's end."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from web.access import UNAUTHENTICATED
from web.accounts.roles import Identity
from web.context import Context
from web.database.failures import ANY
from web.grant import Grant

RECHECK_S = 4.0
#: Close code: what one may see is not what it was when the socket was opened; it opens another, with what he may now.
CHANGED = 4409
#: A browser that takes nothing for this long is given up; it comes back to where it was.
SEND_S = 10.0


async def send_text(socket: WebSocket, text: str) -> None:
    """Sends, or gives the browser up (``TimeoutError``)."""
    async with asyncio.timeout(SEND_S):
        await socket.send_text(text)


async def send_bytes(socket: WebSocket, data: bytes) -> None:
    """Sends, or gives the browser up (``TimeoutError``)."""
    async with asyncio.timeout(SEND_S):
        await socket.send_bytes(data)


async def send_frames(socket: WebSocket, frames: bytes) -> None:
    """Sends what ``web.frames`` made, or gives the browser up (``TimeoutError``)."""
    async with asyncio.timeout(SEND_S):
        await socket.send({"type": "websocket.send", "frames": frames})


def always() -> bool:
    """For sockets that show whatever there is."""
    return True


async def ignore(_text: str) -> None:
    """For sockets whose browser has nothing to say."""


async def serve(
    socket: WebSocket,
    context: Context,
    grant: Grant,
    talk: Coroutine[Any, Any, None],
    heard: Callable[[str], Awaitable[None]] = ignore,
    still: Callable[[], bool] = always,
) -> None:
    """Runs ``talk`` beside listening and rechecking, until the first of them ends.

    ``still``: asked at each recheck whether what is shown is within the grant as the configuration is now.
    """

    async def listen() -> None:
        while True:
            message = await socket.receive()
            if message["type"] == "websocket.disconnect":
                return
            await heard(message.get("text") or "")

    def closed(code: int) -> None:
        path = f"WEBSOCKET {socket.url.path}"
        context.audit.note(grant, "request.refuse", object=path, detail={"status": code}, outcome="refused")

    async def recheck() -> None:
        while True:
            await asyncio.sleep(RECHECK_S)
            identity: Identity | None = grant.identity
            with contextlib.suppress(*ANY, TimeoutError):  # a database that is away ends no sessions
                async with asyncio.timeout(RECHECK_S):
                    identity = await context.sessions.recheck(grant.identity.session)
            if identity is None:
                closed(UNAUTHENTICATED)
                await socket.close(UNAUTHENTICATED, "the session has ended")
                return
            if not identity.same_rights(grant.identity) or not still():
                closed(CHANGED)
                await socket.close(CHANGED, "the rights have changed")
                return

    tasks = [asyncio.create_task(one) for one in (talk, listen(), recheck())]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            error = task.exception()
            # Gone or too slow: both only mean that there is nobody to talk to.
            if error is not None and not isinstance(error, (WebSocketDisconnect, TimeoutError, RuntimeError)):
                raise error
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
