"""Decode times that RTP does not carry: of streams with and without B-pictures."""

from __future__ import annotations

import itertools

import pytest

from tests.support.footage import encode
from vms.ingest.decode_times import DecodeTimes
from vms.ingest.stream import TIMESCALE
from vms.media import nal
from vms.media.parameters import read_sequence

STEP = TIMESCALE // 25
P = b"\x00\x00\x00\x01\x41\xe0"  # first_mb_in_slice 0, slice_type 5 or so: no B slice
B = b"\x00\x00\x00\x01\x01\xa8"  # ue(0), ue(1)


def times(codec: str, pictures: list[tuple[int, bytes]], reorders: bool | None) -> list[int]:
    made = DecodeTimes(codec)
    made.reorders = reorders
    return [made.of(pts, payload) for pts, payload in pictures]


def test_without_b_pictures_both_times_are_the_same() -> None:
    stamps = [n * STEP for n in range(50)]
    assert times("h264", [(pts, P) for pts in stamps], None) == stamps


def test_a_clock_that_steps_back_is_no_b_picture() -> None:
    stamps = [0, STEP, 3 * STEP, 2 * STEP, 4 * STEP]
    assert times("h264", [(pts, P) for pts in stamps], None) == stamps
    assert times("h264", [(pts, B) for pts in stamps], False) == stamps
    assert times("hevc", [(pts, P) for pts in stamps], False) == stamps


@pytest.mark.parametrize("codec", ["h264", "hevc"])
@pytest.mark.parametrize("bframes", [1, 2, 3])
def test_with_b_pictures_they_grow_and_soon_stand_before_what_is_shown(codec: str, bframes: int) -> None:
    units = encode(codec, (64, 48), frames=100, bframes=bframes)
    reorders = read_sequence(codec, nal.parameter_sets(codec, units[0].payload).sps[0]).reorders
    assert reorders is (None if codec == "h264" else True)
    found = times(codec, [(unit.pts, unit.payload) for unit in units], reorders)
    assert all(b > a for a, b in itertools.pairwise(found))
    late = [(unit, dts) for unit, dts in zip(units[25:], found[25:], strict=True) if dts > unit.pts]
    assert late == []
    # One step a picture again, as the camera sends them.
    assert {b - a for a, b in itertools.pairwise(found[25:])} == {STEP}


def test_a_jump_begins_anew() -> None:
    stamps = [0, 3 * STEP, STEP, 2 * STEP, 100 * TIMESCALE, 100 * TIMESCALE + STEP, STEP]
    assert times("h264", [(pts, B) for pts in stamps], None)[4:] == stamps[4:]
