"""The recorder's side of the bus: configuration, heartbeats, reads, outbox. Whatever happens here, it records on."""

from __future__ import annotations

import asyncio
import contextlib
import logging

from recorder.fragments import fragment_desk
from recorder.reads import read_desk
from recorder.recorder import Recorder
from vms.bus import subjects
from vms.bus.configuration import ConfigurationFollower
from vms.bus.connection import Bus, BusAddress
from vms.bus.tasks import all_of
from vms.domain.errors import BusError

log = logging.getLogger(__name__)

HEARTBEAT_S = 2.0
NODE_HEARTBEAT_S = 4.0
#: A node is told of without a configuration after this: there may be none, or one that cannot be applied.
CONFIGURED_S = 5.0


async def keep_serving(
    recorder: Recorder, follower: ConfigurationFollower, address: BusAddress, name: str, stop: asyncio.Event
) -> None:
    """Serves until ``stop``, through every loss of the bus; never raises."""
    while not stop.is_set():
        try:
            await _serve_bus(recorder, follower, address, name, stop)
        except BusError as err:  # stopped while the bus was away
            log.debug("bus.unserved error=%s", err)
        except Exception:  # recording goes on, whatever happens on the bus side
            log.exception("bus.failed")
        await asyncio.sleep(1)


async def _serve_bus(
    recorder: Recorder, follower: ConfigurationFollower, address: BusAddress, name: str, stop: asyncio.Event
) -> None:
    bus = await Bus.connect(address, name, stop, "recorder")
    try:
        recorder.desk.attach(bus)
        await all_of(
            bus.lasting(), recorder.outbox.run(bus), follower.run(bus), recorder.storage.holds.run(bus),
            recorder.teller.run(bus), recorder.nightly.run(bus),
            _serve_reads(recorder, bus), _heartbeat(recorder, bus), _node_heartbeat(recorder, follower, bus),
        )  # fmt: skip
    finally:
        await recorder.desk.close()
        await bus.close()


async def _serve_reads(recorder: Recorder, bus: Bus) -> None:
    desks = read_desk(recorder.root), fragment_desk(recorder.root)
    served: set[str] = set()
    while True:
        for site in recorder.served_sites - served:
            for desk in desks:
                await desk.serve(bus, site)
            served.add(site)
        await asyncio.sleep(HEARTBEAT_S)


async def _heartbeat(recorder: Recorder, bus: Bus) -> None:
    while True:
        for state in await asyncio.to_thread(recorder.states):
            try:
                await bus.put(
                    subjects.BUCKET_STATE, subjects.state_key(state.site, state.camera, "recorder"), state.encode()
                )
            except BusError as err:
                log.debug("state.unsent error=%s", err)
                break
        await asyncio.sleep(HEARTBEAT_S)


async def _node_heartbeat(recorder: Recorder, follower: ConfigurationFollower, bus: Bus) -> None:
    # Who hears of a node may have it audited: without a configuration its files seem to lack what no camera has begun.
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(CONFIGURED_S):
            await follower.in_force.wait()
    while True:
        state = await asyncio.to_thread(recorder.node_state)
        try:
            await bus.put(subjects.BUCKET_STATE, subjects.node_key(state.node, state.name), state.encode())
        except BusError as err:
            log.debug("state.unsent error=%s", err)
        await asyncio.sleep(NODE_HEARTBEAT_S)
