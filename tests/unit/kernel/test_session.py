"""One session with scripted packets: runs begin and end where they must, and access units are put together."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import av
import pytest

from tests.support.clocks import ManualClock
from tests.support.footage import Unit, encode
from tests.support.scripted_packets import ScriptedPacket
from tests.support.sinks import RecordingSink
from vms.domain.errors import IngestError
from vms.ingest.session import MAX_WAIT_FOR_KEY_S, Session
from vms.ingest.stream import TIMESCALE
from vms.media import nal

STEP = TIMESCALE // 25
UNITS = encode("h264", (64, 48), frames=100)  # a key frame each second
OTHER = encode("h264", (128, 96), frames=50)


class Camera:
    """A container whose packets are scripted: (payload, pts, dts); a number is a silence in seconds."""

    def __init__(self, codec: str = "h264", extradata: bytes = b"", video: bool = True) -> None:
        self.script: list[Any] = []
        self.clock = ManualClock()
        self.sink = RecordingSink()
        self.seen = 0
        context = av.CodecContext.create(codec, "r")
        stream = SimpleNamespace(
            codec_context=SimpleNamespace(name=codec, extradata=extradata, real=context),
            time_base=Fraction(1, TIMESCALE),
        )
        self.streams = SimpleNamespace(video=[stream] if video else [])
        self.reports: Callable[[int], float | None] = lambda pts: None

    def send(self, units: Any, shift: int = 0) -> Camera:
        self.script += [(u.payload, u.pts + shift, u.dts + shift) for u in units]
        return self

    def demux(self, stream: Any) -> Iterator[ScriptedPacket]:
        for step in self.script:
            if isinstance(step, (int, float)):
                self.clock.advance(step)
                continue
            if isinstance(step, Exception):
                raise step
            self.clock.advance(1 / 25)
            payload, pts, dts = step
            yield ScriptedPacket(payload, pts, dts, None if pts is None else self.reports(pts))

    def play(self) -> IngestError:
        """The error with which the session ends."""

        def seen() -> None:
            self.seen += 1

        session = Session(self, self.sink, self.clock, stopped=lambda: False, seen=seen)  # type: ignore[arg-type]
        with pytest.raises(IngestError) as failure:
            session.pump()
        return failure.value

    def bounds(self) -> list[tuple[int, str]]:
        """Of each run: packets, and why it ended."""
        return [(len(self.sink.of_run(n)), reason) for n, (_, reason) in enumerate(self.sink.ends)]


def without_sets(unit: Unit) -> Unit:
    kept = [u for u in nal.split(unit.payload) if not nal.is_parameter_set("h264", nal.kind("h264", u))]
    return Unit(b"".join(b"\x00\x00\x00\x01" + u for u in kept), unit.pts, unit.dts, unit.key)


def sets_of(units: tuple[Unit, ...]) -> bytes:
    return nal.parameter_sets("h264", units[0].payload).annex_b()


def test_one_good_session_is_one_run() -> None:
    camera = Camera().send(UNITS)
    assert camera.play().reason == "ended"
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


def test_a_camera_that_counts_from_its_start_has_no_clock() -> None:
    camera = Camera().send(UNITS)
    camera.reports = lambda pts: pts / TIMESCALE - 2_208_988_800  # NTP counts from 1900
    camera.play()
    assert camera.sink.runs[0].clock().offset_s is None


def test_parameter_sets_from_the_sdp_alone() -> None:
    camera = Camera(extradata=sets_of(UNITS)).send([without_sets(u) for u in UNITS])
    camera.play()
    assert camera.bounds() == [(100, "ended")]
    assert camera.sink.runs[0].info.extradata == sets_of(UNITS)


def test_parameter_sets_in_some_key_frames_only_change_nothing() -> None:
    """The SDP's may be older than the stream's: what the stream said last holds."""
    camera = Camera(extradata=sets_of(OTHER)).send(UNITS[:25]).send([without_sets(u) for u in UNITS[25:]])
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
        camera.script += [(b"\x00\x00\x00\x01" + one, unit.pts, unit.dts) for one in (*sets.sps, *sets.pps)]
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
        camera.script += [(head, unit.pts, unit.dts)]
        camera.script += [(b"\x00\x00\x00\x01" + p, unit.pts, unit.dts) for p in parts[first + 1 :]]
    camera.play()
    assert camera.bounds() == [(30, "ended")]
    assert [list(nal.split(p.payload)) for p in camera.sink.of_run(0)] == [list(nal.split(u.payload)) for u in units]


def test_no_stamps_at_the_start() -> None:
    camera = Camera().send(UNITS)
    camera.script[0] = (UNITS[0].payload, None, None)
    camera.play()
    assert [p.dts for p in camera.sink.of_run(0)] == [u.dts for u in UNITS]


def test_no_key_frame_for_a_minute_is_no_video() -> None:
    camera = Camera().send(UNITS[1:20])
    camera.script += [MAX_WAIT_FOR_KEY_S, *[(UNITS[21].payload, 1000 * STEP, 1000 * STEP)] * 3]
    assert camera.play().reason == "no_video"
    assert camera.sink.order == []


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (TimeoutError("rtsp://u:geheim@h"), "timeout"),
        (ConnectionResetError("rtsp://u:geheim@h"), "unreachable"),
        (av.error.InvalidDataError(1, "rtsp://u:geheim@h"), "corrupt"),
        (av.error.HTTPUnauthorizedError(1, "rtsp://u:geheim@h"), "unauthorized"),
    ],
)
def test_an_error_amid_the_stream_ends_the_run_with_its_reason(fault: Exception, reason: str) -> None:
    camera = Camera().send(UNITS[:30])
    camera.script.append(fault)
    error = camera.play()
    assert error.reason == reason
    assert "geheim" not in f"{error} {error.detail}"
    assert [why for _, why in camera.bounds()] == [reason]


def test_audio_only() -> None:
    assert Camera(video=False).play().reason == "no_video"


def test_a_codec_that_is_not_for_us() -> None:
    error = Camera("mjpeg").play()
    assert error.reason == "unsupported_codec"
    assert "mjpeg" in error.detail


def test_a_damaged_parameter_set_is_said() -> None:
    damaged = b"\x00\x00\x00\x01\x67\x64\x00\x00\x00\x01\x68\xee\x3c\x80\x00\x00\x00\x01\x65\x88\x84\x00\x33"
    camera = Camera()
    camera.script = [(damaged, n * STEP, n * STEP) for n in range(4)]
    error = camera.play()
    assert error.reason == "corrupt"
    assert "parameter set" in error.detail


def test_a_fault_of_the_sink_ends_the_run() -> None:
    camera = Camera().send(UNITS)

    class Faulty(RecordingSink):
        def packet(self, run: Any, packet: Any) -> None:
            if len(self.packets) == 5:
                raise RuntimeError("a bug")
            super().packet(run, packet)

    camera.sink = Faulty()
    session = Session(camera, camera.sink, camera.clock, stopped=lambda: False, seen=lambda: None)  # type: ignore[arg-type]
    with pytest.raises(RuntimeError, match="a bug"):
        session.pump()
    assert camera.sink.order == ["begin", "packet", "end"]
