"""The detector as a process: wires cameras, model, alerts and bus together, beats, and stops cleanly.

Analysis begins from the cached configuration without a bus; alerts wait in the outbox until there is one.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging

import av

from detectors.alerts import AlertWriter
from detectors.canary import Canaries
from detectors.decoding import Decoding
from detectors.fleet import Fleet
from detectors.governing import keep_governing
from detectors.inference import native
from detectors.inference.batching import Batcher
from detectors.inference.openvino import Runtime
from detectors.model_choice import ModelChoice
from detectors.plan import CameraPlan, plans_of
from vms.bus import subjects
from vms.bus.configuration import ConfigurationFollower
from vms.bus.connection import Bus, BusAddress
from vms.bus.outbox import Outbox
from vms.bus.tasks import all_of, end
from vms.bus.watch import WatchDesk
from vms.domain.clock import Clock, SystemClock, from_epoch
from vms.domain.errors import BusError
from vms.domain.facility import Detector, Facility
from vms.domain.messages import DetectorState
from vms.settings.environment import Environment

log = logging.getLogger(__name__)

HEARTBEAT_S = 2.0
#: At a stop, what waits in the outbox has so long to be sent; the rest is sent by the next process.
LAST_WORDS_S = 0.5


async def run(
    environment: Environment,
    address: BusAddress,
    sites: frozenset[str] | None,
    stop: asyncio.Event,
    clock: Clock | None = None,
) -> None:
    """Analyses the cameras of ``sites`` (None: all) until ``stop`` is set; then ends within 3 s."""
    # libav's log calls into Python from any thread and can deadlock; our own states say what matters.
    av.logging.set_level(None)
    process = _Process(environment, sites, clock or SystemClock())
    await process.run(address, stop)


class _Process:
    def __init__(self, environment: Environment, sites: frozenset[str] | None, clock: Clock) -> None:
        self._environment = environment
        self._sites = sites
        self._clock = clock
        # A site belongs to one process, so the first of its sites names a process among others of this node.
        self._label = "all" if sites is None else min(sites, default="none")
        data = environment.data
        self._outbox = Outbox(data / "outbox" / f"detector-{self._label}.jsonl")
        self._writer = AlertWriter(self._outbox, data / "state" / "open-alerts")
        runtime = Runtime(cache=data / "cache" / "models")
        self._batcher = Batcher(clock, runtime.streams + 1)
        self._model = ModelChoice(environment, runtime, self._batcher)
        self._desk = WatchDesk(None, clock)
        self._canaries = Canaries(self._writer.canary, clock, environment.node, environment.canary_s)
        self._decoding = Decoding(data / "state" / f"detector-{self._label}", clock)
        self._fleet = Fleet(self._batcher, self._writer, self._desk, clock, self._decoding)
        self._follower = ConfigurationFollower(data / "cache" / f"detector-{self._label}.json", self._apply)
        self._settings: tuple[Detector, int] | None = None
        self._loading: asyncio.Task[None] | None = None
        self._applied = asyncio.Event()

    async def run(self, address: BusAddress, stop: asyncio.Event) -> None:
        self._writer.start()
        self._batcher.start()
        self._fleet.start()
        tasks = [
            asyncio.ensure_future(one)
            for one in (
                self._keep_serving(address, stop),
                self._ticks(),
                keep_governing(self._fleet, self._batcher, self._clock),
                self._canaries.run(lambda: {one.site for one in self._fleet.plans.values() if one.camera.enabled}),
            )
        ]
        stopping = asyncio.ensure_future(stop.wait())
        try:
            await self._follower.load_cache()
            done, _ = await asyncio.wait({stopping, *tasks}, return_when=asyncio.FIRST_COMPLETED)
            for task in done - {stopping}:
                if not stop.is_set():
                    task.result()  # a task that ends before the stop has failed: say so
        finally:
            stopping.cancel()
            if stop.is_set():
                native.stopping()
            await self._close(tasks)

    async def _close(self, tasks: list[asyncio.Task[None]]) -> None:
        self._decoding.stopping()
        if self._loading is not None:
            self._loading.cancel()
        await self._follower.close()
        await self._fleet.close()
        await asyncio.to_thread(self._decoding.close)
        await asyncio.to_thread(self._batcher.close)
        await asyncio.to_thread(self._writer.close)
        await end(tasks, LAST_WORDS_S + 0.5)
        await self._desk.close()
        self._outbox.close()
        log.info("detector.stopped sites=%s", self._label)

    async def _apply(self, revision: int, facility: Facility) -> None:
        plans = plans_of(facility, self._sites)
        cameras = sum(plan.camera.enabled for plan in plans.values())
        if (facility.detector, cameras) != self._settings:
            self._settings = facility.detector, cameras
            if self._loading is not None:
                self._loading.cancel()
            self._loading = asyncio.ensure_future(self._model.apply(*self._settings))
        await self._fleet.apply(plans, (camera.id for _, camera in facility.cameras()))
        self._applied.set()  # who drew it waits for the heartbeat that says so
        log.info("detector.applied revision=%d cameras=%d", revision, len(plans))

    async def _keep_serving(self, address: BusAddress, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                await self._serve(address, stop)
            except Exception:  # analysis goes on, whatever happens on the bus side
                log.exception("bus.failed")
            await asyncio.sleep(1)

    async def _serve(self, address: BusAddress, stop: asyncio.Event) -> None:
        """Everything that needs the bus."""
        try:
            bus = await Bus.connect(address, f"detector-{self._label}", stop, "detector")
        except BusError:
            return  # stopped before it came
        try:
            self._desk.attach(bus)
            await self._fleet.attach(bus)
            await all_of(bus.lasting(), self._outbox.run(bus), self._follower.run(bus), self._beat(bus))
        finally:
            await self._last_words(bus)
            await self._desk.close()
            await bus.close()

    async def _last_words(self, bus: Bus) -> None:
        """What the stop itself put into the outbox is sent while there is a bus."""
        with contextlib.suppress(TimeoutError, BusError):
            async with asyncio.timeout(LAST_WORDS_S):
                sending = asyncio.ensure_future(self._outbox.run(bus))
                try:
                    while len(self._outbox):  # noqa: ASYNC110 - the outbox tells nobody that it is empty
                        await asyncio.sleep(0.02)
                finally:
                    await end([sending])

    async def _ticks(self) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT_S)
            self._decoding.look()
            for analyst in self._fleet.analysts:
                analyst.tick()

    async def _beat(self, bus: Bus) -> None:
        while True:
            self._applied.clear()
            for state in self.states():
                with contextlib.suppress(BusError):  # said by the bus itself; the next one follows
                    await bus.put(
                        subjects.BUCKET_STATE, subjects.state_key(state.site, state.camera, "detector"), state.encode()
                    )
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._applied.wait(), HEARTBEAT_S)

    def states(self) -> list[DetectorState]:
        """The heartbeat of every camera, disabled ones included."""
        node, revision = self._environment.node, self._follower.revision
        states = [self._model.fill(analyst.state(node, revision)) for analyst in self._fleet.analysts]
        disabled = [plan for plan in self._fleet.plans.values() if not plan.camera.enabled]
        return states + [self._disabled(plan, revision) for plan in disabled]

    def _disabled(self, plan: CameraPlan, revision: int) -> DetectorState:
        now = from_epoch(self._clock.utc())
        return DetectorState(
            site=plan.site, camera=plan.camera.id, node=self._environment.node, at=now, status="disabled",
            since=now, revision=revision,
        )  # fmt: skip
