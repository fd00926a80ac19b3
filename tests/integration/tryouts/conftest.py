"""A data folder with recordings, and who asks."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import nats as nats_client
import pytest
import pytest_asyncio

from tests.support.nats_bus import NatsServer
from tests.support.recorded import Recordings
from tests.support.trying import Trying


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def recordings(data: Path) -> Iterator[Recordings]:
    one = Recordings(data / "recordings")
    yield one
    one.close()


@pytest_asyncio.fixture
async def trying(nats: NatsServer) -> AsyncIterator[Trying]:
    client = await nats_client.connect(nats.url, reconnect_time_wait=0.1)
    yield Trying(client)
    await client.close()
