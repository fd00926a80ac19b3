"""What one thread of a disk hands to the other: in which order, and what is done when the disk goes or is slow."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from recorder import disk as module
from recorder.disk import DiskWriter
from recorder.segment_file import SegmentFile
from tests.support.clocks import ManualClock
from tests.support.waiting import wait_until


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def disk(clock: ManualClock) -> Iterator[DiskWriter]:
    one = DiskWriter(clock)
    one.start()
    yield one
    assert one.stop(10)


def held(disk: DiskWriter) -> Callable[[], None]:
    """The forcing thread stands still until the answer is called."""
    entered, free = threading.Event(), threading.Event()
    disk.call(lambda: entered.set() or (free.wait(60) and None))
    assert entered.wait(20)
    return free.set


def test_a_disk_that_goes_ends_the_older_file_first(disk: DiskWriter, tmp_path: Path) -> None:
    """A file that waits for its close is closed; only what still grows is lost, behind it."""
    told: list[str] = []
    release = held(disk)
    files = {
        name: SegmentFile(tmp_path / f"{name}.mp4", lambda _, name=name: told.append(f"{name} lost")) for name in "abc"
    }
    for name, file in files.items():
        disk.open(file)
        disk.append(file, b"head")
        disk.append(file, b"data")
        if name == "a":
            disk.close(file, lambda _: told.append("a closed"))
    disk.refuse("away")
    wait_until(lambda: files["c"].broken, 20, "what grows is given up")
    assert not files["a"].broken
    release()
    assert disk.settled(20)
    assert told == ["a closed", "b lost", "c lost"]


def test_neither_syncs_nor_closings_starve(
    disk: DiskWriter, clock: ManualClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a disk whose syncs take longer than they may one is always due: each lets something else pass."""
    synced: list[int] = []
    sync = os.fdatasync

    def counted(descriptor: int) -> None:
        synced.append(descriptor)
        sync(descriptor)

    monkeypatch.setattr(os, "fdatasync", counted)
    files = [SegmentFile(tmp_path / f"{number}.mp4", lambda err: None) for number in range(6)]
    for file in files:
        disk.open(file)
        disk.append(file, b"data")
    assert disk.settled(20)
    release = held(disk)
    clock.advance(module.SYNC_S)
    passed: list[int] = []
    for _ in range(3):
        disk.call(lambda: passed.append(len(synced)))
    release()
    wait_until(lambda: len(synced) == len(files), 20, "all are synced, also when nothing else comes")
    assert passed == [1, 2, 3]


def test_a_sync_that_hangs_is_known(disk: DiskWriter, clock: ManualClock) -> None:
    assert disk.still_s == 0.0
    release = held(disk)
    clock.advance(60)
    assert disk.still_s == 60
    assert not disk.stands_still, "what comes is written"
    release()
    assert disk.settled(20)
    wait_until(lambda: disk.still_s == 0.0, 20, "over")


def test_a_sync_that_hangs_holds_up_no_footage(
    disk: DiskWriter, clock: ManualClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What comes meanwhile is in the kernel's memory, where the death of the process does not reach it."""
    hangs, released = threading.Event(), threading.Event()
    sync = os.fdatasync

    def slow(descriptor: int) -> None:
        hangs.set()
        released.wait(60)
        sync(descriptor)

    monkeypatch.setattr(os, "fdatasync", slow)
    file = SegmentFile(tmp_path / "a.mp4", lambda err: None)
    disk.open(file)
    disk.append(file, b"x" * 100)
    wait_until(lambda: file.written == 100)
    clock.advance(module.SYNC_S)
    assert hangs.wait(20)
    disk.append(file, b"y" * 100)
    other = SegmentFile(tmp_path / "b.mp4", lambda err: None)
    disk.open(other)
    disk.append(other, b"z" * 50)
    wait_until(lambda: other.written == 50, 20, "both are written")
    assert (tmp_path / "a.part").read_bytes() == b"x" * 100 + b"y" * 100
    assert file.dirty, "what came while it hung is not synced"
    assert not disk.stands_still
    released.set()
    assert disk.settled(20)


def test_a_sync_that_fails_ends_the_file_behind_the_write_under_way(
    disk: DiskWriter, clock: ManualClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entered, goes_on = threading.Event(), threading.Event()

    def fails(_descriptor: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "fdatasync", fails)
    failed: list[OSError] = []
    file = SegmentFile(tmp_path / "a.mp4", failed.append)
    disk.open(file)
    disk.append(file, b"x" * 100)
    disk.append(file, b"y" * 100, lambda: entered.set() or (goes_on.wait(60) and None))
    assert entered.wait(20)
    clock.advance(module.SYNC_S)
    wait_until(lambda: file.broken, 20, "the sync has failed")
    assert failed == [], "its descriptor is still written to"
    disk.append(file, b"z" * 100)
    closed: list[SegmentFile] = []
    disk.close(file, closed.append)
    goes_on.set()
    assert disk.settled(20)
    wait_until(lambda: len(failed) == 1, 20, "told once")
    assert closed == []
    assert (tmp_path / "a.part").read_bytes() == b"x" * 100 + b"y" * 100, "recovery reads what is there"


def test_a_name_that_is_taken_gets_a_number(disk: DiskWriter, tmp_path: Path) -> None:
    """Two files of one millisecond, as a clock that was set back makes them: nothing is overwritten."""
    (tmp_path / "a.mp4").write_bytes(b"older")
    files = [SegmentFile(tmp_path / "a.mp4", lambda err: None) for _ in range(2)]
    for number, file in enumerate(files):
        disk.open(file)
        disk.append(file, b"head")
        disk.append(file, bytes([number]))
    for file in files:
        disk.close(file, lambda _: None)
    assert disk.settled(20)
    assert [file.final.name for file in files] == ["a-1.mp4", "a-2.mp4"]
    assert [(tmp_path / f"a{n}.mp4").read_bytes() for n in ("", "-1", "-2")] == [b"older", b"head\0", b"head\1"]
