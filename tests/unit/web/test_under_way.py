"""What is under way when a room is closed, or a session ended, does not arrive."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import pytest_asyncio
from fastapi import FastAPI
from nats.aio.client import Client
from nats.aio.msg import Msg
from sqlalchemy import insert, update
from sqlalchemy.exc import OperationalError
from starlette.types import Message

from tests.support.bare_web import bare_web, browser
from tests.unit.web.test_rooms import OPENING, WHY, with_a_room
from tests.unit.web.walking import MASK, SPAN, rows, signed_in
from vms.domain.messages import ReadRequest
from web.accounts.roles import Identity
from web.api import sockets
from web.database.schema import Segment, User
from web.playback import streamed
from web.playback.recorders import CHUNK

PIECES = 6


class Worker:
    """Answers on the bus's place: pictures when ``goes_on``, pieces of files at once."""

    def __init__(self) -> None:
        self.asked, self.goes_on = asyncio.Event(), asyncio.Event()
        self.is_connected = True

    async def request(self, subject: str, payload: bytes, timeout: float) -> Msg:
        if subject.endswith(".read"):
            return Msg(Client(), data=b"\x00" * ReadRequest.model_validate_json(payload).length)
        self.asked.set()
        async with asyncio.timeout(timeout):
            await self.goes_on.wait()
        return Msg(Client(), data=b"\xff\xd8\xff")


@pytest_asyncio.fixture
async def app(tmp_path: Path) -> AsyncIterator[FastAPI]:
    async with bare_web(tmp_path, with_a_room()) as app:
        async with app.state.context.database.change() as change:
            for table, row in rows():
                await change.connection.execute(insert(table).values(**row))
            await change.connection.execute(update(Segment).values(bytes=PIECES * CHUNK))
        yield app


@pytest.fixture
def worker(app: FastAPI) -> Worker:
    made = Worker()
    app.state.context.link.bus = SimpleNamespace(bulk=made, connected=True)
    return made


@pytest.mark.parametrize("at", [None, SPAN["start"]])
async def test_a_picture_that_was_asked_of_an_open_room_does_not_leave_a_closed_one(
    app: FastAPI, worker: Worker, at: str | None
) -> None:
    params = {} if at is None else {"at": at}
    async with browser(app, await signed_in(app, "supervisor")) as client:
        opening = (await client.post(OPENING, json=WHY)).json()["id"]
        asking = asyncio.create_task(client.get("/api/cameras/cam-1/snapshot.jpg", params=params))
        await worker.asked.wait()
        await client.delete(f"/api/openings/{opening}")
        worker.goes_on.set()
        answer = await asking
    assert (answer.status_code, answer.json()["type"]) == (403, "about:blank#room-closed")


@pytest.mark.parametrize("at", [None, SPAN["start"]])
async def test_a_bare_picture_does_not_leave_once_a_mask_is_drawn(app: FastAPI, worker: Worker, at: str | None) -> None:
    params = {} if at is None else {"at": at}
    async with browser(app, await signed_in(app, "supervisor")) as client:
        await client.post(OPENING, json=WHY)
        asking = asyncio.create_task(client.get("/api/cameras/cam-1/snapshot.jpg", params=params))
        await worker.asked.wait()
        await draws_a_mask(app, client)
        worker.goes_on.set()
        answer = await asking
    assert (answer.status_code, answer.json()["type"]) == (503, "about:blank#no-picture")


async def draws_a_mask(app: FastAPI, _client: Any) -> None:
    async with browser(app, await signed_in(app, "admin")) as admin:
        answer = await admin.put("/api/cameras/cam-1/masks", json={"items": [MASK]})
        assert answer.status_code == 200, answer.text


async def closes_the_room(app: FastAPI, client: Any) -> None:
    (one,) = (await client.get("/api/openings")).json()["items"]
    assert (await client.delete(f"/api/openings/{one['id']}")).status_code == 204


async def ends_the_session(_app: FastAPI, client: Any) -> None:
    assert (await client.delete("/api/session")).status_code == 204


async def narrows_the_rights(app: FastAPI, _client: Any) -> None:
    async with app.state.context.database.change() as change:
        await change.connection.execute(update(User).values(role="viewer"))


