"""A disk that is full, slow or gone: what was whole is kept, the loss is told to the frame, writing resumes.

The errors are the kernel's: a file-size limit on this very process, a file where a folder should be.
"""

from __future__ import annotations

import errno
import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from recorder import disk as module
from recorder.disk import DiskWriter
from recorder.segment_file import SegmentFile
from tests.support.clocks import ManualClock
from tests.support.footage import decode_mp4, encode, run_of
from tests.support.full_disk import files_of_at_most
from tests.support.waiting import wait_until
from vms.domain.clock import from_epoch

MINUTE = 1_800_000_000.0
UNITS = encode(size=(320, 180), frames=100)  # some 90 kB, a key frame each second


def test_a_write_that_fails_keeps_what_was_whole_and_writing_resumes(rig) -> None:  # type: ignore[no-untyped-def]
    run = run_of("h264", UNITS, MINUTE)
    rig.writer.begin(run)
    with files_of_at_most(30_000):
        rig.feed(run, UNITS[:50])
        rig.settled()
        assert not rig.writer.writing
    rig.feed(run, UNITS[50:])
    rig.writer.end(run)
    rig.settled()

    ((err, end),) = rig.lost
    assert isinstance(err, OSError)
    assert err.errno == errno.EFBIG
    broken, resumed = rig.closed
    assert 0 < broken.bytes <= 30_000
    assert from_epoch(end) == broken.end
    pictures = decode_mp4(rig.bytes_of(broken))
    assert len(pictures) == broken.frames
    assert broken.end == from_epoch(MINUTE + broken.frames / 25)
    assert broken.sha256 == hashlib.sha256(rig.bytes_of(broken)).hexdigest()
    assert (resumed.start, resumed.end) == (from_epoch(MINUTE + 2), from_epoch(MINUTE + 4))
    assert len(decode_mp4(rig.bytes_of(resumed))) == 50
    assert rig.parts() == []


def test_a_full_disk_leaves_no_litter(rig) -> None:  # type: ignore[no-untyped-def]
    """Each key frame is another try: none of them may leave an empty file behind, or footage that is none."""
    run = run_of("h264", UNITS, MINUTE)
    rig.writer.begin(run)
    with files_of_at_most(100):
        for begin in range(0, 100, 25):
            rig.feed(run, UNITS[begin : begin + 25])
            rig.settled()
        rig.writer.end(run)
        rig.settled()
    assert len(rig.lost) == 4
    assert [p for p in rig.root.glob("**/*") if p.is_file()] == []
    assert {s.id for s in rig.closed} == {s.id for s in rig.opened}
    assert all(s.bytes == 0 and s.start == s.end for s in rig.closed)


def test_a_folder_that_cannot_be_made_announces_nothing(rig) -> None:  # type: ignore[no-untyped-def]
    (rig.root / "s").write_text("in the way", encoding="utf-8")
    rig.record("h264", UNITS[:30], MINUTE)
    rig.settled()
    assert rig.opened == rig.closed == []
    assert all(isinstance(err, OSError) and end == MINUTE for err, end in rig.lost[:1])
    (rig.root / "s").unlink()
    rig.record("h264", UNITS, MINUTE + 60)
    rig.settled()
    assert [s.frames for s in rig.closed] == [100]


def test_one_cameras_trouble_is_its_own(tmp_path: Path, rig, make_rig: Callable[..., object]) -> None:  # type: ignore[no-untyped-def]
    other = make_rig(tmp_path / "other")
    other.disk = rig.disk
    other.writer._disk = rig.disk
    (rig.root / "s").write_text("in the way", encoding="utf-8")
    rig.record("h264", UNITS, MINUTE)
    other.record("h264", UNITS, MINUTE)
    rig.settled()
    assert rig.closed == []
    assert [s.frames for s in other.closed] == [100]


