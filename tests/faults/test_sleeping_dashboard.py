"""Row 22: dashboards that stand still or read slowly, amid so many events that keeping them for anybody would show.

Web is a process of its own, and so are those that sleep: SIGSTOP stops them as a closed laptop does. What an hour
brings, and more than web keeps in memory, comes in a short time; that they are let go is waited for.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.support.alert_house import House, house, judge, owed, watching
from tests.support.alert_watcher import Watcher
from tests.support.figures import Figures
from tests.support.waiting import until
from web.events.feed import RING_BYTES

pytestmark = [pytest.mark.faults, pytest.mark.timeout(1200)]
#: Alerts a second, and how large each is made: more than web keeps in memory comes soon.
RATE, BULK = 50.0, 15_000
AWAKE, SLOW = 5, 3
MIB = 2**20


class Sleepers:
    """Clients in processes of their own."""

    def __init__(self, processes: Sequence[subprocess.Popen[str]]) -> None:
        self._processes = processes

    def reports(self) -> list[dict[str, Any]]:
        """Of each client what it was told."""
        return [one for process in self._processes for one in _asked(process, "")]

    def signal(self, number: int) -> None:
        for process in self._processes:
            process.send_signal(number)


def _asked(process: subprocess.Popen[str], said: object) -> list[dict[str, Any]]:
    _say(process, said)
    assert process.stdout is not None
    found: list[dict[str, Any]] = json.loads(process.stdout.readline())
    return found


def _say(process: subprocess.Popen[str], said: object) -> None:
    assert process.stdin is not None
    process.stdin.write(json.dumps(said) + "\n")
    process.stdin.flush()


@contextlib.contextmanager
def sleepers(one: House, processes: int, clients: int) -> Iterator[Sleepers]:
    """So many processes with so many ``clients`` each; they are gone afterwards."""
    command = [sys.executable, "-m", "tests.support.alert_sleeper", one.base.replace("http", "ws"), str(clients)]
    with contextlib.ExitStack() as stack:
        found = []
        for _ in range(processes):
            process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8")
            stack.enter_context(process)
            stack.callback(process.kill)
            _say(process, one.login())
            found.append(process)
        yield Sleepers(found)


async def test_who_sleeps_is_let_go_and_catches_up(tmp_path: Path, long: bool, figure: Figures) -> None:
    processes, clients = (9, 50) if long else (1, 10)
    with house(tmp_path) as one, sleepers(one, processes, clients) as asleep:
        awake, slow = one.watchers(AWAKE), one.watchers(SLOW)
        for client in slow:
            client.slow_s = 0.1  # a fifth of what comes
        async with watching([*awake, *slow], None):
            one.start_source(RATE, BULK)
            await until(lambda: all(found["told"] for found in asleep.reports()), 30, "everybody listens")
            if long:  # what web keeps for all has its full size
                await until(lambda: awake[0].seq * BULK > RING_BYTES, 120, "memory holds as many events as it may")
            asleep.signal(signal.SIGSTOP)
            stopped, seq, before = time.time(), awake[0].seq, one.memory()
            await until(lambda: one.sockets() <= AWAKE + SLOW, 90, "those who sleep are let go")
            let_go = time.time() - stopped
            # In the long form more than memory holds, so that they are given it from the table.
            enough = (2 if long else 0.3) * RING_BYTES / BULK
            await until(lambda: awake[0].seq - seq > enough, 300, "an hour's events came")
            memory, slept, missed = one.memory() - before, time.time() - stopped, awake[0].seq - seq
            asleep.signal(signal.SIGCONT)
            for client in slow:
                client.slow_s = 0
            await asyncio.to_thread(one.end_source)
            dues = owed(one, [*awake, *slow])
            await until(lambda: all(due <= client.opened.keys() for client, due in dues), 60, "all is told to who woke")
            count = len(dues[0][1])
            back = time.time()
            await until(lambda: all(found["told"] >= count for found in asleep.reports()), 120, "who slept has it all")
            caught_up = time.time() - back
            reports = asleep.reports()
        judge(one, [*awake, *slow])
        for found in reports:
            assert not found["wrong"], found["wrong"][:5]
            assert found["digest"] == awake[0].report()["digest"]
            assert found["connections"] > 1
        # Kept for each it would be the clients' number times the events' bytes.
        kept = processes * clients * missed * BULK
        assert memory < kept / 4, f"{memory / MIB:.0f} MiB more"
        figure(
            22,
            "dashboards that sleep",
            f"let go {let_go:.0f} s after their stop; {missed} events of {BULK // 1000} kB missed in {slept:.0f} s, "
            f"web {memory / MIB:+.0f} MiB; the last had all {caught_up:.0f} s after those awake; who reads slowly came "
            f"back {max(client.connections for client in slow) - 1} times; each alert once on all; to those awake p95 "
            f"{_p95(one, awake, stopped):.0f} ms",
            "evicted; memory flat; all of it once",
            f"{len(reports)} asleep, {SLOW} slow, {AWAKE} awake",
        )


def _p95(one: House, awake: Sequence[Watcher], since: float) -> float:
    raised = {id_: at for id_, (_, at) in one.announced().items() if at >= since}
    delays = sorted(client.opened[id_] - at for client in awake for id_, at in raised.items())
    return 1000 * delays[int(0.95 * len(delays))]
