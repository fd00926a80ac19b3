"""``/ws/wall``: pictures of many cameras over one socket."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, WebSocket
from pydantic import BaseModel, Field, ValidationError

from web.access import Identity, permit
from web.api.sockets import send_bytes, send_text, serve
from web.context import Here
from web.live.wall import MAX_FPS

router = APIRouter()


class Wanted(BaseModel):
    """What the browser shows; sent again at every change."""

    cameras: Annotated[list[str], Field(max_length=1000)]
    fps: Annotated[float, Field(ge=0.1, le=MAX_FPS)] = 1.0


@router.websocket("/ws/wall")
async def wall(socket: WebSocket, identity: Annotated[Identity, permit("camera.view")], context: Here) -> None:
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
        found = {camera: context.current.camera(camera) for camera in wanted.cameras}
        known = {camera: one[0].id for camera, one in found.items() if one is not None and one[1].enabled}
        context.wall.configure(client, known, wanted.fps)

    try:
        await serve(socket, context, identity, talk(), heard)
    finally:
        context.wall.leave(client)
