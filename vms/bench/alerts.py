"""``vms bench alerts``: how soon an alert is on every dashboard, from its raising and from what is to be seen.

Each part starts the service's roles as processes over folders of its own. Not here: how each is measured (``telling``,
``entering``).
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from vms.bench.analysing import camera
from vms.bench.cost import machine
from vms.bench.entering import Entered, entering
from vms.bench.streams import DRAWN, encode_loop
from vms.bench.telling import Told, past, relay, through, web
from vms.demo.scenes import FPS

#: The facility's cameras.
CAMERAS = 115
SIZE, BITRATE = (640, 360), 400_000


@dataclass(frozen=True, slots=True)
class Report:
    """A whole run; ``entered`` is empty where no cameras were wanted."""

    at: str
    machine: str
    seconds: float
    told: tuple[Told, ...]
    entered: tuple[Entered, ...]


def measure(
    clients: Sequence[int], rate: float, seconds: float, peer: bool, cameras: int, scene_s: float, model: str
) -> Report:
    """Each number of ``clients`` after the other, ``seconds`` each; ``VmsError`` when a part cannot be measured."""
    with tempfile.TemporaryDirectory(prefix="vms-bench-") as name:
        folder = Path(name)
        told = asyncio.run(_told(folder, clients, rate, seconds, peer))
        entered = []
        if cameras:
            loop = folder / "scene.mp4"
            encode_loop(loop, SIZE, BITRATE, FPS, DRAWN.frames // FPS)
            for count in clients:
                part = entering(loop, cameras, count, scene_s, folder / f"scene-{count}", model)
                entered.append(asyncio.run(part))
    at = datetime.now(UTC).isoformat(timespec="seconds")
    return Report(at, machine(), seconds, tuple(told), tuple(entered))


async def _told(folder: Path, clients: Sequence[int], rate: float, seconds: float, peer: bool) -> list[Told]:
    names = [f"cam-{number:03}" for number in range(CAMERAS)]
    some = [camera(name, "rtsp://127.0.0.1:9/main", armed=True) for name in names]
    facility = {"facility": {"name": "bench"}, "sites": [{"id": "bench", "name": "bench", "cameras": some}]}
    of_site = [("bench", name) for name in names]
    found = []
    with web(folder / "web", facility) as one:
        for count in clients:
            found.append(await through(one, count, rate, seconds, of_site))
    if peer:
        with relay(folder) as bare:
            for count in clients:
                found.append(await past(bare, count, rate, seconds, of_site))
    return found


def table(report: Report) -> str:
    """The report for people."""
    lines = [
        f"{report.machine}; {report.at}",
        "",
        f"an alert with its picture is raised -> its text is at each client, ms; {report.seconds:g} s each",
        _row("", "alerts/s", "p50", "p95", "p99", "most", "ratio p95", "lost", "doubled", "CPU web", "CPU bus"),
    ]
    peers = {(one.clients, one.rate): one.p95 for one in report.told if one.side != "service"}
    for one in report.told:
        bare = peers.get((one.clients, one.rate))
        ratio = "" if bare is None or one.side != "service" else f"{one.p95 / bare:.0f}"
        cells = [f"{one.rate:g}", *(f"{value:.1f}" for value in (one.p50, one.p95, one.p99, one.most)), ratio]
        cells += [str(one.lost), str(one.doubled), f"{one.web.cpu:.0f} %", f"{one.bus.cpu:.0f} %"]
        lines.append(_row(_named(one.side, one.clients), *cells))
    if report.entered:
        lines += ["", "the first of a person is in the picture -> the alert's text is at each client, ms"]
        lines.append(_row("", "cameras", "entries", "missed", "p50", "p95", "p99", "most"))
    for seen in report.entered:
        cells = [str(seen.cameras), str(seen.entries), str(seen.missed)]
        cells += [f"{value:.0f}" for value in (seen.p50, seen.p95, seen.p99, seen.most)]
        lines.append(_row(_named("service", seen.clients), *cells))
    return "\n".join(lines)


def _named(side: str, clients: int) -> str:
    return f"{side}, {clients} client{'s' * (clients > 1)}"


def _row(name: str, *cells: str) -> str:
    return f"{name:<26}" + "".join(f"{cell:>10}" for cell in cells)
