"""The programs that are compared, started on the load's streams and ended when it is over."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from vms.bench.load import Load
from vms.bus.connection import Bus, BusAddress
from vms.domain.errors import VmsError
from vms.domain.messages import ConfigRevision
from vms.supervisor.broker import prepare

#: The streams are over: so long may the last files take.
END_S = 30.0


@dataclass(frozen=True, slots=True)
class Side:
    """Its processes while they run; ``finish`` waits until what came is in its files."""

    processes: tuple[subprocess.Popen[bytes], ...]
    bus: tuple[int, ...]
    finish: Callable[[], None]

    @property
    def pids(self) -> list[int]:
        """Of the processes that are measured."""
        return [process.pid for process in self.processes]

    def ended(self) -> int:
        """How many run no more."""
        return sum(process.poll() is not None for process in self.processes)


@contextlib.contextmanager
def recorder(source: Load, folder: Path) -> Iterator[Side]:
    """``vms recorder`` as the supervisor starts it, with a bus of its own."""
    cameras = [
        {"id": name, "name": name, "placement": "corridor", "streams": {"main": source.url(name)}}
        for name in source.cameras
    ]
    facility = {"facility": {"name": "bench"}, "sites": [{"id": "bench", "name": "bench", "cameras": cameras}]}
    cache = folder / "cache" / "config-recorder.json"
    cache.parent.mkdir()
    cache.write_bytes(ConfigRevision(revision=1, at=datetime.now(UTC), facility=facility).encode())
    bus = prepare(folder)
    address = bus.addresses["recorder"]
    env = {**os.environ, "VMS_NATS_URL": address.core, "VMS_NATS_BULK_URL": address.bulk}
    command = [sys.executable, "-m", "vms", "recorder", "--data", str(folder)]
    with contextlib.ExitStack() as stack:
        log = stack.enter_context((folder / "log").open("wb"))
        nats = stack.enter_context(running(bus.argv, env=bus.env, log=log))
        asyncio.run(_make_storage(bus.addresses["web"]))
        process = stack.enter_context(running(command, env=env, log=log))

        def finish() -> None:
            _wait(lambda: not list(folder.rglob("*.part")), "the recorder closed its files")
            process.send_signal(signal.SIGTERM)
            process.wait(END_S)

        yield Side((process,), (nats.pid,), finish)


async def _make_storage(address: BusAddress) -> None:
    """What web makes where there is one."""
    bus = await Bus.connect(address, "bench", role="web")
    await bus.keep_storage()
    await bus.close()


@contextlib.contextmanager
def ffmpegs(source: Load, folder: Path) -> Iterator[Side]:
    """One process a camera that copies into files of a minute: without syncs, hashes, journal or reconnection."""
    with contextlib.ExitStack() as stack:
        log = stack.enter_context((folder / "log").open("wb"))
        processes = []
        for name in source.cameras:
            words = ["ffmpeg", "-nostdin", "-loglevel", "error", "-rtsp_transport", "tcp", "-i", source.url(name)]
            words += ["-an", "-c", "copy", "-f", "segment", "-segment_time", "60", "-segment_atclocktime", "1"]
            words += ["-reset_timestamps", "1", str(folder / f"{name}-%03d.mp4")]
            processes.append(stack.enter_context(running(words, log=log)))

        def finish() -> None:
            _wait(lambda: all(process.poll() is not None for process in processes), "each ffmpeg closed its file")

        yield Side(tuple(processes), (), finish)


@contextlib.contextmanager
def running(
    command: tuple[str, ...] | list[str], *, log: object, env: dict[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A process that is gone afterwards; what it says goes to ``log``."""
    with subprocess.Popen(command, env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log) as process:  # type: ignore[call-overload]
        try:
            yield process
        finally:
            process.kill()


def _wait(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + END_S
    while not condition():
        if time.monotonic() > deadline:
            raise VmsError(f"not within {END_S:g} s: {what}")
        time.sleep(0.1)
