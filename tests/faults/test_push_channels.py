"""Row 23: channels that fail, hang and trickle; web killed amid its deliveries. Nobody is left uncalled.

Real couriers send to real servers on this host. The short form lets the clock run faster than the machine's.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from fastapi import FastAPI

from tests.integration.web.rig import facility
from tests.integration.web.worker import Worker
from tests.support.bare_web import bare_web
from tests.support.escalating import Escalating
from tests.support.figures import Figures
from tests.support.nats_bus import NatsServer
from tests.support.post_office import Ntfy, Receiver, receiving
from tests.support.service import Service, service
from tests.support.waiting import PATIENCE
from vms.settings.environment import Environment
from web.database.engine import Database
from web.escalation import deliveries
from web.escalation.carrying import HANG_S, NEXT_CHANNEL_S

pytestmark = [pytest.mark.faults, pytest.mark.timeout(3600)]

#: So many times as fast the short form's clock goes.
FASTER = 5.0
MOODS = ("refuses", "hang", "trickle")


class FastClock:
    """The host's clocks, ``factor`` times as fast."""

    def __init__(self, factor: float) -> None:
        self._factor = factor
        self._begun = time.monotonic()
        self._utc = time.time()

    def monotonic(self) -> float:
        return self._begun + (time.monotonic() - self._begun) * self._factor

    def utc(self) -> float:
        return self._utc + self.monotonic() - self._begun


@pytest.fixture
def offices() -> Iterator[dict[str, Receiver]]:
    """One gateway for each mood, and one that works."""
    with contextlib.ExitStack() as stack:
        made = {mood: stack.enter_context(receiving(Receiver(mood=mood))) for mood in MOODS}
        made["refuses"].answer = (500, b"")
        made["works"] = stack.enter_context(receiving(Ntfy()))
        yield made


def gateways(offices: dict[str, Receiver]) -> dict[str, str]:
    found = {f"VMS_NOTIFY_{mood.upper()}": f"json://127.0.0.1:{offices[mood].port}/{{address}}" for mood in MOODS}
    return found | {"VMS_NOTIFY_WORKS": f"ntfy://127.0.0.1:{offices['works'].port}/{{address}}"}


@pytest.fixture
async def app(tmp_path: Path, offices: dict[str, Receiver], long: bool) -> AsyncIterator[FastAPI]:
    clock = FastClock(1.0 if long else FASTER)
    async with bare_web(tmp_path, facility(), clock, gateways(offices)) as made:
        yield made


async def test_a_dead_channel_is_followed_by_the_next_and_a_silent_officer_by_the_site_lead(
    app: FastAPI, offices: dict[str, Receiver], long: bool, figure: Figures, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three officers whose first channels are dead, each in his way, and a second channel that works."""
    factor = 1.0 if long else FASTER
    monkeypatch.setattr(deliveries, "HANG_S", HANG_S / factor)  # it is measured by the machine's clock
    context = app.state.context
    rig = Escalating(context.database, context.clock, context.reaching.couriers)
    for mood in MOODS:
        officer = await rig.user(f"officer-{mood}", sites=["s1"], **{mood: "dead", "works": f"officer-{mood}"})
        await rig.shift(officer, "officer")
    await rig.shift(await rig.user("lead", "site_lead", ["s1"], works="lead"), "site_lead")
    await rig.tell("a")
    escalation = context.reaching.escalation
    deadline = time.monotonic() + 150 / factor * PATIENCE
    works = offices["works"]
    assert isinstance(works, Ntfy)
    wanted = {*(f"officer-{mood}" for mood in MOODS), "lead"}
    while wanted - {one.topic for one in works.published}:
        assert time.monotonic() < deadline, (works.published, await rig.deliveries())
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(await escalation.turn() / factor):
                await escalation._wake.wait()
        escalation._wake.clear()
    await escalation.turn()
    alert = await rig.alert("a")
    for person in alert["calls"][0]["people"]:
        tries = person["attempts"]
        mood = person["user"].removeprefix("officer-")
        assert [one["state"] for one in tries if one["channel"].startswith(mood)] == ["failed"] * (len(tries) - 1)
        assert tries[-1]["channel"].startswith("works")
        began, followed = (datetime.fromisoformat(one["at"]) for one in (tries[0], tries[-1]))
        took = (followed - began).total_seconds()
        figure(23, f"channel that {WORDS[mood]}", f"{took:.1f} s to the next, {len(tries) - 1} tries before", AIM)
    opened, second = (datetime.fromisoformat(one) for one in (alert["opened_at"], alert["calls"][1]["at"]))
    assert alert["calls"][1]["duty"] == "site_lead"
    took = (second - opened).total_seconds()
    figure(23, "nobody acknowledges", f"site lead called after {took:.1f} s", "escalates ≤ 120 s, default ladder")


AIM = f"next channel ≤ {NEXT_CHANNEL_S:g} s"
WORDS = {"refuses": "answers 500", "hang": "accepts and says nothing", "trickle": "answers a byte at a time"}


@pytest.fixture
def web(tmp_path: Path, nats: NatsServer, offices: dict[str, Receiver]) -> Iterator[Service]:
    config = tmp_path / "facility.yaml"
    config.write_text(yaml.safe_dump(facility().model_dump(mode="json", exclude_none=True)), encoding="utf-8")
    env = {"VMS_NATS_URL": nats.url, "VMS_PUBLIC_URL": "http://vms.test", "P": "p", **gateways(offices)}
    with service(tmp_path / "data", ["web", "--config", str(config)], env=env) as made:
        yield made


async def test_a_web_process_that_is_killed_amid_its_deliveries_leaves_nobody_uncalled(
    web: Service, nats: NatsServer, offices: dict[str, Receiver], long: bool, figure: Figures
) -> None:
    alerts, kills = (400, 20) if long else (60, 3)
    database = await Database.open(Environment.read(web.data, {}))
    rig = Escalating(database, FastClock(1.0), None)  # type: ignore[arg-type]  # rows alone
    await rig.shift(await rig.user("lan", sites=["s1"], works="lan"), "officer")
    await database.close()
    works = offices["works"]
    assert isinstance(works, Ntfy)

    def reached() -> Counter[str]:
        return Counter(found[1] for one in works.published if (found := re.search(r"/alerts/(\S+)", one.message)))

    worker = await Worker.connect(nats.url)
    wanted = {f"alert-{number}" for number in range(alerts)}
    for number, name in enumerate(sorted(wanted)):
        await worker.alert(name, "opened", camera=f"cam-{number}", opened_at=datetime.now(UTC))
    for kill in range(kills):
        web.wait_for(lambda least=(kill + 1) * alerts // (kills + 1): len(reached()) >= least, 60, "some are reached")
        assert web.process is not None
        os.kill(web.process.pid, signal.SIGKILL)
        web.process.wait()
        web.start()
    web.wait_for(lambda: set(reached()) >= wanted, 120, "each alert reached its officer")
    await worker.close()
    found = reached()
    doubled = sum(count - 1 for count in found.values())
    assert set(found) == wanted
    calls: list[Any] = web.get("/api/alerts/alert-0")["calls"]
    assert calls[0]["duty"] == "officer"
    said = f"0 of {alerts} uncalled, {doubled} told twice"
    figure(23, "web killed amid deliveries", said, "nobody uncalled", f"×{kills}")
