"""Where a run's labels may begin, and what becomes of a file that is labelled before."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from recorder.labels import Labels
from recorder.recovery import recover
from tests.support.camera_rig import MINUTE, UNITS
from tests.support.camera_rig import CameraRig as Rig
from tests.support.clocks import ManualClock
from tests.support.footage import packet_of, run_of

T0 = 1_800_000_000.0


@pytest_asyncio.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    one = Rig(tmp_path)
    yield one
    one.close()


def test_labels_go_behind_footage_only_where_a_clock_was_set() -> None:
    clock = ManualClock(T0)
    labels = Labels(clock)
    assert labels.begin() == 0.0
    labels.end(T0 + 5)
    labels.end(0.0)
    assert labels.begin() == T0 + 5
    labels.end(T0 + 4)
    assert labels.begin() == T0 + 5
    clock.step(-2.0)
    labels.end(T0 + 12)
    assert labels.begin() == 0.0
    labels.end(T0 + 10)
    clock.step(0.2)
    assert labels.begin() == T0 + 10
    clock.step(-2.0)
    assert labels.begin() == 0.0


def test_what_was_told_only_grows() -> None:
    labels = Labels(ManualClock(T0))
    labels.tell(T0 + 5)
    labels.tell(T0 + 3)
    assert labels.told_until == T0 + 5


@pytest.mark.parametrize("reason", ["lost", "ended", "clock"])
async def test_a_run_after_one_that_was_labelled_late_begins_where_that_one_ended(rig: Rig, reason: str) -> None:
    """The line was slow when the first began, by three seconds, and is not any more."""
    for late, why in ((3.0, reason), (0.0, "stopped")):
        run = run_of("h264", UNITS, rig.clock.utc() + late)
        rig.recorder.begin(run)
        rig.play(run)
        rig.recorder.end(run, why)
    first, second = rig.segments()
    assert second.start == first.end
    assert second.end is not None
    assert second.end.timestamp() == pytest.approx(MINUTE + 8, abs=0.001)
    starting, after = rig.gaps()
    assert (starting.end, starting.reason) == (first.start, "starting")
    assert (after.start, after.end) == (second.end, None)


async def test_a_short_run_after_one_that_was_labelled_late_has_a_time_of_its_own(rig: Rig) -> None:
    """All its labels lie before the end of the other: it would be nowhere on the timeline."""
    for late, pictures in ((3.0, 100), (0.0, 50)):
        run = run_of("h264", UNITS, rig.clock.utc() + late)
        rig.recorder.begin(run)
        rig.play(run, 0, pictures)
        rig.recorder.end(run, "lost")
    first, second = rig.segments()
    assert first.end is not None
    assert second.start == first.end
    assert second.end is not None
    assert (second.end - second.start).total_seconds() == pytest.approx(2, abs=0.001)
    assert second.anchor_utc is not None
    assert second.anchor_utc == pytest.approx(second.start, abs=timedelta(milliseconds=1))
    assert rig.gaps()[-1].start == second.end


async def test_a_late_run_whose_last_pictures_were_lost_is_not_gone_behind_either(rig: Rig) -> None:
    """On a thin line a camera leaves packets out before the session ends."""
    late = run_of("h264", UNITS, rig.clock.utc() + 3.0)
    rig.recorder.begin(late)
    rig.play(late, 0, 70)
    rig.clock.advance(20 / 25)
    rig.recorder.packet(late, packet_of(UNITS[90], arrival=rig.clock.monotonic())._replace(missed=20))
    rig.recorder.end(late, "lost")
    run = run_of("h264", UNITS, rig.clock.utc())
    rig.recorder.begin(run)
    rig.play(run)
    rig.recorder.end(run, "stopped")
    first, second = rig.segments()
    assert first.end is not None
    assert first.end.timestamp() == pytest.approx(MINUTE + 3 + 70 / 25, abs=0.05)
    assert second.start == first.end
    assert second.end is not None
    assert second.end.timestamp() == pytest.approx(rig.clock.utc(), abs=0.001)


async def test_a_late_file_that_the_disk_breaks_has_a_time_of_its_own(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All its labels lie before its start: what was written of it would be nowhere."""
    for late, pictures in ((5.0, 100), (0.0, 50)):
        run = run_of("h264", UNITS, rig.clock.utc() + late)
        rig.recorder.begin(run)
        rig.play(run, 0, pictures)
        if late:
            rig.recorder.end(run, "lost")
    rig.settle()
    monkeypatch.setattr(rig.disk, "append", lambda *_: False)
    rig.play(run, 50, 75)
    monkeypatch.undo()
    first, second = rig.segments()
    assert second.start == first.end
    assert second.end is not None
    assert (second.end - second.start).total_seconds() == pytest.approx(2, abs=0.5)
    assert second.anchor_utc == pytest.approx(second.start, abs=timedelta(milliseconds=1))
    (gap,) = [gap for gap in rig.gaps() if gap.end is None]
    assert gap.start == second.end


@pytest.mark.parametrize(("pictures", "ends"), [(100, MINUTE + 8), (50, MINUTE + 9)])
async def test_a_kill_in_such_a_run_leaves_what_an_end_would(
    rig: Rig, tmp_path: Path, pictures: int, ends: float
) -> None:
    """What comes after it is a gap: a file must not be told to go on longer than its labels."""
    for late, number in ((3.0, 100), (0.0, pictures)):
        run = run_of("h264", UNITS, rig.clock.utc() + late)
        rig.recorder.begin(run)
        rig.play(run, 0, number)
        if late:
            rig.recorder.end(run, "lost")
    rig.settle()
    killed = shutil.copytree(rig.root, tmp_path / "killed")
    (mended,) = recover(killed, "s", "c", now=rig.clock.utc() + 30).mended
    assert mended.start.timestamp() == pytest.approx(MINUTE + 7, abs=0.001)
    assert mended.end is not None
    assert mended.end.timestamp() == pytest.approx(ends, abs=0.5)  # but for what was not in a fragment yet


@pytest.mark.parametrize("how", ["while it records", "between two runs"])
async def test_a_run_after_the_clock_was_set_back_is_labelled_by_the_clock(rig: Rig, how: str) -> None:
    run = run_of("h264", UNITS, rig.clock.utc())
    rig.recorder.begin(run)
    rig.play(run)
    if how == "while it records":
        rig.clock.step(-3.0)
        rig.recorder.end(run, "clock")
    else:
        rig.recorder.end(run, "ended")
        rig.clock.step(-3.0)
    again = run_of("h264", UNITS, rig.clock.utc())
    rig.recorder.begin(again)
    rig.play(again)
    rig.recorder.end(again, "stopped")
    assert [one.start.timestamp() for one in rig.segments()] == pytest.approx([MINUTE, MINUTE + 1], abs=0.001)
