"""Timestamps of cameras that go back, ahead, twice, slowly, or say nothing: mended, or a new run."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vms.ingest.stream import TIMESCALE
from vms.ingest.timestamps import Stamp, TimestampValidator

STEP = TIMESCALE // 25


def fed(*dts: int | None) -> list[Stamp]:
    validator = TimestampValidator()
    return [validator.check(one, one) for one in dts]


def breaks(*dts: int | None) -> list[int]:
    return [number for number, stamp in enumerate(fed(*dts)) if stamp.discontinuity]


def test_a_good_stream_is_left_as_it_is() -> None:
    dts = [n * STEP for n in range(100)]
    assert fed(*dts) == [Stamp(d, d, False) for d in dts]


def test_b_frames_keep_their_order() -> None:
    """pts stand apart from dts and go back and forth: nothing to mend."""
    validator = TimestampValidator()
    packets = [(2, 0), (5, 1), (3, 2), (4, 3), (8, 4)]
    stamps = [validator.check(pts * STEP, dts * STEP) for pts, dts in packets]
    assert stamps == [Stamp(pts * STEP, dts * STEP, False) for pts, dts in packets]


def test_the_first_packet_may_say_nothing() -> None:
    assert fed(None, STEP, 2 * STEP) == [Stamp(0, 0, False), Stamp(STEP, STEP, False), Stamp(2 * STEP, 2 * STEP, False)]


def test_missing_stamps_go_on_at_the_usual_step() -> None:
    slow = TIMESCALE // 5
    stamps = fed(*[n * slow for n in range(60)], None, None)
    assert not any(s.discontinuity for s in stamps)
    assert stamps[60].dts - stamps[59].dts == pytest.approx(slow, rel=0.01)
    assert stamps[61].dts - stamps[60].dts == pytest.approx(slow, rel=0.01)


def test_only_one_of_both_stamps() -> None:
    validator = TimestampValidator()
    assert validator.check(100, None) == Stamp(100, 100, False)
    assert validator.check(None, 100 + STEP) == Stamp(100 + STEP, 100 + STEP, False)


def test_a_doubled_stamp_moves_on_by_a_tick() -> None:
    assert fed(0, STEP, STEP, 2 * STEP)[2:] == [Stamp(STEP + 1, STEP + 1, False), Stamp(2 * STEP, 2 * STEP, False)]


def test_jitter_backwards_is_mended() -> None:
    stamps = fed(0, 10 * STEP, 9 * STEP, 11 * STEP)
    assert [s.dts for s in stamps] == [0, 10 * STEP, 10 * STEP + 1, 11 * STEP]


@pytest.mark.parametrize("to", [0, TIMESCALE])
def test_a_clock_set_back_is_a_new_run(to: int) -> None:
    """A server that restarts a mount begins at zero again."""
    start = 60 * TIMESCALE
    stamps = fed(start, start + STEP, to, to + STEP)
    assert [s.discontinuity for s in stamps] == [False, False, True, False]
    assert [s.dts for s in stamps][2:] == [to, to + STEP]


def test_decode_times_below_zero_are_moved_with_the_whole_run() -> None:
    """Cameras with B-frames begin there; MP4 cannot."""
    validator = TimestampValidator()
    packets = [(0, -2), (3, -1), (1, 0), (2, 1)]
    stamps = [validator.check(pts * STEP, dts * STEP) for pts, dts in packets]
    assert stamps == [Stamp((pts + 2) * STEP, (dts + 2) * STEP, False) for pts, dts in packets]
    assert validator.check(-3600 * TIMESCALE, None) == Stamp(0, 0, True)
    assert validator.check(-3600 * TIMESCALE + STEP, None) == Stamp(STEP, STEP, False)


def test_a_session_with_b_frames_as_libav_hands_it_over() -> None:
    """Measured with GStreamer: no stamps, then no decode time, then one that seems to go back."""
    validator = TimestampValidator()
    packets = [(None, None), (0, None), (3, None), (1, 0), (2, 1), (6, 2), (4, 3), (5, 4), (9, 5)]
    stamps = [validator.check(*(None if one is None else one * STEP for one in packet)) for packet in packets]
    assert not any(s.discontinuity for s in stamps)
    assert [round(s.pts / STEP) for s in stamps] == [0, 0, 3, 1, 2, 6, 4, 5, 9]
    assert [s.dts for s in stamps] == sorted({s.dts for s in stamps})
    assert [s.dts for s in stamps][-2:] == [4 * STEP, 5 * STEP]


def test_ahead_by_hours_is_a_new_run() -> None:
    ahead = 5 * 3600 * TIMESCALE
    assert breaks(0, STEP, ahead, ahead + STEP) == [2]


def test_wrapped_after_32_bits_is_a_new_run() -> None:
    last = (1 << 32) - STEP
    assert breaks(last - STEP, last, 0, STEP) == [2]


@pytest.mark.parametrize("fps", [0.5, 1, 5])
def test_a_slow_camera_is_one_run(fps: float) -> None:
    assert breaks(*[round(n * TIMESCALE / fps) for n in range(50)]) == []


@pytest.mark.parametrize("jitter", [5, 3000])
@pytest.mark.parametrize("seconds", [2, 3, 5])
def test_a_very_slow_camera_settles_into_one_run(seconds: int, jitter: int) -> None:
    """It may look interrupted once; it must not be so for ever."""
    dts = [n * seconds * TIMESCALE + (n % 3) * jitter for n in range(50)]
    assert all(number <= 2 for number in breaks(*dts))


def test_a_second_hole_soon_after_the_first_is_seen() -> None:
    """One interruption does not make a camera slow."""
    first = 5 * TIMESCALE
    dts = [0, STEP, *[first + n * STEP for n in range(50)]]
    again = dts[-1] + 4 * TIMESCALE
    assert breaks(*dts, again, again + STEP) == [2, 52]


@given(
    st.lists(
        st.tuples(
            st.one_of(st.none(), st.integers(-(1 << 33), 1 << 33), st.integers(0, 100_000)),
            st.one_of(st.none(), st.integers(-(1 << 33), 1 << 33), st.integers(0, 100_000)),
        ),
        max_size=60,
    )
)
def test_dts_grows_strictly_within_a_run(packets: list[tuple[int | None, int | None]]) -> None:
    validator = TimestampValidator()
    last: int | None = None
    for pts, dts in packets:
        stamp = validator.check(pts, dts)
        if last is not None and not stamp.discontinuity:
            assert stamp.dts > last
        assert stamp.dts >= 0
        last = stamp.dts


@given(st.lists(st.integers(1, 3 * STEP), min_size=1, max_size=80))
def test_what_grows_is_never_touched(steps: list[int]) -> None:
    at, dts = 0, [0]
    for step in steps:
        at += step
        dts.append(at)
    assert [s.dts for s in fed(*dts)] == dts
