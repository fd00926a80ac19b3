"""What is said of a camera's rates is what happened, and nothing is lost uncounted."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.alerts import AlertWriter
from detectors.analysis import Analysis
from detectors.camera import CameraAnalyst
from detectors.decoding import Decoding
from detectors.inference.batching import Batcher
from detectors.inference.motion import MotionBackend
from detectors.looker import Looker
from detectors.plan import plans_of
from detectors.sampling.decoder import CorruptStream
from detectors.sampling.flow import MOST_UNSEEN_S, ON_THE_WAY, Flow
from detectors.sampling.policy import Rates
from tests.support.clocks import ManualClock
from tests.support.waiting import wait_until
from vms.bus.outbox import Outbox
from vms.domain.facility import Facility
from vms.ingest.stream import TIMESCALE, MediaPacket, Run, StreamInfo


def spend(flow: Flow, start: float, seconds: int, wanted: int, inferred: int) -> float:
    """So many pictures a second are wanted and seen; the rest is left out."""
    for second in range(seconds):
        for n in range(wanted):
            now = start + second + n / wanted
            if n < inferred:
                flow.sampled(now)
                flow.hand(now, replaced=False)
                flow.inferred(now)
            else:
                flow.left_out(now)
    return start + seconds


def test_rates_are_those_of_the_last_seconds_and_what_is_missing_is_dropped() -> None:
    flow = Flow(0.0)
    now = spend(flow, 0.0, 20, wanted=4, inferred=1)
    figures = flow.figures(now, 1.0)
    assert (figures.sampled_fps, figures.wanted_fps, figures.inferred_fps) == pytest.approx((1, 4, 1), abs=0.11)
    assert figures.dropped == 60


@settings(deadline=None)
@given(st.lists(st.sampled_from(["left_out", "new", "replacing", "result", "lost"]), max_size=200))
def test_wanted_is_inferred_and_dropped_and_what_is_on_the_way(events: list[str]) -> None:
    """As the batcher does it: one picture waits at most, one is in the model; ``lost``: the model failed on it."""
    flow, wanted, inferred, lost, dropped = Flow(0.0), 0, 0, 0, 0
    waiting = in_model = False
    for now, event in enumerate(events):
        if event == "left_out":
            flow.left_out(now)
            wanted += 1
        elif event in ("new", "replacing"):
            flow.hand(now, replaced=waiting)
            waiting = True
            wanted += 1
        elif in_model:
            in_model = False
            if event == "result":
                flow.inferred(now)
                inferred += 1
            else:
                lost += 1
        elif waiting:
            waiting, in_model = False, True
        assert flow.dropped >= dropped  # a counter only grows
        dropped = flow.dropped
        assert 0 <= wanted - inferred - dropped <= ON_THE_WAY
    assert lost == 0 or dropped >= lost - ON_THE_WAY


def test_behind_is_who_gets_less_than_the_least_rate_though_more_was_wanted() -> None:
    flow = Flow(0.0)
    now = spend(flow, 0.0, 20, wanted=4, inferred=2)
    assert not flow.figures(now, 2.0).behind
    assert flow.figures(now, 2.5).behind
    assert flow.figures(now, 1.9).behind  # until it gets clearly more than that
    assert not flow.figures(now, 1.8).behind
    now = spend(flow, now, 20, wanted=1, inferred=1)
    assert not flow.figures(now, 2.0).behind  # nobody asked for more
    assert not flow.figures(now + 60, 2.0).behind  # nor now


def test_an_idle_camera_whose_forced_looks_are_not_answered_is_behind() -> None:
    flow = Flow(0.0)
    flow.hand(0.0, replaced=False)
    flow.inferred(0.1)
    assert not flow.figures(9.0, 1.0).behind
    flow.hand(10.0, replaced=False)
    flow.hand(20.0, replaced=True)
    assert not flow.figures(MOST_UNSEEN_S, 1.0).behind
    assert flow.figures(MOST_UNSEEN_S + 1, 1.0).behind
    flow.inferred(22.0)
    assert not flow.figures(22.0, 1.0).behind


FACILITY = {
    "facility": {"name": "T"},
    "sites": [{"id": "s", "name": "S", "cameras": [
        {"id": "c", "name": "C", "placement": "gate", "streams": {"main": "rtsp://h/m", "sub": "rtsp://h/s"}},
    ]}],
}  # fmt: skip


@pytest.fixture
def analyst(tmp_path: Path) -> Iterator[CameraAnalyst]:
    plan = plans_of(Facility.model_validate(FACILITY), None)["c"]
    clock = ManualClock()
    batcher = Batcher(clock)
    batcher.use(MotionBackend())
    batcher.start()
    writer = AlertWriter(Outbox(tmp_path / "outbox.jsonl"), tmp_path / "open")
    yield CameraAnalyst(
        plan, batcher, writer, clock, Analysis(plan.site, plan.camera, plan.zone_info, []), Decoding(tmp_path, clock)
    )
    batcher.close()


def encoded(pictures: int) -> list[tuple[bytes, bool]]:
    """Noise at 10 a second, a key frame every 2 s: something changes all the time."""
    encoder = av.CodecContext.create("libx264", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt, encoder.time_base = 160, 90, "yuv420p", Fraction(1, 10)
    encoder.options = {"preset": "ultrafast", "tune": "zerolatency", "g": "20"}
    noise = np.random.default_rng(1)
    packets = []
    for n in range(pictures):
        frame = av.VideoFrame.from_ndarray(noise.integers(0, 255, (90, 160, 3), np.uint8), format="bgr24")
        frame.pts = n
        packets += [(bytes(packet), bool(packet.is_keyframe)) for packet in encoder.encode(frame)]
    return packets


def play(analyst: CameraAnalyst, packets: list[tuple[bytes, bool]], *, fast: float = 1.0) -> None:
    """Plays a run from now on, by a camera whose clock is ``fast``."""
    clock = analyst._clock
    assert isinstance(clock, ManualClock)
    run = Run("r", StreamInfo("h264", 160, 90, b""), lambda pts: pts / TIMESCALE)
    analyst.begin(run)
    for n, (payload, key) in enumerate(packets):
        clock.advance(0.1)
        ticks = round(n * 0.1 * fast * TIMESCALE)
        analyst.packet(run, MediaPacket(payload, ticks, ticks, key, clock.monotonic()))
        wait_until(lambda: analyst.flow.handed - analyst.flow.replaced - analyst.flow.results == 0, 10)
    analyst.end(run, "ended")


def test_an_analyst_tells_what_it_sampled_wanted_and_inferred(analyst: CameraAnalyst) -> None:
    packets = encoded(200)
    play(analyst, packets)
    state = analyst.state("local", 1)
    assert (state.sampled_fps, state.wanted_fps, state.inferred_fps) == pytest.approx((4, 4, 4), abs=0.2)
    assert (state.samples_dropped, state.scale, state.behind) == (0, 1.0, False)
    analyst.govern(0.2)
    play(analyst, packets)
    state = analyst.state("local", 1)
    assert (state.sampled_fps, state.wanted_fps, state.inferred_fps) == pytest.approx((0.8, 4, 0.8), abs=0.2)
    assert state.samples_dropped == pytest.approx(64, abs=3)
    assert (state.scale, state.behind) == (0.2, True)
    analyst.trouble("timeout", "gone")
    assert not analyst.state("local", 1).behind


class _Refusing:
    """A decoder whose first packet is its last."""

    def feed(self, packet: MediaPacket) -> None:
        raise CorruptStream(f"{len(packet.payload)} bytes of nothing")

    def picture(self) -> None:
        """None ever."""


def test_what_was_left_out_counts_also_where_its_packet_cannot_be_decoded(analyst: CameraAnalyst) -> None:
    counted: list[float] = []
    looker: Looker[MediaPacket] = Looker(analyst.analysis, Rates(), left_out=lambda: counted.append(1))
    looker.begin(_Refusing)
    looker.sampler.persons(0.0)
    with pytest.raises(CorruptStream):
        looker.packet(MediaPacket(b"", 0, 0, True, 0.0), 1.0, late=True)
    assert len(counted) == 1


def test_a_camera_whose_clock_got_ahead_is_looked_at_in_its_next_run_at_once(analyst: CameraAnalyst) -> None:
    packets = encoded(100)
    play(analyst, packets, fast=4.0)  # 30 s ahead in the end
    before = analyst.flow.handed
    play(analyst, packets)
    assert analyst.flow.handed - before == pytest.approx(40, abs=3)


def test_pictures_that_waited_in_the_socket_are_read_counted_and_not_decoded(analyst: CameraAnalyst) -> None:
    packets = encoded(200)
    clock = analyst._clock
    assert isinstance(clock, ManualClock)
    run = Run("r", StreamInfo("h264", 160, 90, b""), lambda pts: pts / TIMESCALE)
    analyst.begin(run)
    for n, (payload, key) in enumerate(packets):
        if n == 100:
            clock.advance(4.0)  # the thread stands still; 40 packets come meanwhile
        elif not 100 < n < 140:
            clock.advance(0.1)
        analyst.packet(run, MediaPacket(payload, n * 9000, n * 9000, key, clock.monotonic()))
        wait_until(lambda: analyst.flow.handed - analyst.flow.replaced - analyst.flow.results == 0, 10)
    assert analyst.flow.handed == pytest.approx(4 * 17, abs=3)
    assert analyst.flow.dropped == pytest.approx(4 * 3, abs=3)
