"""A data folder with recordings, and who asks."""

from __future__ import annotations

from collections.abc import AsyncIterator

import nats as nats_client
import pytest_asyncio

from tests.support.nats_bus import NatsServer
from tests.support.trying import Trying


@pytest_asyncio.fixture
async def trying(nats: NatsServer) -> AsyncIterator[Trying]:
    client = await nats_client.connect(nats.url, reconnect_time_wait=0.1)
    yield Trying(client)
    await client.close()
