"""The renderer as a process over a real bus and real recordings: exact frames, refusals, crashes, its own bounds."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest
import pytest_asyncio
from nats import errors as nats_errors

from tests.support.footage import encode
from tests.support.nats_bus import NatsServer
from tests.support.recorded import Recordings, counter_of, poison, width_of
from tests.support.renderer_rig import Asker, asking, refusal, renderer, taken
from tests.support.waiting import PATIENCE, until

START = 1_800_000_010.0
SIZE = (480, 270)


@pytest_asyncio.fixture
async def asker(nats: NatsServer) -> AsyncIterator[Asker]:
    async with asking(nats) as one:
        yield one


def film(recordings: Recordings, codec: str = "h264", utc: float = START, frames: int = 100, gop: int = 25) -> None:
    units = encode(codec, size=SIZE, frames=frames, gop=gop, counter=True)
    recordings.record(codec, units, utc, SIZE)


def thumbnails(data: Path) -> list[Path]:
    return sorted(data.rglob("thumbnails/**/*.jpg"))


async def test_pictures_and_refusals(data: Path, recordings: Recordings, asker: Asker, nats: NatsServer) -> None:
    film(recordings)
    film(recordings, "hevc", START + 10)
    film(recordings, utc=START + 20)
    poison(recordings.files()[-1])
    with renderer(data, nats) as process:
        await asker.until_it_listens()
        for begin in (START, START + 10):
            for number in (0, 13, 60, 99):
                reply = await asker.ask(begin + number / 25 + 0.02)
                assert counter_of(reply.data) == number
                assert taken(reply) == pytest.approx(begin + number / 25, abs=0.002)
                again = await asker.ask(taken(reply))  # who asks for the time that he was told gets the same frame
                assert counter_of(again.data) == number
        key = await asker.ask(START + 60 / 25, "key", width=200)
        assert (counter_of(key.data), width_of(key.data)) == (50, 200)
        for at in (START - 0.1, START + 4.01, START + 9):
            assert refusal(await asker.ask(at)) == "no_footage"
        assert refusal(await asker.ask(START, camera="nobody")) == "no_footage"
        for what in ("frame", "key", "thumbnail"):
            assert refusal(await asker.ask(START + 21, what)) == "undecodable"
        for raw in (b"", b"{}", b'{"at": "x"}', b'{"at": "2026-01-01T00:00:00"}', b"[" * 5000):
            assert refusal(await asker.raw(raw)) == "bad_request"
        assert refusal(await asker.raw(b'{"at": "2026-01-01T00:00:00Z"}', "cam-1/x")) == "bad_request"
        assert counter_of((await asker.ask(START)).data) == 0, "and after all that it still works"
        assert process.poll() is None
        role = psutil.Process(process.pid)
        assert role.nice() == min(psutil.Process().nice() + 10, 19)
        mapped = {one.path.rsplit("/", 1)[-1] for one in role.memory_maps()}
        assert not [name for name in mapped if "openvino" in name or "torch" in name or "sqlite3" in name]
        process.send_signal(signal.SIGTERM)
        assert process.wait(3 * PATIENCE) == 0


async def test_a_growing_file(data: Path, recordings: Recordings, asker: Asker, nats: NatsServer) -> None:
    run = recordings.grow("h264", encode(size=SIZE, frames=60, counter=True), START, SIZE)
    with renderer(data, nats):
        await asker.until_it_listens()
        for number in (0, 30, 49):
            reply = await asker.ask(START + number / 25 + 0.01)
            assert counter_of(reply.data) == number
            assert (reply.headers or {})["Vms-Growing"] == "1"
        assert refusal(await asker.ask(START + 2.2)) == "no_footage"  # of this fragment more is to come
        assert counter_of((await asker.ask(START, "thumbnail")).data) is not None
        assert not thumbnails(data), "what a slot shows is not settled yet"
        recordings.end(run)
        reply = await asker.ask(START + 59.5 / 25)
        assert counter_of(reply.data) == 59
        assert (reply.headers or {})["Vms-Growing"] == "0"


async def test_thumbnails(data: Path, recordings: Recordings, asker: Asker, nats: NatsServer) -> None:
    film(recordings, utc=START + 2)  # of a slot that begins without footage
    film(recordings, utc=START + 20)
    with renderer(data, nats):
        await asker.until_it_listens()
        first = await asker.ask(START + 9, "thumbnail")
        assert (width_of(first.data), taken(first)) == (192, START + 2)
        (kept,) = thumbnails(data)
        assert kept.read_bytes() == first.data
        written = kept.stat().st_ino
        again = await asker.ask(START + 1, "thumbnail")
        assert (again.data, taken(again)) == (first.data, taken(first))
        assert kept.stat().st_ino == written, "made once"
        assert refusal(await asker.ask(START + 15, "thumbnail")) == "no_footage"
        recordings.files()[0].unlink()
        assert refusal(await asker.ask(START + 9, "thumbnail")) == "no_footage", "none outlives its footage"
        assert refusal(await asker.ask(START + 21, "thumbnail")) is None
    with renderer(data, nats):
        await asker.until_it_listens()
        await until(lambda: not kept.exists(), what="the one without footage is swept")
        assert len(thumbnails(data)) == 1


async def test_a_crowd_is_refused_and_the_newest_is_served(
    data: Path, recordings: Recordings, asker: Asker, nats: NatsServer
) -> None:
    film(recordings, frames=600, gop=600)
    with renderer(data, nats):
        await asker.until_it_listens()
        crowd = [asyncio.create_task(asker.ask(START + 2 + n / 1000, patience_s=30)) for n in range(150)]
        replies = await asyncio.gather(*crowd)
        refused = [n for n, reply in enumerate(replies) if refusal(reply) == "busy"]
        served = [n for n, reply in enumerate(replies) if refusal(reply) is None]
        assert len(refused) + len(served) == 150
        assert len(served) >= 33
        assert len(refused) >= 10
        assert 149 in served
        dragged = [asyncio.create_task(asker.ask(START + 2 + n / 1000, asker="x", patience_s=30)) for n in range(60)]
        replies = await asyncio.gather(*dragged)
        assert refusal(replies[-1]) is None
        assert sum(refusal(reply) is None for reply in replies) < 60, "only the last of those that wait counts"


async def test_a_file_that_kills_the_decoder_is_set_aside(
    data: Path, recordings: Recordings, asker: Asker, nats: NatsServer
) -> None:
    film(recordings, frames=600, gop=600)
    film(recordings, utc=START + 100)
    notes = data / "state" / "renderer"
    for _death in range(2):
        with renderer(data, nats) as process:
            await asker.until_it_listens()
            deadly = asyncio.create_task(asker.ask(START + 23.9))
            await until(lambda: list(notes.glob("decoding-*")), what="it is in the decoder")
            process.send_signal(signal.SIGSEGV)
            assert process.wait(10) == -signal.SIGSEGV
            deadly.cancel()
            with contextlib.suppress(asyncio.CancelledError, nats_errors.Error):
                await deadly
    with renderer(data, nats):
        await asker.until_it_listens()
        assert refusal(await asker.ask(START + 1)) == "undecodable"
        assert counter_of((await asker.ask(START + 101)).data) == 25, "the others go on"


async def test_it_stops_at_once_in_the_middle_of_work_and_outlives_the_bus(
    data: Path, recordings: Recordings, asker: Asker, nats: NatsServer
) -> None:
    film(recordings, frames=600, gop=600)
    with renderer(data, nats) as process:
        await asker.until_it_listens()
        nats.kill()
        nats.start()
        await asker.until_it_listens()
        working = asyncio.create_task(asker.ask(START + 23.9))
        await until(lambda: list((data / "state" / "renderer").glob("decoding-*")), what="it is in the decoder")
        process.send_signal(signal.SIGTERM)
        assert process.wait(3 * PATIENCE) == 0
        assert not list((data / "state" / "renderer").glob("decoding-*")), "a clean stop leaves no suspect"
        working.cancel()
        with contextlib.suppress(asyncio.CancelledError, nats_errors.Error):
            await working
