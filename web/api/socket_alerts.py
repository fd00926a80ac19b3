"""``/ws/alerts``: every event after the number that the browser names, in order, once."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query, WebSocket

from web.access import permit
from web.api.sockets import send_text, serve
from web.context import Context, Here
from web.events.feed import Entry
from web.grant import Grant

router = APIRouter()


@router.websocket("/ws/alerts")
async def alerts(
    socket: WebSocket,
    grant: Annotated[Grant, permit("alert.view", "camera.view")],
    context: Here,
    since: Annotated[int | None, Query(ge=0)] = None,
    epoch: Annotated[str | None, Query(max_length=64)] = None,
    beat: Annotated[float | None, Query(ge=1, le=60)] = None,
) -> None:
    """Alerts, camera states, openings of rooms as they come; with `beat`, `{"type":"beat"}` after quiet seconds."""
    # Before the handshake is answered: what happens after it must reach the browser.
    start = context.feed.head
    await socket.accept()
    context.alert_sockets += 1
    try:
        await serve(socket, context, grant, _talk(socket, context, grant, start, since, epoch, beat))
    finally:
        context.alert_sockets -= 1


def _concerns(grant: Grant, entry: Entry) -> bool:
    whose = entry.user is None or entry.user == grant.identity.user_id or grant.identity.may(("room.oversee",))
    return whose and grant.reach.has(entry.site, entry.node)


async def _talk(
    socket: WebSocket, context: Context, grant: Grant, start: int, since: int | None, epoch: str | None,
    beat: float | None,
) -> None:  # fmt: skip
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
            if _concerns(grant, entry):
                await send_text(socket, entry.text)
            at = entry.seq
        try:
            async with asyncio.timeout(beat):
                await feed.wait(at)
        except TimeoutError:  # a half-open connection tells nobody: who hears nothing knows
            await send_text(socket, '{"type":"beat"}')
