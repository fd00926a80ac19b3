"""Canaries are missed where their way is broken: a detector that stands still, a monitor outside that refuses."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.integration.web.rig import PASSWORD, WebRig, nats_server, web_rig
from tests.support.post_office import Receiver, receiving
from tests.support.waiting import until_async
from web.canary import push
from web.canary.missing import REFUSALS

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]


@pytest.fixture
def bus_url(tmp_path: Path) -> Iterator[str]:
    with nats_server(tmp_path / "nats") as server:
        yield server.url


@pytest.fixture
def monitor() -> Iterator[Receiver]:
    with receiving() as one:
        yield one


@pytest_asyncio.fixture
async def rig(
    tmp_path: Path, bus_url: str, monitor: Receiver, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[WebRig]:
    monkeypatch.setenv("VMS_NOTIFY_CANARY", f"json://127.0.0.1:{monitor.port}/canary")
    monkeypatch.setattr(push, "RETRY_S", 0.2)
    monkeypatch.setenv("VMS_CANARY_S", "1")
    monkeypatch.setenv("VMS_ADMIN_PASSWORD", PASSWORD)
    async with web_rig(tmp_path / "web", bus_url) as one:
        yield one


@pytest.fixture
def detector(tmp_path: Path, bus_url: str, rig: WebRig) -> Iterator[subprocess.Popen[bytes]]:
    """Two cameras that it never reaches: a canary asks for no picture."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("VMS_")}
    env |= {"VMS_NATS_URL": bus_url, "VMS_CANARY_S": "1", "P": "secret"}
    (tmp_path / "detector").mkdir()
    argv = (sys.executable, "-m", "vms", "detector", "--data", str(tmp_path / "detector"))
    with (tmp_path / "detector.log").open("wb") as said:
        process = subprocess.Popen(argv, env=env, stdout=said, stderr=said)
        yield process
        process.send_signal(signal.SIGCONT)
        process.terminate()
        process.wait(20)


async def canary(rig: WebRig, state: str) -> dict[str, Any] | None:
    (one,) = (await rig.http.get("/api/canaries")).json()["items"]
    return one if one["state"] == state and one["told_at"] else None


async def alert(rig: WebRig, *states: str) -> dict[str, Any] | None:
    found = (await rig.http.get("/api/alerts", params={"kind": "canary"})).json()["items"]
    assert len(found) <= 1, "one trouble, one alert"
    return found[0] if found and found[0]["state"] in states else None


async def test_a_detector_that_stands_still_is_missed(rig: WebRig, detector: subprocess.Popen[bytes]) -> None:
    async with rig.socket("/ws/alerts") as socket:
        await until_async(lambda: canary(rig, "fresh"), 60)
        async with asyncio.timeout(30):
            while (told := json.loads(await socket.recv()))["type"] != "canary":
                pass
    assert (told["data"].keys(), told["data"]["site"]) == ({"site", "id", "sent_at"}, "s1")
    before = await canary(rig, "fresh")

    async def another() -> bool:
        one = await canary(rig, "fresh")
        return one is not None and before is not None and one["sent_at"] > before["sent_at"]

    await until_async(another, 30)
    detector.send_signal(signal.SIGSTOP)

    async def missed() -> dict[str, Any] | None:
        await rig.clock.hurry(2)
        return await alert(rig, "open")

    one = await until_async(missed, 60)
    assert one is not None
    assert (one["site"], one["camera"], one["severity"]) == ("s1", "cam-1", "critical")
    assert one["detail"]["reason"] == "stored_missing"
    assert await canary(rig, "late")
    detector.send_signal(signal.SIGCONT)
    await until_async(lambda: alert(rig, "ended"), 60)
    await until_async(lambda: canary(rig, "fresh"), 30)


async def test_a_monitor_that_refuses_is_told_of_until_it_takes_them(
    rig: WebRig, detector: subprocess.Popen[bytes], monitor: Receiver
) -> None:
    async def pushed() -> bool:
        one = await canary(rig, "fresh")
        return one is not None and one["pushed_at"] is not None

    await until_async(pushed, 60)
    assert b"s1" in monitor.got[0].body
    monitor.answer = (500, b"")
    refused = len(monitor.got)
    one = await until_async(lambda: alert(rig, "open"), 60)
    assert one is not None
    assert (one["site"], one["node"], one["detail"]["reason"]) == (None, "_web", "push_failed")
    assert "500" in one["detail"]["detail"]
    assert len(monitor.got) - refused >= REFUSALS
    monitor.answer = (200, b"")
    await until_async(lambda: alert(rig, "ended"), 60)
