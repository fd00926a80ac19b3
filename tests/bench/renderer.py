"""What pictures of the past cost: ``python -m tests.bench.renderer [--codec hevc] [--minutes 5]``.

A real bus, the role as a process, 1080p at 25 a second with a key frame every 2 s in files of a minute; asked at
random moments, one after the other as one viewer does.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics
import tempfile
import time
from pathlib import Path

import psutil

from tests.support.footage import encode, looped
from tests.support.nats_bus import nats_server
from tests.support.recorded import Recordings
from tests.support.renderer_rig import Asker, asking, refusal, renderer

START = 1_800_000_000.0
SIZE = (1920, 1080)


async def measure(codec: str, minutes: int, rounds: int) -> None:
    """Prints the table."""
    chance = random.Random(7)  # the same moments each time
    with tempfile.TemporaryDirectory() as folder, nats_server(Path(folder) / "nats") as server:
        data = Path(folder) / "data"
        recordings = Recordings(data / "recordings")
        extra = (("preset", "veryfast"), ("b", "2500k"), ("maxrate", "2500k"), ("bufsize", "5M"))
        units = encode(codec, size=SIZE, frames=250, gop=50, extra=extra)
        recordings.record(codec, looped(units, minutes * 6), START, SIZE)
        size = sum(path.stat().st_size for path in recordings.files())
        print(f"{codec}, {minutes} min, {size * 8 / minutes / 60 / 1e6:.1f} Mbit/s")
        recordings.close()
        with renderer(data, server) as process:
            role = psutil.Process(process.pid)
            async with asking(server) as asker:
                await asker.until_it_listens()
                print(f"{'idle':24} {_memory(role)}")
                moments = [START + chance.random() * (minutes * 60 - 1) for _ in range(rounds)]
                for what, width in (("frame", None), ("frame", 640), ("key", None), ("key", 640)):
                    before = _cpu(role)
                    took = [await _one(asker, at, what, width) for at in moments]
                    print(f"{what} {width or 'whole':>6}{'':12} {_times(took, _cpu(role) - before)}  {_memory(role)}")
                slots = [START + 10 * n + 5 for n in range(minutes * 6)]
                for said in ("made", "kept"):
                    begun, before = time.monotonic(), _cpu(role)
                    took = [await _one(asker, at, "thumbnail", None) for at in slots]
                    rate_s = len(took) / (time.monotonic() - begun)
                    print(f"thumbnails {said:13} {_times(took, _cpu(role) - before)}  {rate_s:.0f}/s  {_memory(role)}")


async def _one(asker: Asker, at: float, what: str, width: int | None) -> float:
    begun = time.monotonic()
    reply = await asker.ask(at, what, width=width)
    assert refusal(reply) is None, refusal(reply)
    return time.monotonic() - begun


def _cpu(role: psutil.Process) -> float:
    used = role.cpu_times()
    return used.user + used.system


def _times(seconds: list[float], cpu: float) -> str:
    slow = statistics.quantiles(seconds, n=20)[-1]
    each = f"CPU {cpu / len(seconds) * 1000:5.1f} ms each"
    return f"p50 {statistics.median(seconds) * 1000:6.1f} ms  p95 {slow * 1000:6.1f} ms  {each}"


def _memory(role: psutil.Process) -> str:
    used = role.memory_info()
    return f"RSS {used.rss / 2**20:.0f} MiB (address space {used.vms / 2**20:.0f})"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--codec", choices=("h264", "hevc"), default="h264")
    parser.add_argument("--minutes", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=100)
    arguments = parser.parse_args()
    asyncio.run(measure(arguments.codec, arguments.minutes, arguments.rounds))
