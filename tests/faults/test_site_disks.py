"""A site's disk of its own, mounted at its folder: full or gone it is its own trouble alone; nothing lands beneath."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from recorder.alarms import NodeAlarms
from recorder.disks import Disks
from recorder.keeper import Keeper
from recorder.retention.mount import MARKER, RecordingsRoot, adopt, problem
from recorder.retention.watch import QUIET_S, StorageWatch
from recorder.segment_file import SegmentFile
from tests.support.clocks import ManualClock
from tests.support.figures import Figures
from tests.support.gst_camera import GstServer
from tests.support.nats_bus import NatsServer
from tests.support.recorder_rig import Viewer, camera, killable
from tests.support.shelves import DAY, record, there, told
from tests.support.small_disk import SmallDisk, small_disk
from tests.support.storage_rig import StorageRig
from tests.support.waiting import until_async
from vms.bus import subjects
from vms.bus.connection import Bus
from vms.bus.outbox import Outbox
from vms.domain.clock import from_epoch
from vms.domain.facility import Facility
from vms.domain.holds import HoldList
from vms.domain.messages import ConfigRevision, RecorderState
from vms.settings.environment import Environment

pytestmark = pytest.mark.faults

MIB = 2**20
FACILITY = Facility.model_validate({"facility": {"name": "F"}, "retention": {"reserve_gib": 4 / 1024}})


class Rig:
    """A recorder's disks without its cameras: of the site ``own`` one alone, of the site ``s`` the other."""

    def __init__(self, data: Path, clock: ManualClock) -> None:
        self.data, self.clock = data, clock
        self.outbox = Outbox(data / "outbox" / "recorder.jsonl")
        self.disks = Disks(clock)
        alarms = NodeAlarms("local", "recorder", data / "state" / "alarms-recorder.json", self.outbox, clock)
        keeper = Keeper(data / "state" / "keeper.lock")
        self.watch = StorageWatch(
            Environment.read(data, {}), "recorder", self.disks, alarms, self.outbox, clock, keeper, lambda: None
        )
        self.back: list[str] = []
        self.watch._back = self.back.append
        self.watch.configure(FACILITY)
        self.watch.holds._keep(HoldList(revision=1, at=from_epoch(clock.utc())))
        self.watch.open()
        self.writer = {site: self.watch.writer(site, "c") for site in ("s", "own")}

    def turn(self, seconds: float = 1.0) -> None:
        """What all threads do in a second."""
        self.clock.advance(seconds)
        self.watch.holds.read_at = self.clock.monotonic()
        self.watch._look()
        for one in self.watch._all():
            one.turn()
        self.watch._look()

    def alert(self) -> tuple[str, str, str] | None:
        """Reason, place and what to do of the open alert."""
        events = [json.loads(item.payload) for item in self.outbox._items]
        told: list[dict[str, Any]] = [event for event in events if event.get("kind") == "storage"]
        if not told or told[-1]["event"] == "ended":
            return None
        detail = told[-1]["detail"]
        return detail["reason"], detail["path"], detail["action"]

    def write(self, site: str, name: str) -> list[OSError]:
        """Begins a file of a camera of the site as its recorder does; what it was refused with."""
        failed: list[OSError] = []
        folder = self.watch.root_of(site) / site / "c" / "2027-01-15" / "08"
        file = SegmentFile(folder / f"{name}.mp4", failed.append)
        self.writer[site].open(file)
        for _ in range(2):
            self.writer[site].append(file, b"data")
        self.writer[site].close(file, lambda _file: None)
        assert self.disks.settled(10)
        return failed

    def written(self, site: str) -> list[str]:
        return sorted(path.name for path in (self.data / "recordings" / site / "c").glob("*/*/*.mp4"))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def main(tmp_path: Path, data: Path) -> Iterator[SmallDisk]:
    with small_disk(tmp_path / "main", data / "recordings", "size=64m") as disk:
        yield disk


@pytest.fixture
def own(tmp_path: Path, data: Path, main: SmallDisk) -> Iterator[SmallDisk]:
    with small_disk(tmp_path / "own", data / "recordings" / "own", "size=32m") as disk:
        yield disk


@pytest.fixture
def rig(data: Path, own: SmallDisk) -> Iterator[Rig]:
    one = Rig(data, ManualClock())
    yield one
    one.watch.stop()
    one.disks.stop(5)
    one.watch.close()
    one.outbox.close()


