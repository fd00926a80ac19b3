"""The detector as a process on real streams with a bus of its own: what it costs, and how soon an alert is on the bus.

Belongs here: starting it, what is heard of it. Not here: the streams (``load``, ``vms.demo``), the report (``detect``).
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nats.aio.msg import Msg

from vms.bench.cost import Cost, usage
from vms.bench.load import load
from vms.bench.sides import running
from vms.bus import subjects
from vms.bus.connection import Bus
from vms.domain.errors import BusError, VmsError
from vms.domain.messages import AlertEvent, ConfigRevision, DetectorState
from vms.supervisor.broker import prepare

#: Until all cameras are seen and the model's precision is measured; then until rates and caches have settled.
READY_S, SETTLE_S = 90.0, 12.0
#: Alerts of the first seconds are of those who were there already, told while all cameras begin at once.
FIRST_S = 8.0
FPS = 10


@dataclass(frozen=True, slots=True)
class Analysed:
    """Cameras of one kind over a while: cost of the detector and its bus, rates of one camera, what was dropped."""

    name: str
    cameras: int
    cost: Cost
    bus: Cost
    sampled_fps: float
    inferred_fps: float
    persons: float
    dropped: int


@dataclass(frozen=True, slots=True)
class Alerted:
    """Alerts that opened, and seconds from the arrival of the picture that opened each to its reading from ALERTS.

    A picture's arrival is its own time on the axis whose zero is the least delay of the stream's first two seconds, so
    that waiting in the camera's server or the kernel counts as well.
    """

    cameras: int
    seconds: float
    latencies: tuple[float, ...]

    def quantile(self, share: float) -> float:
        """Of the latencies, by rank."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


@dataclass(slots=True)
class Heard:
    """What came over the bus."""

    states: dict[str, DetectorState] = field(default_factory=dict)
    opened: list[tuple[float, AlertEvent]] = field(default_factory=list)  # UTC seconds of the receipt

    async def state(self, msg: Msg) -> None:
        one = DetectorState.model_validate_json(msg.data)
        self.states[one.camera] = one

    async def alert(self, msg: Msg) -> None:
        now = time.time()
        one = AlertEvent.model_validate_json(msg.data)
        if one.event == "opened":
            self.opened.append((now, one))


@dataclass(frozen=True, slots=True)
class Running:
    """A detector at work."""

    pid: int
    bus: int
    heard: Heard
    log: Path


def camera(name: str, url: str, *, armed: bool) -> dict[str, Any]:
    """A camera of the facility file; an ``armed`` one's whole picture is a zone that nobody may enter."""
    plain = {"id": name, "name": name, "placement": "corridor", "streams": {"main": url, "sub": url}}
    if not armed:
        return plain
    return {
        **plain,
        "zones": [{"id": "all", "kind": "restricted", "polygon": [[0, 0], [1, 0], [1, 1], [0, 1]]}],
        "rules": [{"id": "breach", "kind": "zone_breach", "zone": "all", "dwell_s": 0, "rearm_s": 2}],
    }  # fmt: skip


@contextlib.asynccontextmanager
async def detector(folder: Path, cameras: Sequence[dict[str, Any]], model: str) -> AsyncIterator[Running]:
    """``vms detector`` as the supervisor starts it, once every camera is seen; gone afterwards."""
    facility = {
        "facility": {"name": "bench"}, "detector": {"model": model},
        "sites": [{"id": "bench", "name": "bench", "cameras": list(cameras)}],
    }  # fmt: skip
    cache = folder / "cache" / "detector-all.json"
    cache.parent.mkdir(parents=True)
    cache.write_bytes(ConfigRevision(revision=1, at=datetime.now(UTC), facility=facility).encode())
    broker = prepare(folder)
    address = broker.addresses["detector"]
    env = {**os.environ, "VMS_NATS_URL": address.core, "VMS_NATS_BULK_URL": address.bulk}
    command = [sys.executable, "-m", "vms", "detector", "--data", str(folder)]
    heard = Heard()
    with (folder / "log").open("wb") as log, running(broker.argv, env=broker.env, log=log) as nats:
        bus = await Bus.connect(broker.addresses["web"], "bench", role="web")
        try:
            await bus.ensure_storage()
            await bus.follow(subjects.BUCKET_STATE, heard.state)
            await bus.js.subscribe("vms.v1.*.*.alert", stream=subjects.STREAM_ALERTS, cb=heard.alert,
                                   ordered_consumer=True)  # fmt: skip
            with running(command, env=env, log=log) as process:
                await ready(heard, len(cameras), process)
                yield Running(process.pid, nats.pid, heard, folder / "log")
                if process.poll() is not None:
                    raise VmsError("the detector ended while it was measured")
        finally:
            with contextlib.suppress(BusError):
                await bus.close()


