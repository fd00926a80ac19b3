"""``/ws/live/{camera}``: the camera's own video, as fragments of one frame each."""

from __future__ import annotations

import json
from typing import Annotated, Literal

from fastapi import APIRouter, WebSocket

from vms.domain.clock import from_epoch, rfc3339
from vms.domain.messages import Profile
from web.access import permit
from web.api.sockets import send_bytes, send_text, serve
from web.context import Here
from web.grant import Grant
from web.live.watcher import Closing
from web.problems import TRY_AGAIN, UNKNOWN, Problem, SocketRefused
from web.rooms.openings import is_room

router = APIRouter()
CLOSED = 4423


@router.websocket("/ws/live/{camera}")
async def live(
    socket: WebSocket,
    camera: str,
    viewer: Annotated[Grant, permit("camera.view")],
    context: Here,
    profile: Literal["main", "sub"] = "main",
) -> None:
    """Text with mime and anchor, initialisation segment, fragments from a key frame on.

    Who may not see beneath the camera's masks gets the masked sub stream, whichever he asked for.
    """
    try:
        site, found = viewer.pictured(camera)
    except Problem as err:
        code = UNKNOWN if err.status == 404 else CLOSED
        raise SocketRefused(code, err.detail) from err
    masks = viewer.covered(found)
    played: Profile = "sub-masked" if masks else profile
    await socket.accept()
    error = None
    if not found.enabled:
        error = "configuration"
    elif played == "sub" and found.streams.sub is None:
        error = "not_found"

    def said(reason: str) -> str:
        return json.dumps({"error": reason, "masked": True} if masks else {"error": reason})

    if error is not None:
        await send_text(socket, said(error))
        await socket.close(TRY_AGAIN)
        return
    begun = {"profile": played, "from": rfc3339(from_epoch(context.clock.utc()))}
    action = "room.view" if is_room(found.placement) else "camera.view"
    context.audit.note(viewer, action, site=site.id, camera=found.id, object="live", detail=begun)
    async with context.live.watch(site.id, found.id, played, masks) as watcher:

        async def talk() -> None:
            while True:
                item = await watcher.next()
                if isinstance(item, str):
                    await send_text(socket, item)
                elif isinstance(item, bytes):
                    await send_bytes(socket, item)
                elif isinstance(item, Closing):
                    await send_text(socket, said(item.error))
                    await socket.close(TRY_AGAIN)
                    return

        try:
            await serve(socket, context, viewer, talk(), still=lambda: viewer.shows(camera, masks))
        finally:
            ended = {**begun, "to": rfc3339(from_epoch(context.clock.utc()))}
            context.audit.note(viewer, action, site=site.id, camera=found.id, object="live", detail=ended)
