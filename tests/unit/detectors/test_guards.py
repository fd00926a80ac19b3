"""One fault of one camera, one model or one thread must not end the analysis of the rest, nor for good."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from detectors import model_choice, models
from detectors.catalogue import Source
from detectors.inference import precision
from detectors.inference.adapters import Yolo11
from detectors.inference.batching import Batcher
from detectors.inference.motion import MotionBackend
from detectors.inference.openvino import Runtime
from detectors.key_frames import KeyFrames
from detectors.model_choice import ModelChoice
from detectors.models import Choice, Model
from tests.support import lamp_model
from tests.support.sinks import RecordingSink
from tests.support.waiting import until
from vms.domain.clock import SystemClock
from vms.domain.facility import Detector
from vms.domain.messages import DetectorState, LiveHeader
from vms.ingest import reader
from vms.ingest.reader import StreamReader, Watchdog
from vms.ingest.stream import MediaPacket, Run
from vms.settings.environment import Environment


async def test_a_model_that_fails_in_an_unforeseen_way_gives_way_and_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def choose(name: str, *_: Any, **__: Any) -> Choice:
        if name == "motion":
            return Choice(MotionBackend())
        raise MemoryError("no room")

    monkeypatch.setattr(model_choice, "choose", choose)
    monkeypatch.setattr(MotionBackend, "warm", lambda _: None, raising=False)
    choice = ModelChoice(
        Environment(tmp_path, "local", None, None, None, None, None), Runtime(1), Batcher(SystemClock())
    )
    await choice.apply(Detector(), 1)
    now = datetime.now(UTC)
    state = choice.fill(DetectorState(site="s", camera="c", at=now, since=now, status="online"))
    assert (state.model, state.fallback) == ("motion", True)
    assert "was not loaded: MemoryError: no room" in state.detail


class FailingOnce(RecordingSink):
    failed = False

    def packet(self, run: Run, packet: MediaPacket) -> None:
        if not self.failed:
            self.failed = True
            raise RuntimeError("a decoder's own word")
        super().packet(run, packet)


class Inbox:
    """The part of the bus's client that key frames need."""

    def __init__(self) -> None:
        self.bulk = self
        self.tell: Any = None

    async def subscribe(self, _subject: str, cb: Any) -> Inbox:
        self.tell = cb
        return self

    async def unsubscribe(self) -> None: ...

    async def request(self, *_: Any, **__: Any) -> None:
        raise TimeoutError


class Message:
    """A key frame of one second."""

    data = b"\x00\x00\x00\x01\x65\x88"

    def __init__(self, second: int) -> None:
        at = f"2026-11-22T00:00:0{second}.000Z"
        self.headers = {LiveHeader.RUN: "r", LiveHeader.CODEC: "h264", LiveHeader.AT: at}


async def test_a_key_frame_that_breaks_the_sink_is_not_the_last_one() -> None:
    inbox, sink = Inbox(), FailingOnce()
    source = KeyFrames("s", "c", sink, inbox, SystemClock())  # type: ignore[arg-type]
    source.start()
    await until(lambda: inbox.tell is not None)
    await inbox.tell(Message(1))
    await until(lambda: sink.failed)
    await inbox.tell(Message(2))
    await until(lambda: len(sink.packets) == 1)
    assert len(sink.runs) == 2, "the sink begins anew"
    source.stop()
    assert await asyncio.to_thread(source.join, 10)


