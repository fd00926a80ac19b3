"""The recorder process: follows the configuration, keeps a stream a camera, heartbeats, serves reads.

It starts from its cached configuration and records whether or not the bus answers.
"""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
from collections.abc import Collection, Container
from dataclasses import dataclass
from pathlib import Path

import av

from recorder.alarms import NodeAlarms
from recorder.camera import CameraRecorder, refused_state
from recorder.disk import DiskWriter
from recorder.retention.keeper import StorageKeeper
from recorder.serving import keep_serving
from vms.bus.configuration import ConfigurationFollower
from vms.bus.connection import BusAddress
from vms.bus.outbox import Outbox
from vms.bus.tasks import end
from vms.bus.watch import WatchDesk
from vms.domain.clock import Clock, SystemClock, from_epoch
from vms.domain.errors import ConfigurationError
from vms.domain.facility import Camera, Facility
from vms.domain.messages import RecorderState
from vms.domain.node import NodeState
from vms.ingest.reader import StreamReader, Watchdog
from vms.settings.environment import Environment
from vms.settings.templates import resolve

log = logging.getLogger(__name__)

STOP_S = 3.0
FLUSH_S = 0.5


@dataclass(slots=True)
class _Pulled:
    camera: Camera
    recorder: CameraRecorder
    reader: StreamReader


class Recorder:
    """All cameras of this process's sites."""

    def __init__(self, environment: Environment, name: str, sites: Container[str] | None, clock: Clock) -> None:
        av.logging.set_level(None)  # libav's log callback into Python can deadlock
        self._environment = environment
        self._sites = sites
        self._clock = clock
        self._disk = DiskWriter(clock)
        self.name = name
        self.outbox = Outbox(environment.data / "outbox" / f"{name}.jsonl")
        notes = environment.data / "state" / f"alarms-{name}.json"
        self.alarms = NodeAlarms(environment.node, name, notes, self.outbox, clock)
        self.storage = StorageKeeper(environment, name, self._disk, self.alarms, self.outbox, clock)
        self.root = self.storage.root.path
        self.desk = WatchDesk(None, clock)
        self._watchdog = Watchdog()
        self._pulled: dict[str, _Pulled] = {}
        self._refused: dict[str, tuple[str, Camera, ConfigurationError | None]] = {}
        self._revision = 0
        self.served_sites: set[str] = set()

    def start(self) -> None:
        """Finds the recordings' disk and starts its threads and the watchdog."""
        self.storage.open()
        self._disk.start()
        self.storage.start(self._mend)
        self._watchdog.start()

    async def apply(self, revision: int, facility: Facility) -> None:
        """Brings the streams in line with ``facility``; an unchanged camera is not touched."""
        self._revision = revision
        self.storage.configure(facility)
        wanted = {
            camera.id: (site.id, camera)
            for site, camera in facility.cameras()
            if self._sites is None or site.id in self._sites
        }
        await self._stop_pulling(
            [
                pulled
                for camera, pulled in self._pulled.items()
                if camera not in wanted
                or _stream_key(*wanted[camera]) != _stream_key(pulled.recorder.site, pulled.camera)
            ],
            disabled={camera for camera in self._pulled if camera not in wanted or not wanted[camera][1].enabled},
        )
        self._refused.clear()
        for site, camera in wanted.values():
            if camera.id not in self._pulled:
                await self._add(site, camera)
        self.served_sites = {site for site, _ in wanted.values()}

    async def _add(self, site: str, camera: Camera) -> None:
        if not camera.enabled:
            self._refused[camera.id] = (site, camera, None)
            return
        try:
            url = resolve(camera.streams.main, os.environ)
        except ConfigurationError as err:
            log.error("camera.refused camera=%s error=%s", camera.id, err)
            self._refused[camera.id] = (site, camera, err)
            return
        recorder = CameraRecorder(
            site, camera, root=self.root, node=self._environment.node, disk=self._disk, outbox=self.outbox,
            desk=self.desk, clock=self._clock,
        )  # fmt: skip
        reader = StreamReader(camera.id, "main", url, recorder, self._clock)
        self._pulled[camera.id] = _Pulled(camera, recorder, reader)
        await asyncio.to_thread(_resume, recorder)
        self._watchdog.add(reader)
        reader.start()

    def _mend(self) -> None:
        """The disk was away and is there again."""
        for pulled in list(self._pulled.values()):
            _resume(pulled.recorder)

    async def _stop_pulling(self, pulled: list[_Pulled], disabled: Collection[str] = ()) -> None:
        for one in pulled:
            self._watchdog.remove(one.reader)
            one.reader.stop()
        await asyncio.to_thread(self._join, pulled)
        for one in pulled:
            if one.camera.id in disabled:
                one.recorder.disable()
            self._pulled.pop(one.camera.id, None)
            one.recorder.close()
        if pulled:  # whoever is added next reads the journals: they must be complete
            await asyncio.to_thread(self._disk.settled, STOP_S)

    def _join(self, pulled: list[_Pulled]) -> None:
        deadline = self._clock.monotonic() + STOP_S
        for one in pulled:
            if not one.reader.join(max(0.05, deadline - self._clock.monotonic())):
                log.error("stream.unstopped camera=%s", one.camera.id)

    def states(self) -> list[RecorderState]:
        """The heartbeat of every camera."""
        space = _space(self.root)
        now = self._clock.utc()
        states = [p.recorder.state(self._revision) for p in list(self._pulled.values())]
        for site, camera, err in list(self._refused.values()):
            states.append(refused_state(site, camera, self._environment.node, now, self._revision, err))
        return [s.model_copy(update={"free_bytes": space[0], "total_bytes": space[1]}) for s in states]

    def node_state(self) -> NodeState:
        """The heartbeat of this recorder's disk and host."""
        return NodeState(
            node=self._environment.node, name=self.name, at=from_epoch(self._clock.utc()),
            storage=self.storage.state(), queued_bytes=self._disk.queued_bytes,
            revision=self._revision,
        )  # fmt: skip

    async def stop(self) -> None:
        """Closes every segment and finishes the disk's queue."""
        await self._stop_pulling(list(self._pulled.values()))
        self._watchdog.close()
        await asyncio.to_thread(self.storage.stop)
        if await asyncio.to_thread(self._disk.stop, STOP_S):
            self.storage.root.close()
        else:
            log.error("disk.unstopped what was queued is lost; the next start mends the open segments")


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
    recorder = Recorder(environment, name, sites, clock or SystemClock())
    recorder.start()
    follower = ConfigurationFollower(environment.data / "cache" / f"config-{name}.json", recorder.apply)
    await follower.load_cache()
    bus_side = asyncio.create_task(keep_serving(recorder, follower, address, name, stop))
    try:
        await stop.wait()
    finally:
        await recorder.stop()
        await recorder.outbox.drained(FLUSH_S)  # what does not go out now stays in its file
        await end([bus_side])
        recorder.outbox.close()


def _resume(recorder: CameraRecorder) -> None:
    try:
        recorder.resume()
    except Exception:  # what cannot be mended must not keep this camera, or the next, from being recorded
        log.exception("recording.unmended camera=%s", recorder.camera.id)


def _stream_key(site: str, camera: Camera) -> tuple[str, str, bool]:
    """What of a camera concerns its recorder: a new zone does not restart a stream."""
    return site, camera.streams.main, camera.enabled


def _space(root: Path) -> tuple[int | None, int | None]:
    if not root.is_dir():  # the disk is away
        return None, None
    try:
        usage = shutil.disk_usage(root)
    except OSError:
        return None, None
    return usage.free, usage.total
