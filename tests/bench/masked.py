"""How fast playback with privacy masks is made: ``python -m tests.bench.masked [--codec hevc] [--seconds 60]``.

1080p at 25 a second with a key frame every 2 s, piece after piece as a player asks for them, without bus and web, on
one core; and the same by ``ffmpeg`` in one go (decode, boxes, scale, the same x264 settings), in turn with ours.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from recorder.render import clips
from tests.bench.renderer import SIZE
from tests.support.footage import encode, looped
from tests.support.recorded import Recordings
from vms.domain.rendering import ClipRequest

START = 1_800_000_000.0
SECOND = 90_000
#: A tenth of the picture each.
MASKS = tuple(((x, 0.1), (x + 0.25, 0.1), (x + 0.25, 0.5), (x, 0.5)) for x in (0.1, 0.6))


def ours(path: Path, seconds: int) -> tuple[float, int]:
    """Seconds of the processor, and bytes made."""
    before, size = time.process_time(), 0
    for at in range(0, seconds, 2):
        span = {"start": at * SECOND, "end": (at + 2) * SECOND}
        size += len(clips.clip(path, ClipRequest(what="clip", segment="x", masks=MASKS, **span), lambda: False))
    return time.process_time() - before, size


def theirs(path: Path, program: str, out: Path) -> tuple[float, int]:
    """The same by ffmpeg."""
    boxes = ",".join(f"drawbox=iw*{x}:ih*0.1:iw*0.25:ih*0.4:0x303030:fill" for x in (0.1, 0.6))
    argv = [
        program, "-v", "error", "-y", "-threads", "1", "-filter_threads", "1", "-i", str(path),
        "-vf", f"scale=1280:720:flags=area,{boxes}", "-c:v", "libx264", "-threads", "1", "-preset", "ultrafast",
        "-tune", "zerolatency", "-crf", "24", "-maxrate", "2500k", "-bufsize", "2500k", "-g", "50",
        "-x264-params", "scenecut=0:bframes=0:sliced-threads=0", "-fps_mode", "passthrough", "-f", "mp4", str(out),
    ]  # fmt: skip
    before = os.times()
    subprocess.run(argv, check=True)
    used = os.times()
    spent = used.children_user + used.children_system - before.children_user - before.children_system
    return spent, out.stat().st_size


def measure(codec: str, seconds: int, rounds: int) -> None:
    """Prints the table."""
    program = shutil.which("ffmpeg")
    with tempfile.TemporaryDirectory() as folder:
        recordings = Recordings(Path(folder) / "recordings")
        extra = (("preset", "veryfast"), ("b", "2500k"), ("maxrate", "2500k"), ("bufsize", "5M"))
        units = encode(codec, size=SIZE, frames=250, gop=50, extra=extra)
        recordings.record(codec, looped(units, seconds // 10), START, SIZE)
        recordings.close()
        (path,) = recordings.files()
        print(f"{codec}, {seconds} s, {path.stat().st_size * 8 / seconds / 1e6:.1f} Mbit/s")
        spent: dict[str, list[tuple[float, int]]] = {}
        for _ in range(rounds):
            spent.setdefault("ours", []).append(ours(path, seconds))
            if program is not None:
                spent.setdefault("ffmpeg", []).append(theirs(path, program, Path(folder) / "out.mp4"))
        for name, each in spent.items():
            times = [seconds / cpu for cpu, _ in each]
            rate = each[0][1] * 8 / seconds / 1e6
            print(f"{name:8} {statistics.median(times):5.2f} times real time on a core "
                  f"({min(times):.2f} to {max(times):.2f}), {rate:.2f} Mbit/s")  # fmt: skip


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--codec", choices=("h264", "hevc"), default="h264")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    measure(arguments.codec, arguments.seconds, arguments.rounds)
