"""``/ws/wall``: pictures of many cameras over one socket."""

from __future__ import annotations

import contextlib
from typing import Annotated

from fastapi import APIRouter, WebSocket
from pydantic import BaseModel, Field, ValidationError

from web.access import permit
from web.api.sockets import send_bytes, send_text, serve
from web.context import Here
from web.grant import Grant
from web.live.wall import MAX_FPS, Shown
from web.problems import Problem
from web.rooms.openings import is_room

router = APIRouter()


class Wanted(BaseModel):
    """What the browser shows; sent again at every change."""

    cameras: Annotated[list[str], Field(max_length=1000)]
    fps: Annotated[float, Field(ge=0.1, le=MAX_FPS)] = 1.0


@router.websocket("/ws/wall")
async def wall(socket: WebSocket, viewer: Annotated[Grant, permit("camera.view")], context: Here) -> None:
    """Binary messages: header length, header, JPEG."""
    await socket.accept()
    client = context.wall.join()

    async def talk() -> None:
        while True:
            await send_bytes(socket, await client.next())

    async def heard(text: str) -> None:
        try:
            wanted = Wanted.model_validate_json(text)
        except ValidationError:
            await send_text(socket, '{"error": "expected {\\"cameras\\": [ids], \\"fps\\": 1}"}')
            return
        found = []
        for camera in dict.fromkeys(wanted.cameras):
            if context.current.camera(camera) is None:  # a thousand guesses cost a thousand exceptions
                continue
            with contextlib.suppress(Problem):  # it is not for him, or its room is closed
                found.append(viewer.pictured(camera))
        shown: dict[str, list[str]] = {}
        for site, one in found:
            if is_room(one.placement):
                context.audit.note(viewer, "room.view", site=site.id, camera=one.id, object="wall")
            else:
                shown.setdefault(site.id, []).append(one.id)
        for there, ids in shown.items():
            context.audit.note(viewer, "camera.view", site=there, object="wall", detail={"cameras": ids})
        looked_at = {one.id: Shown(site.id, viewer.covered(one)) for site, one in found if one.enabled}
        context.wall.configure(client, looked_at, wanted.fps)

    def still() -> bool:
        return all(viewer.shows(camera, shown.masks) for camera, shown in client.cameras.items())

    try:
        await serve(socket, context, viewer, talk(), heard, still)
    finally:
        context.wall.leave(client)
