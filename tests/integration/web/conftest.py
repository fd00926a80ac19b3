"""Web in this process, the bus beside it, and a worker that plays recorder and detector."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.integration.web.rig import PASSWORD, WebRig, web_rig
from tests.integration.web.worker import Worker
from tests.support.nats_bus import NatsServer, nats_server


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[NatsServer]:
    monkeypatch.setenv("VMS_ADMIN_PASSWORD", PASSWORD)
    with nats_server(tmp_path / "nats") as made:
        yield made


@pytest_asyncio.fixture
async def rig(tmp_path: Path, server: NatsServer) -> AsyncIterator[WebRig]:
    async with web_rig(tmp_path / "data", server.url) as made:
        yield made


@pytest_asyncio.fixture
async def worker(rig: WebRig) -> AsyncIterator[Worker]:
    made = await Worker.connect(rig.bus_url)
    yield made
    await made.close()
