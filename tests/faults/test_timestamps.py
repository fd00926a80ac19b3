"""Rows 15 and 16: what cameras do with timestamps and codecs, through the real session and recorder to real files."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.support.clocks import ManualClock
from tests.support.figures import Figures
from tests.support.footage import Unit, decode_units, encode, looped
from tests.support.scripted_packets import ScriptedPacket
from tests.support.scripted_recording import ScriptedRecording, ScriptedStream
from vms.domain.facility import Camera
from vms.ingest.stream import TIMESCALE

pytestmark = pytest.mark.faults

STEP = TIMESCALE // 25
HOUR = 3600 * TIMESCALE
CAMERA = Camera.model_validate({"id": "c", "name": "C", "placement": "gate", "streams": {"main": "rtsp://h/x"}})
FIRST = encode("h264", (64, 48), frames=100)
Stamp = int | None


@pytest_asyncio.fixture
async def recording(tmp_path: Path) -> AsyncIterator[ScriptedRecording]:
    one = ScriptedRecording(tmp_path, CAMERA, ManualClock(1_800_000_010.0))
    one.start()
    yield one
    one.close()


def paced(clock: ManualClock, units: Iterable[tuple[bytes, Stamp]], fps: float = 25) -> Iterator[ScriptedPacket]:
    """Packets as they come off the wire: one every 1/fps, whatever they say of themselves."""
    for payload, pts in units:
        clock.advance(1 / fps)
        yield ScriptedPacket(payload, pts)


def stamped(units: Iterable[Unit], change: Callable[[int, Unit], Stamp]) -> list[tuple[bytes, Stamp]]:
    return [(unit.payload, change(number, unit)) for number, unit in enumerate(units)]


def _back(number: int, unit: Unit) -> Stamp:
    shift = -150 * STEP if number >= 210 else 0
    return unit.pts + shift


def _ahead(number: int, unit: Unit) -> Stamp:
    shift = 5 * HOUR if 160 <= number < 260 else 0
    return unit.pts + shift


def _missing(number: int, unit: Unit) -> Stamp:
    return None if number % 7 in (2, 3) or number < 3 else unit.pts


def _doubled(number: int, unit: Unit) -> Stamp:
    return unit.pts - STEP if number % 5 == 1 else unit.pts


def _wrapped(bits: int) -> Callable[[int, Unit], Stamp]:
    def change(number: int, unit: Unit) -> Stamp:
        start = (1 << bits) - 210 * STEP
        return (start + unit.pts) % (1 << bits)

    return change


FAULTS: dict[str, tuple[Callable[[int, Unit], Stamp], int]] = {  # and how many runs that makes
    "back": (_back, 2),
    "ahead by hours": (_ahead, 3),
    "missing": (_missing, 1),
    "doubled": (_doubled, 1),
    "wrapped at 32 bits": (_wrapped(32), 2),
    "wrapped at 33 bits": (_wrapped(33), 2),
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_files_are_monotonic_and_labels_true_whatever_the_stamps(
    recording: ScriptedRecording, figure: Figures, fault: str
) -> None:
    change, runs = FAULTS[fault]
    begun = recording.clock.utc()
    assert recording.play(ScriptedStream(paced(recording.clock, stamped(looped(FIRST, 4), change)))) == "ended"
    took = recording.clock.utc() - begun
    recording.check_files()
    segments = recording.segments()
    assert len({segment.run for segment in segments}) == runs
    decoded = sum(len(recording.pictures(segment)) for segment in segments)
    assert decoded == sum(segment.frames for segment in segments)
    assert decoded >= 400 - 25 * (runs - 1)  # a new run waits for its key frame, a second at most
    labelled = segments[-1].end.timestamp() - begun  # type: ignore[union-attr]
    assert labelled == pytest.approx(took, abs=0.2)
    spans = recording.label_span()
    assert all(abs(b[0] - a[1]) < 0.001 for a, b in itertools.pairwise(spans))  # nothing is said twice, nothing unsaid
    figure(15, f"timestamps {fault}: pictures kept of 400, runs", f"{decoded}, {runs}", "files monotonic, all decode")


async def test_a_camera_that_runs_fast_is_labelled_right_for_an_hour(
    recording: ScriptedRecording, figure: Figures, long: bool
) -> None:
    """200 ppm: 0.72 s an hour, if nobody looked."""
    ppm, minutes = 200, 60 if long else 12
    units = itertools.islice(itertools.cycle(FIRST[:50]), minutes * 60 * 5)
    stamps = [(u.payload, round(n * TIMESCALE / 5 * (1 + ppm * 1e-6))) for n, u in enumerate(units)]
    begun = recording.clock.utc()
    recording.play(ScriptedStream(paced(recording.clock, stamps, 5)))
    recording.check_files()
    segments = recording.segments()
    assert len({segment.run for segment in segments}) == 1
    assert all(b.start == a.end for a, b in itertools.pairwise(segments))
    labelled = segments[-1].end.timestamp() - begun  # type: ignore[union-attr]
    wrong = labelled - (recording.clock.utc() - begun)
    assert abs(wrong - 0.2) < 0.1  # the last picture lasts 0.2 s
    assert segments[-1].drift_ppm == pytest.approx(ppm, abs=1)
    figure(
        15,
        "labels of a camera 200 ppm fast",
        f"{abs(wrong - 0.2) * 60 / minutes:.3f} s/h",
        "≤ 0.1 s/h",
        f"{minutes} min",
    )


# --- row 16 ----------------------------------------------------------------------------------------------------------


def one_after_the_other(*streams: tuple[Unit, ...]) -> list[tuple[bytes, Stamp]]:
    """Streams back to back in one session, timestamps growing."""
    at, made = 0, []
    for units in streams:
        made += [(u.payload, at + u.pts) for u in units]
        at += len(units) * STEP
    return made


def decoded(recording: ScriptedRecording) -> list[Any]:
    """Every picture of every segment in order; within a segment they are in the order of presentation."""
    pictures = []
    for segment in recording.segments():
        seen = recording.pictures(segment)
        assert [p.pts for p in seen] == sorted(p.pts for p in seen)
        pictures += seen
    return [p.planes for p in pictures]


async def test_parameter_sets_that_change_are_a_new_run_and_everything_decodes(recording: ScriptedRecording) -> None:
    other = encode("h264", (128, 96), frames=50)
    script = one_after_the_other(FIRST, other, FIRST)
    recording.play(ScriptedStream(paced(recording.clock, script)))
    recording.check_files()
    segments = recording.segments()
    assert [(s.width, s.height, s.frames) for s in segments] == [(64, 48, 100), (128, 96, 50), (64, 48, 100)]
    assert decoded(recording) == [p.planes for units in (FIRST, other, FIRST) for p in decode_units("h264", units)]
    assert len({segment.run for segment in segments}) == 3
    for a, b in itertools.pairwise(segments):
        assert b.start.timestamp() == pytest.approx(a.end.timestamp(), abs=0.001)  # type: ignore[union-attr]
    assert [gap.reason for gap in recording.gaps()][1:3] == ["codec", "codec"]  # said, though nothing is missing


async def test_a_camera_that_is_set_to_another_codec_comes_back_in_it(recording: ScriptedRecording) -> None:
    """An RTSP session has one codec: the camera ends it, and the next one has the other."""
    hevc = encode("hevc", (64, 48), frames=50)
    assert recording.play(ScriptedStream(paced(recording.clock, one_after_the_other(FIRST)))) == "ended"
    recording.clock.advance(3)
    again = ScriptedStream(paced(recording.clock, one_after_the_other(hevc)), "hevc")
    assert recording.play(again) == "ended"
    recording.check_files()
    one, two = recording.segments()
    assert (one.codec[:4], two.codec[:4]) == ("avc1", "hvc1")
    assert decoded(recording) == [
        p.planes for codec, units in (("h264", FIRST), ("hevc", hevc)) for p in decode_units(codec, units)
    ]
    between = [gap for gap in recording.gaps() if gap.start == one.end]
    assert [(gap.end, gap.cause) for gap in between] == [(two.start, "camera")]


@pytest.mark.parametrize("codec", ["h264", "hevc"])
async def test_b_frames_keep_their_order(recording: ScriptedRecording, codec: str) -> None:
    units = encode(codec, (64, 48), frames=100, bframes=2)
    assert any(unit.pts != unit.dts for unit in units)
    recording.play(ScriptedStream(paced(recording.clock, one_after_the_other(units)), codec))
    recording.check_files()
    assert decoded(recording) == [p.planes for p in decode_units(codec, units)]


async def test_a_minute_and_more_without_a_key_frame_loses_nothing(
    recording: ScriptedRecording, figure: Figures
) -> None:
    """One key frame, then none for 90 s: the file cannot be cut at its minute, and goes on."""
    units = encode("h264", (64, 48), frames=25 * 90 + 50, gop=25 * 90)
    recording.play(ScriptedStream(paced(recording.clock, one_after_the_other(units))))
    recording.check_files()
    assert len(decoded(recording)) == len(units)
    segments = recording.segments()
    assert all(b.start == a.end for a, b in itertools.pairwise(segments))
    assert recording.gaps()[-1].start == segments[-1].end
    figure(16, "no key frame for 90 s: pictures kept", f"{len(units)} of {len(units)}", "all, every file decodes")


async def test_a_stream_that_begins_without_a_key_frame_is_said_after_a_minute(recording: ScriptedRecording) -> None:
    units = [unit for unit in looped(FIRST, 20) if not unit.key]
    assert recording.play(ScriptedStream(paced(recording.clock, one_after_the_other(tuple(units))))) == "no_video"
    state = recording.recorder.state(1)
    assert (state.status, state.reason) == ("offline", "no_video")
    assert "no key frame" in state.detail
    assert [(gap.end, gap.cause, gap.reason) for gap in recording.gaps()] == [(None, "camera", "no_video")]
