"""How long a picture is on its way from a camera to the sink: our reading loop beside libav's demuxer, same stream.

``python -m tests.bench.ingest [--seconds 20]``. The camera sends a picture in one write each 40 ms and remembers when;
each side says when it has handed it on. Both run in this process, one after the other.
"""

from __future__ import annotations

import argparse
import statistics
import threading
import time
from collections.abc import Callable

import av

from tests.support.footage import encode, looped
from tests.support.scripted_rtsp import Connection, scripted
from vms.domain.clock import SystemClock
from vms.ingest.loop import ReadingLoop
from vms.ingest.reader import StreamReader
from vms.ingest.stream import MediaPacket, Run

FPS = 25
UNITS = encode("h264", (640, 360), frames=100, gop=50)


class Camera:
    """Counts its pictures; ``sent`` are their moments (monotonic seconds)."""

    def __init__(self, seconds: float) -> None:
        self._frames = int(seconds * FPS)
        self.sent: list[float] = []

    def behave(self, connection: Connection) -> None:
        self.sent = []
        if connection.shake_hands():
            for unit in looped(UNITS, 1 + self._frames // len(UNITS))[: self._frames]:
                connection.pause(1 / FPS)
                self.sent.append(time.monotonic())
                connection.play([unit])


class Sink:
    """Notes when each picture came."""

    def __init__(self) -> None:
        self.came: list[float] = []
        self.ended = threading.Event()

    def begin(self, run: Run) -> None: ...

    def packet(self, run: Run, packet: MediaPacket) -> None:
        self.came.append(time.monotonic())

    def end(self, run: Run, reason: str) -> None:
        self.ended.set()

    def trouble(self, reason: str, detail: str) -> None: ...


def ours(url: str) -> list[float]:
    clock, sink = SystemClock(), Sink()
    reading = ReadingLoop(clock)
    reading.start()
    reader = StreamReader("c", "main", url, sink, clock, reading)
    reader.start()
    sink.ended.wait()
    reader.stop()
    reader.join(5)
    reading.stop()
    return sink.came


def libavs(url: str) -> list[float]:
    options = {"rtsp_transport": "tcp", "probesize": "32", "analyzeduration": "0", "fpsprobesize": "0"}
    with av.open(url, options=options) as container:
        return [time.monotonic() for packet in container.demux(video=0) if packet.size]


def main() -> None:
    """Prints milliseconds from the camera's write to the sink: median, 95th percentile, most."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--seconds", type=float, default=20.0)
    camera = Camera(words.parse_args().seconds)
    sides: dict[str, Callable[[str], list[float]]] = {"ours": ours, "libav": libavs}
    for name, pull in sides.items():
        with scripted(camera.behave) as (served,):
            came = pull(served.url)
        # Pictures come in order; the first ones are held until two key frames came whole.
        late = [1000 * (b - a) for a, b in zip(camera.sent, came, strict=False)][3 * 50 :]
        cut = statistics.quantiles(late, n=20)
        print(f"{name:<8}{len(late)} pictures: median {cut[9]:.1f} ms, p95 {cut[18]:.1f} ms, most {max(late):.1f} ms")


if __name__ == "__main__":
    main()
