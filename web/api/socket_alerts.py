"""``/ws/alerts``: every event after the number that the browser names, in order, once."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query, WebSocket

from web.access import permit
from web.api.sockets import send_frames, send_text, serve
from web.context import Context, Here
from web.duty.terms import CHANGED
from web.events.bundles import parts
from web.events.feed import Entry
from web.frames import EXTENSION
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
    """Alerts, camera states, openings of rooms, changes of the roster as they come.

    With `beat`, `{"type":"beat"}` after quiet seconds.
    """
    # Before the handshake is answered: what happens after it must reach the browser.
    start = context.feed.head
    await socket.accept()
    context.alert_sockets += 1
    try:
        await serve(socket, context, grant, _talk(socket, context, grant, start, since, epoch, beat))
    finally:
        context.alert_sockets -= 1


def _concerns(grant: Grant, entry: Entry) -> bool:
    if entry.kind == CHANGED:  # of no site: of all
        return grant.identity.may(("duty.view",)) and (entry.site is None or grant.reach.has_site(entry.site))
    whose = entry.user is None or entry.user == grant.identity.user_id or grant.identity.may(("room.oversee",))
    return whose and grant.reach.has(entry.site, entry.node)


async def _tell(socket: WebSocket, context: Context, grant: Grant, part: Sequence[Entry]) -> None:
    def concerns(entry: Entry) -> bool:
        return _concerns(grant, entry)

    if EXTENSION not in socket.scope["extensions"]:
        for entry in filter(concerns, part):
            await send_text(socket, entry.text)
        return
    # All that `_concerns` looks at.
    anybodys = all(entry.user is None for entry in part)
    who = grant.reach, grant.identity.permissions, None if anybodys else grant.identity.user_id
    if frames := context.bundles.of(part, who, concerns):
        await send_frames(socket, frames)


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
        for part in parts(await feed.after(at)):
            await _tell(socket, context, grant, part)
            at = part[-1].seq
        try:
            async with asyncio.timeout(beat):
                await feed.wait(at)
        except TimeoutError:  # a half-open connection tells nobody: who hears nothing knows
            await send_text(socket, '{"type":"beat"}')
