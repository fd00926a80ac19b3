"""Recordings made in no time: the recorder's own writer fed with encoded footage of any hour, and told on the bus.

The camera itself need not exist: a recorder serves the footage of a disabled one as well.
"""

from __future__ import annotations

import functools
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from recorder.disk import DiskWriter
from recorder.growing import Place, Told
from recorder.segments import SegmentWriter
from tests.support.footage import Unit, packet_of, run_of
from vms.bus import subjects
from vms.bus.connection import Bus
from vms.demo.counter import Stamp
from vms.domain.clock import SystemClock, from_epoch
from vms.domain.messages import Gap, Segment
from vms.ingest.stream import TIMESCALE, Run


class Past:
    """One camera's footage under ``root`` (the recordings folder)."""

    def __init__(self, root: Path, site: str, camera: str) -> None:
        self.root, self.site, self.camera = root, site, camera
        self.told: dict[str, Segment] = {}
        self._news: list[Segment] = []
        self._disk = DiskWriter(SystemClock())
        self._writer = SegmentWriter(
            root, Place(site, camera, "local"), self._disk,
            Told(self._tell, self._tell, self._lost, self._unkeyed, self._holed),
        )  # fmt: skip
        self._disk.start()
        self._run: Run | None = None
        self._units: tuple[Unit, ...] = ()
        self._fed = 0

    def _tell(self, segment: Segment) -> None:
        self.told[segment.id] = segment
        self._news.append(segment)

    def _lost(self, err: OSError | None, _start: float, _end: float) -> None:
        raise AssertionError(f"footage was lost: {err}")

    def _unkeyed(self, _end: float) -> None:
        raise AssertionError("no key frame came")

    def _holed(self, _start: float, _end: float) -> None:
        raise AssertionError("nothing was left out")

    def begin(self, codec: str, units: tuple[Unit, ...], utc: float, size: tuple[int, int] = (320, 180)) -> None:
        """A run of ``units`` over and over, its pts 0 at ``utc``."""
        self._run, self._units, self._fed = run_of(codec, units, utc, size), units, 0
        self._writer.begin(self._run)

    def feed(self, frames: int, fps: int = 25) -> None:
        """The next frames of the run; everything before the last fragment is on the disk when this returns."""
        assert self._run is not None
        step = len(self._units) * (TIMESCALE // fps)
        for number in range(self._fed, self._fed + frames):
            turn, at = divmod(number, len(self._units))
            self._writer.packet(self._run, packet_of(self._units[at], turn * step))
            if number % 5000 == 4999:
                assert self._disk.settled(60)
        self._fed += frames
        assert self._disk.settled(60)

    def end(self) -> None:
        """The run is over: its last file is closed."""
        assert self._run is not None
        self._writer.end(self._run)
        assert self._disk.settled(60)

    def record(self, codec: str, units: tuple[Unit, ...], utc: float, frames: int, **size: Any) -> None:
        """A whole run."""
        self.begin(codec, units, utc, **size)
        self.feed(frames)
        self.end()

    def segments(self) -> list[Segment]:
        """Each file as it was told last, oldest first."""
        return sorted(self.told.values(), key=lambda one: one.start)

    async def publish(self, bus: Bus) -> None:
        """Tells what is new, as a recorder's outbox does."""
        news, self._news = self._news, []
        for one in news:
            state = "opened" if one.end is None else "closed"
            await bus.store(subjects.stored(self.site, self.camera, "segment"), one.encode(), f"{one.id}.{state}")

    async def publish_gap(self, bus: Bus, start: float, end: float) -> None:
        """A span without footage (UTC seconds)."""
        gap = Gap(id=f"{self.camera}.gap.{start}", site=self.site, camera=self.camera, start=from_epoch(start),
                  end=from_epoch(end), cause="recorder", reason="stopped")  # fmt: skip
        await bus.store(subjects.stored(self.site, self.camera, "gap"), gap.encode(), gap.id)

    def close(self) -> None:
        """Ends the disk's thread."""
        self._disk.stop(10)


@functools.lru_cache(maxsize=4)
def counted(size: tuple[int, int], frames: int, gop: int, kbit: int = 0) -> tuple[Unit, ...]:
    """H.264 at 25 frames a second, the frame's number burnt in; ``kbit`` a second where it is given."""
    context = av.CodecContext.create("libx264", "w")
    context.width, context.height = size
    context.pix_fmt, context.framerate, context.time_base = "yuv420p", Fraction(25), Fraction(1, 25)
    rate = {"b": f"{kbit}k", "maxrate": f"{kbit}k", "bufsize": f"{kbit}k"} if kbit else {}
    context.options = {
        "preset": "ultrafast", "tune": "zerolatency",
        "x264-params": f"keyint={gop}:min-keyint={gop}:scenecut=0:threads=1", **rate,
    }  # fmt: skip
    stamp = Stamp("cam", *size)
    noise = np.random.default_rng(1).integers(0, 255, (size[1] // 8, size[0] // 8), np.uint8).repeat(8, 0).repeat(8, 1)
    packets = []
    for number in range(frames):
        picture = np.full((size[1] * 3 // 2, size[0]), 128, np.uint8)
        picture[: noise.shape[0], : noise.shape[1]] = np.roll(noise, number * 3, 1)
        stamp.burn(picture, number)
        frame = av.VideoFrame.from_ndarray(picture, format="yuv420p")
        frame.pts = number
        packets += context.encode(frame)
    packets += context.encode(None)
    ticks = TIMESCALE // 25
    return tuple(Unit(bytes(p), (p.pts or 0) * ticks, (p.dts or 0) * ticks, bool(p.is_keyframe)) for p in packets)
