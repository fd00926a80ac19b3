"""Telling and auditing over a real bus while the disk is away, a folder is nobody's, or one audit fails."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest
import pytest_asyncio

from recorder.alarms import NodeAlarms
from recorder.index import nightly
from recorder.index.nightly import Nightly
from recorder.index.telling import ORDERS, Teller, order
from recorder.retention.mount import RecordingsRoot
from tests.support.clocks import ManualClock
from tests.support.nats_bus import NatsServer, nats_server
from tests.support.shelves import MIDNIGHT, record
from tests.support.waiting import until_async
from vms.bus import subjects
from vms.bus.connection import Bus
from vms.bus.outbox import Outbox
from vms.domain.clock import SystemClock
from vms.domain.index import IndexSpan

START = MIDNIGHT - 300 * 86400  # in the past, whenever the test runs


@pytest.fixture
def server(tmp_path: Path) -> Iterator[NatsServer]:
    with nats_server(tmp_path / "nats") as made:
        yield made


@pytest_asyncio.fixture
async def bus(server: NatsServer) -> AsyncIterator[Bus]:
    one = await Bus.connect(server.address, "test")
    await one.ensure_storage()
    yield one
    await one.close()


@contextlib.asynccontextmanager
async def running(work: asyncio.Task[None]) -> AsyncIterator[None]:
    try:
        yield
        assert not work.done()
    finally:
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)


async def told(bus: Bus) -> list[IndexSpan]:
    info = await bus.js.stream_info(subjects.STREAM_SEGMENTS)
    messages = [await bus.js.get_msg(subjects.STREAM_SEGMENTS, seq + 1) for seq in range(info.state.last_seq)]
    return [IndexSpan.model_validate_json(one.data or b"") for one in messages]


async def test_an_order_waits_for_the_disk(bus: Bus, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    data, place = tmp_path / "data", tmp_path / "data" / "recordings"
    segments = record(place, "c", START, 5)
    (place / "s" / "c" / "2026-02-30" / "00").mkdir(parents=True)  # somebody's, and no day
    root = RecordingsRoot(data)
    assert root.open() is None
    place.rename(tmp_path / "disk")
    place.mkdir()  # beneath the mount lies an empty folder
    assert root.look() is not None
    order(data, "s", "c")

    async def tried() -> bool:
        return "index.untold" in caplog.text

    async def done() -> bool:
        return not list((data / ORDERS).iterdir())

    async with running(asyncio.create_task(Teller(data, root.path, None, SystemClock()).run(bus))):
        await until_async(tried, 20, "it was tried")
        assert await told(bus) == [], "nothing is told of a disk that is away"
        place.rmdir()
        (tmp_path / "disk").rename(place)
        assert root.look() is None
        await until_async(done, 20, "the order is carried out")
    assert [one.id for span in await told(bus) for one in span.segments] == [one.id for one in segments]
    root.close()


async def test_an_audit_that_fails_ends_nothing_and_is_not_repeated(
    bus: Bus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = ManualClock()
    outbox = Outbox(tmp_path / "outbox" / "r.jsonl")
    alarms = NodeAlarms("local", "r", tmp_path / "state" / "alarms-r.json", outbox, clock)
    record(tmp_path / "recordings", "c", START, 1)
    audits = Nightly(tmp_path, tmp_path / "recordings", "local", "r", None, alarms, clock)
    looks, tries = [0], [0]
    due = nightly.due

    def watched(*moments: Any) -> bool:
        looks[0] += 1
        return due(*moments)

    def broken(*_more: Any, **_how: Any) -> NoReturn:
        tries[0] += 1
        raise ValueError("something that nobody thought of")

    monkeypatch.setattr(nightly, "due", watched)
    monkeypatch.setattr(nightly, "look_at", broken)
    monkeypatch.setattr(nightly, "LOOK_S", 0.01)
    clock.advance(86400)

    async def looked_on() -> bool:
        return tries[0] > 0 and looks[0] > 20

    async with running(asyncio.create_task(audits.run(bus))):
        await until_async(looked_on, 20, "it was tried, and the time went on")
    assert tries == [1]
    outbox.close()
    alarms.close()