async def ready(heard: Heard, cameras: int, process: subprocess.Popen[bytes]) -> None:
    """Once every camera is seen and the model timed; ``VmsError`` when that takes too long."""
    deadline = time.monotonic() + READY_S
    while True:
        states = list(heard.states.values())
        if len(states) == cameras and all(
            one.status == "online" and (one.picture_ms or one.fallback) for one in states
        ):
            return
        if process.poll() is not None:
            raise VmsError(f"the detector ended with code {process.returncode}")
        if time.monotonic() > deadline:
            seen = sum(one.status == "online" for one in states)
            raise VmsError(f"{seen} of {cameras} cameras were analysed within {READY_S:g} s")
        await asyncio.sleep(0.2)


async def analysed(
    name: str, loop: Path, cameras: int, seconds: float, folder: Path, model: str, *, armed: bool = False
) -> Analysed:
    """``cameras`` cameras that send ``loop``, and what their analysis costs."""
    with load(loop, cameras, fps=FPS) as source:
        wanted = [camera(one, source.url(one), armed=armed) for one in source.cameras]
        async with detector(folder, wanted, model) as side:
            await asyncio.sleep(SETTLE_S)
            before, bus = usage([side.pid]), usage([side.bus])
            dropped = sum(one.samples_dropped for one in side.heard.states.values())
            await asyncio.sleep(seconds)
            cost, bus_cost = usage([side.pid]).since(before), usage([side.bus]).since(bus)
            states = list(side.heard.states.values())
    return Analysed(
        name, cameras, cost, bus_cost,
        statistics.fmean(one.sampled_fps for one in states),
        statistics.fmean(one.inferred_fps for one in states),
        statistics.fmean(one.person_count or 0 for one in states),
        sum(one.samples_dropped for one in states) - dropped,
    )  # fmt: skip


async def alerted(videos: Sequence[Path], cameras: int, seconds: float, folder: Path, model: str) -> Alerted:
    """Cameras that show footage in which persons come and go, until ``seconds`` are over."""
    with showing(videos, cameras, folder / "demo") as streams:
        wanted = [camera(name, url, armed=True) for name, url in streams.items()]
        async with detector(folder / "detector", wanted, model) as side:
            begun = time.time()
            await asyncio.sleep(FIRST_S + seconds)
            counted = [(at, one) for at, one in side.heard.opened if one.at.timestamp() > begun + FIRST_S]
    return Alerted(cameras, seconds, tuple(at - one.at.timestamp() for at, one in counted))


@contextlib.contextmanager
def showing(videos: Sequence[Path], cameras: int, data: Path) -> Iterator[dict[str, str]]:
    """The demo's cameras on ``videos``: the addresses of their sub streams by id, once all are ready."""
    command = [sys.executable, "-m", "vms.demo", "--cameras", str(cameras), "--data", str(data), "--video"]
    command += [str(video) for video in videos]
    with subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8") as process:
        try:
            streams: dict[str, str] = {}
            for line in process.stdout or ():
                event = json.loads(line)
                if event["event"] == "ready":
                    streams[event["camera"]] = event["sub"]
                elif event["event"] == "all_ready":
                    break
            else:
                raise VmsError("the cameras that show footage ended by themselves")
            yield streams
        finally:
            process.kill()
