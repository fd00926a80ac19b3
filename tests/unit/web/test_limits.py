"""Floods are refused, and nothing that a page does is one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from starlette.types import Message, Receive, Scope, Send

from tests.integration.web.rig import facility
from tests.support.bare_web import bare_web, browser
from tests.support.clocks import ManualClock
from tests.support.waiting import until
from web import limits, shield
from web.application import shielded
from web.limits import OF_ADDRESS, OF_SESSION, SOCKETS_OF_SESSION, Buckets, Limits


def scope(kind: str = "http", cookie: str = "", address: str = "10.0.0.1", **more: Any) -> Scope:
    headers = [(b"cookie", f"vms_session={cookie}".encode())] if cookie else []
    made = {
        "type": kind,
        "path": "/x",
        "method": "GET",
        "headers": headers,
        "client": (address, 1),
        "query_string": b"",
    }
    return {**made, **more}


async def nothing() -> Message:
    return {"type": "websocket.connect"}


class Inside:
    """What stands behind: it answers at once, or holds on until told."""

    def __init__(self) -> None:
        self.asked = 0
        self.goes_on: asyncio.Event | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.asked += 1
        if self.goes_on is not None:
            await self.goes_on.wait()
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b""})


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def inside() -> Inside:
    return Inside()


@pytest.fixture
def limited(inside: Inside, clock: ManualClock) -> Limits:
    return Limits(inside, clock)


async def ask(app: Limits, of: Scope) -> list[Message]:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    await app(of, nothing, send)
    return sent


async def statuses(app: Limits, times: int, of: Scope) -> list[int]:
    return [(await ask(app, of))[0]["status"] for _ in range(times)]


async def test_what_a_page_does_is_far_below(limited: Limits, clock: ManualClock) -> None:
    """Ten minutes of a wall that asks for 115 pictures at first, then polls, seeks and hovers as fast as hands go."""
    wall = scope(cookie="wall")
    for _ in range(4):  # opened four times in a row
        assert set(await statuses(limited, 115 + 40, wall)) == {200}
    for _ in range(600):
        assert set(await statuses(limited, 60, wall)) == {200}
        clock.advance(1)


async def test_a_session_that_floods_waits_and_disturbs_no_other(limited: Limits, clock: ManualClock) -> None:
    flood, other = scope(cookie="flood"), scope(cookie="other")
    found = await statuses(limited, int(OF_SESSION.burst) + 50, flood)
    assert found.count(429) == 50
    assert found[-1] == 429
    start, body = await ask(limited, flood)
    assert dict(start["headers"])[b"retry-after"] == b"1"
    assert b"about:blank#too-many-requests" in body["body"]
    assert await statuses(limited, 20, other) == [200] * 20
    clock.advance(1)
    found = await statuses(limited, 200, flood)
    assert found.count(200) == OF_SESSION.a_second


async def test_who_varies_his_token_has_one_address(limited: Limits) -> None:
    found = [
        (await statuses(limited, 1, scope(cookie=f"t{n}", address="10.0.0.9")))[0]
        for n in range(int(OF_ADDRESS.burst) + 30)
    ]
    assert found.count(429) == 30
    assert await statuses(limited, 3, scope(cookie="a", address="10.0.0.10")) == [200] * 3


async def test_a_token_is_the_same_asker_in_either_place(limited: Limits) -> None:
    bearer = scope(headers=[(b"authorization", b"Bearer one")])
    await statuses(limited, int(OF_SESSION.burst), scope(cookie="one"))
    assert await statuses(limited, 1, bearer) == [429]


def test_the_memory_is_bounded(clock: ManualClock) -> None:
    buckets = Buckets(clock, OF_SESSION)
    for n in range(limits.MAX_KEYS + 100):
        buckets.take(str(n))
    assert len(buckets._kept) == limits.MAX_KEYS


async def test_sockets_of_a_session_are_counted_while_they_are_open(limited: Limits, inside: Inside) -> None:
    inside.goes_on = asyncio.Event()
    held = [asyncio.create_task(ask(limited, scope("websocket", "one"))) for _ in range(SOCKETS_OF_SESSION)]
    await until(lambda: inside.asked == SOCKETS_OF_SESSION)
    accept, close = await ask(limited, scope("websocket", "one"))
    assert accept == {"type": "websocket.accept"}
    assert (close["code"], close["reason"]) == (4429, f"this session has {SOCKETS_OF_SESSION} sockets open; close some")
    other = asyncio.create_task(ask(limited, scope("websocket", "two")))
    await until(lambda: inside.asked == SOCKETS_OF_SESSION + 1)
    inside.goes_on.set()
    await asyncio.gather(*held, other)
    assert not limited._sockets
    assert await ask(limited, scope("websocket", "one")) == []


async def test_what_is_said_over_sockets_is_asked_too(clock: ManualClock) -> None:
    heard = 0

    async def listening(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal heard
        while True:
            await receive()
            heard += 1

    async def said() -> Message:
        await asyncio.sleep(0)
        return {"type": "websocket.receive", "text": "{}"}

    limited = Limits(listening, clock)
    talking = [asyncio.create_task(limited(scope("websocket", "one"), said, said)) for _ in range(2)]  # type: ignore[arg-type]
    most = int(OF_SESSION.burst) - len(talking)  # the handshakes are asked as well
    await until(lambda: heard >= most)
    assert await statuses(limited, 1, scope(cookie="one")) == [429]
    assert heard == most
    clock.advance(1)
    await until(lambda: heard >= most + OF_SESSION.a_second)
    for one in talking:
        one.cancel()
    assert heard == most + OF_SESSION.a_second


async def test_sockets_and_answers_in_all_are_bounded(
    limited: Limits, inside: Inside, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "SOCKETS", 3)
    monkeypatch.setattr(limits, "REQUESTS", 2)
    inside.goes_on = asyncio.Event()
    held = [asyncio.create_task(ask(limited, scope("websocket", f"s{n}"))) for n in range(3)]
    held += [asyncio.create_task(ask(limited, scope(cookie=f"r{n}"))) for n in range(2)]
    await until(lambda: inside.asked == 5)
    _, close = await ask(limited, scope("websocket", "one-more"))
    assert (close["code"], close["reason"]) == (4429, "too many sockets are open; try again later")
    start, body = await ask(limited, scope(cookie="one-more"))
    assert (start["status"], dict(start["headers"])[b"retry-after"]) == (503, b"2")
    assert b"about:blank#busy" in body["body"]
    inside.goes_on.set()
    await asyncio.gather(*held)
    assert await statuses(limited, 1, scope(cookie="one-more")) == [200]


async def test_one_address_leaves_places_for_others(
    limited: Limits, inside: Inside, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "REQUESTS_OF_ADDRESS", 2)
    inside.goes_on = asyncio.Event()
    addresses = ["2001:db8::1", "2001:db8::2"]  # of one network: of one who asks
    held = [asyncio.create_task(ask(limited, scope(cookie=one, address=one))) for one in addresses]
    await until(lambda: inside.asked == 2)
    assert await statuses(limited, 1, scope(cookie="x", address="2001:db8::3")) == [503]
    other = asyncio.create_task(ask(limited, scope(cookie="x", address="2001:db8:0:1::1")))
    await until(lambda: inside.asked == 3)
    inside.goes_on.set()
    assert (await asyncio.gather(*held, other))[2][0]["status"] == 200


async def test_one_address_leaves_sockets_for_others(
    limited: Limits, inside: Inside, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "SOCKETS_OF_ADDRESS", 2)
    inside.goes_on = asyncio.Event()
    held = [asyncio.create_task(ask(limited, scope("websocket", f"s{n}"))) for n in range(2)]
    await until(lambda: inside.asked == 2)
    _, close = await ask(limited, scope("websocket", "one-more"))
    assert (close["code"], close["reason"]) == (4429, "too many sockets are open from this address; close some")
    other = asyncio.create_task(ask(limited, scope("websocket", "x", address="10.0.0.2")))
    await until(lambda: inside.asked == 3)
    inside.goes_on.set()
    await asyncio.gather(*held, other)
    assert not limited._places


async def test_who_has_a_network_of_addresses_has_one_rate(limited: Limits) -> None:
    found = [
        (await statuses(limited, 1, scope(address=f"2001:db8::{n:x}")))[0] for n in range(int(OF_ADDRESS.burst) + 30)
    ]
    assert found.count(429) == 30


async def test_one_who_fails_inside_is_counted_out(clock: ManualClock) -> None:
    async def failing(scope: Scope, receive: Receive, send: Send) -> None:
        raise RuntimeError

    app = Limits(failing, clock)
    for kind in ("http", "websocket"):
        with pytest.raises(RuntimeError):
            await ask(app, scope(kind, "one"))
    assert (app._answering, app._sockets, app._places) == ({}, {}, {})


# --- with the rest ------------------------------------------------------------------------------------------------


@pytest_asyncio.fixture
async def whole(tmp_path: Path) -> AsyncIterator[Any]:
    async with bare_web(tmp_path, facility()) as app:
        yield shielded(app.state.context)


async def test_a_refusal_carries_the_headers_that_bind_browsers(whole: Any) -> None:
    async with browser(whole, "x") as client:
        while (answer := await client.get("/api/cameras")).status_code == 401:
            assert "retry-after" not in answer.headers
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "1")
        assert answer.headers["content-type"] == "application/problem+json"
        assert "default-src 'none'" in answer.headers["content-security-policy"]


async def test_a_body_that_does_not_come_gives_its_place_back(whole: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shield, "BODY_S", 0.05)
    begun = asyncio.Event()

    async def trickled() -> Message:
        if begun.is_set():
            await asyncio.Event().wait()
        begun.set()
        return {"type": "http.request", "body": b"{", "more_body": True}

    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [(b"content-type", b"application/json"), (b"content-length", b"9"), (b"host", b"host")]
    login = scope(method="POST", path="/api/session", headers=headers, scheme="http")
    async with asyncio.timeout(10):
        await whole(login, trickled, send)
    assert sent[0]["status"] == 408
    assert dict(sent[0]["headers"])[b"connection"] == b"close"
    assert b"about:blank#request-timeout" in sent[1]["body"]


async def test_hsts_where_the_browser_speaks_https(whole: Any) -> None:
    async with browser(whole) as client:
        plain = await client.get("/healthz")
        assert "strict-transport-security" not in plain.headers
        assert (await client.get("/healthz", headers={"X-Forwarded-Proto": "https"})).headers == plain.headers
        safe = await client.get("https://host/healthz")
        assert safe.headers["strict-transport-security"] == "max-age=31536000"
        lost = await client.get("https://host/api/nothing")
        assert (lost.status_code, "strict-transport-security" in lost.headers) == (404, True)


async def test_no_inline_script_and_no_style_in_markup(whole: Any) -> None:
    async with browser(whole) as client:
        policy = (await client.get("/")).headers["content-security-policy"].split("; ")
    assert "script-src 'self'" in policy
    assert "style-src-attr 'none'" in policy
