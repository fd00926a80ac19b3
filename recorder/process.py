"""The recorder process: follows the configuration, records, heartbeats, serves reads.

It starts from its cached configuration and records whether or not the bus answers.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Container

from recorder.alarms import keep_adopting
from recorder.memory import share_heaps
from recorder.recorder import Recorder
from recorder.serving import keep_serving
from vms.bus.configuration import ConfigurationFollower
from vms.bus.connection import BusAddress
from vms.bus.tasks import end
from vms.domain.clock import Clock, SystemClock
from vms.settings.environment import Environment

FLUSH_S = 0.5


async def run(
    environment: Environment,
    address: BusAddress,
    sites: Container[str] | None,
    stop: asyncio.Event,
    clock: Clock | None = None,
    name: str = "recorder",
) -> None:
    """Runs until ``stop`` is set. ``name`` tells this recorder's outbox and cache from its neighbours'.

    Raises ``StorageError`` when the recordings folder cannot be written.
    """
    share_heaps()
    recorder = Recorder(environment, name, sites, clock or SystemClock())
    recorder.start()
    gc.freeze()  # modules live for ever: to look through them again and again would cost as much as a few cameras
    follower = ConfigurationFollower(environment.data / "cache" / f"config-{name}.json", recorder.apply)
    await follower.load_cache()
    clock_side = asyncio.create_task(recorder.clocks.run())
    alarm_side = asyncio.create_task(keep_adopting(recorder.alarms, recorder.keeper.holds))
    bus_side = asyncio.create_task(keep_serving(recorder, follower, address, name, stop))
    try:
        await stop.wait()
    finally:
        await follower.close()
        await recorder.stop()
        await recorder.outbox.drained(FLUSH_S)  # what does not go out now stays in its file
        await end([bus_side, clock_side, alarm_side])
        recorder.outbox.close()
