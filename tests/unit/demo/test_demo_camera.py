"""The camera's clock, with the clock in the test's hands."""

from __future__ import annotations

import itertools
from fractions import Fraction
from pathlib import Path

import pytest

from vms.demo.camera import CATCH_UP_S, LiveCamera, due_at, frame_at
from vms.demo.packets import AccessUnit, Track
from vms.demo.renditions import Rendition

FPS = Fraction(25, 2)
FRAMES, STEP, GOP = 50, 2, 24


class FakeClock:
    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now

    def utc(self) -> float:
        return self.now + 1_700_000_000


class Reader:
    def __init__(self) -> None:
        self.got: list[tuple[AccessUnit, int, float]] = []

    def send(self, unit: AccessUnit, timestamp: int, utc: float) -> None:
        self.got.append((unit, timestamp, utc))


def _units(count: int, gop: int) -> tuple[AccessUnit, ...]:
    return tuple(AccessUnit(k % gop == 0, bytes([k]), (0,), 1) for k in range(count))


def _camera(clock: FakeClock, phase_s: float = 0.0) -> LiveCamera:
    rendition = Rendition("cam", "h264", Path("m"), Path("s"), FRAMES, FPS, STEP, (640, 360), (640, 360))
    main, sub = Track(None, _units(FRAMES, GOP)), Track(None, _units(FRAMES // STEP, GOP // STEP))  # type: ignore[arg-type]
    return LiveCamera(rendition, main, sub, clock, phase_s)


def _run(camera: LiveCamera, clock: FakeClock, seconds: float, step: float = 0.01) -> None:
    end = clock.now + seconds
    while clock.now < end:
        clock.now += step
        if camera._timer is not None and clock.now + 1e-9 >= camera._origin + due_at(camera._next, FPS):
            camera._timer.cancel()
            camera._tick()


@pytest.mark.parametrize("fps", [Fraction(10), Fraction(25, 2), Fraction(30000, 1001), Fraction(15)])
def test_a_frame_is_due_exactly_at_its_time(fps: Fraction) -> None:
    for frame in [*range(2000), 10_000_000]:
        assert frame_at(due_at(frame, fps), fps) == frame
        assert frame_at(due_at(frame, fps) - 0.002, fps) == frame - 1
    assert frame_at(-0.5 / float(fps), fps) == -1


async def test_position_follows_the_clock_through_the_loop() -> None:
    clock = FakeClock()
    camera = _camera(clock)
    assert camera.position() == 0
    clock.now += 3.0
    assert camera.position() == 37
    clock.now += 1.5
    assert camera.position() == 56 % FRAMES
    assert _camera(clock, phase_s=1.0).position() == 12


async def test_main_and_sub_are_in_step_and_nothing_steps_back() -> None:
    clock = FakeClock()
    camera = _camera(clock)
    main, sub = Reader(), Reader()
    clock.now += 0.5
    first_main, first_sub = camera.join("main", main), camera.join("sub", sub)
    _run(camera, clock, 20)
    for reader, first, step in ((main, first_main, 1), (sub, first_sub, STEP)):
        units = [unit.packets[0] for unit, _, _ in reader.got]
        count = FRAMES // step
        assert reader.got[0][0].key
        assert all(after == (before + 1) % count for before, after in itertools.pairwise(units))
        stamps = [stamp for _, stamp, _ in reader.got]
        assert stamps[0] == first
        assert {after - before for before, after in itertools.pairwise(stamps)} == {7200 * step}
    # The same moment has the same wall clock in both streams, whatever their timestamps are.
    index_at = {round(utc, 6): unit.packets[0] for unit, _, utc in main.got}
    assert all(index_at[round(utc, 6)] == unit.packets[0] * STEP for unit, _, utc in sub.got)
    camera.stop()


async def test_time_goes_on_while_nobody_looks() -> None:
    clock = FakeClock()
    camera = _camera(clock)
    reader = Reader()
    camera.join("main", reader)
    _run(camera, clock, 2)
    camera.leave(reader)
    _run(camera, clock, 0.2)
    assert camera._timer is None, "no reader, no work"
    before = len(reader.got)
    clock.now += 7.77
    again = Reader()
    camera.join("main", again)
    assert camera._next == frame_at(clock.now - 1000.0, FPS) + 1
    _run(camera, clock, 3)
    assert again.got[0][0].key
    assert again.got[0][1] > reader.got[-1][1]
    assert len(reader.got) == before
    camera.stop()


async def test_a_short_delay_is_made_up_for_and_a_long_one_is_skipped_to_a_key_frame() -> None:
    clock = FakeClock()
    camera = _camera(clock)
    reader = Reader()
    camera.join("main", reader)
    _run(camera, clock, 2)
    clock.now += CATCH_UP_S * 0.8
    _run(camera, clock, 1)
    stamps = [stamp for _, stamp, _ in reader.got]
    assert {after - before for before, after in itertools.pairwise(stamps)} == {7200}
    count = len(reader.got)
    clock.now += 60
    _run(camera, clock, 3)
    assert reader.got[count][0].key
    assert reader.got[count][1] - reader.got[count - 1][1] > 55 * 90000
    camera.stop()
