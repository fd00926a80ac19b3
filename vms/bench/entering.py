"""From the moment in which a drawn person enters a camera's picture to each websocket: the whole way.

Belongs here: when who enters, detector and web as processes, what was told of it. Not here: the streams (``load``), the
clients (``dashboards``), alerts without a camera (``telling``).
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vms.bench.analysing import Heard, camera, ready
from vms.bench.load import Load, load
from vms.bench.sides import running
from vms.bench.streams import DRAWN
from vms.bench.telling import CLIENTS_A_SESSION, Moments, dashboards, quantile, web
from vms.bus import subjects
from vms.bus.connection import Bus
from vms.demo.scenes import FPS, Scene
from vms.domain.errors import VmsError
from vms.supervisor.broker import Broker

#: Once all are seen, those who were there already are told of; that is not counted.
SETTLE_S = 8.0
#: An alert that comes so long after somebody entered is of no use to that entry.
LATE_S = 5.0


@dataclass(frozen=True, slots=True)
class Entered:
    """Milliseconds from the due moment of the first frame that shows anything of a person to each client's receipt.

    ``missed``: entries of which no alert came within ``LATE_S``.
    """

    cameras: int
    clients: int
    entries: int
    missed: int
    p50: float
    p95: float
    p99: float
    most: float


def entries(scene: Scene) -> list[int]:
    """Frames of its loop in which somebody is there, and nobody was in the frame before."""
    there = [bool(scene.truth(index)) for index in range(scene.frames)]
    return [index for index, now in enumerate(there) if now and not there[index - 1]]


async def entering(loop: Path, cameras: int, clients: int, seconds: float, folder: Path, model: str) -> Entered:
    """``cameras`` that show ``loop``, the whole drawn scene at ``FPS``, for ``seconds``."""
    with load(loop, cameras, fps=FPS) as source:
        wanted: list[dict[str, Any]] = [camera(name, source.url(name), armed=True) for name in source.cameras]
        for one in wanted:
            one["rules"][0]["rearm_s"] = 1  # they come again after little more than that
        facility = {
            "facility": {"name": "bench"}, "detector": {"model": model},
            "sites": [{"id": "bench", "name": "bench", "cameras": wanted}],
        }  # fmt: skip
        with web(folder, facility) as one_web:
            address = one_web.broker.addresses["detector"]
            env = {**os.environ, "VMS_NATS_URL": address.core, "VMS_NATS_BULK_URL": address.bulk}
            command = [sys.executable, "-m", "vms", "detector", "--data", str(folder)]
            cookies = await asyncio.to_thread(one_web.cookies, -(-clients // CLIENTS_A_SESSION))
            with (folder / "detector.log").open("wb") as log, running(command, env=env, log=log) as detector:
                await _until_seen(one_web.broker, cameras, detector)
                await asyncio.sleep(SETTLE_S)
                with dashboards(one_web.port, "/ws/alerts", clients, cookies) as told:
                    begun = time.monotonic()
                    await asyncio.sleep(seconds + LATE_S)
                    found = await asyncio.to_thread(told)
                if detector.poll() is not None:
                    raise VmsError("the detector ended while it was measured")
    return _judged(source, clients, found, begun, begun + seconds)


async def _until_seen(broker: Broker, cameras: int, detector: subprocess.Popen[bytes]) -> None:
    bus, heard = await Bus.connect(broker.addresses["web"], "bench", role="web"), Heard()
    try:
        await bus.follow(subjects.BUCKET_STATE, heard.state)
        await ready(heard, cameras, detector)
    finally:
        await bus.close()


def _judged(source: Load, clients: int, found: Moments, begin: float, end: float) -> Entered:
    waits: list[float] = []
    count = missed = 0
    for name, origin in source.origins.items():
        of_camera = sorted(sorted(times) for key, times in found.items() if key.split()[0] == name)
        for at in _moments(origin, begin, end):
            count += 1
            first = next((times for times in of_camera if at < times[0] < at + LATE_S), None)
            missed += first is None
            waits += [] if first is None else [1000 * (one - at) for one in first]
    if not waits:
        raise VmsError("not one alert was raised of those who entered")
    waits.sort()
    p50, p95, p99 = (quantile(waits, share) for share in (0.5, 0.95, 0.99))
    return Entered(len(source.origins), clients, count, missed, p50, p95, p99, waits[-1])


def _moments(origin: float, begin: float, end: float) -> Iterator[float]:
    frames: Sequence[int] = entries(DRAWN)
    length = DRAWN.frames / FPS
    for turn in range(int((begin - origin) / length), int((end - origin) / length) + 1):
        for frame in frames:
            at = origin + turn * length + frame / FPS
            if begin < at < end:
                yield at