def test_a_site_s_disk_is_measured_swept_and_told_of_by_itself(rig: Rig, own: SmallDisk) -> None:
    root = rig.data / "recordings"
    start = rig.clock.utc() - 1300
    for site in ("s", "own"):
        record(root, "old", start, 20, site=site, size=MIB // 4)
    rig.turn()
    assert rig.alert() is None
    state = rig.watch.state()
    assert state
    own.fill(2 * MIB)  # by somebody else
    rig.turn()
    assert own.free >= 5 * MIB
    left = there(root, "old", "own")
    assert 4 <= len(left) < 20, "the oldest went, and no more than had to"
    assert {gap.reason for gap in told(root, "old", "own")} == {"pressure"}
    assert len(there(root, "old")) == 20, "there is room enough for the others"
    found = rig.alert()
    assert found
    assert found[:2] == ("pressure", str(root / "own"))
    assert found[2].startswith(str(root / "own"))
    state = rig.watch.state()
    assert state
    assert (state.site, state.status, state.total_bytes) == ("own", "pressure", 32 * MIB)
    assert json.loads((rig.data / "state" / "deleting-own.json").read_bytes()) == {}


def test_footage_on_a_site_s_disk_ages_and_is_counted_there(rig: Rig) -> None:
    root = rig.data / "recordings"
    for days in (40, 10):
        record(root, "old", rig.clock.utc() - days * DAY, 5, site="own")
    record(root, "old", rig.clock.utc() - 600, 7)
    rig.turn(30)
    assert len(there(root, "old", "own")) == 5
    counted = {one.site: one.rounds.report.recorded for one in rig.watch._all()}
    assert counted == {"": 7000, "own": 5000}


def test_a_site_s_disk_that_vanishes_refuses_that_site_alone_and_is_never_written_beneath(
    rig: Rig, own: SmallDisk
) -> None:
    root = rig.data / "recordings"
    rig.turn()
    assert (rig.write("s", "1"), rig.write("own", "1")) == ([], [])
    assert rig.written("own") == ["1.mp4"]
    own.detach()
    assert rig.write("own", "2") == [], "nobody has looked yet: it goes where its disk is"
    assert os.listdir(root / "own") == []
    rig.turn()
    assert rig.write("own", "3")
    assert rig.writer["own"].congested
    assert not rig.writer["s"].congested
    assert rig.write("s", "2") == []
    assert os.listdir(root / "own") == [], "the folder beneath stays as it was"
    found = rig.alert()
    assert found
    assert found[:2] == ("missing", str(root / "own"))
    assert f"vms recordings adopt --data {rig.data} --site own" in found[2]
    assert problem(rig.data) == found[2]
    state = rig.watch.state()
    assert state
    assert (state.site, state.status) == ("own", "missing")
    assert ("s" in rig.watch.reachable(None), "own" in rig.watch.reachable(None)) == (True, False)
    own.attach()
    rig.turn()
    assert rig.back == ["own"], "its cameras alone are mended"
    assert rig.write("own", "4") == []
    assert rig.written("own") == ["1.mp4", "2.mp4", "4.mp4"]
    assert rig.written("s") == ["1.mp4", "2.mp4"]
    rig.turn(QUIET_S + 1)
    assert rig.alert() is None


def test_a_start_without_a_site_s_disk_records_the_others(rig: Rig, own: SmallDisk) -> None:
    root = rig.data / "recordings"
    own.detach()
    again = Rig(rig.data, ManualClock())
    try:
        again.turn()
        assert again.write("own", "1")
        assert again.write("s", "1") == []
        assert os.listdir(root / "own") == []
        own.attach()
        again.turn()
        assert again.write("own", "2") == []
    finally:
        again.disks.stop(5)
        again.outbox.close()


async def test_a_recorder_goes_on_with_the_others_when_a_site_s_disk_goes_and_fills(
    nats: NatsServer, bus: Bus, gst_rtsp: Callable[..., GstServer], data: Path, own: SmallDisk, figure: Figures
) -> None:
    gst = gst_rtsp({f"/{name}": {"gop": 25, "kbit": 300, "size": [320, 180]} for name in ("a", "b")})
    rig = StorageRig(data / "recordings", Viewer(bus))
    record(rig.root, "old", rig.yesterday, 80, site="own", size=MIB // 10)
    await rig.hold()
    sites = [
        {"id": site, "name": site, "cameras": [camera(name, gst.url(f"/{name}"))]}
        for site, name in (("s", "a"), ("own", "b"))
    ]
    facility = {"facility": {"name": "F"}, "retention": {"reserve_gib": 4 / 1024}, "sites": sites}
    await rig.viewer.configure(ConfigRevision(revision=1, at=datetime.now(UTC), facility=facility).encode())

    async def until(name: str, site: str, status: str, reason: str | None = None) -> None:
        async def there() -> bool:
            raw = await bus.get(subjects.BUCKET_STATE, subjects.state_key(site, name, "recorder"))
            state = RecorderState.model_validate_json(raw) if raw else None
            return state is not None and (state.status, state.reason) == (status, reason)

        await until_async(there, 20, f"{name} is {status} ({reason})")

    with killable(data, nats):
        await until("a", "s", "recording")
        await until("b", "own", "recording")
        own.detach()
        seconds = await rig.until_alarm("missing")
        figure(17, "mount of one of two sites vanished: alarm", f"{seconds:.1f} s", "≤ 10 s")
        await until("b", "own", "online", "disk")
        await until("a", "s", "recording")
        assert os.listdir(rig.root / "own") == [], "the folder beneath the mount stays as it was"
        own.attach()
        await until("b", "own", "recording")
        await rig.until_well()
        own.fill(2 * MIB)
        seconds = await rig.until_alarm("full", "pressure")
        figure(17, "disk of one of two sites full: alarm", f"{seconds:.1f} s", "≤ 10 s")

        async def room() -> bool:
            return own.free >= 4 * MIB

        await until_async(room, 20, "room is made on it")
        left = there(rig.root, "old", "own")
        assert 0 < len(left) < 80
        assert {gap.reason for gap in told(rig.root, "old", "own")} == {"pressure"}
        await until("a", "s", "recording")
        await until("b", "own", "recording")
        disk = {name: [gap for gap in await rig.viewer.gaps(name) if gap.cause == "disk"] for name in ("a", "b")}
        assert disk["a"] == []
        assert disk["b"], "what was lost while its disk was away is said"


def test_another_disk_of_a_site_is_refused_until_it_is_adopted(rig: Rig, own: SmallDisk, tmp_path: Path) -> None:
    place = rig.data / "recordings" / "own"
    own.detach()
    with small_disk(tmp_path / "new", place, "size=32m"):
        rig.turn()
        found = rig.alert()
        assert found
        assert MARKER in found[2]
        assert adopt(rig.data, "own").separate
        rig.turn()
        assert rig.write("own", "1") == []
        assert rig.written("own") == ["1.mp4"]
    adopt(rig.data, "own")  # it is to have none any more
    assert problem(rig.data) is None
    assert RecordingsRoot(rig.data).open() is None
