"""One session with scripted packets: runs begin and end where they must, and access units are put together."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.clocks import ManualClock
from tests.support.footage import Unit, encode, looped
from tests.support.sinks import RecordingSink
from vms.domain.errors import IngestError
from vms.ingest.session import MAX_WAIT_FOR_KEY_S, Session
from vms.ingest.stream import TIMESCALE
from vms.media import nal
from vms.media.nal import ParameterSets

STEP = TIMESCALE // 25
NO_SETS = ParameterSets((), (), ())
UNITS = encode("h264", (64, 48), frames=100)  # a key frame each second
OTHER = encode("h264", (128, 96), frames=50)


class Camera:
    """What it sends is scripted: (payload, pts); a number is a silence in seconds."""

    def __init__(self, codec: str = "h264", sets: ParameterSets = NO_SETS) -> None:
        self.script: list[Any] = []
        self.clock = ManualClock()
        self.sink = RecordingSink()
        self.seen = 0
        self.codec, self.sets = codec, sets
        self.reports: Callable[[int], float | None] = lambda pts: None

    def send(self, units: Any, shift: int = 0) -> Camera:
        self.script += [(u.payload, u.pts + shift) for u in units]
        return self

    def play(self) -> IngestError | None:
        """The error with which the session ends, if there is one."""
        session = Session(self.codec, self.sets, self.sink, self.clock)
        try:
            for step in self.script:
                if isinstance(step, (int, float)):
                    self.clock.advance(step)
                    continue
                self.clock.advance(1 / 25)
                payload, pts = step
                self.seen += session.take(payload, pts)
                report = None if pts is None else self.reports(pts)
                if report is not None:
                    session.told(pts, report)
            session.flush()
            session.end("ended")
        except IngestError as err:
            session.end(err.reason)
            return err
        return None

    def bounds(self) -> list[tuple[int, str]]:
        """Of each run: packets, and why it ended."""
        return [(len(self.sink.of_run(n)), reason) for n, (_, reason) in enumerate(self.sink.ends)]


def without_sets(unit: Unit) -> Unit:
    kept = [u for u in nal.split(unit.payload) if not nal.is_parameter_set("h264", nal.kind("h264", u))]
    return Unit(b"".join(b"\x00\x00\x00\x01" + u for u in kept), unit.pts, unit.dts, unit.key)


def sets_of(units: tuple[Unit, ...]) -> ParameterSets:
    return nal.parameter_sets("h264", units[0].payload)


def refusal(camera: Camera) -> IngestError:
    error = camera.play()
    assert error is not None
    return error


def test_one_good_session_is_one_run() -> None:
    camera = Camera().send(UNITS)
    assert camera.play() is None
    assert camera.bounds() == [(100, "ended")]
    assert [p.payload for p in camera.sink.of_run(0)] == [u.payload for u in UNITS]
    assert [(p.pts, p.dts, p.keyframe) for p in camera.sink.of_run(0)] == [(u.pts, u.dts, u.key) for u in UNITS]
    info = camera.sink.runs[0].info
    assert (info.codec, info.width, info.height) == ("h264", 64, 48)
    assert camera.seen == 100


def test_utc_comes_from_the_arrival_of_the_first_packets() -> None:
    camera = Camera().send(UNITS)
    start = camera.clock.utc()
    camera.play()
    assert camera.sink.runs[0].utc(0) == pytest.approx(start + 1 / 25, abs=0.001)
    assert camera.sink.runs[0].utc(TIMESCALE) == pytest.approx(start + 1 / 25 + 1, abs=0.001)


def test_a_run_begins_with_a_key_frame() -> None:
    camera = Camera().send(UNITS[7:])
    camera.play()
    assert camera.bounds() == [(75, "ended")]
    assert camera.sink.of_run(0)[0].keyframe


@pytest.mark.parametrize("jump", [-100 * TIMESCALE, 3600 * TIMESCALE])
def test_a_jump_in_time_is_a_new_run_at_the_next_key_frame(jump: int) -> None:
    camera = Camera().send(UNITS[:60], 200 * TIMESCALE).send(UNITS[60:], 200 * TIMESCALE + jump)
    camera.play()
    assert camera.bounds() == [(60, "camera_clock"), (25, "ended")]
    assert len({run.id for run in camera.sink.runs}) == 2
    for number in (0, 1):
        dts = [p.dts for p in camera.sink.of_run(number)]
        assert all(b > a for a, b in itertools.pairwise(dts))


def test_a_camera_that_paused_is_not_said_to_have_set_its_clock() -> None:
    """It sent nothing for ten seconds, and its clock says so."""
    camera = Camera().send(UNITS[:50])
    camera.script.append(10.0)
    camera.send(UNITS[50:], 10 * TIMESCALE)
    camera.play()
    assert camera.bounds() == [(50, "timeout"), (50, "ended")]
    before, after = camera.sink.runs
    assert after.utc(60 * TIMESCALE) - before.utc(60 * TIMESCALE) == pytest.approx(0, abs=0.05)


def test_other_parameter_sets_are_a_new_run() -> None:
    camera = Camera().send(UNITS[:50]).send(OTHER, 50 * STEP)
    camera.play()
    assert camera.bounds() == [(50, "codec"), (50, "ended")]
    assert [run.info.width for run in camera.sink.runs] == [64, 128]


@pytest.mark.parametrize("step", [-3600, 3600])
def test_the_hosts_clock_set_is_a_new_run_at_the_next_key_frame(step: float) -> None:
    camera = Camera().send(UNITS)

    class Stepped(ManualClock):
        def utc(self) -> float:
            return super().utc() + (step if self.monotonic() > 1002.5 else 0)

    camera.clock = Stepped()
    start = camera.clock.utc()
    camera.play()
    assert camera.bounds() == [(75, "clock"), (25, "ended")]
    before, after = camera.sink.runs
    assert before.utc(74 * STEP) == pytest.approx(start + 75 / 25, abs=0.001)
    assert after.utc(75 * STEP) == pytest.approx(start + step + 76 / 25, abs=0.001)


def test_the_cameras_own_clock_comes_with_its_sender_reports() -> None:
    camera = Camera().send(UNITS)
    start = camera.clock.utc()
    camera.reports = lambda pts: start + 1 / 25 + pts / TIMESCALE + 90.0 if pts >= TIMESCALE else None
    camera.play()
    assert camera.sink.runs[0].clock().offset_s == pytest.approx(90, abs=0.001)


def test_parameter_sets_from_the_sdp_alone() -> None:
    camera = Camera(sets=sets_of(UNITS)).send([without_sets(u) for u in UNITS])
    camera.play()
    assert camera.bounds() == [(100, "ended")]
    assert camera.sink.runs[0].info.extradata == sets_of(UNITS).annex_b()


def test_parameter_sets_in_some_key_frames_only_change_nothing() -> None:
    """The SDP's may be older than the stream's: what the stream said last holds."""
    camera = Camera(sets=sets_of(OTHER)).send(UNITS[:25]).send([without_sets(u) for u in UNITS[25:]])
    camera.play()
    assert camera.bounds() == [(100, "ended")]
    assert camera.sink.runs[0].info.width == 64


def test_without_parameter_sets_nothing_begins() -> None:
    camera = Camera().send([without_sets(u) for u in UNITS[:30]])
    camera.play()
    assert camera.sink.order == []


def test_parameter_sets_in_packets_of_their_own_are_joined() -> None:
    camera = Camera()
    for unit in UNITS:
        sets = nal.parameter_sets("h264", unit.payload)
        camera.script += [(b"\x00\x00\x00\x01" + one, unit.pts) for one in (*sets.sps, *sets.pps)]
        camera.send([without_sets(unit)])
    camera.play()
    assert camera.bounds() == [(100, "ended")]
    assert [nal.parameter_sets("h264", p.payload) for p in camera.sink.of_run(0) if p.keyframe] == [
        nal.parameter_sets("h264", UNITS[0].payload)
    ] * 4


def test_slices_in_packets_of_their_own_are_one_picture() -> None:
    units = encode("h264", (64, 96), frames=30, extra=(("slices", "3"),))
    camera = Camera()
    for unit in units:
        parts = list(nal.split(unit.payload))
        first = next(i for i, p in enumerate(parts) if nal.is_picture("h264", nal.kind("h264", p)))
        head = b"".join(b"\x00\x00\x00\x01" + p for p in parts[: first + 1])
        camera.script += [(head, unit.pts)]
        camera.script += [(b"\x00\x00\x00\x01" + p, unit.pts) for p in parts[first + 1 :]]
    camera.play()
    assert camera.bounds() == [(30, "ended")]
    assert [list(nal.split(p.payload)) for p in camera.sink.of_run(0)] == [list(nal.split(u.payload)) for u in units]


def test_units_that_a_camera_packs_into_one_are_found() -> None:
    """Some put start codes into what RTP says is one unit: then its word is not taken for any picture."""
    sink, clock = RecordingSink(), ManualClock()
    session = Session("h264", NO_SETS, sink, clock)
    for unit in UNITS:
        clock.advance(1 / 25)
        session.take(unit.payload, unit.pts, starts=(4,))
    session.flush()
    assert max(len(list(nal.split(unit.payload))) for unit in UNITS) > 1
    assert [packet.starts for _, packet in sink.packets] == [()] * len(UNITS)


def test_the_places_of_units_are_believed_where_they_are_true() -> None:
    sink, clock = RecordingSink(), ManualClock()
    session = Session("h264", sets_of(UNITS), sink, clock)
    for unit in map(without_sets, looped(UNITS, 3)):
        clock.advance(1 / 25)
        parts = list(nal.split(unit.payload))
        payload = b"".join(b"\x00\x00\x00\x01" + one for one in parts)
        starts = tuple(itertools.accumulate((len(one) + 4 for one in parts[:-1]), initial=4))
        session.take(payload, unit.pts, starts=starts)
    assert len(sink.packets) >= 299
    assert all(packet.starts for _, packet in sink.packets)


def test_no_stamps_at_the_start() -> None:
    camera = Camera().send(UNITS)
    camera.script[0] = (UNITS[0].payload, None)
    camera.play()
    assert [p.dts for p in camera.sink.of_run(0)] == [u.dts for u in UNITS]


def test_no_key_frame_for_a_minute_is_no_video() -> None:
    camera = Camera().send(UNITS[1:20])
    camera.script += [MAX_WAIT_FOR_KEY_S, *[(UNITS[21].payload, 1000 * STEP)] * 3]
    assert refusal(camera).reason == "no_video"
    assert camera.sink.order == []


def test_a_damaged_parameter_set_is_said() -> None:
    damaged = b"\x00\x00\x00\x01\x67\x64\x00\x00\x00\x01\x68\xee\x3c\x80\x00\x00\x00\x01\x65\x88\x84\x00\x33"
    camera = Camera()
    camera.script = [(damaged, n * STEP) for n in range(4)]
    error = refusal(camera)
    assert error.reason == "corrupt"
    assert "parameter set" in error.detail
