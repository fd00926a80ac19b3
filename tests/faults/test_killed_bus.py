"""Row 21: the bus, web, or the whole host killed amid a burst of alerts: each is told exactly once to each who listens.

A worker raises a hundred a second through the product's outbox and notes which the bus acknowledged; fifty clients
leave and come back at random, some may know of one site alone. Nothing is read but what comes over their websockets.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import pytest

from tests.support.alert_house import House, house, judge, latest, now, owed, watching
from tests.support.alert_watcher import Watcher
from tests.support.figures import Figures
from tests.support.waiting import until

pytestmark = [pytest.mark.faults, pytest.mark.timeout(1800)]
RATE = 100.0
CLIENTS, OF_ONE_SITE = 50, 5
SEED = 2026
Kill = Callable[[House, random.Random], Awaitable[None]]


async def the_bus(one: House, chance: random.Random) -> None:
    one.bus.kill()
    await asyncio.sleep(chance.uniform(0, 1))
    await asyncio.to_thread(one.bus.start)


async def web(one: House, chance: random.Random) -> None:
    one.kill_web()
    await asyncio.sleep(chance.uniform(0, 0.5))
    one.start_web()


async def the_host(one: House, chance: random.Random) -> None:
    """All three at once, the worker that raises the alerts as well."""
    one.bus.kill()
    one.kill_web()
    one.kill_source()
    one.start_source(RATE)  # in whatever order they begin
    await asyncio.sleep(chance.uniform(0, 0.5))
    one.start_web()
    await asyncio.to_thread(one.bus.start)


async def burst(one: House, kill: Kill, times: int, figure: Figures, name: str) -> None:
    chance = random.Random(SEED)
    clients = await asyncio.to_thread(one.watchers, CLIENTS, OF_ONE_SITE)
    steady = await asyncio.to_thread(one.watchers, 1)
    back: list[float] = []
    async with watching(clients, SEED), watching(steady, None):
        one.start_source(RATE)
        await until(lambda: steady[0].opened, 30, "the first alert is told")
        for _ in range(times):
            await asyncio.sleep(chance.uniform(0.5, 2.5))
            await kill(one, chance)
            back.append(now())
            # The next kill comes once something was told again, sometimes while the most still waits.
            await until(lambda: max(steady[0].opened.values()) > back[-1], 60, "alerts are told again")
        await asyncio.sleep(chance.uniform(0.5, 2))
        await asyncio.to_thread(one.end_source)
        dues = owed(one, [*clients, *steady])
        await until(
            lambda: all(due <= client.opened.keys() for client, due in dues), 60, "everything is told to everybody"
        )
    judge(one, [*clients, *steady])
    _report(one, clients, steady, back, figure, name)


def _report(
    one: House, clients: Sequence[Watcher], steady: Sequence[Watcher], back: Sequence[float], figure: Figures, name: str
) -> None:
    announced = one.announced()
    waited = [latest(one, list(steady), moment) - moment for moment in back]
    worst, median = max(waited), sorted(waited)[len(waited) // 2]
    delays = sorted(at - announced[id_][1] for id_, at in steady[0].opened.items())
    figure(
        21,
        f"{name} killed during {RATE:.0f} alerts/s",
        f"{len(set(one.acknowledged()))} alerts, on each of {CLIENTS + 1} websockets once, in order; "
        f"{sum(client.connections for client in clients)} connections; "
        f"all raised before it was back told after {worst:.1f} s at worst, median {median:.1f} s; "
        f"raised → told p50 {1000 * delays[len(delays) // 2]:.0f} ms",
        "each exactly once, in order per camera",
        f"× {len(back)}",
    )


@pytest.mark.parametrize(
    ("kill", "name", "times"), [(the_bus, "bus", 20), (web, "web", 10), (the_host, "bus, web and worker", 10)]
)
async def test_each_alert_is_told_once(
    tmp_path: Path, kill: Kill, name: str, times: int, long: bool, figure: Figures
) -> None:
    with house(tmp_path) as one:
        await burst(one, kill, times if long else 3 if kill is the_bus else 1, figure, name)
