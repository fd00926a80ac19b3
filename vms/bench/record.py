"""``vms bench record``: our recorder beside one ``ffmpeg -c copy`` process a camera, same streams, one after the other.

CPU and memory are the kernel's accounting of each side's processes; frames are counted by the server that sends them
and again, with libav, in the files that each side left.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import av

from vms.bench.cost import Cost, machine, usage
from vms.bench.load import Load, load
from vms.bench.sides import Side, ffmpegs, recorder
from vms.bench.streams import Counts, encode_loop
from vms.domain.errors import ConfigurationError, VmsError

#: From the first packet of the last camera to the first reading: both sides have settled by then.
SETTLE_S = 8.0


@dataclass(frozen=True, slots=True)
class Half:
    """One side. ``sent``: frames that the server sent it, first to last; ``written``: those found in its files.

    ``rate`` is how many it sent a second and camera while the cost was measured: 25, unless the machine was too slow.
    ``said``: the errors in its log; a disk that is too slow says so there, and is why frames are lost.
    """

    name: str
    cost: Cost
    load: Cost
    bus: Cost | None
    rate: float
    sent: int
    written: int
    said: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """A whole run; the second half is the peer's, if it was wanted."""

    at: str
    machine: str
    cameras: int
    seconds: float
    halves: tuple[Half, ...]


def measure(cameras: int, seconds: float, peer: bool) -> Report:
    """Both sides; about 20 MB of files a camera and minute come and go in the folder for temporary files.

    Raises ``ConfigurationError`` where the peer is wanted and there is no ``ffmpeg``.
    """
    if peer and shutil.which("ffmpeg") is None:
        raise ConfigurationError("ffmpeg is not found: install it, or measure without the peer (--no-peer)")
    with tempfile.TemporaryDirectory(prefix="vms-bench-") as name:
        folder = Path(name)
        loop = folder / "loop.mp4"
        encode_loop(loop)
        halves = [_half("vms recorder", recorder, loop, folder / "ours", cameras, seconds)]
        if peer:
            halves.append(_half("ffmpeg -c copy", ffmpegs, loop, folder / "peer", cameras, seconds))
    at = datetime.now(UTC).isoformat(timespec="seconds")
    return Report(at, machine(), cameras, seconds, tuple(halves))


def _half(
    name: str,
    starting: Callable[[Load, Path], AbstractContextManager[Side]],
    loop: Path,
    folder: Path,
    cameras: int,
    seconds: float,
) -> Half:
    folder.mkdir()
    with load(loop, cameras) as source, starting(source, folder) as side:
        source.until_playing()
        time.sleep(SETTLE_S)
        groups = {"cost": side.pids, "load": [source.pid], "bus": side.bus}
        before = {key: usage(pids) for key, pids in groups.items()}
        frames, begun = _sent(source.counts()), time.monotonic()
        time.sleep(seconds)
        costs = {key: usage(pids).since(before[key]) for key, pids in groups.items()}
        rate = (_sent(source.counts()) - frames) / (time.monotonic() - begun) / cameras
        if ended := side.ended():
            raise VmsError(f"{name}: {ended} processes ended while they were measured")
        counts = source.finish()
        side.finish()
    again = sum(one.plays - 1 for one in counts.values())
    if again:
        raise VmsError(f"{name}: {again} sessions broke and began anew: this machine cannot carry {cameras} cameras")
    written = sum(_frames(file) for file in folder.rglob("*.mp4"))
    lines = (folder / "log").read_text(errors="replace").splitlines()
    said = tuple(line for line in lines if "ERROR" in line)[:5]
    shutil.rmtree(folder)
    bus = costs["bus"] if side.bus else None
    return Half(name, costs["cost"], costs["load"], bus, rate, _sent(counts), written, said)


def _sent(counts: dict[str, Counts]) -> int:
    return sum(one.frames for one in counts.values())


def _frames(file: Path) -> int:
    with av.open(str(file)) as container:
        return sum(1 for packet in container.demux(video=0) if packet.size)


def table(report: Report) -> str:
    """The report for people."""
    ours, *peers = report.halves
    lines = [
        f"{report.cameras} cameras, 1920x1080, 25 fps, H.264 of 2.5 Mbit/s, a key frame every 2 s, RTSP over TCP on "
        f"loopback; {report.seconds:g} s each; {report.machine}; {report.at}",
        "",
    ]
    rows = [
        ("processes", [str(half.cost.processes) for half in report.halves], ""),
        _row(report, "CPU a camera, % of a core", lambda half: half.cost.cpu, ".3f"),
        _row(report, "CPU a camera, % of a core, user", lambda half: half.cost.user, ".3f"),
        _row(report, "CPU a camera, % of a core, system", lambda half: half.cost.system, ".3f"),
        _row(report, "CPU a frame, µs", lambda half: 1e4 * half.cost.cpu / half.rate, ".0f"),
        _row(report, "memory a camera (PSS), MiB", lambda half: half.cost.pss / 2**20, ".2f"),
        _row(report, "memory a camera (RSS), MiB", lambda half: half.cost.rss / 2**20, ".2f"),
        ("frames a second and camera, measured", [f"{half.rate:.1f}" for half in report.halves], ""),
        ("frames sent", [str(half.sent) for half in report.halves], ""),
        ("frames written", [str(half.written) for half in report.halves], ""),
        ("frames lost", [str(half.sent - half.written) for half in report.halves], ""),
        ("beside it: the cameras' server, % of a core", [f"{half.load.cpu:.1f}" for half in report.halves], ""),
        ("beside it: nats-server, % of a core", [f"{h.bus.cpu:.1f}" if h.bus else "-" for h in report.halves], ""),
    ]
    head = ["", ours.name, *(half.name for half in peers)] + (["ratio"] if peers else [])
    for row in [head, *([name, *cells] + ([ratio] if peers else []) for name, cells, ratio in rows)]:
        lines.append(f"{row[0]:<44}" + "".join(f"{cell:>17}" for cell in row[1:]))
    return "\n".join([*lines, *(f"{half.name}: {line}" for half in report.halves for line in half.said)])


def _row(report: Report, name: str, read: Callable[[Half], float], form: str) -> tuple[str, list[str], str]:
    values = [read(half) / report.cameras for half in report.halves]
    ratio = f"{values[0] / values[1]:.2f}" if len(values) > 1 and values[1] else ""
    return name, [format(value, form) for value in values], ratio
