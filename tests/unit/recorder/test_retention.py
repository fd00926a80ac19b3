"""What is deleted, in which order, and what is spared; how much is counted; what is said of the disk."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from recorder.retention import shelf as shelves
from recorder.retention.account import Account
from recorder.retention.deletion import Deleter
from recorder.retention.holds import STALE_S, Holds
from recorder.retention.mount import RecordingsRoot
from recorder.retention.policy import GIB, Space
from recorder.retention.rounds import Rounds
from recorder.retention.shelf import Shelf
from recorder.retention.sweeper import Sweeper
from tests.support.clocks import ManualClock
from tests.support.shelves import DAY, MIDNIGHT, record, there, told
from vms.domain.clock import from_epoch
from vms.domain.facility import Facility
from vms.domain.holds import Hold, HoldList
from vms.settings.believed import BelievedClock

NOW = MIDNIGHT + 10 * DAY + 3600


def facility(retention: dict[str, Any], *cameras: dict[str, Any], site: dict[str, Any] | None = None) -> Facility:
    listed = [{"name": "C", "placement": "gate", "streams": {"main": "rtsp://h/x"}, **one} for one in cameras]
    sites = [{"id": "s", "name": "S", "cameras": listed, **(site or {})}]
    return Facility.model_validate({"facility": {"name": "F"}, "retention": retention, "sites": sites})


class Rig:
    def __init__(self, folder: Path) -> None:
        self.root = folder / "recordings"
        self.clock = ManualClock(NOW)
        self.holds = Holds(folder / "holds.json", self.clock)
        self.account = Account(self.root, folder / "storage.json")
        self.heard: list[str] = []
        deleter = Deleter(self.root, folder / "note", "local", self.holds, lambda gap: self.heard.append(gap.camera))
        self.sweeper = Sweeper(self.root, deleter, self.account, self.holds, self.clock, lambda _s: False)
        self.hold()

    def hold(self, *holds: Hold) -> None:
        self.holds._keep(HoldList(revision=1, at=from_epoch(NOW), holds=holds))
        self.holds.read_at = self.clock.monotonic()

    def count(self) -> None:
        self.account.count(NOW, lambda: True)

    def free(self, size: int) -> Any:
        """Deletes until so many bytes more are free."""
        before = sum(f.stat().st_size for f in self.root.glob("**/*.mp4"))

        def short() -> tuple[int, int]:
            return max(0, size - before + sum(f.stat().st_size for f in self.root.glob("**/*.mp4"))), 0

        return self.sweeper.for_room(short)


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(tmp_path)


def held(camera: str, start: float, end: float, until: float | None = None) -> Hold:
    moment = None if until is None else from_epoch(until)
    return Hold(id="h", cameras=(camera,), start=from_epoch(start), end=from_epoch(end), until=moment)


def test_what_is_older_than_its_days_goes_and_nothing_else(rig: Rig) -> None:
    for day in range(10):
        record(rig.root, "a", MIDNIGHT + day * DAY, 3)
        record(rig.root, "b", MIDNIGHT + day * DAY, 3)
        record(rig.root, "gone", MIDNIGHT + day * DAY, 3)
    rig.sweeper.configure(facility({"days": 4}, {"id": "a"}, {"id": "b", "retention": {"days": 8}}))
    done = rig.sweeper.by_age(lambda: True)
    assert [len(there(rig.root, one)) for one in ("a", "b", "gone")] == [3 * 3, 7 * 3, 3 * 3]
    assert done.files == 7 * 3 + 3 * 3 + 7 * 3
    assert rig.sweeper.by_age(lambda: True).files == 0
    old = rig.root / "s" / "a" / "2027-01-15"
    assert [path.name for path in old.iterdir()] == ["journal.jsonl"]


def test_room_is_made_from_the_oldest_of_all_cameras(rig: Rig) -> None:
    record(rig.root, "old", MIDNIGHT, 20)
    record(rig.root, "new", MIDNIGHT + 10 * 60, 20)
    rig.sweeper.configure(facility({}, {"id": "old"}, {"id": "new"}))
    done = rig.free(20_000)
    assert (done.files, done.bytes, done.exhausted) == (20, 20_000, False)
    assert [len(there(rig.root, one)) for one in ("old", "new")] == [10, 10]
    assert {gap.reason for gap in told(rig.root, "old")} == {"pressure"}


def test_room_spares_the_minimum_as_long_as_it_can_and_holds_always(rig: Rig) -> None:
    record(rig.root, "a", MIDNIGHT + 8 * DAY, 20)  # younger than its minimum
    record(rig.root, "b", MIDNIGHT + 9 * DAY, 20)  # has none
    rig.sweeper.configure(facility({}, {"id": "a", "retention": {"min_days": 5}}, {"id": "b"}))
    rig.hold(held("b", MIDNIGHT + 9 * DAY, MIDNIGHT + 9 * DAY + 300))
    done = rig.free(10_000)
    assert (len(there(rig.root, "a")), done.below_minimum) == (20, False)
    assert len(there(rig.root, "b")) == 10
    done = rig.free(25_000)
    assert done.below_minimum
    assert there(rig.root, "b")[:5] == [f"20270124T000{n}00000Z.mp4" for n in range(5)]
    done = rig.free(10**9)
    assert done.exhausted
    assert [len(there(rig.root, one)) for one in ("a", "b")] == [0, 6]  # and the neighbour of what is held


def test_quotas_of_a_camera_a_site_and_all_spare_the_minimum(rig: Rig) -> None:
    gib = 50_000 / GIB  # of the tests: fifty files
    for camera, site in (("a", "s"), ("b", "s"), ("c", "t")):
        record(rig.root, camera, MIDNIGHT + 9 * DAY, 60, site=site)
    own = {"id": "a", "retention": {"max_gib": gib}}
    rig.sweeper.configure(facility({"max_gib": 2 * gib}, own, {"id": "b"}, site={"retention": {"max_gib": 1.6 * gib}}))
    rig.sweeper.by_quota(lambda: True)
    assert len(there(rig.root, "a")) == 60  # nothing is counted yet
    rig.count()
    rig.sweeper.by_quota(lambda: True)
    left = [len(there(rig.root, "a")), len(there(rig.root, "b")), len(there(rig.root, "c", "t"))]
    assert left[0] <= 50
    assert left[0] + left[1] <= 80
    assert sum(left) == 100
    rig.sweeper.configure(facility({"max_gib": gib, "min_days": 2}, {"id": "a"}, {"id": "b"}))
    assert rig.sweeper.by_quota(lambda: True).files == 0


def test_the_account_counts_survives_and_forgets(rig: Rig, tmp_path: Path) -> None:
    record(rig.root, "a", MIDNIGHT, 90)
    record(rig.root, "a", NOW - 600, 5)
    rig.count()
    assert rig.account.complete
    assert rig.account.total() == 95_000
    one = Shelf("s", "a")
    assert rig.account.within(one, [(MIDNIGHT, MIDNIGHT + 1800), (MIDNIGHT, MIDNIGHT + 900)]) == 30_000
    assert rig.account.since(MIDNIGHT + 3600) == {one: 35_000}
    rig.account.save("disk")
    for disk, known in (("disk", 90_000), ("another", 0)):
        anew = Account(rig.root, tmp_path / "storage.json")
        anew.load(disk)
        assert anew.total() - anew.total(lambda _: False) == known + (5_000 if known else 0)
    rig.account.take(one, "2027-01-15", "00", 60_000)
    assert rig.account.total() == 35_000
    for path in rig.root.glob("s/a/2027-01-15/*/*.mp4"):
        path.unlink()
    for _ in range(4):  # a day after the other is counted again
        rig.count()
    assert rig.account.total() == 5_000


def test_holds_hold_expire_late_and_are_unknown_at_first(tmp_path: Path) -> None:
    clock = ManualClock(NOW)
    holds = Holds(tmp_path / "none.json", clock)
    assert holds.held("a", 0, 1)
    assert holds.covered("a", 0, 1)
    holds._keep(HoldList(revision=1, at=from_epoch(NOW), holds=(held("a", 100, 200, NOW), held("a", 190, 300, NOW))))
    assert holds.held("b", 100, 200)  # nobody has said so since the start
    holds.read_at = clock.monotonic()
    assert holds.held("a", 199, 500)
    assert not holds.held("a", 300, 500)
    assert not holds.held("b", 100, 200)
    assert holds.covered("a", 120, 300)
    assert not holds.covered("a", 120, 301)
    clock.advance(86399)
    holds.read_at = clock.monotonic()
    assert holds.held("a", 100, 200)
    assert holds.any
    clock.advance(2)
    assert not holds.held("a", 100, 200)
    assert not holds.any


async def test_what_is_held_is_unknown_until_it_is_read_and_when_that_is_long_ago(tmp_path: Path) -> None:
    clock = ManualClock(NOW)
    raw = HoldList(revision=5, at=from_epoch(NOW)).encode()
    await Holds(tmp_path / "holds.json", clock)._offer(raw, read=True)
    holds = Holds(tmp_path / "holds.json", clock)
    assert holds.known, "the file tells what was held"
    assert holds.held("a", 0, 1), "and not what is held now"
    assert holds.covered("a", 0, 1)
    await holds._offer(raw, read=True)
    clock.advance(STALE_S)
    assert not holds.held("a", 0, 1)
    clock.advance(1)
    assert holds.held("a", 0, 1)
    assert holds.covered("a", 0, 1)
    await holds._offer(HoldList(revision=4, at=from_epoch(NOW)).encode(), read=True)  # not believed yet
    await holds._offer(b"{}", read=True)
    assert holds.held("a", 0, 1)
    await holds._offer(raw, read=True)
    assert not holds.held("a", 0, 1)


async def test_an_older_list_of_holds_is_believed_the_second_time(tmp_path: Path) -> None:
    holds = Holds(tmp_path / "holds.json", ManualClock(NOW))

    def listed(revision: int, *names: str) -> bytes:
        made = [held(name, 0, 10) for name in names]
        return HoldList(revision=revision, at=from_epoch(NOW), holds=tuple(made)).encode()

    await holds._offer(listed(5, "a"), read=False)
    await holds._offer(listed(4), read=False)
    await holds._offer(listed(4), read=True)
    assert holds.spans("a", 0, 1)
    await holds._offer(listed(4), read=True)  # a database that was restored
    assert not holds.held("a", 0, 1)
    await holds._offer(b"{}", read=True)
    assert holds.known
    assert Holds(tmp_path / "holds.json", ManualClock(NOW)).known == holds.known


def test_whole_days_that_are_held_are_not_looked_into(rig: Rig) -> None:
    record(rig.root, "a", MIDNIGHT, 3)
    record(rig.root, "a", MIDNIGHT + DAY, 3)
    rig.hold(held("a", MIDNIGHT, MIDNIGHT + DAY))
    batch = shelves.oldest(rig.root, Shelf("s", "a"), 10, rig.holds)
    assert batch
    assert batch.day == "2027-01-16"
    assert len(batch.files) == 2  # the first is a neighbour of what is held


def test_a_folder_of_a_day_that_never_was_is_left_alone(rig: Rig) -> None:
    record(rig.root, "a", MIDNIGHT, 3)
    (rig.root / "s" / "a" / "2026-02-30" / "00").mkdir(parents=True)
    (rig.root / "s" / "a" / "2026-13-01").mkdir()
    rig.sweeper.configure(facility({"days": 4}, {"id": "a"}))
    rig.count()
    assert rig.account.total() == 3000
    assert rig.sweeper.by_age(lambda: True).files == 3
    assert (rig.root / "s" / "a" / "2026-02-30" / "00").is_dir()


def test_a_quota_of_a_site_that_breaks_its_minimum_is_found(rig: Rig) -> None:
    for name, site in (("a", "s"), ("b", "s"), ("c", "t")):
        record(rig.root, name, NOW - 7200, 120, site=site)
    root = RecordingsRoot(rig.root.parent)
    root.open()
    clock = BelievedClock(rig.clock, rig.root.parent / "clock.json", lambda: None)
    own = {"min_days": 2, "max_gib": 1440 * 1000 * 2 * 1.5 / GIB}  # a day and a half
    deleter = rig.sweeper._deleter
    rounds = Rounds(root, rig.sweeper, deleter, rig.account, rig.holds, rig.clock, clock, lambda _facility: None)
    rounds.configure(facility({}, {"id": "a"}, {"id": "b"}, site={"retention": own}))
    rounds.turn(lambda _path: Space(free=100 * GIB, total=1000 * GIB))
    known = rounds.report.forecast
    assert (known.kept_by, known.short) == ("site:s", "site:s")
    assert known.kept == pytest.approx(1.5, rel=0.1)
