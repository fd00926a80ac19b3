"""Web in this process, the bus beside it, and a worker that plays recorder and detector."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.integration.web.playing import SEED, Played, in_the_past
from tests.integration.web.rig import PASSWORD, WebRig, web_rig
from tests.integration.web.worker import Worker
from tests.support.nats_bus import NatsServer


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
    async with in_the_past(tmp_path / "data", server, SEED) as made:
        yield made
