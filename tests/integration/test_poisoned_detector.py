"""Streams that break their decoder, and the detector as a process under its supervisor: the others are counted on.

libav cannot be made to crash when a test wants it: the process is killed by the signal of a crash while the page says
that a camera is inside its decoder.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
import pytest_asyncio
from detector_rig import Rig, camera, on_a_bus

from detectors import key_frames
from detectors.key_frames import KeyFrames
from tests.support.figures import Figures
from tests.support.footage import Unit, encode, looped
from tests.support.poison import giant, poisoned
from tests.support.scripted_rtsp import Behaviour, Connection, ScriptedCamera, h264_sdp
from vms.bus import subjects
from vms.domain.clock import SystemClock, from_epoch, rfc3339
from vms.domain.messages import DetectorState, LiveHeader, WatchReply
from vms.ingest.stream import MediaPacket, Run
from vms.supervisor.child import Child, ChildSpec

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]
UNITS = encode("h264", (640, 360), frames=50, gop=25)


def sending(units: list[Unit] | tuple[Unit, ...]) -> Behaviour:
    """A camera that sends ``units`` over and over."""

    def behave(connection: Connection) -> None:
        if connection.shake_hands(h264_sdp(connection.port, UNITS)):
            connection.play(looped(tuple(units), 1000))

    return behave


class Supervised:
    """A detector process that is started again when it ends, and cameras."""

    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        self.cameras: dict[str, ScriptedCamera] = {}
        env = {name: value for name, value in os.environ.items() if not name.startswith("VMS_")}
        data = rig.environment.data
        data.mkdir(parents=True, exist_ok=True)
        argv = (sys.executable, "-m", "vms", "detector", "--data", str(data))
        self.child = Child(ChildSpec("detector", argv, env | {"VMS_NATS_URL": rig.address.core}), SystemClock())
        self._task: asyncio.Task[int] | None = None

    async def start(self, **behaviours: Behaviour) -> None:
        self.cameras = {name: ScriptedCamera(behaviour) for name, behaviour in behaviours.items()}
        wanted = [camera(name, {"main": "rtsp://h/x", "sub": one.url}) for name, one in self.cameras.items()]
        await self.rig.configure(1, wanted, model="motion")
        self._task = asyncio.create_task(self.child.run())

    async def stop(self) -> None:
        await self.child.stop(5)
        if self._task is not None:
            await self._task
        for one in self.cameras.values():
            one.close()

    def state(self, name: str) -> DetectorState | None:
        return self.rig.states.get(name)

    def counted(self, *names: str, after: float = 0.0) -> bool:
        """Whether persons are counted in pictures taken later than ``after`` (UTC seconds)."""
        states = [self.state(name) for name in names]
        return all(
            one is not None
            and one.status == "online"
            and one.person_count is not None
            and one.last_frame_at is not None
            and one.last_frame_at.timestamp() > after
            for one in states
        )

    @property
    def pid(self) -> int:
        assert self.child.pid is not None
        return self.child.pid

    def apart(self) -> int | None:
        """The process that decodes for suspects."""
        with contextlib.suppress(psutil.Error):
            for one in psutil.Process(self.pid).children():
                if "detectors.sampling.apart_process" in one.cmdline():
                    return one.pid
        return None

    def crash_inside(self, name: str) -> None:
        """Waits until ``name`` is inside the decoder, and ends the process there as a crash does."""
        pid = self.pid
        page = self.rig.environment.data / "state" / "detector-all" / "inside"
        place = page.read_bytes().index(name.encode().ljust(64, b"\0")) + 64
        deadline = time.monotonic() + 60
        with page.open("rb", buffering=0) as file:
            while time.monotonic() < deadline:
                if os.pread(file.fileno(), 1, place) != b"\0":
                    os.kill(pid, signal.SIGSTOP)
                    os.waitid(os.P_PID, pid, os.WSTOPPED)  # all of its threads: one that runs on may leave the decoder
                    if os.pread(file.fileno(), 1, place) != b"\0":
                        os.kill(pid, signal.SIGSEGV)
                        os.kill(pid, signal.SIGCONT)
                        return
                    os.kill(pid, signal.SIGCONT)
        raise AssertionError(f"{name} was never seen inside its decoder")


@pytest_asyncio.fixture
async def detector(tmp_path: Path) -> AsyncIterator[Supervised]:
    async with on_a_bus(tmp_path, tmp_path) as rig:
        supervised = Supervised(rig)
        try:
            yield supervised
        finally:
            await supervised.stop()


async def test_a_poisoned_and_a_giant_stream_are_set_aside_and_the_others_are_counted(
    detector: Supervised, figure: Figures
) -> None:
    giants = [Unit(giant("h264"), unit.pts, unit.dts, True) for unit in UNITS]
    await detector.start(
        good=sending(UNITS), other=sending(UNITS), poison=sending(poisoned(UNITS, 7)), giant=sending(giants)
    )
    rig = detector.rig
    await rig.until(lambda: detector.counted("good", "other"))
    pid = detector.pid
    began = time.monotonic()
    await rig.until(lambda: (rig.states["giant"].status, rig.states["giant"].reason) == ("offline", "corrupt"))
    assert "are too large" in rig.states["giant"].detail
    # Where some of its pictures can be had they are, in a process of their own; where none, it is set aside.
    await rig.until(lambda: rig.states["poison"].reason == "corrupt" or "of their own" in rig.states["poison"].detail)
    figure(24, "poisoned stream apart, a giant's set aside", f"after {time.monotonic() - began:.0f} s", "others go on")
    now = time.time()
    await rig.until(lambda: detector.counted("good", "other", after=now + 10), 30)
    assert detector.pid == pid
    assert psutil.Process(pid).memory_info().rss < 1 << 30


async def test_after_a_crash_in_a_decoder_that_camera_is_decoded_apart(detector: Supervised, figure: Figures) -> None:
    cameras = "good", "other", "fatal"
    await detector.start(**{name: sending(UNITS) for name in cameras})
    rig = detector.rig
    await rig.until(lambda: detector.counted(*cameras))
    first = detector.pid
    assert detector.apart() is None
    await asyncio.to_thread(detector.crash_inside, "fatal")
    died = time.time()  # not before: it may take seconds to catch it inside, and what it says meanwhile is of before
    await rig.until(lambda: detector.child.pid not in (None, first), 30)
    await rig.until(lambda: detector.counted(*cameras, after=died + 1), 60)
    again = time.time() - died
    assert "a process of their own" in rig.states["fatal"].detail
    assert detector.apart() is not None

    # Now it is a decoder apart that dies of it, with one camera's picture inside: where others were inside at the first
    # crash, too, they are suspects as well, and it may be theirs.
    second, cut = detector.pid, time.time()
    apart = detector.apart()
    assert apart is not None
    os.kill(apart, signal.SIGSEGV)
    struck: list[DetectorState] = []

    def told() -> bool:
        struck[:] = [rig.states[name] for name in cameras if rig.states[name].reason == "corrupt"]
        return bool(struck)

    await rig.until(told, 30)
    seen = time.time() - cut
    (hit,) = struck
    assert "bring the decoder down" in hit.detail
    await rig.until(lambda: detector.counted(*(name for name in cameras if name != hit.camera), after=cut + 5), 30)
    assert detector.pid == second
    await rig.until(lambda: detector.counted(hit.camera, after=cut + 5), 60)  # tried again after ten seconds
    figure(
        24,
        "a crash in a decoder, first time",
        f"all counted again after {again:.1f} s, its camera apart",
        "others go on",
    )
    figure(
        24, "a crash in a decoder, from then on", f"told after {seen:.1f} s, no other camera notices", "others go on"
    )
    assert detector.pid == second


class Hanging:
    """A sink that does not come back from its first picture, as a decoder that hangs."""

    def __init__(self) -> None:
        self.released = threading.Event()
        self.pictures = 0
        self.troubles: list[str] = []

    def begin(self, run: Run) -> None:
        pass

    def packet(self, run: Run, packet: MediaPacket) -> None:
        self.pictures += 1
        if self.pictures == 1:
            self.released.wait()

    def end(self, run: Run, reason: str) -> None:
        pass

    def trouble(self, reason: str, detail: str) -> None:
        self.troubles.append(reason)


async def test_a_thread_of_key_frames_that_hangs_is_replaced(
    detector: Supervised, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_frames, "HUNG_S", 1.0)
    monkeypatch.setattr(key_frames, "RENEW_S", 0.2)
    bus, sink = detector.rig.bus, Hanging()

    async def recorder(msg: Any) -> None:
        await msg.respond(WatchReply(profile="key", run="r1").encode())

    await bus.bulk.subscribe(subjects.control("s", "c", "watch"), cb=recorder)
    source = KeyFrames("s", "c", sink, bus, SystemClock())
    source.start()

    async def shown(enough: Callable[[], bool]) -> None:
        async with asyncio.timeout(60):
            while not enough():
                headers = {LiveHeader.RUN: "r1", LiveHeader.AT: rfc3339(from_epoch(time.time())), "Vms-Codec": "h264"}
                await bus.bulk.publish(subjects.live("s", "c", "key"), UNITS[0].payload, headers=headers)
                await asyncio.sleep(0.1)

    try:
        await shown(lambda: sink.pictures >= 3)
        assert sink.troubles == ["timeout"]
    finally:
        sink.released.set()
        source.stop()
    assert await asyncio.to_thread(source.join, 5)
