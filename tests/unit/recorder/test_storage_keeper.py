"""Who of several recorders speaks for the disk, what is told of it when, and what happens when it goes and returns."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from recorder.alarms import NodeAlarms
from recorder.disk import SegmentFile
from recorder.disks import Disks
from recorder.keeper import Keeper
from recorder.retention.keeper import QUIET_S, StorageKeeper
from tests.support.clocks import ManualClock
from vms.bus.outbox import Outbox
from vms.domain.clock import from_epoch
from vms.domain.facility import Facility
from vms.domain.holds import HoldList
from vms.settings.environment import Environment

FACILITY = Facility.model_validate({"facility": {"name": "F"}, "retention": {"reserve_gib": 1e-6}})


class Rig:
    def __init__(self, data: Path, name: str, clock: ManualClock) -> None:
        self.outbox = Outbox(data / "outbox" / f"{name}.jsonl")
        self.disks = Disks(clock)
        self.disk = self.disks.of(data)
        environment = Environment.read(data, {})
        self.alarms = NodeAlarms("local", name, data / "state" / f"alarms-{name}.json", self.outbox, clock)
        self.lock = Keeper(data / "state" / "keeper.lock")
        self.keeper = StorageKeeper(environment, name, self.disks, self.alarms, self.outbox, clock, self.lock.holds)
        self.keeper.configure(FACILITY)
        self.keeper.holds._keep(HoldList(revision=1, at=from_epoch(clock.utc())))
        self.keeper.open()

    def told(self) -> list[tuple[str, Any]]:
        events = [json.loads(item.payload) for item in self.outbox._items]
        return [(event["event"], event["detail"]["reason"]) for event in events if event.get("kind") == "storage"]

    def close(self) -> None:
        self.keeper.stop()
        self.lock.close()
        self.disks.stop(5)
        self.outbox.close()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def rig(data: Path, clock: ManualClock) -> Iterator[Rig]:
    one = Rig(data, "recorder-1", clock)
    yield one
    with contextlib.suppress(OSError):  # closed already
        one.close()


def test_one_of_several_speaks_for_the_disk_until_it_is_gone(rig: Rig, data: Path, clock: ManualClock) -> None:
    other = Rig(data, "recorder-2", clock)
    try:
        for one in (rig, other):
            one.keeper._look()
        state = rig.keeper.state()
        assert state
        assert state.total_bytes
        assert other.keeper.state() is None
        (data / "recordings").rename(data / "away")
        for one in (rig, other):
            one.keeper._look()
            assert one.disk.refusal  # each looks after itself
        assert (rig.told(), other.told()) == ([("opened", "missing")], [])
        rig.close()
        other.keeper._look()
        assert other.told() == [("opened", "missing")]
        missing = other.keeper.state()
        assert missing
        assert (missing.status, missing.free_bytes) == ("missing", None)
    finally:
        other.close()


def test_a_recorder_that_does_not_lead_any_more_ends_what_it_had_told(rig: Rig, data: Path, clock: ManualClock) -> None:
    rig.keeper._look()
    (data / "recordings").rename(data / "away")
    rig.keeper._look()
    rig.close()  # it died, and its alert is open
    heir = Rig(data, "recorder-2", clock)
    heir.keeper._look()
    again = Rig(data, "recorder-1", clock)
    try:
        again.keeper._look()
        assert again.told()[-1] == ("ended", "missing")
        assert heir.told() == [("opened", "missing")]
    finally:
        heir.close()
        again.close()


def test_the_alert_ends_when_all_was_well_for_a_while(rig: Rig, data: Path, clock: ManualClock) -> None:
    back: list[str] = []
    rig.keeper._back = lambda: back.append(rig.disk.refusal or "written to")
    rig.keeper._look()
    for _ in range(2):
        (data / "recordings").rename(data / "away")
        rig.keeper._look()
        clock.advance(1)
        rig.keeper._look()
        (data / "away").rename(data / "recordings")
        clock.advance(1)
        rig.keeper._look()
    assert rig.told() == [("opened", "missing")]
    assert len(back) == 2
    assert "written to" not in back, "mended before anybody writes"
    assert rig.disk.refusal is None
    clock.advance(QUIET_S + 1)
    rig.keeper._look()
    assert rig.told() == [("opened", "missing"), ("ended", "missing")]


def test_growing_files_are_given_up_with_their_disk(rig: Rig, data: Path) -> None:
    failed: list[OSError] = []
    folder = rig.keeper.root.path / "s/c/2027-01-15/08"
    file = SegmentFile(folder / "x.part", folder / "x.mp4", failed.append)
    rig.disk.open(file)
    for _ in range(3):
        rig.disk.append(file, b"data")
    assert rig.disk.settled(5)
    (data / "recordings").rename(data / "away")
    (data / "recordings").mkdir()
    rig.keeper._look()
    rig.disk.append(file, b"lost")
    assert rig.disk.settled(5)
    assert file.broken
    assert "vms recordings adopt" in str(failed[0].strerror)
    assert rig.disk.congested
    assert list((data / "recordings").iterdir()) == []
    assert (data / "away/s/c/2027-01-15/08/x.part").read_bytes() == b"data" * 3


def test_holds_that_nobody_tells_of_are_missed_after_a_while(data: Path, clock: ManualClock) -> None:
    rig = Rig(data, "recorder", clock)
    try:
        rig.keeper.holds.known = None
        rig.keeper._look()
        clock.advance(59)
        rig.keeper._look()
        assert rig.told() == []
        clock.advance(2)
        rig.keeper._look()
        assert rig.told() == [("opened", "holds_unread")]
        state = rig.keeper.state()
        assert state
        assert (state.status, "web" in state.detail) == ("ok", True)
    finally:
        rig.close()
