"""What trying a rule out costs: ``python -m tests.bench.tryouts [--minutes 60] [--share 0.1] [--input-px 640]``.

A real bus, the role as a process, 1080p at 25 a second with a key frame every 2 s in files of a minute: an empty room,
and one in which somebody walks about for a share of each minute. CPU is that of the process at work.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import tempfile
import time
from pathlib import Path

import nats

from tests.support.footage import looped
from tests.support.nats_bus import nats_server
from tests.support.recorded import Recordings
from tests.support.renderer_rig import renderer
from tests.support.trying import START, Trying
from tests.support.visits import filmed

SIZE, FPS, MINUTE_S = (1920, 1080), 25, 60


async def measure(minutes: int, share: float, model: str, input_px: int | None) -> None:
    """Prints a line for each of the rooms."""
    models = os.environ.get("VMS_MODELS_DIR")
    for name, busy_s in (("empty", 0.0), (f"{share:.0%} of the time somebody", share * MINUTE_S)):
        with tempfile.TemporaryDirectory() as folder, nats_server(Path(folder) / "nats") as server:
            data = Path(folder) / "data"
            recordings = Recordings(data / "recordings")
            minute = filmed([(10.0, 10.0 + busy_s)], MINUTE_S, size=SIZE, fps=FPS)
            recordings.record("h264", looped(minute, minutes, FPS), START, SIZE)
            recordings.close()
            with renderer(data, server, Path(models) if models else None):
                client = await nats.connect(server.url)
                trying = Trying(client)
                await trying.until_it_listens()
                used, begun = os.times(), time.monotonic()
                one = await trying.over(
                    await trying.start(minutes * MINUTE_S, model=model, input_px=input_px), within_s=1800
                )
                took_s = time.monotonic() - begun
                await client.close()
            cpu_s = sum(os.times()[2:4]) - sum(used[2:4])  # of those that have ended: the role, and who was at work
            speed = one.looked_s / took_s
            print(
                f"{name:28} {one.state} {one.model} {minutes} min in {took_s:.1f} s ({speed:.0f}×), CPU {cpu_s:.1f} s"
            )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=int, default=60)
    parser.add_argument("--share", type=float, default=0.1)
    parser.add_argument("--model", default="default")
    parser.add_argument("--input-px", type=int, default=None)
    arguments = parser.parse_args()
    asyncio.run(measure(arguments.minutes, arguments.share, arguments.model, arguments.input_px))
