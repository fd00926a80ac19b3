"""One camera in the recorder: what its states, gaps and journal say while streams come, go and fail."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from recorder.camera import STALE_S
from recorder.disk import _Item
from tests.support.camera_rig import MINUTE, UNITS
from tests.support.camera_rig import CameraRig as Rig
from tests.support.footage import packet_of, run_of
from tests.support.full_disk import files_of_at_most
from vms.domain.clock import from_epoch
from vms.domain.messages import Segment
from vms.ingest.stream import TIMESCALE, Run


@pytest_asyncio.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    one = Rig(tmp_path)
    yield one
    one.close()


def run_at(rig: Rig) -> Run:
    return run_of("h264", UNITS, rig.clock.utc())


async def test_states_of_a_camera_that_records(rig: Rig) -> None:
    assert (rig.recorder.state(3).status, rig.recorder.state(3).reason) == ("offline", "connecting")
    run = run_at(rig)
    rig.recorder.begin(run)
    rig.play(run)
    rig.settle()
    state = rig.recorder.state(3)
    assert (state.status, state.reason, state.revision) == ("recording", None, 3)
    assert (state.codec, state.width, state.height) == ("h264", 320, 180)
    assert 24 <= state.fps <= 26
    assert state.bitrate > 0
    rig.clock.advance(STALE_S + 1)
    assert rig.recorder.state(3).status == "offline"
    assert rig.recorder.state(3).fps == 0


async def test_a_state_does_not_flicker_at_the_minute(rig: Rig) -> None:
    rig.clock.advance(58)
    run = run_at(rig)
    rig.recorder.begin(run)
    rig.play(run, 0, 25)
    seen = set()
    for number in range(25, 100):
        rig.play(run, number, number + 1)
        rig.settle()
        seen.add(rig.recorder.state(1).status)
    assert seen == {"recording"}
    assert len(rig.segments()) == 1  # the first is closed: the minute was crossed


async def test_a_session_that_ends_says_why_and_opens_a_gap(rig: Rig) -> None:
    run = run_at(rig)
    rig.recorder.begin(run)
    rig.play(run)
    rig.recorder.end(run, "ended")
    rig.recorder.trouble("unauthorized", "RTSP status 401")
    state = rig.recorder.state(1)
    assert (state.status, state.reason, state.detail) == ("offline", "unauthorized", "RTSP status 401")
    (gap,) = rig.gaps()
    assert (gap.start, gap.end, gap.cause, gap.reason) == (from_epoch(MINUTE + 4), None, "camera", "unauthorized")


async def test_a_gap_begins_where_the_footage_ends_not_when_that_was_seen(rig: Rig) -> None:
    """The last picture lasts a frame longer than the moment at which it came."""
    run = run_at(rig)
    rig.recorder.begin(run)
    rig.play(run)
    rig.clock.step(-0.03)
    rig.recorder.end(run, "ended")
    rig.recorder.trouble("unreachable", "")
    (segment,) = rig.segments()
    (gap,) = rig.gaps()
    assert gap.start == segment.end


async def test_segments_and_gaps_cover_every_moment(rig: Rig) -> None:
    first = run_at(rig)
    rig.recorder.begin(first)
    rig.play(first)
    rig.recorder.end(first, "ended")
    rig.recorder.trouble("unreachable", "")
    rig.clock.advance(30)
    second = run_at(rig)
    rig.recorder.begin(second)
    rig.play(second)
    rig.recorder.end(second, "stopped")
    one, two = rig.segments()
    outage, after = rig.gaps()
    assert (outage.start, outage.end, outage.cause) == (one.end, two.start, "network")
    assert (after.start, after.end, after.cause) == (two.end, None, "recorder")


async def test_a_run_too_short_to_settle_still_ends_the_gap(rig: Rig) -> None:
    rig.recorder.trouble("unreachable", "")
    rig.clock.advance(10)
    run = run_at(rig)
    rig.recorder.begin(run)
    rig.play(run, 0, 30)
    rig.settle()
    rig.recorder.end(run, "ended")
    (segment,) = rig.segments()
    assert [(g.start, g.end) for g in rig.gaps()] == [
        (from_epoch(MINUTE), segment.start),
        (segment.end, None),
    ]


async def test_a_full_disk_is_a_gap_with_its_cause_and_a_state(rig: Rig) -> None:
    run = run_at(rig)
    rig.recorder.begin(run)
    with files_of_at_most(30_000):
        for begin in range(0, 50, 10):
            rig.play(run, begin, begin + 10)
            rig.settle()
        state = rig.recorder.state(1)
        assert (state.status, state.reason) == ("online", "disk")
        assert "File too large" in state.detail
    rig.play(run, 50)
    rig.settle()
    assert rig.recorder.state(1).status == "recording"
    rig.recorder.end(run, "stopped")
    broken, resumed = rig.segments()
    gap = rig.gaps()[0]
    assert (gap.start, gap.end, gap.cause) == (broken.end, resumed.start, "disk")
    assert gap.start < gap.end


async def test_a_disk_that_stands_still_is_not_called_recording(rig: Rig) -> None:
    rig.recorder.begin(run := run_at(rig))
    rig.play(run, 0, 50)
    assert rig.recorder.state(1).status == "recording"
    entered, free = threading.Event(), threading.Event()
    rig.disk._submit(_Item(lambda: entered.set() or (free.wait(60) and None), None))
    assert entered.wait(20)
    for unit in UNITS[50:100]:
        rig.clock.advance(0.12)
        rig.recorder.packet(run, packet_of(unit, arrival=rig.clock.monotonic()))
    state = rig.recorder.state(1)
    assert (state.status, state.reason, state.detail) == ("online", "disk", "the disk stands still")
    free.set()
    rig.settle()
    rig.recorder.packet(run, packet_of(UNITS[0], 200_000, arrival=rig.clock.monotonic()))
    assert rig.recorder.state(1).status == "recording"
    assert rig.recorder.state(1).packets_dropped == 0, "what waited was written"


async def test_a_disk_that_stays_full_is_one_gap(rig: Rig) -> None:
    run = run_at(rig)
    rig.recorder.begin(run)
    rig.play(run, 0, 25)
    rig.settle()
    with files_of_at_most(3_000):
        for begin in range(25, 75, 5):
            rig.play(run, begin, begin + 5)
            rig.settle()
            assert begin < 35 or rig.recorder.state(1).reason == "disk"
    rig.play(run, 75)
    rig.settle()
    assert rig.recorder.state(1).status == "recording"
    with_cause = [g for g in rig.gaps() if g.cause == "disk"]
    assert len(with_cause) == 1
    assert with_cause[0].end == from_epoch(MINUTE + 3)


async def test_a_stopped_gap_goes_on_over_a_restart(tmp_path: Path) -> None:
    first = Rig(tmp_path)
    run = run_at(first)
    first.recorder.begin(run)
    first.play(run)
    first.recorder.end(run, "stopped")
    stopped = first.gaps()
    first.close()
    second = Rig(tmp_path)
    second.clock.advance(60)
    run = run_at(second)
    second.recorder.begin(run)
    second.play(run)
    assert [(g.id, g.start, g.end, g.cause) for g in second.gaps()] == [
        (stopped[0].id, from_epoch(MINUTE + 4), from_epoch(MINUTE + 60), "recorder")
    ]
    second.close()


async def test_after_a_crash_the_gap_begins_where_the_footage_ends(tmp_path: Path) -> None:
    first = Rig(tmp_path)
    run = run_at(first)
    first.recorder.begin(run)
    first.play(run)
    first.close()  # without end: as if killed
    second = Rig(tmp_path)
    (mended,) = second.segments()
    assert [(g.start, g.end, g.cause, g.reason) for g in second.gaps()] == [(mended.end, None, "recorder", "crashed")]
    assert (from_epoch(MINUTE + 4) - mended.end).total_seconds() <= 0.5
    second.close()


async def test_everything_is_announced_in_order_with_ids_of_its_own(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    rig.recorder.trouble("unreachable", "")
    rig.clock.advance(5)
    run = run_at(rig)
    rig.recorder.begin(run)
    rig.play(run)
    rig.recorder.end(run, "stopped")
    rig.settle()
    rig.close()
    lines = [json.loads(line) for line in (tmp_path / "outbox.jsonl").read_bytes().splitlines()]
    ids = [msg_id for _, msg_id, _ in lines]
    assert len(ids) == len(set(ids))
    kinds = [subject.rpartition(".")[2] for subject, _, _ in lines]
    assert kinds.count("gap") == 4  # starting, explained, closed, stopped
    assert [i for i, k in zip(ids, kinds, strict=True) if k == "segment"][-1].endswith(".closed")


async def test_states_may_be_asked_while_packets_come(rig: Rig) -> None:
    run = run_at(rig)
    rig.recorder.begin(run)
    stop = threading.Event()
    seen = []

    def ask() -> None:
        while not stop.is_set():
            seen.append(rig.recorder.state(1).status)

    asking = asyncio.create_task(asyncio.to_thread(ask))
    await asyncio.to_thread(rig.play, run)
    stop.set()
    await asking
    assert set(seen) <= {"offline", "online", "recording"}
    assert rig.recorder.state(1).packets == 100


async def test_a_gap_ends_where_footage_begins_though_a_file_is_cut_at_once(rig: Rig) -> None:
    """The run's first file ends at the minute, before the anchor has settled."""
    rig.recorder.trouble("unreachable", "")
    run = run_of("h264", tuple(UNITS), MINUTE + 59.2)
    rig.recorder.begin(run)
    rig.play(run)
    rig.recorder.end(run, "stopped")
    rig.settle()
    closed = [record for kind, record in rig.journal() if kind == "closed" and isinstance(record, Segment)]
    assert len(closed) == 2
    ended = [gap for gap in rig.gaps() if gap.end is not None]
    assert [gap.end for gap in ended] == [closed[0].start]
    assert closed[0].end == closed[1].start


async def test_after_a_loss_the_gap_ends_at_the_first_file_whichever_was_written_first(rig: Rig) -> None:
    """The disk is seconds behind: file and file are begun before the first of them is known to be written."""
    rig.clock.advance(56)
    rig.recorder.begin(run := run_at(rig))
    rig.play(run, 0, 40)
    free = threading.Event()
    rig.disk._submit(_Item(lambda: free.wait(60) and None, None))
    for number in range(40, 140):
        rig.clock.advance(1 / 25)
        if not 45 <= number < 60:
            turn, at = divmod(number, 100)
            packet = packet_of(UNITS[at], turn * 4 * TIMESCALE, rig.clock.monotonic())
            rig.recorder.packet(run, packet._replace(missed=15 if number == 60 else 0))
        if number == 130:
            free.set()
            rig.settle()
    rig.recorder.end(run, "stopped")
    first, second, third = rig.segments()
    (hole,) = [gap for gap in rig.gaps() if gap.reason == "lost"]
    assert (hole.start, hole.end) == (first.end, second.start)
    assert second.end == third.start == from_epoch(MINUTE + 60)
