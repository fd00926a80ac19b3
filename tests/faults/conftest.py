"""What the tests of cameras and networks share: a bus, who asks on it, streams pulled without a recorder."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator

import pytest
import pytest_asyncio

from tests.support.nats_bus import NatsServer
from tests.support.pulling import Pull, pulling
from tests.support.recorder_rig import Viewer
from vms.bus.connection import Bus


@pytest.fixture
def pulls() -> Iterator[Callable[[str], Pull]]:
    with pulling() as pull:
        yield pull


@pytest_asyncio.fixture
async def viewer(nats: NatsServer) -> AsyncIterator[Viewer]:
    bus = await Bus.connect(nats.address, "viewer")
    await bus.ensure_storage()
    yield Viewer(bus)
    await bus.close()
