"""Pictures that a camera left out: a long hole in a run is a gap, and what is worth more than a gap is kept."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from recorder.camera import CameraRecorder
from recorder.disk import DiskWriter
from tests.support.clocks import ManualClock
from tests.support.footage import Unit, encode, looped, packet_of, run_of
from tests.support.reckoning import Reckoning, reckon
from vms.bus.outbox import Outbox
from vms.bus.watch import WatchDesk
from vms.domain.clock import from_epoch
from vms.domain.facility import Camera
from vms.domain.messages import RecorderState
from vms.ingest.stream import TIMESCALE

MINUTE = 1_800_000_000.0
CAMERA = Camera.model_validate({"id": "c", "name": "C", "placement": "gate", "streams": {"main": "rtsp://h/x"}})
UNITS = encode("h264", (64, 48), frames=250, gop=50)

Filmed = Callable[..., tuple[Reckoning, RecorderState]]


@pytest.fixture
async def filmed(tmp_path: Path) -> AsyncIterator[Filmed]:
    """Records ``units`` but those that are lost, of a packet each, and adds up.

    ``numbered``: the numbers of the packets tell; ``each``: packets missed with any picture; ``late``: by how much the
    run labels too late, in seconds, so many seconds after its beginning.
    """
    clock = ManualClock(MINUTE)
    disk = DiskWriter(clock)
    disk.start()
    outbox = Outbox(tmp_path / "outbox.jsonl")
    recorder = CameraRecorder(
        "s", CAMERA, root=tmp_path / "recordings", node="local", disk=disk, outbox=outbox,
        desk=WatchDesk(None, clock), clock=clock,
    )  # fmt: skip

    def film(
        units: list[Unit] | tuple[Unit, ...], lost: Iterable[int], *, numbered: bool = True, each: int = 0,
        late: Callable[[float], float] = lambda at: 0.0,
    ) -> tuple[Reckoning, RecorderState]:  # fmt: skip
        recorder.resume()
        run = run_of("h264", tuple(units), MINUTE)
        run = replace(run, utc=lambda pts: MINUTE + pts / TIMESCALE + late(clock.monotonic() - 1000))
        recorder.begin(run)
        at, left_out = 0.0, frozenset(lost)
        missed = 0
        for number, unit in enumerate(units):
            clock.advance(unit.dts / TIMESCALE - at)
            at = unit.dts / TIMESCALE
            if number in left_out:
                missed += numbered
                continue
            recorder.packet(run, packet_of(unit, arrival=clock.monotonic())._replace(missed=missed + each))
            missed = 0
            if number % 5 == 0:
                assert disk.settled(20)
        recorder.end(run, "stopped")
        state = recorder.state(1)
        assert disk.stop(20)
        return reckon(tmp_path / "recordings", "s", "c"), state

    yield film
    outbox.close()


def gaps(found: Reckoning) -> list[tuple[float, float | None, str, str | None]]:
    """Those that last, in seconds from the first picture; the last one is the end."""
    lasting = [gap for gap in found.gaps if gap.end is None or gap.end > gap.start]
    begin = from_epoch(MINUTE)
    return [
        (
            (g.start - begin).total_seconds(),
            None if g.end is None else (g.end - begin).total_seconds(),
            g.cause,
            g.reason,
        )
        for g in lasting
    ][:-1]


def kept(found: Reckoning) -> int:
    return sum(segment.frames for segment in found.segments)


async def test_a_hole_is_a_gap_up_to_the_next_key_frame(filmed: Filmed) -> None:
    found, state = filmed(UNITS, range(110, 128))
    assert gaps(found) == [(4.4, 6.0, "network", "lost")]
    assert (state.packets_missed, state.packets_dropped, kept(found)) == (18, 22, 250 - 18 - 22)


async def test_a_camera_that_leaves_out_up_to_a_key_frame_loses_no_more(filmed: Filmed) -> None:
    found, state = filmed(UNITS, range(132, 150))
    assert gaps(found) == [(5.28, 6.0, "network", "lost")]
    assert (state.packets_missed, state.packets_dropped, kept(found)) == (18, 0, 250 - 18)


async def test_what_is_short_is_counted_alone(filmed: Filmed) -> None:
    found, state = filmed(UNITS, {*range(60, 72), 110, 111, 200})
    assert gaps(found) == []
    assert (state.packets_missed, kept(found)) == (15, 250 - 15)


async def test_a_camera_that_is_slow_for_a_while_leaves_nothing_out(filmed: Filmed) -> None:
    found, state = filmed(UNITS, range(110, 128), numbered=False)
    assert gaps(found) == []
    assert (state.packets_missed, kept(found)) == (0, 250 - 18)


async def test_of_a_long_group_the_rest_is_worth_more(filmed: Filmed) -> None:
    """Its next key frame is seconds away, in which nothing would be recorded: an alarm, and no picture at all."""
    units = looped(encode("h264", (64, 48), frames=250, gop=250), 3)
    found, state = filmed(units, [*range(300, 320), *range(700, 715)])
    assert gaps(found) == []
    assert (state.packets_missed, state.packets_dropped, kept(found)) == (35, 0, 750 - 35)


async def test_before_a_key_frame_a_hole_is_a_gap_however_long_the_group_was(filmed: Filmed) -> None:
    units = looped(encode("h264", (64, 48), frames=250, gop=250), 3)
    found, state = filmed(units, range(485, 500))
    assert gaps(found) == [(19.4, 20.0, "network", "lost")]
    assert (state.packets_missed, kept(found)) == (15, 750 - 15)


@pytest.mark.parametrize("late", [0.0, 1.0])
async def test_a_hole_before_the_labels_stand(filmed: Filmed, late: float) -> None:
    """The first pictures came late: what follows the hole has earlier labels, and yet nothing is labelled twice."""
    units = encode("h264", (64, 48), frames=100, gop=25)
    found, state = filmed(units, range(27, 43), late=lambda at: late if at < 1.9 else 0.0)
    assert [gap[2:] for gap in gaps(found)] == [("recorder", "starting") if late else ("network", "lost")]
    assert (state.packets_missed, state.packets_dropped, kept(found)) == (16, 7, 100 - 16 - 7)


async def test_a_second_hole_while_the_labels_settle(filmed: Filmed) -> None:
    """They went back by more than the file between the holes lasts: the second gap begins where that one was told."""
    units = encode("h264", (64, 48), frames=150, gop=25)
    lost = [*range(6, 25), *range(31, 50)]
    found, state = filmed(units, lost, late=lambda at: 0.9 if at < 1.1 else 0.0)
    assert {gap.reason for gap in found.gaps if gap.end is None or gap.end > gap.start} >= {"lost"}
    assert (state.packets_missed, kept(found)) == (38, 150 - 38)


async def test_a_file_too_short_to_be_seen_written_ends_the_gap_all_the_same(filmed: Filmed) -> None:
    """Of the file between two holes one picture came, and at the minute the next file begins."""
    units = looped(encode("h264", (64, 48), frames=300, gop=25), 6)
    lost = [*range(1460, 1475), *range(1476, 1500), *range(1510, 1525)]
    found, state = filmed(units, lost)
    assert {gap[3] for gap in gaps(found)} == {"lost"}
    assert state.packets_missed == 54


async def test_a_camera_that_always_misses_something_has_its_own_pace(filmed: Filmed) -> None:
    """A picture a second, and a packet of each is lost: slow, damaged, and recorded."""
    found, state = filmed(encode("h264", (64, 48), frames=30, fps=1, gop=2), (), each=1)
    assert gaps(found) == []
    assert (state.packets_missed, kept(found)) == (30, 30)


async def test_a_line_that_grows_thin_is_one_gap(filmed: Filmed) -> None:
    found, _ = filmed(UNITS, (number for number in range(101, 250) if number % 25))
    assert gaps(found) == [(4.04, 6.0, "network", "lost")]
    assert kept(found) == 101 + 4
