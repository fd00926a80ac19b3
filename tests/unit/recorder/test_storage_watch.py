"""Who of several recorders speaks for the disk, what is told of it when, and what happens when it goes and returns."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from recorder.alarms import NodeAlarms
from recorder.disk import _Item
from recorder.disks import Disks
from recorder.keeper import Keeper
from recorder.retention import policy, volume
from recorder.retention.mount import RecordingsRoot
from recorder.retention.volume import FAILING_S, STALLED_S
from recorder.retention.watch import QUIET_S, StorageWatch
from recorder.segment_file import SegmentFile
from tests.support.clocks import ManualClock
from tests.support.shelves import record, there
from vms.bus.outbox import Outbox
from vms.domain.clock import from_epoch
from vms.domain.facility import Facility
from vms.domain.holds import HoldList
from vms.settings.believed import BelievedClock
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
        self.watch = StorageWatch(
            environment, name, self.disks, self.alarms, self.outbox, clock, self.lock, lambda: None
        )
        self.watch.configure(FACILITY)
        self.watch.holds._keep(HoldList(revision=1, at=from_epoch(clock.utc())))
        self.watch.holds.read_at = clock.monotonic()
        self.watch.open()

    def told(self) -> list[tuple[str, Any]]:
        events = [json.loads(item.payload) for item in self.outbox._items]
        return [(event["event"], event["detail"]["reason"]) for event in events if event.get("kind") == "storage"]

    def close(self) -> None:
        self.watch.stop()
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
            one.watch._look()
        state = rig.watch.state()
        assert state
        assert state.total_bytes
        assert other.watch.state() is None
        (data / "recordings").rename(data / "away")
        for one in (rig, other):
            one.watch._look()
            assert one.disk.refusal  # each looks after itself
        assert (rig.told(), other.told()) == ([("opened", "missing")], [])
        rig.close()
        other.watch._look()
        assert other.told() == [("opened", "missing")]
        missing = other.watch.state()
        assert missing
        assert (missing.status, missing.free_bytes) == ("missing", None)
    finally:
        other.close()


def test_a_recorder_that_does_not_lead_any_more_ends_what_it_had_told(rig: Rig, data: Path, clock: ManualClock) -> None:
    rig.watch._look()
    (data / "recordings").rename(data / "away")
    rig.watch._look()
    rig.close()  # it died, and its alert is open
    heir = Rig(data, "recorder-2", clock)
    heir.watch._look()
    again = Rig(data, "recorder-1", clock)
    try:
        again.watch._look()
        assert again.told()[-1] == ("ended", "missing")
        assert heir.told() == [("opened", "missing")]
    finally:
        heir.close()
        again.close()


def test_the_alert_ends_when_all_was_well_for_a_while(rig: Rig, data: Path, clock: ManualClock) -> None:
    back: list[str] = []
    rig.watch._back = lambda _site: back.append(rig.disk.refusal or "written to")
    rig.watch._look()
    for _ in range(2):
        (data / "recordings").rename(data / "away")
        rig.watch._look()
        clock.advance(1)
        rig.watch._look()
        (data / "away").rename(data / "recordings")
        clock.advance(1)
        rig.watch._look()
    assert rig.told() == [("opened", "missing")]
    assert len(back) == 2
    assert "written to" not in back, "mended before anybody writes"
    assert rig.disk.refusal is None
    clock.advance(QUIET_S + 1)
    rig.watch._look()
    assert rig.told() == [("opened", "missing"), ("ended", "missing")]


def test_a_disk_that_stands_still_is_told(rig: Rig, clock: ManualClock) -> None:
    entered, free = threading.Event(), threading.Event()
    rig.disk._submit(_Item(lambda: entered.set() or (free.wait(60) and None), None))
    assert entered.wait(20)
    clock.advance(STALLED_S)
    rig.watch._look()
    assert rig.told() == [], "a disk that wakes up"
    clock.advance(1)
    rig.watch._look()
    assert rig.told() == [("opened", "stalled")]
    free.set()
    assert rig.disk.settled(5)
    for _ in range(2):
        rig.watch._look()
        clock.advance(QUIET_S + 1)
    assert rig.told() == [("opened", "stalled"), ("ended", "stalled")]


def test_growing_files_are_given_up_with_their_disk(rig: Rig, data: Path) -> None:
    failed: list[OSError] = []
    folder = rig.watch.root.path / "s/c/2027-01-15/08"
    file = SegmentFile(folder / "x.mp4", failed.append)
    rig.disk.open(file)
    for _ in range(3):
        rig.disk.append(file, b"data")
    assert rig.disk.settled(5)
    (data / "recordings").rename(data / "away")
    (data / "recordings").mkdir()
    rig.watch._look()
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
        rig.watch.holds.read_at = None
        rig.watch._look()
        clock.advance(59)
        rig.watch._look()
        assert rig.told() == []
        clock.advance(2)
        rig.watch._look()
        assert rig.told() == [("opened", "holds_unread")]
        state = rig.watch.state()
        assert state
        assert (state.status, "web" in state.detail) == ("ok", True)
    finally:
        rig.close()


def test_a_list_of_holds_that_went_stale_is_missed_where_room_is_left_after_a_while(
    rig: Rig, clock: ManualClock
) -> None:
    clock.advance(policy.HOLDS_LOST_S)
    assert not rig.watch.holds.current
    rig.watch._look()
    assert rig.told() == []
    clock.advance(1)
    rig.watch._look()
    assert rig.told() == [("opened", "holds_unread")]


def test_deleting_stops_at_once_when_holds_cannot_be_read_and_that_is_critical_where_room_is_wanted(
    rig: Rig, data: Path, clock: ManualClock
) -> None:
    old = clock.utc() - 40 * 86400
    record(data / "recordings", "c", old, 3)
    rig.watch._look()
    clock.advance(30)  # the bus is away; meanwhile somebody holds this footage
    rig.watch.main.turn()
    assert len(there(data / "recordings", "c")) == 3, "nothing goes by a list that may be another by now"
    rig.watch._look()
    assert rig.told() == [], "nobody is woken as long as room is left"
    rig.watch.configure(Facility.model_validate({"facility": {"name": "F"}, "retention": {"reserve_gib": 1e9}}))
    rig.watch.main.turn()
    assert len(there(data / "recordings", "c")) == 3
    rig.watch._look()
    assert rig.told() == [("opened", "holds_unread")]
    assert rig.watch._finding
    assert rig.watch._finding.severity == "critical"
    rig.watch.holds.read_at = clock.monotonic()
    rig.watch.main.turn()
    assert there(data / "recordings", "c") == [], "as soon as it is read again"


def test_a_site_s_disk_that_hangs_at_the_start_holds_nobody_up(
    data: Path, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    hangs, opened = threading.Event(), RecordingsRoot.open

    def opening(root: RecordingsRoot) -> str | None:
        if root.site:
            hangs.wait(60)
        return opened(root)

    monkeypatch.setattr(RecordingsRoot, "open", opening)
    monkeypatch.setattr(volume, "OPEN_S", 0.05)
    (data / "state").mkdir(parents=True)
    (data / "state" / "recordings-far.json").write_text(json.dumps({"id": "far", "separate": True}), encoding="utf-8")
    rig = Rig(data, "recorder", clock)
    try:
        assert rig.watch.writer("far", "c").refusal
        assert not rig.watch.writer("near", "c").refusal
        assert "near" in rig.watch.reachable(None)
        assert "far" not in rig.watch.reachable(None)
    finally:
        hangs.set()
        rig.close()


def test_where_no_lock_can_be_had_all_speak_and_nobody_deletes(
    rig: Rig, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(_descriptor: int, _how: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", refuses)
    (data / "recordings").rename(data / "away")
    rig.watch._look()
    assert not rig.watch.main.leads
    assert rig.told() == [("opened", "missing")]


def test_footage_ages_and_holds_lapse_by_the_believed_clock(rig: Rig) -> None:
    believed = rig.watch.holds._clock
    assert isinstance(believed, BelievedClock)
    assert rig.watch.main.rounds._sweeper._clock is rig.watch.main.rounds._believed is believed


def test_whoever_fails_to_delete_for_a_minute_is_told_of(
    rig: Rig, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(_space_of: object) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(rig.watch.main.rounds, "turn", failing)
    for _ in range(2):
        assert rig.told() == []
        rig.watch._look()
        rig.watch.main.turn()
        clock.advance(FAILING_S + 1)
        rig.watch.holds.read_at = clock.monotonic()
    rig.watch._look()
    assert rig.told() == [("opened", "undeletable")]
