"""``/ws/alerts``: every event after the number that the browser names, in order, once."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query, WebSocket

from web.access import Identity, permit
from web.api.sockets import send_text, serve
from web.context import Context, Here

router = APIRouter()


@router.websocket("/ws/alerts")
async def alerts(
    socket: WebSocket,
    identity: Annotated[Identity, permit("alert.view", "camera.view")],
    context: Here,
    since: Annotated[int | None, Query(ge=0)] = None,
    epoch: Annotated[str | None, Query(max_length=64)] = None,
    beat: Annotated[float | None, Query(ge=1, le=60)] = None,
) -> None:
    """Alerts and camera states as they come; with `beat`, `{"type":"beat"}` after so many quiet seconds."""
    # Before the handshake is answered: what happens after it must reach the browser.
    start = context.feed.head
    await socket.accept()
    context.alert_sockets += 1
    try:
        await serve(socket, context, identity, _talk(socket, context, start, since, epoch, beat))
    finally:
        context.alert_sockets -= 1


async def _talk(
    socket: WebSocket, context: Context, start: int, since: int | None, epoch: str | None, beat: float | None
) -> None:
    feed = context.feed
    at = start
    if since is not None:
        if await feed.can_resume(since, epoch):
            at = since
        else:
            at = feed.head
            await send_text(socket, feed.reset_text())
    while True:
        for entry in await feed.after(at):
            await send_text(socket, entry.text)
            at = entry.seq
        try:
            async with asyncio.timeout(beat):
                await feed.wait(at)
        except TimeoutError:  # a half-open connection tells nobody: who hears nothing knows
            await send_text(socket, '{"type":"beat"}')
