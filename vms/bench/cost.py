"""What processes cost, by the kernel's accounting: CPU time and memory of process trees. Nothing is estimated."""

from __future__ import annotations

import contextlib
import platform
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import psutil


@dataclass(frozen=True, slots=True)
class Cost:
    """Of some programs over a while. CPU in percent of one core, memory in bytes at the end."""

    cpu: float
    user: float
    system: float
    rss: int
    pss: int  # pages that several processes share are counted to each by its part
    processes: int


@dataclass(frozen=True, slots=True)
class Usage:
    """Of some process trees together, now. CPU in seconds since they began, memory in bytes, ``at`` monotonic."""

    at: float
    user: float
    system: float
    rss: int
    pss: int
    processes: int

    def since(self, before: Usage) -> Cost:
        """What was used between the two."""
        span = (self.at - before.at) / 100
        user, system = (self.user - before.user) / span, (self.system - before.system) / span
        return Cost(user + system, user, system, self.rss, self.pss, self.processes)


def usage(pids: Iterable[int]) -> Usage:
    """Of the living processes ``pids`` and all their descendants."""
    at, user, system, rss, pss, count = time.monotonic(), 0.0, 0.0, 0, 0, 0
    for pid in pids:
        for process in [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]:
            with contextlib.suppress(psutil.NoSuchProcess):
                times, memory = process.cpu_times(), process.memory_full_info()
                user, system = user + times.user, system + times.system
                rss, pss, count = rss + memory.rss, pss + memory.pss, count + 1
    return Usage(at, user, system, rss, pss, count)


def machine() -> str:
    """Processor, cores and memory of this host, for people."""
    model = platform.machine()
    with contextlib.suppress(OSError, StopIteration):
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        model = next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    memory = psutil.virtual_memory().total / 2**30
    return f"{psutil.cpu_count()} cores ({model}), {memory:.0f} GiB, Python {platform.python_version()}"
