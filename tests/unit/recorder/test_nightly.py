"""An audit that cannot be done ends nothing and says nothing; one that can leaves no trace on the thread it used.

When it is due goes by the last one, whatever the recorder did since; that none has been finished for long is told.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import threading
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner

from recorder.alarms import NodeAlarms
from recorder.index.nightly import Nightly, due
from recorder.retention.mount import RecordingsRoot
from recorder.retention.watch import Reachable
from tests.support.clocks import ManualClock
from tests.support.shelves import MIDNIGHT, record
from vms.bus.outbox import Outbox
from vms.cli.index import index
from vms.domain.clock import from_epoch
from vms.domain.messages import AlertEvent


class Rig:
    """A recorder's audits over a real folder, which may go."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.clock = ManualClock()
        self.root = RecordingsRoot(data)
        (data / "recordings").mkdir(parents=True)
        self.outbox = Outbox(data / "outbox" / "r.jsonl")
        self.alarms = NodeAlarms("local", "r", data / "state" / "alarms-r.json", self.outbox, self.clock)
        self.nightly = Nightly(data, self.root.path, "local", "r", None, self.alarms, self.clock)
        assert self.root.open() is None
        self.segments = record(data / "recordings", "c", MIDNIGHT, 10)

    def take_the_disk(self) -> None:
        """Beneath the mount lies an empty folder, as it does."""
        (self.data / "recordings").rename(self.data / "disk")
        (self.data / "recordings").mkdir()
        assert self.root.look() is not None

    def start(self) -> Nightly:
        """Another process of the same recorder."""
        return Nightly(self.data, self.root.path, "local", "r", None, self.alarms, self.clock)

    def told(self) -> list[str]:
        return [AlertEvent.model_validate_json(item.payload).event for item in self.outbox._items]

    def reasons(self) -> list[str]:
        return [AlertEvent.model_validate_json(item.payload).detail["reason"] for item in self.outbox._items]


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    one = Rig(tmp_path / "data")
    yield one
    one.root.close()
    one.outbox.close()
    one.alarms.close()


async def test_without_the_disk_no_alert_ends(rig: Rig) -> None:
    (rig.data / "recordings" / rig.segments[3].path).unlink()
    assert [one.kind for one in (await rig.nightly.audit(None)).differences][:1] == ["missing"]
    assert rig.told() == ["opened"]
    last = rig.nightly.result
    rig.take_the_disk()
    with pytest.raises(NotADirectoryError):
        await rig.nightly.audit(None)
    assert rig.told() == ["opened"]
    assert rig.nightly.result == last


async def test_while_the_disk_of_a_site_is_away_its_alert_lasts(rig: Rig) -> None:
    """The others are audited all the same."""
    disk = SimpleNamespace(missing=None)
    sites = Reachable(None, {"s": disk})  # type: ignore[dict-item]
    nightly = Nightly(rig.data, rig.root.path, "local", "r", sites, rig.alarms, rig.clock)
    (rig.data / "recordings" / rig.segments[3].path).unlink()
    await nightly.audit(None)
    disk.missing = "unplugged"
    assert (await nightly.audit(None)).cameras == 0
    assert rig.told() == ["opened"]
    disk.missing = None
    shutil.rmtree(rig.data / "recordings" / "s" / "c")
    await nightly.audit(None)
    assert rig.told() == ["opened", "ended"]


async def test_the_commands_refuse_what_lies_beneath_the_mount(rig: Rig) -> None:
    rig.take_the_disk()
    for command in ("audit", "rebuild"):
        done = CliRunner().invoke(index, [command, "--data", str(rig.data)])
        assert done.exception is not None
        assert "vms recordings adopt" in str(done.exception)
    assert not list((rig.data / "outbox").glob("index/*"))


async def test_a_thread_that_audited_is_as_nice_as_before(rig: Rig) -> None:
    def nice() -> int:
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    with ThreadPoolExecutor(1) as one:
        asyncio.get_running_loop().set_default_executor(one)
        before = await asyncio.to_thread(nice)
        seen: list[int] = []
        wait = threading.Event.wait

        def watched(event: threading.Event, timeout: float | None = None) -> bool:
            seen.append(nice())
            return wait(event, timeout)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(threading.Event, "wait", watched)
            await rig.nightly.audit(None)
        assert set(seen) == {before}, "one without privileges never gets it back"


NIGHT = datetime(2026, 11, 23, 3, 30, tzinfo=UTC)


def test_the_night_counts_and_not_when_the_process_was_started() -> None:
    zone, hour = ZoneInfo("UTC"), timedelta(hours=1)
    assert due(NIGHT, zone, NIGHT - hour)
    assert not due(NIGHT - hour, zone, NIGHT - 2 * hour)
    assert not due(NIGHT + 20 * hour, zone, NIGHT + hour)
    assert due(NIGHT, zone, NIGHT + 400 * 24 * hour), "the clock was ahead: that audit tells nothing"


async def test_a_new_recorder_waits_for_its_first_night_and_no_longer(rig: Rig) -> None:
    """Started again before every look, it is due after the first night nevertheless."""
    first = rig.nightly._since
    for _ in range(4):
        rig.clock.advance(6 * 3600)
        again = rig.start()
        assert again.result is None
        assert again._since == first
    assert due(from_epoch(rig.clock.utc()), rig.nightly.zone, rig.start()._since)


async def test_one_that_was_never_finished_is_told_after_two_days(rig: Rig) -> None:
    rig.clock.advance(47 * 3600)
    late = rig.start()
    late.look()
    rig.clock.advance(2 * 3600)
    late.look()
    assert rig.told() == [], "there was no time for one since this start"
    rig.clock.advance(2 * 3600)
    late.look()
    late.look()
    assert rig.told() == ["opened"]
    await late.audit(None)
    late.look()
    assert rig.reasons() == ["overdue", "differences"], "the next one tells what it found"


async def test_while_the_disk_is_away_no_audit_is_overdue(rig: Rig) -> None:
    rig.take_the_disk()
    for _ in range(20):
        rig.clock.advance(6 * 3600)
        rig.nightly.look()
    (rig.data / "recordings").rmdir()
    (rig.data / "disk").rename(rig.data / "recordings")
    assert rig.root.look() is None
    rig.nightly.look()
    assert rig.told() == [], "there was no time for one since it is there"
    rig.clock.advance(4 * 3600)
    rig.nightly.look()
    assert rig.told() == ["opened"]
