"""Errors as browsers see them, and as the log does."""

from __future__ import annotations

import logging
from types import SimpleNamespace

import httpx
import pytest
from fastapi import FastAPI, WebSocket
from sqlalchemy.exc import TimeoutError as BusyError
from starlette.types import Message

from tests.support.clocks import ManualClock
from web import problems


@pytest.mark.parametrize("late", [False, True])
async def test_a_socket_that_the_database_fails_is_closed_until_later(
    late: bool, caplog: pytest.LogCaptureFixture
) -> None:
    app, sent = FastAPI(), []
    app.state.context = SimpleNamespace(clock=ManualClock())
    problems.install(app)

    @app.websocket("/ws")
    async def fails(socket: WebSocket) -> None:
        if late:
            await socket.accept()
        raise BusyError("QueuePool limit")

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "websocket", "path": "/ws", "headers": [], "query_string": b"", "subprotocols": []}
    await app(scope, receive, send)
    assert [message["type"] for message in sent] == ["websocket.accept", "websocket.close"]
    assert (sent[1]["code"], sent[1]["reason"]) == (4503, "the database does not answer")
    assert [record.exc_info for record in caplog.records] == [None]


async def test_a_flood_of_requests_that_the_database_fails_is_a_line_now_and_then(
    caplog: pytest.LogCaptureFixture,
) -> None:
    app, clock = FastAPI(), ManualClock()
    app.state.context = SimpleNamespace(clock=clock)
    problems.install(app)

    @app.get("/")
    async def fails() -> None:
        raise BusyError("QueuePool limit")

    caplog.set_level(logging.ERROR)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://web") as http:
        for _ in range(20):
            answer = await http.get("/")
            assert (answer.status_code, answer.json()["type"]) == (503, "about:blank#database-unavailable")
        assert len(caplog.records) == 1
        clock.advance(problems.QUIET_S)
        await http.get("/")
    assert [record.getMessage().rpartition(" ")[2] for record in caplog.records] == ["before=0", "before=19"]


async def test_a_bug_tells_browsers_nothing_of_itself() -> None:
    app = FastAPI()
    problems.install(app)

    @app.get("/")
    async def fails() -> None:
        url = "rtsp://admin:geheim@10.0.0.1/x"
        raise ValueError(f"netloc {url}")

    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://web") as http:
        answer = await http.get("/")
    assert (answer.status_code, answer.json()["type"]) == (500, "about:blank#internal")
    assert "geheim" not in answer.text + str(answer.headers)
    assert "ValueError" not in answer.text
