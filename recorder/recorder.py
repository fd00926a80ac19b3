"""All cameras of a recorder process: brings their streams in line with the configuration, and tells how they are."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import shutil
from collections.abc import Collection, Container, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av

from recorder.alarms import NodeAlarms
from recorder.camera import CameraRecorder
from recorder.clocks.watch import ClockWatch
from recorder.disk import DiskWriter
from recorder.disks import Disks
from recorder.early import EarlyPackets
from recorder.index.nightly import Nightly
from recorder.index.state import cameras
from recorder.index.telling import Teller
from recorder.keeper import Keeper
from recorder.pulse import Pulse
from recorder.retention.watch import StorageWatch
from recorder.status import refused_state
from vms.bus.outbox import Outbox
from vms.bus.watch import WatchDesk
from vms.domain.clock import Clock, from_epoch
from vms.domain.errors import ConfigurationError
from vms.domain.facility import Camera, Facility, Severity
from vms.domain.messages import RecorderState
from vms.domain.node import NodeAlertKind, NodeState
from vms.ingest.loop import ReadingLoop
from vms.ingest.reader import StreamReader, Watchdog
from vms.settings.environment import Environment
from vms.settings.templates import resolve

log = logging.getLogger(__name__)

STOP_S = 3.0
FLUSH_S = 0.5
#: One waits for the disk while another reads journals; more would only take time from the streams.
MENDERS = 2


@dataclass(slots=True)
class _Pulled:
    camera: Camera
    recorder: CameraRecorder
    reader: StreamReader
    early: EarlyPackets


class Recorder:
    """All cameras of this process's sites."""

    def __init__(self, environment: Environment, name: str, sites: Container[str] | None, clock: Clock) -> None:
        av.logging.set_level(None)  # libav's log callback into Python can deadlock
        self._environment = environment
        self._sites = sites
        self._clock = clock
        self._disks = Disks(clock)
        self.name = name
        self.outbox = Outbox(environment.data / "outbox" / f"{name}.jsonl")
        notes = environment.data / "state" / f"alarms-{name}.json"
        self.alarms = NodeAlarms(environment.node, name, notes, self.outbox, clock)
        self.keeper = Keeper(environment.data / "state" / "keeper.lock")
        self.clocks = ClockWatch(clock, self._tell_for_all)
        self.storage = StorageWatch(
            environment, name, self._disks, self.alarms, self.outbox, clock, self.keeper,
            lambda: self.clocks.state.synchronized,
        )  # fmt: skip
        self.root = self.storage.root.path
        self.desk = WatchDesk(None, clock)
        self.teller = Teller(environment.data, self.root, sites, clock)
        self.nightly = Nightly(environment.data, self.root, environment.node, name, sites, self.alarms, clock)
        self._reading = ReadingLoop(clock)
        self._watchdog = Watchdog(clock, self._reading)
        self._pulse = Pulse(environment.data / "state" / f"pulse-{name}", clock, self._stalled)
        self._pulled: dict[str, _Pulled] = {}
        self._refused: dict[str, tuple[str, Camera, ConfigurationError | None]] = {}
        self._revision = 0
        self.served_sites: set[str] = set()

    def start(self) -> None:
        """Finds the recordings' disk and starts what looks after it and the watchdog."""
        self.storage.open()
        self.storage.start(self._rejoin)
        self._reading.start()
        self._watchdog.start()
        self._pulse.start()

    async def apply(self, revision: int, facility: Facility) -> None:
        """Brings the streams in line with ``facility``; an unchanged camera is not touched."""
        self._revision = revision
        self.storage.configure(facility)
        self.nightly.zone = facility.zone_info()
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
        refused_before = {name: (site, _left_for(err)) for name, (site, _, err) in self._refused.items()}
        self._refused.clear()
        new = [(site, camera) for site, camera in wanted.values() if camera.id not in self._pulled]
        disks = await asyncio.to_thread(lambda: [self._disks.of(self.root / site / camera.id) for site, camera in new])
        added = [self._add(site, camera, disk) for (site, camera), disk in zip(new, disks, strict=True)]
        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor(MENDERS, "mend") as menders:
            await asyncio.gather(*(loop.run_in_executor(menders, _mend, one) for one in added if one is not None))
        await asyncio.to_thread(self._leave_out, refused_before)
        self.served_sites = {site for site, _ in wanted.values()} | await asyncio.to_thread(self._kept_sites)

    def _kept_sites(self) -> set[str]:
        """Sites of which there is footage: it is kept for longer than they are configured."""
        with contextlib.suppress(OSError):
            return {site for site, _ in cameras(self.root) if self._sites is None or site in self._sites}
        return set()

    def _add(self, site: str, camera: Camera, disk: DiskWriter) -> _Pulled | None:
        """Starts the camera's stream; what it brings is kept until its folder is mended."""
        if not camera.enabled:
            self._refused[camera.id] = (site, camera, None)
            return None
        try:
            url = resolve(camera.streams.main, os.environ)
        except ConfigurationError as err:
            log.error("camera.refused camera=%s error=%s", camera.id, err)
            self._refused[camera.id] = (site, camera, err)
            return None
        recorder = self._recorder(site, camera, disk)
        early = EarlyPackets(recorder)
        reader = StreamReader(camera.id, "main", url, early, self._clock, self._reading)
        self._pulled[camera.id] = pulled = _Pulled(camera, recorder, reader, early)
        self._watchdog.add(reader)
        reader.start()
        return pulled

    def _recorder(self, site: str, camera: Camera, disk: DiskWriter) -> CameraRecorder:
        return CameraRecorder(
            site, camera, root=self.root, node=self._environment.node, disk=disk, outbox=self.outbox,
            desk=self.desk, clock=self._clock, host=lambda: self.clocks.state, alive_until=self._pulse.alive_until,
        )  # fmt: skip

    def _leave_out(self, known: Mapping[str, tuple[str, str]]) -> None:
        """Cameras that are configured and not pulled have a gap as well; ``known`` is of which it was told, and why."""
        for site, camera, err in list(self._refused.values()):
            if known.get(camera.id) == (site, _left_for(err)):
                continue
            recorder = self._recorder(site, camera, self._disks.of(self.root / site / camera.id))
            try:
                recorder.resume(_left_for(err))
            except Exception:  # as with those that are pulled
                log.exception("recording.unmended camera=%s", camera.id)
            finally:
                recorder.close()

    def _stalled(self, start: float, end: float) -> None:
        for one in list(self._pulled.values()):
            one.recorder.stalled(start, end)

    def _tell_for_all(
        self, kind: NodeAlertKind, detail: dict[str, Any] | None, severity: Severity = "critical"
    ) -> None:
        """All recorders of a node see its clock, and one of them speaks."""
        self.alarms.tell(kind, detail if self.keeper.speaks() else None, severity)

    def _rejoin(self) -> None:
        """The disk was away and is there again."""
        for one in list(self._pulled.values()):
            try:
                one.recorder.rejoin()
            except Exception:  # as at a start
                log.exception("recording.unmended camera=%s", one.camera.id)
        self._leave_out({})  # what was journaled of these may have been refused

    async def _stop_pulling(self, pulled: list[_Pulled], disabled: Collection[str] = ()) -> None:
        for one in pulled:
            self._watchdog.remove(one.reader)
            one.reader.stop()
        await asyncio.to_thread(self._join, pulled)
        for one in pulled:
            one.recorder.leave("disabled" if one.camera.id in disabled else "stopped")
            self._pulled.pop(one.camera.id, None)
            one.recorder.close()
        if pulled:  # whoever is added next reads the journals: they must be complete
            await asyncio.to_thread(self._disks.settled, STOP_S)

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
            storage=self.storage.state(), clock=self.clocks.state,
            queued_bytes=self._disks.queued_bytes,
            revision=self._revision, audit=self.nightly.result,
        )  # fmt: skip

    async def stop(self) -> None:
        """Closes every segment and finishes the disk's queue."""
        await self._stop_pulling(list(self._pulled.values()))
        self._watchdog.close()
        self._reading.stop()
        self._pulse.stop()
        await asyncio.to_thread(self.storage.stop)
        self.keeper.close()
        self.alarms.close()
        if await asyncio.to_thread(self._disks.stop, STOP_S):
            self.storage.root.close()
        else:
            log.error("disk.unstopped what was queued is lost; the next start mends the open segments")


def _mend(one: _Pulled) -> None:
    try:
        one.recorder.resume()
    except Exception:  # what cannot be mended must not keep this camera, or the next, from being recorded
        log.exception("recording.unmended camera=%s", one.camera.id)
    one.early.release()


def _left_for(err: ConfigurationError | None) -> str:
    """Why a camera that is configured is not pulled."""
    return "disabled" if err is None else "configuration"


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
