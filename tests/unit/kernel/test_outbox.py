"""The outbox as a file: order over a restart, a torn line, a bound, a disk that refuses. The bus is in test_bus."""

from __future__ import annotations

import asyncio
import contextlib
import os
from pathlib import Path

import pytest

from tests.support.waiting import until
from vms.bus import outbox as module
from vms.bus.outbox import Outbox
from vms.domain.errors import BusError


class ScriptedBus:
    """Takes messages down; refuses while told to."""

    def __init__(self) -> None:
        self.stored: list[tuple[str, bytes, str]] = []
        self.refusing = False

    async def store(self, subject: str, payload: bytes, msg_id: str) -> None:
        if self.refusing:
            raise BusError("refused")
        self.stored.append((subject, payload, msg_id))

    @property
    def ids(self) -> list[str]:
        return [msg_id for _, _, msg_id in self.stored]


@contextlib.asynccontextmanager
async def running(outbox: Outbox, bus: ScriptedBus):  # type: ignore[no-untyped-def]
    task = asyncio.create_task(outbox.run(bus))  # type: ignore[arg-type]
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def sent_by(path: Path) -> list[str]:
    """What a worker that starts anew over ``path`` sends."""
    bus, outbox = ScriptedBus(), Outbox(path)
    async with running(outbox, bus):
        assert await outbox.drained(5)
    outbox.close()
    return bus.ids


async def test_everything_goes_out_in_order(tmp_path: Path) -> None:
    bus, outbox = ScriptedBus(), Outbox(tmp_path / "o.jsonl")
    async with running(outbox, bus):
        for n in range(50):
            outbox.put("vms.v1.s.c.gap", b"\x00\xff%d" % n, f"m{n}")
        assert await outbox.drained(5)
    assert bus.stored == [("vms.v1.s.c.gap", b"\x00\xff%d" % n, f"m{n}") for n in range(50)]
    assert (tmp_path / "o.jsonl").stat().st_size == 0


async def test_from_other_threads(tmp_path: Path) -> None:
    bus, outbox = ScriptedBus(), Outbox(tmp_path / "o.jsonl")

    def work(name: str) -> None:
        for n in range(100):
            outbox.put("s", b"", f"{name}{n}")

    async with running(outbox, bus):
        await asyncio.gather(*(asyncio.to_thread(work, name) for name in "abc"))
        assert await outbox.drained(5)
    for name in "abc":
        assert [i for i in bus.ids if i.startswith(name)] == [f"{name}{n}" for n in range(100)]


async def test_a_restart_keeps_order(tmp_path: Path) -> None:
    path = tmp_path / "box" / "o.jsonl"
    outbox = Outbox(path)
    for n in range(20):
        outbox.put("s", b"x", f"m{n}")
    outbox.close()
    again = Outbox(path)
    again.put("s", b"x", "later")
    again.close()
    assert await sent_by(path) == [*(f"m{n}" for n in range(20)), "later"]
    assert await sent_by(path) == []


async def test_a_torn_line_costs_itself_alone(tmp_path: Path) -> None:
    path = tmp_path / "o.jsonl"
    outbox = Outbox(path)
    outbox.put("s", b"x", "first")
    outbox.put("s", b"x", "torn")
    outbox.close()
    path.write_bytes(path.read_bytes()[:-10])
    again = Outbox(path)
    again.put("s", b"x", "after")
    again.close()
    assert await sent_by(path) == ["first", "after"]


async def test_garbage_in_the_file_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "o.jsonl"
    outbox = Outbox(path)
    outbox.put("s", b"x", "good")
    outbox.close()
    path.write_bytes(b'\x00\x00\n[]\n{}\nnull\n["a", "b", 3]\n["a", "b", "!!"]\n' + path.read_bytes())
    assert await sent_by(path) == ["good"]


async def test_beyond_its_bound_the_oldest_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_BYTES", 1000)
    bus, outbox = ScriptedBus(), Outbox(tmp_path / "o.jsonl")
    for n in range(15):
        outbox.put("s", b"x" * 100, f"m{n}")
    assert (len(outbox), outbox.dropped) == (10, 5)
    async with running(outbox, bus):
        assert await outbox.drained(5)
    assert bus.ids == [f"m{n}" for n in range(5, 15)]


async def test_what_was_dropped_while_it_was_being_sent_is_not_counted_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_BYTES", 100)
    outbox = Outbox(tmp_path / "o.jsonl")

    class Slow(ScriptedBus):
        async def store(self, subject: str, payload: bytes, msg_id: str) -> None:
            if msg_id == "m0":
                outbox.put("s", b"x" * 100, "m1")  # pushes m0 out
            await super().store(subject, payload, msg_id)

    bus = Slow()
    outbox.put("s", b"x" * 100, "m0")
    async with running(outbox, bus):
        assert await outbox.drained(5)
    assert bus.ids == ["m0", "m1"]
    assert len(outbox) == 0


async def test_a_bus_that_refuses_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RETRY_S", 0.01)
    bus, outbox = ScriptedBus(), Outbox(tmp_path / "o.jsonl")
    bus.refusing = True
    outbox.put("s", b"", "m0")
    async with running(outbox, bus):
        assert not await outbox.drained(0.1)
        outbox.put("s", b"", "m1")
        bus.refusing = False
        await until(lambda: bus.ids == ["m0", "m1"], 5)


async def test_a_full_disk_costs_nothing_while_the_process_lives(tmp_path: Path) -> None:
    """/dev/full takes no byte: what was put is sent all the same."""
    bus, outbox = ScriptedBus(), Outbox(tmp_path / "o.jsonl")
    full = os.open("/dev/full", os.O_WRONLY)
    os.dup2(full, outbox._file.fileno())
    os.close(full)
    outbox.put("s", b"", "m0", sync=True)
    async with running(outbox, bus):
        assert await outbox.drained(5)
    assert bus.ids == ["m0"]


async def test_nothing_waits_when_there_is_nothing(tmp_path: Path) -> None:
    assert await Outbox(tmp_path / "o.jsonl").drained(0)


async def test_what_waits_for_a_name_that_is_gone_is_sent_by_another(tmp_path: Path) -> None:
    """One recorder became two: its outbox would never be opened again."""
    for name, ids in (("recorder", ["a", "b"]), ("recorder-1", ["c"]), ("detector-all", ["d"])):
        outbox = Outbox(tmp_path / f"{name}.jsonl")
        for one in ids:
            outbox.put("s", b"", one)
        outbox.close()
    module.adopt(tmp_path, ["recorder-1", "recorder-2"], "recorder*")
    module.adopt(tmp_path, ["recorder-1", "recorder-2"], "recorder*")
    assert sorted(os.listdir(tmp_path)) == ["detector-all.jsonl", "recorder-1.jsonl"]
    bus, heir = ScriptedBus(), Outbox(tmp_path / "recorder-1.jsonl")
    async with running(heir, bus):
        assert await heir.drained(5)
    assert bus.ids == ["c", "a", "b"]
