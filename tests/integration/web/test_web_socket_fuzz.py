"""Whatever is said over a websocket, or asked in its address: an answer, a close that says why, or nothing at all."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from urllib.parse import quote, urlencode

import pytest
import pytest_asyncio
import websockets
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.integration.web.rig import WebRig
from tests.integration.web.worker import JPEG, Worker
from vms.bus import subjects
from web import limits

ANSWER_S = 20.0
WANTED = {"cameras": ["cam-1"], "fps": 10}
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda some: st.lists(some, max_size=5) | st.dictionaries(st.text(max_size=8), some, max_size=5),
)
wanted = st.fixed_dictionaries(
    {}, optional={"cameras": json_values | st.lists(st.sampled_from(("cam-1", "cam-2", "no", "\x00", "../x"))),
                  "fps": json_values, "more": json_values},
)  # fmt: skip
MESSAGES = (
    st.text(max_size=50)
    | st.binary(max_size=50)
    | (json_values | wanted).map(json.dumps)  # with NaN and Infinity, as Python writes them
    | wanted.map(lambda said: json.dumps(said).encode())
)
HARD = (
    json.dumps({"cameras": ["cam-1"] * 10_000}),
    json.dumps({"cameras": [str(n) for n in range(10_000)], "fps": 1}),
    json.dumps({"cameras": ["x" * 100_000]}),
    '{"cameras": ' + "[" * 50_000,
    '{"cameras": ' + "[" * 5_000 + "]" * 5_000 + "}",
    '{"cameras": ["cam-1"], "cameras": 5, "fps": NaN}',
    '{"cameras": ["cam-1"], "fps": -Infinity, "fps": 1e999}',
    '{"cameras": ["cam-1"], "fps": ' + "9" * 5_000 + "}",
    '{"cameras": ["\\ud800"]}',
    "",
    "x" * (256 * 1024 + 1),
    b"\xff" * 300_000,
)
QUERIES = st.dictionaries(
    st.sampled_from(("since", "epoch", "beat", "profile", "more")) | st.text(max_size=5),
    st.sampled_from(("0", "1", "-1", "1e3", "NaN", "main", "sub", "\x00", "9" * 400, "x" * 400)) | st.text(max_size=20),
    max_size=4,
)  # fmt: skip


@pytest.fixture(autouse=True)
def _no_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand examples of one session are the flood that it is refused for."""
    for name in ("OF_SESSION", "OF_ADDRESS"):
        monkeypatch.setattr(limits, name, limits.Rate(1e9, 1e9))


@pytest_asyncio.fixture
async def worker(worker: Worker) -> AsyncIterator[Worker]:
    """Who sends a picture of ``cam-1`` again and again, and its video to who asks."""
    await worker.answer_watches("main")

    async def publish() -> None:
        while True:
            await worker.client.publish(subjects.live("s1", "cam-1", "jpeg"), JPEG)
            await asyncio.sleep(0.05)

    publishing = asyncio.create_task(publish())
    yield worker
    publishing.cancel()


