"""Small cameras that number their pictures, from a process of their own: what was sent last is known to the frame.

The demo's RTSP server and clocks over one short loop. ``python -m tests.support.counting_cameras N FILE`` prints its
port, and for each line on its standard input when each camera sent which frames last.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
import sys
from collections import deque
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from tests.support.waiting import wait_until
from vms.demo.camera import LiveCamera
from vms.demo.counter import Stamp, read_counter
from vms.demo.packets import Track, load_track
from vms.demo.renditions import Rendition
from vms.demo.server import CameraServer
from vms.domain.clock import SystemClock

FPS, FRAMES, GOP, SIZE = 25, 600, 50, (320, 180)
_ROOT = Path(__file__).parents[2]


def name(number: int) -> str:
    """The id of the ``number``-th camera."""
    return f"c{number}"


def make_loop(path: Path) -> None:
    """A moving picture with its number burnt in, 24 s long; a key frame every 2 s, as cameras have it."""
    across, down = np.arange(SIZE[0]), np.arange(SIZE[1] * 3 // 2)
    stamp = Stamp("c", *SIZE)
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=FPS)
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        stream.options = {
            "preset": "ultrafast", "x264-params": f"keyint={GOP}:min-keyint={GOP}:scenecut=0:bframes=0:threads=1",
        }  # fmt: skip
        for number in range(FRAMES):
            picture = ((across[None, :] * 3 + down[:, None] + number * 7) % 200 + 30).astype(np.uint8)
            stamp.burn(picture, number)
            frame = av.VideoFrame.from_ndarray(picture, format="yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, FPS)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))


def numbers(file: Path) -> list[int | None]:
    """What is burnt into each picture of a recording; any error in it raises."""
    with av.open(str(file)) as container:
        stream = container.streams.video[0]
        stream.codec_context.options = {"err_detect": "explode"}
        return [read_counter(frame.to_ndarray(format="gray")) for frame in container.decode(stream)]


class _Noted(LiveCamera):
    """Remembers which frames it sent when, while somebody read."""

    def __init__(self, rendition: Rendition, track: Track, phase_s: float) -> None:
        super().__init__(rendition, track, track, SystemClock(), phase_s)
        self.sent: deque[tuple[int, float]] = deque(maxlen=20 * FPS)

    def _send(self, frame: int) -> None:
        super()._send(frame)
        if any(frame >= start for start in self.streams["main"].readers.values()):
            self.sent.append((frame % FRAMES, self._clock.monotonic()))


async def _serve(count: int, loop: Path) -> None:
    server = CameraServer("127.0.0.1", 0)
    track = load_track(loop, "c")
    cameras = {}
    for number in range(count):
        one = Rendition(name(number), "h264", loop, loop, FRAMES, Fraction(FPS), 1, SIZE, SIZE)
        cameras[one.camera] = _Noted(one, track, number * 0.618034 % 1 * 20)
        server.announce(one.camera)
        server.add(cameras[one.camera])
    await server.start()
    print(server.port, flush=True)
    while await asyncio.to_thread(sys.stdin.readline):
        print(json.dumps({camera: list(one.sent) for camera, one in cameras.items()}), flush=True)
    await server.close()


class CountingCameras:
    """The process; ``sent_by`` asks it."""

    def __init__(self, count: int, folder: Path) -> None:
        loop = folder / "loop.mp4"
        make_loop(loop)
        self.names = [name(number) for number in range(count)]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.counting_cameras", str(count), str(loop)],
            cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8",
        )  # fmt: skip
        assert self.process.stdout
        self.port = int(self.process.stdout.readline())

    def url(self, camera: str) -> str:
        return f"rtsp://127.0.0.1:{self.port}/{camera}/main"

    def sent_by(self, moment: float) -> dict[str, int]:
        """The number of the picture that each camera had sent last at ``moment`` (monotonic, s)."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        told = json.loads(self.process.stdout.readline())
        return {camera: [n for n, at in sent if at <= moment][-1] for camera, sent in told.items()}

    def close(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        wait_until(lambda: self.process.poll() is not None, 10, "the cameras end")


@contextlib.contextmanager
def counting_cameras(count: int, folder: Path) -> Iterator[CountingCameras]:
    """Cameras that run, and are gone afterwards."""
    cameras = CountingCameras(count, folder)
    try:
        yield cameras
    finally:
        cameras.process.kill()
        cameras.process.communicate()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), Path(sys.argv[2])))