async def loses_the_database(app: FastAPI, _client: Any) -> None:
    async def away(_session: str) -> Identity | None:
        raise OperationalError("SELECT", {}, Exception("the disk is gone"))

    app.state.context.sessions.recheck = away


async def closes_the_room_and_loses_the_database(app: FastAPI, client: Any) -> None:
    await closes_the_room(app, client)
    await loses_the_database(app, client)


async def draws_a_mask_and_loses_the_database(app: FastAPI, client: Any) -> None:
    await draws_a_mask(app, client)
    await loses_the_database(app, client)


async def nothing(_app: FastAPI, _client: Any) -> None:
    return None


@pytest.mark.usefixtures("worker")
@pytest.mark.parametrize(
    ("done", "pieces"),
    [
        (nothing, PIECES), (closes_the_room, 1), (ends_the_session, 1), (narrows_the_rights, 1), (draws_a_mask, 1),
        (loses_the_database, PIECES), (closes_the_room_and_loses_the_database, 1),
        (draws_a_mask_and_loses_the_database, 1),
    ],
)  # fmt: skip
async def test_a_recording_that_is_being_sent_stops(
    app: FastAPI,
    monkeypatch: pytest.MonkeyPatch,
    done: Callable[[FastAPI, Any], Awaitable[None]],
    pieces: int,
) -> None:
    monkeypatch.setattr(streamed, "RECHECK_S", 0.0)
    cookie = await signed_in(app, "supervisor")
    sent: list[Message] = []
    async with browser(app, cookie) as client:
        await client.post(OPENING, json=WHY)

        async def receive() -> Message:
            await asyncio.Event().wait()
            raise AssertionError

        async def send(message: Message) -> None:
            sent.append(message)
            if len(sent) == 2:  # the head, and a first piece
                await done(app, client)

        scope = {
            "type": "http", "method": "GET", "path": "/api/segments/segment-1/media", "query_string": b"",
            "headers": [(b"cookie", f"vms_session={cookie}".encode())], "client": ("127.0.0.1", 1), "root_path": "",
            "scheme": "http", "server": ("host", 80), "http_version": "1.1", "state": {},
        }  # fmt: skip
        async with asyncio.timeout(20):
            await app(scope, receive, send)
    assert sent[0]["status"] == 200
    assert sum(len(one.get("body", b"")) for one in sent) == pieces * CHUNK
    assert (sent[-1].get("more_body") is False) is (pieces == PIECES)  # else the connection is closed


@pytest.mark.parametrize("done", [closes_the_room_and_loses_the_database, draws_a_mask_and_loses_the_database])
async def test_a_wall_ends_without_the_database(
    app: FastAPI, monkeypatch: pytest.MonkeyPatch, done: Callable[[FastAPI, Any], Awaitable[None]]
) -> None:
    """Rooms and masks are known without it; that it is away ends no session."""
    monkeypatch.setattr(sockets, "RECHECK_S", 0.01)
    cookie = await signed_in(app, "supervisor")
    asked = iter([{"type": "websocket.connect"}, {"type": "websocket.receive", "text": '{"cameras": ["cam-1"]}'}])
    sent: list[Message] = []
    async with browser(app, cookie) as client:
        await client.post(OPENING, json=WHY)

        async def receive() -> Message:
            if (one := next(asked, None)) is not None:
                return one
            await done(app, client)  # it shows the camera now
            await asyncio.Event().wait()
            raise AssertionError

        async def send(message: Message) -> None:
            sent.append(message)

        scope = {
            "type": "websocket", "path": "/ws/wall", "query_string": b"", "root_path": "", "subprotocols": [],
            "headers": [(b"cookie", f"vms_session={cookie}".encode())], "client": ("127.0.0.1", 1),
            "scheme": "ws", "server": ("host", 80), "http_version": "1.1", "state": {},
        }  # fmt: skip
        async with asyncio.timeout(20):
            await app(scope, receive, send)
    assert [one["type"] for one in sent] == ["websocket.accept", "websocket.close"]
    assert sent[1]["code"] == sockets.CHANGED
