"""The cameras of one detector process: started, changed and stopped as the configuration says.

A revision touches only the cameras that it changes. Lives in the event loop; what blocks runs in threads.
"""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field

from detectors.alerts import AlertWriter
from detectors.analysis import Analysis
from detectors.camera import CameraAnalyst
from detectors.decoding import Decoding
from detectors.inference.batching import Batcher
from detectors.key_frames import KeyFrames
from detectors.masked_sub import MOST
from detectors.outputs import Outputs
from detectors.plan import CameraPlan
from detectors.rules.camera_rules import CameraRules
from detectors.snapshots import SnapshotDesk
from vms.bus.connection import Bus
from vms.bus.watch import WatchDesk
from vms.domain.clock import Clock
from vms.domain.errors import ConfigurationError
from vms.domain.masks import outlines
from vms.ingest.reader import StreamReader, Watchdog
from vms.settings.templates import resolve

log = logging.getLogger(__name__)

#: Time for a camera's thread to end.
JOIN_S = 2.0


@dataclass(slots=True)
class _Member:
    analyst: CameraAnalyst
    source: StreamReader | KeyFrames | None = None
    outputs: Outputs | None = None


@dataclass(slots=True)
class _Bound:
    """What exists once the bus does."""

    bus: Bus
    snapshots: SnapshotDesk


@dataclass(slots=True)
class Fleet:
    """``apply`` takes a revision's plans; ``attach`` lets the world ask."""

    batcher: Batcher
    writer: AlertWriter
    desk: WatchDesk
    clock: Clock
    decoding: Decoding
    plans: dict[str, CameraPlan] = field(default_factory=dict)
    _members: dict[str, _Member] = field(default_factory=dict)
    _bound: _Bound | None = None
    _watchdog: Watchdog = field(init=False)
    _seats: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(MOST))
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    def __post_init__(self) -> None:
        self._watchdog = Watchdog(self.clock)

    @property
    def analysts(self) -> list[CameraAnalyst]:
        """Those at work now."""
        return [member.analyst for member in self._members.values()]

    def start(self) -> None:
        """Starts the watchdog of all readers."""
        self._watchdog.start()

    async def apply(self, plans: dict[str, CameraPlan], everywhere: Iterable[str]) -> None:
        """Brings the cameras to ``plans``; ``everywhere`` are the ids of the whole facility."""
        async with self._lock:
            first, self.plans = not self.plans, plans
            if first:
                self._end_orphans(plans, frozenset(everywhere))
            wanted = {id_: plan for id_, plan in plans.items() if plan.camera.enabled}
            for id_ in [id_ for id_ in self._members if id_ not in wanted]:
                await self._remove(id_, "disabled" if id_ in plans else "camera_removed")
            for id_, plan in wanted.items():
                member = self._members.get(id_)
                if member is not None and member.analyst.plan.site != plan.site:
                    await self._remove(id_, "camera_removed")  # at that site; its alerts and minutes are that site's
                    member = None
                if member is None:
                    await self._add(plan, None)
                elif not plan.same_stream(member.analyst.plan):
                    member.analyst.change(plan)
                    await self._stop(id_)
                    await self._add(plan, member.analyst.analysis)
                elif plan != member.analyst.plan:
                    member.analyst.change(plan)
                    log.info("camera.changed camera=%s", id_)

    async def attach(self, bus: Bus) -> None:
        """The bus is there: leases are offered, snapshots answered, key frames asked for."""
        async with self._lock:
            self._bound = _Bound(bus, SnapshotDesk(bus, self.clock))
            for member in self._members.values():
                if isinstance(member.source, KeyFrames):  # of a bus that is gone
                    member.source.stop()
                    member.source = None
                await self._bind(member)

    async def close(self) -> None:
        """Stops every camera; alerts stay open for the process that follows."""
        async with self._lock:
            self._watchdog.close()
            for member in self._members.values():
                if member.source is not None:
                    member.source.stop()
            await asyncio.gather(*(self._stop(id_) for id_ in list(self._members)))

    async def _add(self, plan: CameraPlan, analysis: Analysis | None) -> None:
        if analysis is None:
            opened = self.writer.inherit(plan.camera.id)
            analysis = Analysis(plan.site, plan.camera, plan.zone_info, opened)
        analyst = CameraAnalyst(plan, self.batcher, self.writer, self.clock, analysis, self.decoding)
        member = self._members[plan.camera.id] = _Member(analyst)
        if plan.source is not None:
            try:
                url = resolve(plan.source, os.environ)
            except ConfigurationError as err:
                analyst.status.offline("configuration", str(err))
            else:
                reader = StreamReader(plan.camera.id, "sub", url, analyst, self.clock)
                member.source = reader
                self._watchdog.add(reader)
                reader.start()
        await self._bind(member)

    async def _bind(self, member: _Member) -> None:
        analyst = member.analyst
        plan = analyst.plan
        if member.outputs is None:
            status = analyst.status
            member.outputs = Outputs(
                self.desk, plan.site, plan.camera.id, lambda: (status.reason, status.size),
                sub=plan.source is not None, masks=outlines(plan.camera.masks), seats=self._seats,
            )  # fmt: skip
            analyst.show(member.outputs)
        if self._bound is None:
            return
        if plan.source is None and member.source is None:
            member.source = KeyFrames(plan.site, plan.camera.id, analyst, self._bound.bus, self.clock, analyst.left_out)
            member.source.start()
        await self._bound.snapshots.serve(analyst)

    async def _remove(self, id_: str, cause: str) -> None:
        analyst = self._members[id_].analyst
        await self._stop(id_, cause)
        log.info("camera.removed camera=%s cause=%s", analyst.plan.camera.id, cause)

    async def _stop(self, id_: str, cause: str | None = None) -> None:
        """Ends one camera's work; ``cause`` ends its alerts too."""
        member = self._members.pop(id_)
        member.analyst.show(None)
        if member.outputs is not None:
            member.outputs.close()
        if self._bound is not None:
            await self._bound.snapshots.withdraw(id_)
        if member.source is not None:
            if isinstance(member.source, StreamReader):
                self._watchdog.remove(member.source)
            member.source.stop()
            if not await asyncio.to_thread(member.source.join, JOIN_S):
                log.warning("camera.unfinished camera=%s", id_)
        member.analyst.retire(cause)

    def _end_orphans(self, plans: dict[str, CameraPlan], everywhere: frozenset[str]) -> None:
        """Ends alerts of cameras that were taken out, or switched off, while no detector ran."""
        for id_ in self.writer.left_behind():
            here = plans.get(id_)
            if (here is not None and here.camera.enabled) or (here is None and id_ in everywhere):
                continue  # it goes on here, or is another process's
            for alert in self.writer.inherit(id_):
                self.writer.tell(CameraRules.ended(alert, self.clock.utc(), "camera_removed"))
