"""The anchor of a run: it settles on the least delay, slews slowly, and gives up when the labels would lie."""

from __future__ import annotations

import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vms.ingest.anchor import MAX_DRIFT_S, MAX_SLEW, Anchor
from vms.ingest.stream import TIMESCALE

T0 = 1_800_000_000.0
STEP = TIMESCALE // 25


def begun(pts: int, arrival: float) -> Anchor:
    return Anchor(pts, arrival, arrival - T0)


def observe(anchor: Anchor, pts: int, arrival: float, step: float = 0.0) -> bool:
    """``step``: by how much the host's clock has been set since."""
    return anchor.observe(pts, arrival + step, arrival - T0)


def play(anchor: Anchor, begin: int, count: int, delay: object, rate: float = 1.0) -> list[float]:
    """Feeds ``count`` packets from frame ``begin``; the anchor's value after each. Fails when a run is due."""
    values = []
    for n in range(begin, begin + count):
        late = delay(n) if callable(delay) else delay
        assert observe(anchor, n * STEP, T0 + n / 25 * rate + late), n
        values.append(anchor.value)
    return values


def test_the_least_delay_of_the_first_seconds_counts() -> None:
    """A camera that hands over its buffer first: the first packet is the latest of all."""
    anchor = begun(0, T0 + 0.8)
    play(anchor, 0, 50, lambda n: max(0.0, 0.8 - n * 0.05))
    assert anchor.value == pytest.approx(T0)
    assert anchor.utc(10 * TIMESCALE) == pytest.approx(T0 + 10)


def test_a_pts_of_its_own_start() -> None:
    anchor = begun(500 * TIMESCALE, T0)
    assert anchor.utc(500 * TIMESCALE) == pytest.approx(T0)
    assert anchor.utc(501 * TIMESCALE) == pytest.approx(T0 + 1)


def test_late_packets_after_settling_change_nothing_at_once() -> None:
    anchor = begun(0, T0)
    play(anchor, 0, 51, 0.0)
    before = anchor.value
    play(anchor, 51, 25, 0.9)
    assert anchor.value == before


def test_a_drifting_camera_is_followed_at_500_ppm_at_most() -> None:
    anchor = begun(0, T0)
    values = play(anchor, 0, 25 * 600, 0.0, rate=1 + 300e-6)
    slews = [abs(b - a) * 25 for a, b in itertools.pairwise(values)]
    assert max(slews) <= MAX_SLEW * 1.01
    assert anchor.value - T0 == pytest.approx(0.3e-3 * 600, abs=0.015)


@given(st.integers(0, 1 << 32), st.floats(0, 0.9))
def test_no_jitter_makes_labels_jump(seed: int, most: float) -> None:
    dice = random.Random(seed)
    delays = [dice.uniform(0, most) for _ in range(200)]
    anchor = begun(0, T0)
    play(anchor, 0, 51, 0.0)
    last = anchor.value
    for i in range(1000):
        observe(anchor, (51 + i) * STEP, T0 + (51 + i) / 25 + delays[i % 200])
        assert abs(anchor.value - last) <= MAX_SLEW / 25 * 1.01
        last = anchor.value


def test_a_drift_that_slewing_cannot_follow_ends_the_run() -> None:
    anchor = begun(0, T0)
    fine = True
    n = 0
    while fine and n < 25 * 3600:
        fine = observe(anchor, n * STEP, T0 + n / 25 * 1.005)  # half a percent: 4.5 ms a second too much
        n += 1
    assert not fine
    behind = T0 + n / 25 * 1.005 - anchor.utc(n * STEP)
    assert MAX_DRIFT_S < behind < MAX_DRIFT_S + 0.2  # a window's drift more at most


@pytest.mark.parametrize("step", [-3600.0, -1.1, 1.1, 3600.0])
@pytest.mark.parametrize("after", [10, 100])
def test_the_hosts_clock_set_ends_the_run_at_once(step: float, after: int) -> None:
    """Also while the anchor still settles, and whichever way: the two clocks of the host part."""
    anchor = begun(0, T0)
    play(anchor, 0, after, 0.0)
    assert not observe(anchor, after * STEP, T0 + after / 25, step)
    assert anchor.utc(after * STEP) == pytest.approx(T0 + after / 25)  # what is still labelled goes on as before


@pytest.mark.parametrize("step", [-0.9, 0.9])
def test_a_small_step_of_the_hosts_clock_is_slewed(step: float) -> None:
    anchor = begun(0, T0)
    play(anchor, 0, 100, 0.0)
    for n in range(100, 25 * 1900):
        assert observe(anchor, n * STEP, T0 + n / 25, step)
    assert anchor.value == pytest.approx(T0 + step, abs=0.02)
    assert anchor.clock().drift_ppm == pytest.approx(0, abs=0.01)  # it was the host, not the camera


@pytest.mark.parametrize("ppm", [-400, 0, 200])
def test_drift_is_measured(ppm: int) -> None:
    """Frames wait up to 30 ms in the network; the camera gains ``ppm``."""
    anchor = begun(0, T0)
    jitter = [0.03 * (n * 7919 % 101) / 101 for n in range(101)]
    play(anchor, 0, 25 * 100, lambda n: jitter[n % 101], 1 - ppm * 1e-6)
    assert anchor.clock().drift_ppm is None
    play(anchor, 25 * 100, 25 * 3500, lambda n: jitter[n % 101], 1 - ppm * 1e-6)
    assert anchor.clock().drift_ppm == pytest.approx(ppm, abs=2)


def test_the_cameras_offset_is_what_it_says_itself() -> None:
    anchor = begun(0, T0 + 0.2)
    play(anchor, 0, 51, 0.0)
    assert anchor.clock().offset_s is None
    anchor.told(50 * STEP, T0 + 2 + 7.5)
    assert anchor.clock().offset_s == pytest.approx(7.5)


def test_one_late_burst_does_not_end_a_run() -> None:
    anchor = begun(0, T0)
    play(anchor, 0, 100, 0.0)
    play(anchor, 100, 75, 2.5)  # 3 s of congestion
    play(anchor, 175, 1000, 0.0)
    assert anchor.value == pytest.approx(T0, abs=0.002)


@pytest.mark.parametrize("still", [3.0, 14.0, 20.0, 40.0])
def test_what_comes_late_and_all_at_once_keeps_its_labels(still: float) -> None:
    """This process stood still, or the line did: nothing was lost, and nobody's clock is wrong."""
    anchor = begun(0, T0)
    play(anchor, 0, 500, lambda n: 0.005 * (n % 3))
    before, resumed = anchor.value, T0 + 20 + still

    def arrival(n: int) -> float:  # a thousand a second until it has caught up
        return max(T0 + n / 25 + 0.005 * (n % 3), resumed + (n - 500) / 1000)

    for n in range(500, 500 + 25 * 90):
        assert observe(anchor, n * STEP, arrival(n)), n
    assert anchor.value == pytest.approx(before, abs=0.05)


def test_what_stays_late_after_a_pause_is_a_new_run_in_the_end() -> None:
    anchor = begun(0, T0)
    play(anchor, 0, 500, 0.0)
    due = next(n for n in range(500, 1500) if not observe(anchor, n * STEP, T0 + n / 25 + 5))
    assert due <= 500 + 25 * 12
