"""The bus against a real NATS server: killed and started again, watched, followed, and not there at all."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
import pytest
from nats import errors
from nats.aio.msg import Msg

from tests.support.nats_bus import NatsServer
from tests.support.ports import free_port
from tests.support.waiting import PATIENCE, until, until_async
from vms.bus import connection, subjects
from vms.bus.configuration import ConfigurationFollower
from vms.bus.connection import Bus, BusAddress
from vms.bus.outbox import Outbox
from vms.bus.tasks import end
from vms.domain.errors import BusError
from vms.domain.facility import Facility
from vms.domain.messages import ConfigRevision


@contextlib.asynccontextmanager
async def running(work: Any) -> AsyncIterator[asyncio.Task[Any]]:
    task = asyncio.create_task(work)
    try:
        yield task
    finally:
        await end((task,))


async def stored(bus: Bus) -> list[bytes]:
    """Everything in the stream of segments, in order."""
    info = await bus.js.stream_info(subjects.STREAM_SEGMENTS)
    return [
        (await bus.js.get_msg(subjects.STREAM_SEGMENTS, seq)).data or b"" for seq in range(1, info.state.last_seq + 1)
    ]


SUBJECT = subjects.stored("s", "c", "gap")


async def test_the_outbox_waits_out_a_dead_bus(nats: NatsServer, bus: Bus, tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "o.jsonl")
    async with running(outbox.run(bus)):
        outbox.put(SUBJECT, b"0", "m0")
        assert await outbox.drained(5)
        nats.kill()
        for n in range(1, 20):
            outbox.put(SUBJECT, b"%d" % n, f"m{n}")
        assert not await outbox.drained(0.3)
        nats.start()
        assert await outbox.drained(20)
        assert await stored(bus) == [b"%d" % n for n in range(20)]
    outbox.close()


async def test_an_answer_that_died_with_the_bus_is_not_waited_for(
    nats: NatsServer, bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "STORE_S", 3600.0)
    assert nats._process is not None
    nats._process.send_signal(signal.SIGSTOP)  # it takes the message and answers nothing
    await until(lambda: psutil.Process(nats._process.pid).status() == psutil.STATUS_STOPPED, 10, "it stands still")  # type: ignore[union-attr]
    async with running(bus.store(SUBJECT, b"1", "m1")) as storing:
        await until(lambda: bus._storing, 10, "it is under way")
        nats.kill()
        await asyncio.wait([storing], timeout=10 * PATIENCE)
        assert isinstance(storing.exception(), BusError)
    with pytest.raises(BusError, match="not connected"):
        await bus.store(SUBJECT, b"2", "m2")
    nats.start()
    await until(lambda: bus.connected, 10, "it is back")
    for payload, msg_id in ((b"1", "m1"), (b"2", "m2")):
        await bus.store(SUBJECT, payload, msg_id)
    assert await stored(bus) == [b"1", b"2"]


async def test_what_was_stored_already_is_not_stored_twice(bus: Bus, tmp_path: Path) -> None:
    """The process ended between the bus's answer and the outbox's note of it."""
    path = tmp_path / "o.jsonl"
    outbox = Outbox(path)
    for n in range(5):
        outbox.put(SUBJECT, b"%d" % n, f"m{n}")
    kept = path.read_bytes()
    for _ in range(2):
        async with running(outbox.run(bus)):
            assert await outbox.drained(5)
        outbox.close()
        path.write_bytes(kept)
        outbox = Outbox(path)
    outbox.close()
    assert await stored(bus) == [b"%d" % n for n in range(5)]


async def test_a_bus_that_is_not_there_stops_nobody_from_stopping() -> None:
    url = f"nats://user:geheim@127.0.0.1:{free_port()}"
    stop = asyncio.Event()
    connecting = asyncio.create_task(Bus.connect(BusAddress(url, url), "test", stop))
    done, _ = await asyncio.wait([connecting], timeout=0.5)
    assert not done
    stop.set()
    with pytest.raises(BusError, match="stopped"):
        await asyncio.wait_for(connecting, 3 * PATIENCE)


async def test_a_client_that_swallows_a_cancellation_is_stopped_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """So does ``asyncio.wait_for`` of Python 3.11 where a refusal meets the cancellation."""

    async def stubborn(*_: Any, **__: Any) -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise ConnectionRefusedError from None

    monkeypatch.setattr("nats.connect", stubborn)
    stop = asyncio.Event()
    connecting = asyncio.create_task(Bus.connect(BusAddress("nats://a", "nats://a"), "test", stop))
    await asyncio.wait([connecting], timeout=0.1)
    stop.set()
    with pytest.raises(BusError, match="stopped"):
        await asyncio.wait_for(connecting, 3 * PATIENCE)


async def test_a_bus_that_comes_later_is_found(tmp_path: Path) -> None:
    server = NatsServer(tmp_path / "nats")
    connecting = asyncio.create_task(Bus.connect(server.address, "test"))
    await asyncio.wait([connecting], timeout=0.3)
    server.start()
    try:
        bus = await asyncio.wait_for(connecting, 10)
        assert bus.connected
        await bus.close()
    finally:
        server.kill()


async def test_storage_is_set_up_by_many_at_once_and_kept(nats: NatsServer, bus: Bus) -> None:
    others = [await Bus.connect(nats.address, f"other-{n}") for n in range(3)]
    await asyncio.gather(*(one.ensure_storage() for one in others))
    await bus.store(SUBJECT, b"x", "m")
    await others[0].ensure_storage()
    assert await stored(bus) == [b"x"]
    for one in others:
        await one.close()


async def test_a_dead_bus_is_a_bus_error_and_nothing_else(nats: NatsServer, bus: Bus) -> None:
    await bus.put_synced(subjects.BUCKET_STATE, "a.b.recorder", b"1")
    assert await bus.get(subjects.BUCKET_STATE, "a.b.recorder") == b"1"
    assert await bus.get(subjects.BUCKET_STATE, "none") is None
    nats.kill()
    await until(lambda: not bus.connected, 10)
    assert bus.connected_since is None
    with pytest.raises(BusError, match="was not read"):
        await bus.get(subjects.BUCKET_STATE, "a.b.recorder")


async def test_storage_comes_back_after_a_restart(nats: NatsServer, bus: Bus) -> None:
    """The bucket of states lives in memory."""
    await bus.keep_storage()
    nats.kill()
    nats.start()

    async def there() -> bool:
        with contextlib.suppress(errors.Error, TimeoutError):
            await bus.js.key_value(subjects.BUCKET_STATE)
            return True
        return False

    await until_async(there, 15)


async def test_what_has_no_stream_waits_for_web_to_make_it(bus: Bus, tmp_path: Path) -> None:
    await bus.js.delete_stream(subjects.STREAM_SEGMENTS)
    with pytest.raises(BusError, match="stream is missing"):
        await bus.store(SUBJECT, b"x", "m")
    outbox = Outbox(tmp_path / "o.jsonl")
    outbox.put(SUBJECT, b"y", "n")
    async with running(outbox.run(bus)):
        assert not await outbox.drained(0.3)
        await bus.ensure_storage()
        assert await outbox.drained(5)
    outbox.close()
    assert await stored(bus) == [b"y"]


async def test_a_client_that_is_closed_for_good_is_told(bus: Bus) -> None:
    lasting = asyncio.create_task(bus.lasting())
    await bus.core.close()  # what the client does by itself after the server's word that it must go
    with pytest.raises(BusError, match="closed this client"):
        await asyncio.wait_for(lasting, 10)


async def test_following_goes_on_after_a_restart(nats: NatsServer, bus: Bus) -> None:
    """The bucket of states lives in memory and is gone then: followers must not be."""
    seen: list[bytes] = []

    async def told(msg: Msg) -> None:
        seen.append(msg.data)

    reconnected = asyncio.Event()

    async def hook() -> None:
        reconnected.set()

    bus.on_reconnect(hook)
    await bus.follow(subjects.BUCKET_STATE, told)
    await bus.put(subjects.BUCKET_STATE, "a.b.recorder", b"1")
    await until(lambda: seen == [b"1"], 5)
    nats.kill()
    nats.start()
    await asyncio.wait_for(reconnected.wait(), 10)
    await bus.put(subjects.BUCKET_STATE, "a.b.recorder", b"2")
    await until(lambda: seen == [b"1", b"2"], 5)


# --- configuration ----------------------------------------------------------------------------------------------


def revision(number: int, name: str = "F", **more: Any) -> bytes:
    facility = {"facility": {"name": name}, "sites": [], **more}
    return ConfigRevision(revision=number, at=datetime(2026, 11, 22, tzinfo=UTC), facility=facility).encode()


class Applied:
    def __init__(self, cache: Path) -> None:
        self.seen: list[tuple[int, str]] = []
        self.follower = ConfigurationFollower(cache, self._apply)

    async def _apply(self, number: int, facility: Facility) -> None:
        self.seen.append((number, facility.facility.name))


async def put_configuration(bus: Bus, raw: bytes) -> None:
    await bus.put_synced(subjects.BUCKET_CONFIG, subjects.CONFIG_KEY, raw)


async def test_a_worker_follows_the_configuration_and_keeps_the_last_good_one(bus: Bus, tmp_path: Path) -> None:
    cache = tmp_path / "cache" / "config.json"
    worker = Applied(cache)
    assert not await worker.follower.load_cache()
    await put_configuration(bus, revision(1, "one"))
    async with running(worker.follower.run(bus)):
        await until(lambda: worker.seen == [(1, "one")], 5)
        await put_configuration(bus, revision(2, "two", unknown=1))
        await put_configuration(bus, b"no json")
        await put_configuration(bus, revision(1, "older"))
        await put_configuration(bus, revision(3, "three"))
        await until(lambda: worker.seen == [(1, "one"), (3, "three")], 5)
    again = Applied(cache)
    assert await again.follower.load_cache()
    await until(lambda: again.seen == [(3, "three")], 5)
    await again.follower.close()
    await worker.follower.close()


async def test_what_is_being_applied_outlives_the_connection(bus: Bus, tmp_path: Path) -> None:
    """The bus side of a worker ends, and is begun anew: cameras that were told to stop must not stay so."""
    begun, goes_on = asyncio.Event(), asyncio.Event()

    async def apply(_number: int, _facility: Facility) -> None:
        begun.set()
        await goes_on.wait()

    follower = ConfigurationFollower(tmp_path / "config.json", apply)
    await put_configuration(bus, revision(1))
    async with running(follower.run(bus)):
        await until(begun.is_set, 5)
    await bus.close()
    assert follower.revision == 0
    goes_on.set()
    await until(lambda: follower.revision == 1, 5)
    await follower.close()


async def test_a_damaged_cache_is_none(tmp_path: Path) -> None:
    cache = tmp_path / "config.json"
    cache.write_bytes(revision(3)[:-20])
    worker = Applied(cache)
    assert not await worker.follower.load_cache()
    assert worker.seen == []