async def fuzz(check: Callable[..., Awaitable[None]], long: bool, **given_: Any) -> None:
    """``check`` in this loop, with the same examples each time, or with ``--long`` many others."""
    loop = asyncio.get_running_loop()

    @settings(max_examples=1000 if long else 40, derandomize=not long, deadline=None, database=None,
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(**given_)
    def run(**drawn: Any) -> None:
        asyncio.run_coroutine_threadsafe(asyncio.wait_for(check(**drawn), 4 * ANSWER_S), loop).result()

    await asyncio.to_thread(run)


def ending(closed: websockets.ConnectionClosed) -> tuple[int, str]:
    """The code and the reason that the server gave."""
    return (1006, "") if closed.rcvd is None else (closed.rcvd.code, closed.rcvd.reason)


async def pictured(socket: Any) -> None:
    """Asks for a picture, and waits for it; what comes before is told to be wrong."""
    await socket.send(json.dumps(WANTED))
    async with asyncio.timeout(ANSWER_S):
        while isinstance(said := await socket.recv(), str):
            assert set(json.loads(said)) == {"error"}


@contextlib.asynccontextmanager
async def undisturbed(rig: WebRig, caplog: pytest.LogCaptureFixture) -> AsyncIterator[None]:
    """Others that are open go on, and the log tells of no error of the service."""
    async with rig.socket("/ws/wall") as wall, rig.socket("/ws/alerts?beat=1") as alerts:
        await pictured(wall)
        yield
        await pictured(wall)
        async with asyncio.timeout(ANSWER_S):
            while json.loads(await alerts.recv())["type"] != "beat":
                pass
    assert (await rig.http.get("/readyz")).status_code == 200
    told = [one for one in caplog.records if one.levelno >= logging.ERROR or one.exc_info]
    assert not told, [one.getMessage() for one in told]


async def test_messages_to_the_wall(rig: WebRig, worker: Worker, caplog: pytest.LogCaptureFixture, long: bool) -> None:
    codes: list[int] = []

    async def check(messages: list[str | bytes]) -> None:
        try:
            async with rig.socket("/ws/wall") as socket:
                for message in messages:
                    await socket.send(message)
                await pictured(socket)
        except websockets.ConnectionClosed as closed:
            codes.append(ending(closed)[0])

    async with undisturbed(rig, caplog):
        for message in HARD:
            await check([message])
        assert codes == [1009, 1009]
        await fuzz(check, long, messages=st.lists(MESSAGES, min_size=1, max_size=6))
    assert len(codes) == 2


@pytest.mark.parametrize("path", ["/ws/alerts", "/ws/live/cam-1"])
async def test_messages_to_those_who_do_not_listen(
    rig: WebRig, worker: Worker, caplog: pytest.LogCaptureFixture, long: bool, path: str
) -> None:
    async def check(messages: list[str | bytes]) -> None:
        try:
            async with rig.socket(path) as socket:
                for message in messages:
                    await socket.send(message)
                await (await socket.ping())
        except websockets.ConnectionClosed as closed:
            codes.append(ending(closed)[0])

    codes: list[int] = []
    async with undisturbed(rig, caplog):
        for message in HARD:
            await check([message])
        assert codes == [1009, 1009]
        await fuzz(check, long, messages=st.lists(MESSAGES, min_size=1, max_size=6))
    assert len(codes) == 2


async def test_addresses(rig: WebRig, worker: Worker, caplog: pytest.LogCaptureFixture, long: bool) -> None:
    codes: set[tuple[int, str]] = set()

    async def check(path: str, query: dict[str, str]) -> None:
        try:
            async with rig.socket(f"{path}?{urlencode(query, errors='replace')}") as socket:
                await (await socket.ping())
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(0.05):
                        await socket.recv()
        except websockets.ConnectionClosed as closed:
            codes.add(ending(closed))

    cameras = st.text(max_size=30).map(lambda camera: f"/ws/live/{quote(camera, safe='', errors='replace')}")
    paths = st.sampled_from(("/ws/alerts", "/ws/wall", "/ws/live/cam-1", "/ws/live/../wall", "/ws/live/")) | cameras
    async with undisturbed(rig, caplog):
        await fuzz(check, long, path=paths, query=QUERIES)
    assert {code for code, _ in codes} == {4404, 4422}
    assert all(reason for _, reason in codes)


async def test_bytes_that_are_no_messages(rig: WebRig, worker: Worker, caplog: pytest.LogCaptureFixture) -> None:
    async with undisturbed(rig, caplog):
        for sent in (
            b"\x81\x82\x00\x00\x00\x00\xff\xff",  # a text that is not UTF-8
            b"\x81\x05hello",  # not masked
            b"\xf1\x80\x00\x00\x00\x00",  # bits that nobody agreed upon
            b"\x81\xff" + b"\xff" * 8,  # a message of 2^64 bytes
            b"\x88\x81\x00\x00\x00\x00\x01",  # half a close code
            os.urandom(4096),
        ):
            async with rig.socket("/ws/wall") as socket:
                socket.transport.write(sent)
                async with asyncio.timeout(ANSWER_S):
                    await socket.wait_closed()
                assert socket.close_code in (1002, 1006, 1007, 1009)


async def test_handshakes_that_are_none(rig: WebRig, worker: Worker, caplog: pytest.LogCaptureFixture) -> None:
    right = {
        "Host": "h", "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Cookie": f"vms_session={rig.http.cookies['vms_session']}",
    }  # fmt: skip
    wrong: list[tuple[str, dict[str, str]]] = [
        ("/ws/wall", {"Sec-WebSocket-Key": "x"}),
        ("/ws/wall", {"Sec-WebSocket-Version": "99"}),
        ("/ws/wall", {"Sec-WebSocket-Extensions": "permessage-deflate; server_max_window_bits=99, \xff"}),
        ("/ws/wall", {"Sec-WebSocket-Protocol": ",,\xff"}),
        ("/ws/wall", {"Cookie": "vms_session=\xff\xfe; ="}),
        ("/ws/wall", {"Authorization": "Bearer \xff"}),
        ("/ws/wall", {"Origin": "http://[::1"}),
        ("/ws/w\xe4ll?\xff", {}),
        ("/ws/live/%ff%00%2f..", {}),
        ("http://other/ws/wall", {}),
    ]
    async with undisturbed(rig, caplog):
        for path, headers in wrong:
            lines = [f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in {**right, **headers}.items())]
            reader, writer = await asyncio.open_connection("127.0.0.1", rig.port)
            writer.write("\r\n".join([*lines, "", ""]).encode("latin-1"))
            async with asyncio.timeout(ANSWER_S):
                status = (await reader.readline()).split()[1]
            assert status in (b"101", b"400", b"426"), (path, headers, status)
            writer.close()
