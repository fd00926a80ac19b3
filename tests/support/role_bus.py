"""The broker as the supervisor starts it, and a connection of each role with that role's own credentials."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import get_args

from nats.aio.client import Client

from vms.bus.connection import Bus
from vms.bus.subjects import BusRole
from vms.supervisor.broker import Broker, prepare

Buses = dict[BusRole, Bus]


@contextlib.contextmanager
def broker(data: Path) -> Iterator[Broker]:
    """One that runs, and is gone afterwards."""
    data.mkdir(parents=True, exist_ok=True)
    made = prepare(data)
    with running(made.argv, made.env):
        yield made


@contextlib.contextmanager
def running(argv: tuple[str, ...], env: dict[str, str] | None = None) -> Iterator[None]:
    """A server that goes with the block."""
    process = subprocess.Popen(argv, env=env, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        process.wait()


@contextlib.asynccontextmanager
async def connected(made: Broker) -> AsyncIterator[dict[BusRole, Bus]]:
    """Every role; the streams and buckets are there."""
    roles: tuple[BusRole, ...] = get_args(BusRole)
    found = await asyncio.gather(*(Bus.connect(made.addresses[role], role, role=role) for role in roles))
    buses = dict(zip(roles, found, strict=True))
    try:
        await buses["web"].keep_storage()
        yield buses
    finally:
        for bus in buses.values():
            await bus.close()


async def known(one: Client) -> None:
    """What was subscribed for is known to the server. The client's first PING overtakes what waits to be sent."""
    await one.flush()
    await one.flush()


async def last(bus: Bus, stream: str) -> int:
    return int((await bus.js.stream_info(stream)).state.last_seq)
