"""What one thread of a disk hands to the other: in which order, and what is done when the disk goes or is slow."""

from __future__ import annotations

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
