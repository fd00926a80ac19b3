"""A recorder process: what its cameras share (disk, clock, index, alarms), brought up, configured, and told of."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import Container
from typing import Any

import av

from recorder.alarms import NodeAlarms
from recorder.camera import CameraRecorder
from recorder.cameras import STOP_S, Cameras
from recorder.clocks.watch import ClockWatch
from recorder.disk import DiskWriter
from recorder.disks import Disks
from recorder.index.nightly import Nightly
from recorder.index.state import site_folders
from recorder.index.telling import Teller
from recorder.keeper import Keeper
from recorder.pulse import Pulse
from recorder.retention.watch import StorageWatch
from vms.bus.outbox import Outbox
from vms.bus.watch import WatchDesk
from vms.domain.clock import Clock, from_epoch
from vms.domain.facility import Camera, Facility, Severity
from vms.domain.messages import RecorderState
from vms.domain.node import NodeAlertKind, NodeState
from vms.settings.environment import Environment

log = logging.getLogger(__name__)


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
        there = self.storage.reachable(sites)
        self.teller = Teller(environment.data, self.storage.root_of, there, clock)
        self.nightly = Nightly(environment.data, self.root, environment.node, name, there, self.alarms, clock)
        self._pulse = Pulse(environment.data / "state" / f"pulse-{name}", clock, self._stalled)
        self._cameras = Cameras(environment.node, self.storage.writer, self.desk, self._record, clock)
        self._revision = 0
        self._configured_sites: set[str] = set()
        self._kept_sites: set[str] = set()

    def start(self) -> None:
        """Finds the recordings' disk and starts what looks after it and the cameras."""
        self.storage.open()
        self.storage.start(self._rejoin)
        self._cameras.start()
        self._pulse.start()

    async def apply(self, revision: int, facility: Facility) -> None:
        """Brings everything in line with ``facility``. May be called again after it failed."""
        self.storage.configure(facility)
        self.nightly.zone = facility.zone_info()
        wanted = {
            camera.id: (site.id, camera)
            for site, camera in facility.cameras()
            if self._sites is None or site.id in self._sites
        }
        await self._cameras.apply(wanted)
        self._revision = revision
        self._configured_sites = {site for site, _ in wanted.values()}
        threading.Thread(target=self._find_sites, name="sites", daemon=True).start()  # the disk may hang

    @property
    def served_sites(self) -> set[str]:
        """Those of which footage is asked here: it is kept for longer than a site is configured."""
        return self._configured_sites | self._kept_sites

    def _find_sites(self) -> None:
        with contextlib.suppress(OSError):
            found = site_folders(self.root)
            self._kept_sites = {site for site in found if self._sites is None or site in self._sites}

    def _record(self, site: str, camera: Camera, disk: DiskWriter, desk: WatchDesk) -> CameraRecorder:
        return CameraRecorder(
            site, camera, root=self.storage.root_of(site), node=self._environment.node, disk=disk, outbox=self.outbox,
            desk=desk, clock=self._clock, host=lambda: self.clocks.state, alive_until=self._pulse.alive_until,
        )  # fmt: skip

    def _stalled(self, start: float, end: float) -> None:
        self._cameras.stalled(start, end)

    def _rejoin(self, mount: str = "") -> None:
        self._cameras.rejoin(lambda site: self.storage.mount_of(site) == mount)
        self._find_sites()

    def _tell_for_all(
        self, kind: NodeAlertKind, detail: dict[str, Any] | None, severity: Severity = "critical"
    ) -> None:
        """All recorders of a node see its clock, and one of them speaks."""
        self.alarms.tell(kind, detail if self.keeper.speaks() else None, severity)

    def states(self) -> list[RecorderState]:
        """The heartbeat of every camera."""
        states = self._cameras.states(self._revision)
        room = {site: self.storage.space(site) for site in {state.site for state in states}}
        return [
            state if (space := room[state.site]) is None
            else state.model_copy(update={"free_bytes": space.free, "total_bytes": space.total})
            for state in states
        ]  # fmt: skip

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
        mended = await self._cameras.stop()
        self._pulse.stop()
        await asyncio.to_thread(self.storage.stop)
        self.keeper.close()
        self.alarms.close()
        if await asyncio.to_thread(self._disks.stop, STOP_S) and mended:
            self.storage.close()
        else:
            log.error("disk.unstopped what was queued is lost; the next start mends the open segments")