def test_what_a_slow_disk_does_not_take_is_a_loss_and_writing_resumes(  # type: ignore[no-untyped-def]
    make_rig, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    rig = make_rig(max_bytes=30_000)
    run = run_of("h264", UNITS, MINUTE)
    rig.writer.begin(run)
    release = rig.hold()
    rig.feed(run, UNITS[:75])
    ((err, end),) = rig.lost[:1]
    assert err is None
    assert rig.disk.congested
    release()
    rig.settled()
    assert not rig.disk.congested
    for begin in range(75, 100, 5):
        rig.feed(run, UNITS[begin : begin + 5])
        rig.settled()
    rig.writer.end(run)
    rig.settled()
    first, last = rig.closed[0], rig.closed[-1]
    assert first.end == from_epoch(end)
    assert len(decode_mp4(rig.bytes_of(first))) == first.frames > 0
    assert (last.start, last.frames) == (from_epoch(MINUTE + 3), 25)
    assert rig.closed == [first, last], "while the disk was behind no file was begun"
    told = [record.message.split()[0] for record in caplog.records if record.name == "recorder.segments"]
    assert told == ["recording.overflow", "recording.refused", "recording.resumed"], "once each, not a key frame"
    assert rig.writer.dropped == 100 - first.frames - last.frames
    assert rig.parts() == []


def test_whoever_writes_never_waits_for_the_disk(rig) -> None:  # type: ignore[no-untyped-def]
    release = rig.hold()
    rig.record("h264", UNITS, MINUTE)  # returns, though nothing is written
    assert rig.opened == []
    release()
    rig.settled()
    assert [s.frames for s in rig.closed] == [100]


def test_stopping_finishes_what_is_queued(rig) -> None:  # type: ignore[no-untyped-def]
    release = rig.hold()
    rig.record("h264", UNITS, MINUTE)
    release()
    assert rig.disk.stop(10)
    assert [s.frames for s in rig.closed] == [100]


def test_a_disk_that_hangs_is_said_not_waited_for(rig) -> None:  # type: ignore[no-untyped-def]
    release = rig.hold()
    assert not rig.disk.stop(0.05)
    release()
    assert rig.disk.stop(10)


def test_every_open_file_is_synced_every_few_seconds(tmp_path: Path) -> None:
    clock = ManualClock()
    disk = DiskWriter(clock)
    disk.start()
    file = SegmentFile(tmp_path / "a.mp4", lambda err: None)
    disk.open(file)
    disk.append(file, b"x" * 100)
    wait_until(lambda: file.written == 100)
    clock.advance(module.SYNC_S - 0.1)
    assert file.dirty
    clock.advance(0.1)
    wait_until(lambda: not file.dirty, 5, "synced, though nothing more was written")
    assert file.synced_at == clock.monotonic()
    assert module.SYNC_S + 0.5 <= 3  # a turn of the loop included
    disk.stop(5)


def test_reserved_space_is_invisible_and_given_back(tmp_path: Path) -> None:
    disk = DiskWriter(ManualClock())
    disk.start()
    file = SegmentFile(tmp_path / "a.mp4", lambda err: None)
    closed: list[SegmentFile] = []
    disk.open(file)
    disk.append(file, b"head")
    disk.append(file, b"x" * 1000)
    wait_until(lambda: file.written == 1004)
    assert (tmp_path / "a.part").stat().st_size == 1004
    disk.close(file, closed.append)
    assert disk.stop(5)
    assert closed == [file]
    assert (tmp_path / "a.mp4").read_bytes() == b"head" + b"x" * 1000
    assert (tmp_path / "a.mp4").stat().st_blocks * 512 < 64 * 1024


def test_a_fault_in_a_callback_does_not_stop_the_disk(rig) -> None:  # type: ignore[no-untyped-def]
    def fault() -> None:
        raise RuntimeError("a bug")

    rig.disk.call(fault)
    rig.record("h264", UNITS, MINUTE)
    rig.settled()
    assert [s.frames for s in rig.closed] == [100]
