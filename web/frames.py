"""Websockets as the server speaks them, and one thing more: text frames that were put together once for many clients.

Nothing is compressed on our websockets and a server masks nothing, so that the same bytes are right for everyone.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame, Opcode

#: A server that takes ``{"type": "websocket.send", "frames": …}`` says so among the scope's extensions.
EXTENSION = "vms.frames"


def framed(texts: Iterable[str]) -> bytes:
    """A frame for each text."""
    return b"".join(Frame(Opcode.TEXT, text.encode()).serialize(mask=False) for text in texts)


class FramesProtocol(WebSocketsSansIOProtocol):
    """One connection."""

    def handle_connect(self, event: Any) -> None:
        """Says what it can besides."""
        super().handle_connect(event)
        if self.response.status_code == 101:
            self.scope["extensions"][EXTENSION] = {}

    async def send(self, message: Any) -> None:
        """Waits, as for any message, until what was sent before has mostly left."""
        frames = message.get("frames")
        if frames is None:
            await super().send(message)
            return
        await self.writable.wait()
        if self.disconnected or self.close_sent or self.transport.is_closing():
            raise ClientDisconnected
        self.transport.write(frames)
