"""A detector whose model has become slow: cameras share what there is, the alert opens, and ends when it is cured.

Real bus, real web, real RTSP from the demo cameras' drawn rooms; the model is the real backend ``motion``, to each
picture of which a stated delay is added.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from detectors import model_choice, process
from detectors.inference.backend import Detections, Picture
from detectors.inference.motion import MotionBackend
from detectors.models import Choice
from tests.integration.web.rig import PASSWORD, WebRig, web_rig
from tests.support.nats_bus import NatsServer, nats_server
from tests.support.waiting import until_async
from vms.domain.facility import Facility
from vms.settings.environment import Environment

pytestmark = pytest.mark.timeout(600)

CAMERAS = 3
#: An active camera asks for 4 pictures a second; this leaves less than one for all of them, whoever is active.
DELAY_S = 1.5


class Slowed(MotionBackend):
    """The backend ``motion``, slower by ``delay_s`` a picture."""

    def __init__(self) -> None:
        super().__init__()
        self.delay_s = 0.0

    def detect(self, batch: Sequence[Picture]) -> list[Detections]:
        time.sleep(self.delay_s * len(batch))
        return super().detect(batch)


@pytest.fixture
def seed(tmp_path: Path) -> Iterator[Facility]:
    """Drawn rooms: three visits in 24 s each."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("VMS_DEMO")}
    command = [sys.executable, "-m", "vms.demo", "--cameras", str(CAMERAS), "--data", str(tmp_path / "demo")]
    demo = subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8", env=environment)
    assert demo.stdout is not None
    cameras: list[dict[str, Any]] = []
    try:
        for line in demo.stdout:
            event = json.loads(line)
            if event["event"] == "ready":
                streams = {"main": event["main"], "sub": event["sub"]}
                cameras.append({"id": event["camera"], "name": "C", "placement": "gate", "streams": streams})
            elif event["event"] == "all_ready":
                break
        sites = [{"id": "s", "name": "S", "cameras": cameras}]
        yield Facility.model_validate({"facility": {"name": "T"}, "sites": sites})
    finally:
        demo.terminate()
        demo.wait(10)
        demo.stdout.close()


@pytest_asyncio.fixture
async def service(
    tmp_path: Path, seed: Facility, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[WebRig, Slowed, NatsServer]]:
    model = Slowed()
    monkeypatch.setattr(model_choice, "choose", lambda *_, **__: Choice(model))
    monkeypatch.setenv("VMS_ADMIN_PASSWORD", PASSWORD)
    stop = asyncio.Event()
    with nats_server(tmp_path / "nats") as server:
        async with web_rig(tmp_path / "web", server.url, seed) as web:
            environment = Environment.read(tmp_path / "detector", {})
            detector = asyncio.create_task(process.run(environment, server.address, None, stop))
            yield web, model, server
            model.delay_s = 0.0
            stop.set()
            await detector


async def figures(web: WebRig) -> dict[str, float]:
    """Gauges of the node on /metrics."""
    lines = [line.split(" ") for line in (await web.http.get("/metrics")).text.splitlines() if "vms_detector" in line]
    return {name: float(value) for name, value in (line for line in lines if line[0] != "#")}


async def test_a_slow_model_is_shared_told_of_and_forgotten_when_cured(
    service: tuple[WebRig, Slowed, NatsServer],
) -> None:
    web, model, _ = service

    async def cameras() -> list[dict[str, Any]]:
        return list((await web.http.get("/api/cameras")).json()["items"])

    async def alerts(state: str) -> list[dict[str, Any]]:
        found = (await web.http.get("/api/alerts", params={"kind": "analysis"})).json()["items"]
        return [one for one in found if one["state"] == state]

    async def all_active() -> bool:
        return all(one["inferred_fps"] > 2 for one in await cameras())

    await until_async(all_active, 60, "all cameras are analysed at the active rate")
    assert await alerts("open") == []
    assert (await figures(web))['vms_detector_scale{node="local"}'] == 1.0

    model.delay_s = DELAY_S
    (alert,) = await until_async(lambda: alerts("open"), 60, "the alert opens")
    assert (alert["node"], alert["site"], alert["camera"], alert["severity"]) == ("local", None, None, "warning")
    assert alert["detail"]["reason"] == "analysis_slow"
    assert 1 <= alert["detail"]["cameras_behind"] <= CAMERAS
    assert alert["detail"]["inferred_fps"] < alert["detail"]["wanted_fps"]
    rates = [one["inferred_fps"] for one in await cameras()]
    assert min(rates) > 0  # nobody is left out
    told = await figures(web)
    assert told['vms_detector_scale{node="local"}'] < 0.5
    assert told['vms_detector_fps{node="local",what="inferred"}'] < told['vms_detector_fps{node="local",what="wanted"}']
    shed = (await web.http.get("/metrics")).text
    assert 'vms_shed_total{by="detector"} 0.0' not in shed

    await web.stop()  # the alert is the node's, not this process's
    await web.start()
    await web.login()
    assert [one["id"] for one in await alerts("open")] == [alert["id"]]

    model.delay_s = 0.0

    async def ended() -> bool:
        return [one["id"] for one in await alerts("ended")] == [alert["id"]]

    await until_async(ended, 90, "the alert ends")
    assert await alerts("open") == []

    async def in_full() -> bool:
        return (await figures(web))['vms_detector_scale{node="local"}'] == 1.0

    await until_async(in_full, 30, "everybody gets the active rate again")
