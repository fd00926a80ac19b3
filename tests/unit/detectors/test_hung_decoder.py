"""A decoder that does not come back: its thread is given up, and the camera goes on with another, apart."""

from __future__ import annotations

import contextlib
import sys
import threading
from contextlib import AbstractContextManager
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from video_script import grey_steps, packets

from detectors.alerts import AlertWriter
from detectors.analysis import Analysis
from detectors.camera import CameraAnalyst
from detectors.decoding import Decoding
from detectors.inference.batching import Batcher
from detectors.plan import CameraPlan
from detectors.sampling.decoder import GopDecoder
from detectors.sampling.policy import Rates
from detectors.suspects import HUNG_S, MOST_HUNG
from tests.support.clocks import ManualClock
from vms.bus.outbox import Outbox
from vms.domain.facility import Camera
from vms.ingest.stream import Run, StreamInfo

STREAM = list(packets(grey_steps(60)))
CAMERA = Camera.model_validate(
    {"id": "c", "name": "C", "placement": "gate", "streams": {"main": "rtsp://h/x", "sub": "rtsp://h/y"}}
)
RUN = Run("r", StreamInfo("h264", 160, 96, b""), lambda pts: pts / 90_000)


class _Held(AbstractContextManager[None]):
    """Goes in by the real door, and stays there until released."""

    def __init__(self, door: AbstractContextManager[object]) -> None:
        self.door = door
        self.entered, self.released = threading.Event(), threading.Event()

    def __enter__(self) -> None:
        self.door.__enter__()
        self.entered.set()
        self.released.wait(60)

    def __exit__(self, *_: object) -> None:
        self.door.__exit__(None, None, None)


class _Hanging(Decoding):
    held: _Held

    def here(self, camera: str, codec: str, extradata: bytes) -> GopDecoder:
        self.held = _Held(self._suspects.door(camera))
        return GopDecoder(codec, extradata, self.held)


def analyst_of(decoding: Decoding, outbox: Outbox, folder: Path, clock: ManualClock) -> CameraAnalyst:
    writer = AlertWriter(outbox, folder / "open")
    plan = CameraPlan("s", CAMERA, Rates(4.0, 4.0), ZoneInfo("UTC"))
    return CameraAnalyst(plan, Batcher(clock), writer, clock, Analysis("s", CAMERA, plan.zone_info), decoding)


def test_the_thread_is_given_up_and_the_camera_decoded_apart(tmp_path: Path) -> None:
    clock = ManualClock()
    decoding = _Hanging(tmp_path / "state", clock)
    outbox = Outbox(tmp_path / "outbox")
    analyst = analyst_of(decoding, outbox, tmp_path, clock)
    analyst.begin(RUN)
    thread = threading.Thread(target=analyst.packet, args=(RUN, STREAM[0]))
    thread.start()
    assert decoding.held.entered.wait(10)
    try:
        clock.advance(HUNG_S + 1)
        decoding.look()  # it was late itself: perhaps all stood still
        assert decoding.why_apart("c") is None
        clock.advance(4)
        decoding.look()
        assert decoding.why_apart("c") is None
        analyst.trouble("timeout", "the connection hung")  # the watchdog's word
        assert (analyst.status.reason, decoding.why_apart("c")) == ("corrupt", "hung")
        assert "does not come back" in analyst.status.detail
        analyst.begin(RUN)
        for packet in STREAM:
            analyst.packet(RUN, packet)
        assert analyst.status.reason is None
        assert analyst.latest is not None
        latest = analyst.latest
    finally:
        decoding.held.released.set()
        thread.join(10)
    assert analyst.latest is latest  # what comes back so late is not looked at
    assert "a process of their own" in analyst.state("local", 1).detail
    decoding.close()
    outbox.close()


def test_when_it_is_the_machine_nothing_is_said_of_the_camera_s_pictures(tmp_path: Path) -> None:
    clock = ManualClock()
    decoding = _Hanging(tmp_path / "state", clock)
    outbox = Outbox(tmp_path / "outbox")
    analyst = analyst_of(decoding, outbox, tmp_path, clock)
    analyst.begin(RUN)
    thread = threading.Thread(target=analyst.packet, args=(RUN, STREAM[0]))
    thread.start()
    assert decoding.held.entered.wait(10)
    with contextlib.ExitStack() as others:
        for n in range(MOST_HUNG):
            others.enter_context(decoding._suspects.door(f"other-{n}"))
        clock.advance(HUNG_S + 1)
        analyst.trouble("timeout", "the connection hung")
        decoding.held.released.set()
        thread.join(10)
    assert (analyst.status.reason, decoding.why_apart("c")) == ("decoder", None)
    assert "the machine" in analyst.status.detail
    decoding.close()
    outbox.close()


def test_where_no_process_can_be_started_the_camera_s_pictures_are_not_to_blame(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = ManualClock()
    decoding = Decoding(tmp_path / "state", clock)
    outbox = Outbox(tmp_path / "outbox")
    analyst = analyst_of(decoding, outbox, tmp_path, clock)
    decoding.blame("c", "inside")
    monkeypatch.setattr(sys, "executable", str(tmp_path / "nowhere"))
    analyst.begin(RUN)
    analyst.packet(RUN, STREAM[0])
    state = analyst.state("local", 1)
    assert (state.status, state.reason) == ("offline", "decoder")
    assert state.detail.startswith("the decoder's process does not start")
    decoding.close()
    outbox.close()


def test_a_snapshots_decoder_that_hangs_is_found_by_looking(tmp_path: Path) -> None:
    clock = ManualClock()
    decoding = _Hanging(tmp_path / "state", clock)
    decoder = decoding.here("c", "h264", b"")
    decoder.feed(STREAM[0])
    thread = threading.Thread(target=decoder.picture)
    thread.start()
    assert decoding.held.entered.wait(10)
    for _ in range(6):
        clock.advance(2)
        decoding.look()
    assert decoding.why_apart("c") == "hung"
    decoding.held.released.set()
    thread.join(10)
    decoding.close()
