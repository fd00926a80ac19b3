"""A connection that says no whole request is closed; one that is answered, or became a socket, is not."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator

import pytest
import uvicorn
import websockets
from starlette.types import Receive, Scope, Send

from tests.support.waiting import until
from web import hurry
from web.hurry import HurriedProtocol

HEAD = b"GET / HTTP/1.1\r\nHost: x\r\n"


@contextlib.asynccontextmanager
async def serving(goes_on: asyncio.Event) -> AsyncIterator[int]:
    """A port; its answers wait for ``goes_on``, its sockets echo once."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.accept"})
            await goes_on.wait()
            await send({"type": "websocket.send", "text": "here"})
            await receive()
            return
        await goes_on.wait()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1")]})
        await send({"type": "http.response.body", "body": b"x"})

    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        app, lifespan="off", log_config=None, http=HurriedProtocol, ws="websockets-sansio", timeout_keep_alive=60
    )
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve(sockets=[listener]))
    await until(lambda: server.started)
    try:
        yield listener.getsockname()[1]
    finally:
        goes_on.set()
        server.should_exit = True
        await running


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hurry, "HEAD_S", 0.3)


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize("before", [b"", HEAD + b"\r\n"])
async def test_who_says_nothing_or_letter_by_letter_is_closed(before: bytes) -> None:
    goes_on = asyncio.Event()
    goes_on.set()
    async with serving(goes_on) as port:
        for letters in (b"", HEAD):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            if before:  # a whole request earns one answer
                writer.write(before)
                assert b"200" in await reader.readuntil(b"\r\n\r\n")
                assert await reader.readexactly(1) == b"x"

            async def trickle(to: asyncio.StreamWriter = writer, what: bytes = letters) -> None:
                for letter in what * 20:
                    to.write(bytes([letter]))
                    await asyncio.sleep(0.05)

            trickling = asyncio.create_task(trickle())
            async with asyncio.timeout(20):
                with contextlib.suppress(ConnectionError):
                    assert await reader.read() == b""
            trickling.cancel()
            writer.close()


@pytest.mark.usefixtures("hurried")
async def test_who_is_answered_for_long_and_a_socket_stay() -> None:
    goes_on = asyncio.Event()
    async with serving(goes_on) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(HEAD + b"\r\n")
        async with websockets.connect(f"ws://127.0.0.1:{port}/") as talking:
            silent, _ = await asyncio.open_connection("127.0.0.1", port)
            assert await silent.read() == b""  # one that was opened later is over
            goes_on.set()
            assert b"200" in await reader.readuntil(b"\r\n\r\n")
            assert await talking.recv() == "here"
        writer.close()