async def test_one_reader_that_cannot_be_looked_at_leaves_the_others_watched(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []

    def watch(one: StreamReader, _awake_since: float) -> None:
        looked.append(one.camera)
        if one.camera == "bad":
            raise RuntimeError("can't start new thread")

    monkeypatch.setattr(reader.StreamReader, "watch", watch)
    watchdog = Watchdog(SystemClock(), interval_s=0.01)
    for name in ("bad", "good"):
        watchdog.add(StreamReader(name, "main", "rtsp://127.0.0.1:9/x", RecordingSink(), SystemClock()))
    watchdog.start()
    with contextlib.closing(watchdog):
        await until(lambda: looked.count("good") >= 3 and looked.count("bad") >= 3)


async def test_a_faster_way_to_run_the_model_takes_over_and_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(precision, "PRECISION_S", 0.02)
    monkeypatch.setattr(precision, "BATCH_S", 0.02)
    files = tmp_path / "models"
    lamp_model.save(files, "lamp")
    lamp = Model("lamp", "bright is a person", "none", ("lamp.xml",), lambda: Yolo11(side=64), 0.5, 0.5, Source("none"))
    monkeypatch.setattr(models, "CATALOGUE", (lamp,))
    batcher = Batcher(SystemClock())
    runtime = Runtime(1, tmp_path / "cache")
    choice = ModelChoice(Environment(tmp_path, "local", None, None, None, None, None), runtime, batcher)
    await choice.apply(Detector(model="lamp", input_px=160), 1)
    first = batcher.backend
    now = datetime.now(UTC)
    state = DetectorState(site="s", camera="c", at=now, since=now, status="online")
    assert first is not None
    assert first.shape_key(640, 360) == (160, 96)
    await until(lambda: choice.fill(state).picture_ms is not None)
    assert batcher.backend is not first
    assert choice.fill(state).input_px == 160
    assert choice.fill(state).precision == batcher.backend.precision  # type: ignore[union-attr]

    again = ModelChoice(Environment(tmp_path, "local", None, None, None, None, None), runtime, Batcher(SystemClock()))
    await again.apply(Detector(model="lamp", input_px=160), 1)
    assert again.fill(state).picture_ms == choice.fill(state).picture_ms  # remembered, not measured


async def test_a_model_that_was_asked_for_while_another_was_measured_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    measuring, go_on, ended = threading.Event(), threading.Event(), threading.Event()

    def improve(choice: Choice, _side: int | None, _wanted: object) -> Choice:
        if choice.detail == "slow":
            measuring.set()
            go_on.wait(30)
            ended.set()
            return Choice(MotionBackend(), "late")
        return choice

    monkeypatch.setattr(model_choice, "choose", lambda name, *_, **__: Choice(MotionBackend(), name))
    monkeypatch.setattr(model_choice, "improve", improve)
    batcher = Batcher(SystemClock())
    choice = ModelChoice(Environment(tmp_path, "local", None, None, None, None, None), Runtime(1), batcher)
    await choice.apply(Detector(model="slow"), 1)
    await until(measuring.is_set)
    other = asyncio.create_task(choice.apply(Detector(model="other"), 1))
    await asyncio.sleep(0)  # it is asked for, and waits for its turn
    go_on.set()
    await until(ended.is_set)
    await other
    wanted = batcher.backend
    await asyncio.sleep(0)  # what the thread asked of the loop is done in its next round
    await until(lambda: not [thread for thread in threading.enumerate() if thread.name == "measure"])
    await asyncio.sleep(0)
    assert batcher.backend is wanted


class Slow(RecordingSink):
    """Holds its thread up until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.at_work, self.go_on = threading.Event(), threading.Event()

    def packet(self, run: Run, packet: MediaPacket) -> None:
        self.at_work.set()
        assert self.go_on.wait(30)
        super().packet(run, packet)


async def test_key_frames_that_newer_ones_replaced_are_counted() -> None:
    inbox, sink, left_out = Inbox(), Slow(), []
    source = KeyFrames("s", "c", sink, inbox, SystemClock(), left_out.append)  # type: ignore[arg-type]
    source.start()
    await until(lambda: inbox.tell is not None)
    for second in range(5):
        await inbox.tell(Message(second))
        await until(sink.at_work.is_set)
    sink.go_on.set()
    await until(lambda: len(sink.packets) == 2)
    source.stop()
    assert await asyncio.to_thread(source.join, 10)
    assert left_out == [3]
