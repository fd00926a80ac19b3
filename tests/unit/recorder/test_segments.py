"""Packets to segment files: fragments, cuts, names, times, hashes. A real disk thread and real files."""

from __future__ import annotations

import hashlib
import io
import itertools
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.footage import Unit, decode_mp4, decode_units, encode, looped, packet_of, run_of
from vms.domain.clock import from_epoch
from vms.domain.messages import Segment
from vms.ingest.stream import TIMESCALE
from vms.media.reading import FragmentInfo, scan_fragments

MINUTE = 1_800_000_000.0  # a whole minute
FRAGMENT = 36_000  # 0.4 s


def fragments(data: bytes) -> list[FragmentInfo]:
    found = list(scan_fragments(io.BytesIO(data)))
    assert found[-1].offset + found[-1].size == len(data)
    return found


@pytest.mark.parametrize(("codec", "bframes"), [("h264", 0), ("h264", 2), ("hevc", 0), ("hevc", 2)])
def test_a_run_of_one_segment(rig, codec: str, bframes: int) -> None:  # type: ignore[no-untyped-def]
    units = encode(codec, bframes=bframes)
    rig.record(codec, units, MINUTE + 10)
    rig.settled()
    (opened,), (closed,) = rig.opened, rig.closed
    data = rig.bytes_of(closed)
    assert [p.planes for p in decode_mp4(data)] == [p.planes for p in decode_units(codec, units)]
    assert opened.id == closed.id
    assert (opened.end, opened.sha256) == (None, None)
    assert closed.frames == 50
    assert closed.bytes == len(data)
    assert closed.sha256 == hashlib.sha256(data).hexdigest()
    assert closed.codec.startswith("avc1." if codec == "h264" else "hvc1.")
    assert closed.start == from_epoch(MINUTE + 10 + units[0].pts / TIMESCALE)
    assert closed.end == from_epoch(MINUTE + 10 + (max(u.pts for u in units) + 3600) / TIMESCALE)
    assert (rig.parts(), rig.lost) == ([], [])


def test_the_file_grows_under_its_part_name_and_can_be_read(rig) -> None:  # type: ignore[no-untyped-def]
    units = encode()
    run = run_of("h264", units, MINUTE)
    rig.writer.begin(run)
    rig.feed(run, units)
    rig.settled()
    (part,) = rig.parts()
    assert part.with_suffix(".mp4") == rig.root / rig.opened[0].path
    assert len(decode_mp4(part.read_bytes())) == 45  # the last fragment is not full yet
    rig.writer.end(run)
    rig.settled()
    assert rig.parts() == []
    assert len(decode_mp4(rig.bytes_of(rig.closed[0]))) == 50


@pytest.mark.parametrize("fps", [25, 12, 10, 6, 3])
def test_fragments_are_short_and_start_anew_at_key_frames(rig, fps: int) -> None:  # type: ignore[no-untyped-def]
    units = encode(fps=fps, gop=17, frames=60)
    rig.record("h264", units, MINUTE)
    rig.settled()
    found = fragments(rig.bytes_of(rig.closed[0]))
    assert all(f.duration <= FRAGMENT or f.samples == 1 for f in found)
    # Every key frame begins a fragment.
    starts = {f.tfdt for f in found if f.keyframe}
    assert starts == {u.dts for u in units if u.key}
    assert sum(f.samples for f in found) == 60


def test_decode_times_continue_without_a_hole_through_a_file(rig) -> None:  # type: ignore[no-untyped-def]
    units = encode(bframes=2, gop=20)
    rig.record("h264", units, MINUTE)
    rig.settled()
    found = fragments(rig.bytes_of(rig.closed[0]))
    for one, following in itertools.pairwise(found):
        assert one.tfdt + one.duration == following.tfdt


@pytest.fixture
def three_minutes(rig) -> list[Segment]:  # type: ignore[no-untyped-def]
    rig.record("h264", looped(encode("h264", (64, 48)), 75), MINUTE + 20)  # 150 s from :20
    rig.settled()
    return rig.closed


def test_files_are_cut_at_the_key_frame_behind_each_minute(rig, three_minutes: list[Segment]) -> None:  # type: ignore[no-untyped-def]
    assert [s.start for s in three_minutes] == [from_epoch(MINUTE + at) for at in (20, 60, 120)]
    assert three_minutes[-1].end == from_epoch(MINUTE + 170)
    assert sum(s.frames for s in three_minutes) == 75 * 50
    assert [Path(s.path).parent for s in three_minutes] == [Path(three_minutes[0].path).parent] * 3


def test_segments_of_a_run_abut_exactly(three_minutes: list[Segment]) -> None:
    for one, following in itertools.pairwise(three_minutes):
        assert one.end == following.start
        assert one.run == following.run


