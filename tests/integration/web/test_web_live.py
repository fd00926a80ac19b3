"""Web's pictures with a real bus and a scripted worker: the wall, live video, and browsers that sleep."""

from __future__ import annotations

import asyncio
import json
import struct
import time

import pytest

from tests.integration.web.rig import WebRig, close_code
from tests.integration.web.worker import JPEG, Worker
from tests.support.waiting import until_async
from vms.bus import subjects


async def test_wall_sends_the_newest_and_no_faster_than_asked(rig: WebRig, worker: Worker) -> None:
    await worker.answer_watches("jpeg")
    async with rig.socket("/ws/wall") as socket:
        await socket.send(json.dumps({"cameras": ["cam-1", "unknown"], "fps": 5}))
        await until_async(lambda: _watched(worker))
        await worker.picture("cam-1")
        message = await asyncio.wait_for(socket.recv(), 15)
        (length,) = struct.unpack(">H", message[:2])
        header = json.loads(message[2 : 2 + length])
        assert header == {"camera": "cam-1", "at": "2026-01-01T00:00:00.000Z", "persons": 3, "w": 640, "h": 360}
        assert message[2 + length :] == JPEG
        async with rig.socket("/ws/wall") as second:  # gets the last picture without waiting for the next
            await second.send(json.dumps({"cameras": ["cam-1"]}))
            assert await asyncio.wait_for(second.recv(), 15) == message
        begun = time.monotonic()
        for i in range(50):
            await worker.picture("cam-1", JPEG + bytes([i]))
            await asyncio.sleep(0.01)
        got = [message]
        while not got[-1].endswith(JPEG + bytes([49])):
            got.append(await asyncio.wait_for(socket.recv(), 15))
        assert len(got) - 1 <= 5 * (time.monotonic() - begun) + 1
    assert {request.profile for request in worker.watched} == {"jpeg"}
    assert len(worker.watched) <= 3


async def test_live_starts_at_a_key_frame_for_first_and_later_watchers(rig: WebRig, worker: Worker) -> None:
    worker.gop = [(10, True, b"k10"), (11, False, b"d11")]
    await worker.answer_watches("main")
    async with rig.socket("/ws/live/cam-1") as first:
        head = json.loads(await first.recv())
        assert head["mime"].startswith("video/mp4")
        assert head["anchor_utc"] == "2026-01-01T00:00:00.000Z"
        assert [await first.recv() for _ in range(3)] == [b"init of run-1", b"k10", b"d11"]
        await worker.fragment(11, False, b"d11")  # came with the group of pictures already
        await worker.fragment(12, False, b"d12")
        assert await first.recv() == b"d12"
        async with rig.socket("/ws/live/cam-1") as later:
            assert "mime" in await later.recv()
            assert [await later.recv() for _ in range(4)] == [b"init of run-1", b"k10", b"d11", b"d12"]
        assert len(worker.watched) == 1
        worker.run = "run-2"
        worker.gop = [(0, True, b"k0")]
        await worker.fragment(0, True, b"k0")
        assert json.loads(await asyncio.wait_for(first.recv(), 5))["run"] == "run-2"
        assert [await first.recv() for _ in range(2)] == [b"init of run-2", b"k0"]
        boxes = {"at": "2026-01-01T00:00:00Z", "tracks": [{"x": 0.1, "y": 0.2, "w": 0.3, "h": 0.4, "track": 7}]}
        await worker.client.publish(subjects.live("s1", "cam-1", "boxes"), json.dumps(boxes).encode())
        assert json.loads(await first.recv())["tracks"][0]["id"] == 7


async def test_live_says_why_there_is_none(rig: WebRig, worker: Worker) -> None:
    async with rig.socket("/ws/live/cam-1") as socket:
        assert json.loads(await socket.recv()) == {"error": "worker_lost"}
        assert await close_code(socket) == 4503
    worker.error = "unauthorized"
    await worker.answer_watches("main")
    async with rig.socket("/ws/live/cam-1") as socket:
        assert json.loads(await socket.recv()) == {"error": "unauthorized"}
        assert await close_code(socket) == 4503


async def test_browser_that_sleeps_is_given_up(rig: WebRig, worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("web.api.sockets.SEND_S", 0.5)
    worker.gop = [(0, True, b"k0")]
    await worker.answer_watches("main")
    async with rig.socket("/ws/live/cam-1") as asleep, rig.socket("/ws/live/cam-1") as awake:
        for socket in (asleep, awake):
            await socket.recv()
        got = 0

        async def read() -> None:
            nonlocal got
            async for message in awake:
                got += len(message)

        reading = asyncio.create_task(read())
        for seq in range(1, 80):
            await worker.fragment(seq, seq % 25 == 0, bytes(200_000))
            await worker.client.flush()
            await asyncio.sleep(0.02)

        async def one_left() -> bool:
            return 'vms_web_sockets{kind="live"} 1.0' in (await rig.http.get("/metrics")).text

        await until_async(one_left)
        assert got > 15_000_000  # whoever is awake misses nothing
        reading.cancel()


async def test_stopping_closes_open_sockets(rig: WebRig, worker: Worker) -> None:
    await worker.answer_watches("main")
    async with rig.socket("/ws/alerts"), rig.socket("/ws/wall") as wall, rig.socket("/ws/live/cam-1") as live:
        await wall.send(json.dumps({"cameras": ["cam-1"]}))
        await live.recv()
        await rig.stop()


async def _watched(worker: Worker) -> bool:
    return bool(worker.watched)
