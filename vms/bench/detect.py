"""``vms bench detect``: the pipeline beside the bare model, what a camera costs idle and active, how soon alerts come.

CPU is the kernel's accounting of the detector's process; the cameras are real RTSP streams on loopback. Not here: how
each part is measured (``pipeline``, ``analysing``).
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from vms.bench.analysing import FPS, Alerted, Analysed, alerted, analysed
from vms.bench.cost import machine
from vms.bench.speed import Speed
from vms.bench.streams import encode_loop
from vms.domain.errors import ConfigurationError, VmsError
from vms.settings.environment import Environment

SIZE, BITRATE = (640, 360), 400_000
#: A whole drawn scene with its three visits; shorter where nothing happens.
ACTIVE_S, IDLE_S = 24, 6
ROUNDS, ROUND_S = 8, 2.0
#: The footage with known visits has one every 23 s: thirty alerts.
ALERT_CAMERAS, ALERT_S = 6, 120.0
VIDEOS = frozenset({".mp4", ".mkv", ".mov", ".avi", ".webm", ".m4v", ".ts"})


@dataclass(frozen=True, slots=True)
class Report:
    """A whole run; ``alerts`` is None without footage."""

    at: str
    machine: str
    seconds: float
    speeds: tuple[Speed, ...]
    analysed: tuple[Analysed, ...]
    alerts: Alerted | None


def footage(named: Sequence[Path], environment: Environment) -> list[Path]:
    """The videos to show: those named, else the folder's of ``VMS_DEMO_FOOTAGE``; raises ``ConfigurationError``."""
    for path in named:
        if not path.is_file():
            raise ConfigurationError(f"--video {path} is no file")
    if named or environment.demo_footage is None:
        return list(named)
    # Those with known visits alone: in the others somebody is there all the time, and nobody enters.
    files = [path for path in sorted(environment.demo_footage.iterdir()) if path.suffix.lower() in VIDEOS]
    return [path for path in files if path.with_suffix(".presence.csv").is_file()] or files


def measure(idle: int, active: int, seconds: float, videos: Sequence[Path], model: str) -> Report:
    """All parts one after the other; takes about six minutes.

    Raises ``ConfigurationError`` for a video that is not there, ``VmsError`` when a part cannot be measured.
    """
    shown = footage(videos, Environment.read(Path()))
    with tempfile.TemporaryDirectory(prefix="vms-bench-") as name:
        folder = Path(name)
        moving, quiet = folder / "active.mp4", folder / "idle.mp4"
        encode_loop(moving, SIZE, BITRATE, FPS, ACTIVE_S)
        encode_loop(quiet, SIZE, BITRATE, FPS, IDLE_S, empty=True)
        cores = len(os.sched_getaffinity(0))
        ways = sorted({(1, 1), (cores, max(1, cores - 1)), (cores, cores)})
        speeds = tuple(_speed(moving, folder, model, *way) for way in ways)
        for part in ("quiet", "armed", "moving", "alerts"):
            (folder / part).mkdir()
        costs = (
            asyncio.run(analysed("idle", quiet, idle, seconds, folder / "quiet", model)),
            asyncio.run(analysed("idle, armed", quiet, idle, seconds, folder / "armed", model, armed=True)),
            asyncio.run(analysed("active", moving, active, seconds, folder / "moving", model)),
        )
        alerts = None
        if shown:
            alerts = asyncio.run(alerted(shown, ALERT_CAMERAS, max(ALERT_S, seconds), folder / "alerts", model))
    at = datetime.now(UTC).isoformat(timespec="seconds")
    return Report(at, machine(), seconds, speeds, costs, alerts)


def _speed(loop: Path, folder: Path, model: str, cores: int, threads: int) -> Speed:
    command = [sys.executable, "-m", "vms.bench.pipeline", str(loop), "--data", str(folder), "--model", model]
    command += ["--cores", str(cores), "--threads", str(threads)]
    command += ["--rounds", str(ROUNDS), "--seconds", str(ROUND_S)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=False, encoding="utf-8")
    if done.returncode != 0:
        raise VmsError(f"the pipeline on {cores} cores was not measured: it ended with code {done.returncode}")
    return Speed.decode(done.stdout)


def as_json(report: Report) -> str:
    """The report for programs, the ratios among it."""
    content = asdict(report)
    for one, speed in zip(content["speeds"], report.speeds, strict=True):
        one["ratio"] = speed.ratio
    return json.dumps(content, indent=1)


def table(report: Report) -> str:
    """The report for people."""
    first = report.speeds[0]
    lines = [
        f"{first.model}, {first.precision}, {first.size[0]}x{first.size[1]}; {report.machine}; {report.at}",
        "",
        f"decoded frames -> tracks beside the bare model, {ROUNDS} rounds of {ROUND_S:g} s in turns",
        _row("", "pictures/s", "bare", "ratio", "of rounds", "CPU ms", "bare", "ratio"),
    ]
    for one in report.speeds:
        name = f"{one.cores} core{'s' * (one.cores > 1)}, {one.threads} for the model, batch {one.batch}"
        ours, bare = statistics.median(one.ours), statistics.median(one.bare)
        lines.append(
            _row(
                name,
                f"{ours:.1f}",
                f"{bare:.1f}",
                f"{one.ratio:.2f}",
                f"{min(one.ratios):.2f}-{max(one.ratios):.2f}",
                f"{one.ours_cpu_ms:.2f}",
                f"{one.bare_cpu_ms:.2f}",
                f"{one.bare_cpu_ms / one.ours_cpu_ms:.2f}",
            )
        )
    lines += [
        "",
        f"the detector on real streams, {SIZE[0]}x{SIZE[1]}, {FPS} fps, a key frame every 2 s; {report.seconds:g} s",
        _row("", "CPU a camera", "PSS in all", "looked at", "inferred", "dropped", "nats-server"),
        _row("", "% of a core", "MiB", "a second", "a second", "", "% of a core"),
    ]
    for kind in report.analysed:
        lines.append(
            _row(
                f"{kind.cameras} cameras, {kind.name}",
                f"{kind.cost.cpu / kind.cameras:.2f}",
                f"{kind.cost.pss / 2**20:.0f}",
                f"{kind.sampled_fps:.2f}",
                f"{kind.inferred_fps:.2f}",
                str(kind.dropped),
                f"{kind.bus.cpu:.1f}",
            )
        )
    return "\n".join([*lines, "", _alerts(report.alerts)])


def _alerts(alerts: Alerted | None) -> str:
    if alerts is None:
        return "alerts: skipped, no footage in which persons come and go; name some with --video or VMS_DEMO_FOOTAGE"
    if not alerts.latencies:
        return f"alerts: none was raised in {alerts.seconds:g} s on {alerts.cameras} cameras"
    p50, p95, most = (1000 * value for value in (alerts.quantile(0.5), alerts.quantile(0.95), max(alerts.latencies)))
    return (
        f"picture's arrival -> alert read from ALERTS: {len(alerts.latencies)} alerts of {alerts.cameras} cameras, "
        f"p50 {p50:.0f} ms, p95 {p95:.0f} ms, most {most:.0f} ms"
    )


def _row(name: str, *cells: str) -> str:
    return f"{name:<38}" + "".join(f"{cell:>14}" for cell in cells)