def test_decode_time_continues_through_the_run(rig, three_minutes: list[Segment]) -> None:  # type: ignore[no-untyped-def]
    ends = []
    for segment in three_minutes:
        found = fragments(rig.bytes_of(segment))
        assert segment.first_tfdt == found[0].tfdt
        assert found[0].keyframe
        # A moment's UTC is anchor + decode time (no B-frames here), in every file of the run alike.
        assert segment.anchor_utc + timedelta(seconds=found[0].tfdt / TIMESCALE) == segment.start
        ends.append((found[0].tfdt, found[-1].tfdt + found[-1].duration))
    assert ends == [(0, 40 * TIMESCALE), (40 * TIMESCALE, 100 * TIMESCALE), (100 * TIMESCALE, 150 * TIMESCALE)]


def test_a_key_frame_late_behind_the_minute_cuts_there(rig) -> None:  # type: ignore[no-untyped-def]
    rig.record("h264", looped(encode("h264", (64, 48), gop=50), 5), MINUTE + 57)  # key frames every 2 s
    rig.settled()
    assert [s.start for s in rig.closed] == [from_epoch(MINUTE + 57), from_epoch(MINUTE + 61)]


def test_two_runs_are_two_files_and_nothing_is_invented_between(rig) -> None:  # type: ignore[no-untyped-def]
    rig.record("h264", encode(), MINUTE)
    rig.record("hevc", encode("hevc"), MINUTE + 30)
    rig.settled()
    assert [(s.start, s.end) for s in rig.closed] == [
        (from_epoch(MINUTE), from_epoch(MINUTE + 2)),
        (from_epoch(MINUTE + 30), from_epoch(MINUTE + 32)),
    ]
    assert len({s.run for s in rig.closed}) == 2


def test_a_run_that_begins_amid_a_group_waits_for_its_key_frame(rig) -> None:  # type: ignore[no-untyped-def]
    units = encode()
    run = run_of("h264", units, MINUTE)
    rig.writer.begin(run)
    rig.feed(run, units[5:])
    rig.writer.end(run)
    rig.settled()
    assert [(s.frames, s.start) for s in rig.closed] == [(25, from_epoch(MINUTE + 1))]


def test_a_name_that_is_taken_is_never_overwritten(rig) -> None:  # type: ignore[no-untyped-def]
    """After the host's clock was set back an hour."""
    for _ in range(3):
        rig.record("h264", encode(), MINUTE)
        rig.settled()
    assert len({s.id for s in rig.closed}) == len({s.path for s in rig.closed}) == 3
    assert all(len(decode_mp4(rig.bytes_of(s))) == 50 for s in rig.closed)


def test_the_start_settles_with_the_anchor_and_is_told_again(rig) -> None:  # type: ignore[no-untyped-def]
    units = encode()
    anchor = [MINUTE + 5.8]
    told = run_of("h264", units, 0)
    run = type(told)(told.id, told.info, lambda pts: anchor[0] + pts / TIMESCALE)
    rig.writer.begin(run)
    rig.feed(run, units[:30])
    anchor[0] = MINUTE + 5
    assert rig.writer.settle(run, 0.0) == MINUTE + 5
    rig.feed(run, units[30:])
    rig.writer.end(run)
    rig.settled()
    assert [s.start for s in rig.opened] == [from_epoch(MINUTE + 5.8), from_epoch(MINUTE + 5)]
    assert len({s.id for s in rig.opened}) == 1
    assert (rig.closed[0].start, rig.closed[0].end) == (from_epoch(MINUTE + 5), from_epoch(MINUTE + 7))


def test_a_start_that_settles_stays_on_the_day_of_the_files_name(rig) -> None:  # type: ignore[no-untyped-def]
    """Its journal is that day's: in another one's the file would be unknown to every audit."""
    units, midnight = encode(), MINUTE // 86400 * 86400
    anchor = [midnight + 0.3]
    told = run_of("h264", units, 0)
    run = type(told)(told.id, told.info, lambda pts: anchor[0] + pts / TIMESCALE)
    rig.writer.begin(run)
    rig.feed(run, units[:30])
    anchor[0] = midnight - 0.1
    assert rig.writer.settle(run, 0.0) == midnight
    rig.feed(run, units[30:])
    rig.writer.end(run)
    rig.settled()
    (closed,) = rig.closed
    assert (closed.start, closed.end) == (from_epoch(midnight), from_epoch(midnight + 1.9))
    assert closed.path.split("/")[2] == f"{closed.start:%Y-%m-%d}"


def test_a_run_without_a_packet_leaves_nothing(rig) -> None:  # type: ignore[no-untyped-def]
    rig.record("h264", encode(), MINUTE)
    run = run_of("h264", encode(), MINUTE + 60)
    rig.writer.begin(run)
    rig.writer.end(run)
    rig.settled()
    assert len(rig.closed) == 1


def test_a_packet_of_twice_the_length_is_one_sample(rig) -> None:  # type: ignore[no-untyped-def]
    """A doubled access unit's timestamps differ by a tick; its duration must not be zero."""
    units = list(encode())
    units[10] = Unit(units[10].payload, units[9].dts + 1, units[9].dts + 1, False)
    run = run_of("h264", tuple(units), MINUTE)
    rig.writer.begin(run)
    for unit in units:
        rig.writer.packet(run, packet_of(unit))
    rig.writer.end(run)
    rig.settled()
    assert sum(f.duration for f in fragments(rig.bytes_of(rig.closed[0]))) == 50 * 3600
