"""Telling and auditing over a real bus while the disk is away, a folder is nobody's, or one audit fails."""

from __future__ import annotations

import asyncio
import contextlib
import errno
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, NoReturn

import pytest

from recorder.alarms import NodeAlarms
from recorder.index import nightly, telling
from recorder.index.nightly import Nightly
from recorder.index.telling import ORDERS, Teller, order
from recorder.retention.mount import RecordingsRoot
from tests.support.clocks import ManualClock
from tests.support.shelves import MIDNIGHT, record
from tests.support.waiting import until, until_async
from vms.bus import subjects
from vms.bus.connection import Bus
from vms.bus.outbox import Outbox
from vms.domain.clock import SystemClock
from vms.domain.index import IndexSpan

START = MIDNIGHT - 300 * 86400  # in the past, whenever the test runs


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

    async with running(asyncio.create_task(Teller(data, lambda _site: root.path, None, SystemClock()).run(bus))):
        await until_async(tried, 20, "it was tried")
        assert await told(bus) == [], "nothing is told of a disk that is away"
        place.rmdir()
        (tmp_path / "disk").rename(place)
        assert root.look() is None
        await until_async(done, 20, "the order is carried out")
    assert [one.id for span in await told(bus) for one in span.segments] == [one.id for one in segments]
    root.close()


async def test_an_order_that_cannot_be_removed_is_carried_out_once(
    bus: Bus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Root wrote it: whoever may read it cannot remove it."""
    record(tmp_path / "recordings", "c", START, 5)
    orders, looks = tmp_path / ORDERS, [0]
    order(tmp_path, "s", "c")

    def refused(path: Path, **_how: Any) -> NoReturn:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    class Counted(Teller):
        def _orders(self) -> list[Path]:
            looks[0] += 1
            return super()._orders()

    async def looked(more: int) -> None:
        seen = looks[0]
        await until(lambda: looks[0] > seen + more, 20)

    monkeypatch.setattr(Path, "unlink", refused)
    monkeypatch.setattr(telling, "LOOK_S", 0.01)
    teller = Counted(tmp_path, lambda _site: tmp_path / "recordings", None, SystemClock())
    async with running(asyncio.create_task(teller.run(bus))):
        await looked(10)
        first = len(await told(bus))
        assert first > 0
        await looked(10)
        assert len(await told(bus)) == first
        assert caplog.text.count("index.order_kept") == 1
        order(tmp_path, "s", "c")  # again, and later
        await looked(10)
        assert len(await told(bus)) == 2 * first
        assert [one.name for one in orders.iterdir()] == ["s.c"]


async def test_a_disk_that_goes_while_an_order_is_carried_out_is_no_empty_index(
    bus: Bus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """What lies beneath a mount that is gone has nothing; told as an index it would take the camera's footage away."""
    record(tmp_path / "recordings", "c", START, 5)
    order(tmp_path, "s", "c")
    there = ["s"]

    class Leaving(Teller):
        def _orders(self) -> list[Path]:
            found = super()._orders()
            there.clear()
            return found

    monkeypatch.setattr(telling, "LOOK_S", 0.01)
    teller = Leaving(tmp_path, lambda _site: tmp_path / "beneath", there, SystemClock())
    async with running(asyncio.create_task(teller.run(bus))):
        await until(lambda: "index.untold" in caplog.text, 20)
    assert await told(bus) == []
    assert [one.name for one in (tmp_path / ORDERS).iterdir()] == ["s.c"]


async def test_a_folder_of_orders_that_cannot_be_read_ends_nothing(
    bus: Bus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    record(tmp_path / "recordings", "c", START, 5)
    (tmp_path / ORDERS).parent.mkdir(parents=True)
    (tmp_path / ORDERS).touch()  # root may read every folder, but not what is none
    monkeypatch.setattr(telling, "LOOK_S", 0.01)

    async def done() -> bool:
        return bool(await told(bus)) and not list((tmp_path / ORDERS).iterdir())

    teller = Teller(tmp_path, lambda _site: tmp_path / "recordings", None, SystemClock())
    async with running(asyncio.create_task(teller.run(bus))):
        await until(lambda: "index.unordered" in caplog.text, 20)
        (tmp_path / ORDERS).unlink()
        order(tmp_path, "s", "c")
        await until_async(done, 20, "it is carried out as soon as it can be read")
    assert caplog.text.count("index.unordered") == 1


async def test_an_audit_that_fails_ends_nothing_and_is_not_repeated(
    bus: Bus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = ManualClock()
    outbox = Outbox(tmp_path / "outbox" / "r.jsonl")
    alarms = NodeAlarms("local", "r", tmp_path / "state" / "alarms-r.json", outbox, clock)
    record(tmp_path / "recordings", "c", START, 1)
    Nightly(tmp_path, tmp_path / "recordings", "local", "r", None, alarms, clock)
    clock.advance(86400)
    audits = Nightly(tmp_path, tmp_path / "recordings", "local", "r", None, alarms, clock)  # started after the night
    rests, tries = [0], [0]
    look = audits.look

    def watched() -> None:
        rests[0] += 1
        look()

    def broken(*_more: Any, **_how: Any) -> NoReturn:
        tries[0] += 1
        raise ValueError("something that nobody thought of")

    monkeypatch.setattr(audits, "look", watched)
    monkeypatch.setattr(nightly, "look_at", broken)
    monkeypatch.setattr(nightly, "LOOK_S", 0.01)

    async with running(asyncio.create_task(audits.run(bus))):
        await until(lambda: rests[0] > 20, 20)
        assert tries == [0], "one that ends its process must not do so again and again"
        clock.advance(nightly.FLOOR_S)
        await until(lambda: tries[0] > 0, 20)
        since = rests[0]
        await until(lambda: rests[0] > since + 20, 20)
    assert tries == [1]
    outbox.close()
    alarms.close()
