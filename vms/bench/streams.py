"""Cameras as a load: one picture loop of a usual 1080p camera, encoded once and sent by all of them, as a process.

Belongs here: the loop, the process, what it counts. Not here: RTSP and pacing, which are the demo cameras'.

``python -m vms.bench.streams FILE --cameras N [--fps F] [--port P]`` prints ``{"port": P, "origins": {…}}``, when each
camera's loop began in seconds of the host's monotonic clock, then one line of counts for each line on its standard
input; when that ends it sends no more, closes every session in order and prints the last counts.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import sys
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import uvloop
from av.video.stream import VideoStream

from vms.demo.camera import LiveCamera
from vms.demo.packets import load_track
from vms.demo.renditions import Rendition
from vms.demo.scenes import Scene
from vms.demo.server import CameraServer
from vms.domain.clock import SystemClock

SIZE, FPS, GOP_S, BITRATE, LOOP_S = (1920, 1080), 25, 2, 2_500_000, 6
#: Sensor noise (standard deviation of 256 levels): what makes a real camera's pictures cost their bits.
NOISE = 5.0
#: What the loops show.
DRAWN = Scene("corridor", 1)


class Shifted(SystemClock):
    """Some milliseconds ahead: unrelated cameras do not send in the same instant, as timers of one process would."""

    def __init__(self, ahead_s: float) -> None:
        self._ahead_s = ahead_s

    def monotonic(self) -> float:
        return super().monotonic() + self._ahead_s


@dataclass(frozen=True, slots=True)
class Counts:
    """Of one camera since the process began: sessions that played, how many do now, frames sent to them."""

    plays: int
    playing: int
    frames: int


def encode_loop(
    path: Path,
    size: tuple[int, int] = SIZE,
    bitrate: int = BITRATE,
    fps: int = FPS,
    seconds: int = LOOP_S,
    *,
    empty: bool = False,
) -> None:
    """A drawn room with noise as H.264 of ``fps`` and about ``bitrate`` bit/s, a key frame every 2 s. Takes seconds.

    Persons come and go in it, unless it is ``empty``.
    """
    scene, noise = DRAWN, np.random.default_rng(1)
    grains = [noise.normal(0, NOISE, (size[1] // 2, size[0] // 2, 1)).astype(np.int16) for _ in range(5)]
    with av.open(str(path), "w", format="mp4") as output:
        stream = output.add_stream("libx264", rate=fps)
        assert isinstance(stream, VideoStream)  # noqa: S101 - for the type checker
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p"
        stream.bit_rate = bitrate
        gop = GOP_S * fps
        stream.options = {
            "preset": "ultrafast", "tune": "zerolatency", "maxrate": str(bitrate), "bufsize": str(bitrate),
            "x264-params": f"keyint={gop}:min-keyint={gop}:scenecut=0:bframes=0:threads=2:sliced-threads=0",
        }  # fmt: skip
        for index in range(seconds * fps):
            moment = 0 if empty else index % scene.frames  # nobody is there yet in the first one
            small = cv2.resize(scene.draw(moment), (size[0] // 2, size[1] // 2))
            grainy = np.clip(small + grains[index % len(grains)], 0, 255).astype(np.uint8)
            frame = av.VideoFrame.from_ndarray(np.asarray(cv2.resize(grainy, size)), format="bgr24")
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))


def camera_ids(cameras: int) -> list[str]:
    """Their names; ``rtsp://127.0.0.1:P/<name>/main`` is the stream."""
    return [f"cam-{number:03}" for number in range(1, cameras + 1)]


async def serve(path: Path, cameras: int, port: int, fps: int = FPS) -> None:
    """Until standard input ends."""
    server = CameraServer("127.0.0.1", port)
    server.logger = logging.getLogger("vms.bench.rtsp")
    track = load_track(path, "bench")
    length = len(track.units) / fps
    origins = {}
    for number, name in enumerate(camera_ids(cameras)):
        rendition = Rendition(name, "h264", path, path, len(track.units), Fraction(fps), 1, SIZE, SIZE)
        # The golden ratio spreads key frames over the loop, and frames between two others.
        share = number * 0.618034 % 1
        camera = LiveCamera(rendition, track, track, Shifted(share / fps), share * length)
        origins[name] = camera.origin - share / fps
        server.add(camera)
    await server.start()
    print_line({"port": server.port, "origins": origins})
    requests = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(requests), sys.stdin)
    while await requests.readline():
        print_line(_counts(server))
    await server.close()
    print_line(_counts(server))


def _counts(server: CameraServer) -> dict[str, dict[str, int]]:
    def playing(camera: LiveCamera | None) -> int:
        return 0 if camera is None else len(camera.streams["main"].readers)

    return {
        name: {"plays": server.plays[name], "playing": playing(camera), "frames": server.frames[name]}
        for name, camera in server.cameras.items()
    }


def print_line(event: object) -> None:
    """One JSON line on standard output."""
    sys.stdout.write(json.dumps(event) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Arguments only."""
    parser = argparse.ArgumentParser(prog="python -m vms.bench.streams", description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--cameras", type=int, required=True)
    parser.add_argument("--fps", type=int, default=FPS)
    parser.add_argument("--port", type=int, default=0)
    given = parser.parse_args()
    logging.basicConfig(level=logging.WARNING)
    uvloop.run(serve(given.file, given.cameras, given.port, given.fps))


if __name__ == "__main__":
    main()
