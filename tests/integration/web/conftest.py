"""Web in this process, the bus beside it, and a worker that plays recorder and detector."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.integration.web.playing import SEED, Played
from tests.integration.web.rig import PASSWORD, WebRig, web_rig
from tests.integration.web.worker import Worker
from tests.support.nats_bus import NatsServer
from tests.support.past import Past
from tests.support.recorder_rig import Viewer, recorder
from tests.support.waiting import until_async
from vms.bus.connection import Bus
from vms.domain.facility import Facility


@pytest.fixture
def server(nats: NatsServer, monkeypatch: pytest.MonkeyPatch) -> NatsServer:
    monkeypatch.setenv("VMS_ADMIN_PASSWORD", PASSWORD)
    return nats


@pytest_asyncio.fixture
async def rig(tmp_path: Path, server: NatsServer) -> AsyncIterator[WebRig]:
    async with web_rig(tmp_path / "data", server.url) as made:
        yield made


@pytest_asyncio.fixture
async def worker(rig: WebRig) -> AsyncIterator[Worker]:
    made = await Worker.connect(rig.bus_url)
    yield made
    await made.close()


@pytest_asyncio.fixture
async def played(tmp_path: Path, server: NatsServer, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Played]:
    monkeypatch.setattr("recorder.segments.SEGMENT_S", 10.0)
    data = tmp_path / "data"
    past = Past(data / "recordings", "s", "c")
    async with web_rig(data, server.url, Facility.model_validate(SEED)) as rig, recorder(data, server):
        bus = await Bus.connect(server.address, "past")
        viewer = Viewer(bus)  # what the recorder finds before it has looked, it takes for a crash's leavings
        await until_async(lambda: viewer.gaps("c"), 20, "the recorder has looked at the camera's folder")
        yield Played(rig, bus, past)
        await bus.close()
    past.close()
