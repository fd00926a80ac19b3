"""Following the states of all cameras: tells changes, raises and ends the alarms, keeps both in the database."""

from __future__ import annotations

import asyncio
import contextlib
import copy
import logging
import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select

from vms.domain.clock import Clock, from_epoch
from vms.domain.facility import Camera, Site
from vms.domain.messages import AlertEvent, DetectorState, RecorderState
from vms.domain.rules import Rule
from vms.domain.schedule import Schedule
from web.alerts import incoming
from web.alerts.store import open_counts
from web.cameras.alarms import Action, Alarms, Hush, Status
from web.cameras.awake import Awake
from web.cameras.reports import FRESH_S, Reports
from web.cameras.view import DETECTOR_LOST, CameraView, Report, begun, judge
from web.configuration.current import CurrentConfiguration
from web.database.engine import Database
from web.database.failures import ANY, first_line
from web.database.schema import Alert, CameraState
from web.database.upsert import upsert

log = logging.getLogger(__name__)

TICK_S = 0.5
#: Of a camera that has no rule ``camera_offline`` of its own.
CAMERA_RULE = Rule(id="camera-offline", kind="camera_offline")
#: A camera that shows pictures which nobody writes (a full disk, a recorder that is gone) is as dark to the court.
UNRECORDED = ("offline", "online")
SITE_RULE = "site-unreachable"


@dataclass(frozen=True, slots=True)
class _Known:
    state: str
    reason: str | None
    since: datetime


class CameraWatch:
    """Views of all cameras, and the task that tells what changed in them."""

    def __init__(self, database: Database, clock: Clock, current: CurrentConfiguration, reports: Reports) -> None:
        self._database = database
        self._clock = clock
        self._current = current
        self._reports = reports
        self._known: dict[str, _Known] = {}
        self._alarms = Alarms()
        self._alerts: dict[tuple[str, str], tuple[str, datetime]] = {}
        self.awake = Awake(clock)
        self._hush = Hush()
        self._wake = asyncio.Event()

    def wake(self) -> None:
        """Looks now instead of at the next tick."""
        self._wake.set()

    async def load(self) -> None:
        """What stood in the database when the process before this one ended."""
        kinds = ("camera_offline", "site_unreachable")
        async with self._database.read() as connection:
            for row in await connection.execute(select(CameraState.__table__)):
                self._known[row.camera] = _Known(row.state, row.reason, row.since)
            query = select(Alert.id, Alert.site, Alert.camera, Alert.kind, Alert.opened_at).where(
                Alert.kind.in_(kinds), Alert.ended_at.is_(None)
            )
            for row in await connection.execute(query):
                if row.kind == "camera_offline":
                    self._alarms.cameras[row.camera] = row.site
                    self._alerts[(row.kind, row.camera)] = (row.id, row.opened_at)
                else:
                    self._alarms.sites[row.site] = row.camera
                    self._alerts[(row.kind, row.site)] = (row.id, row.opened_at)

    def view(self, site: Site, camera: Camera) -> CameraView:
        """One camera now."""
        recorder = self._reports.recorder(site.id, camera.id)
        detector = self._reports.detector(site.id, camera.id)
        known = self._known.get(camera.id)
        unheard = self._reports.unheard(site.id, camera.id)
        if known is not None and known.reason == DETECTOR_LOST:  # until it is heard, also by the process after this one
            unheard = detector is None or not detector.fresh
        state, reason = judge(camera, recorder, detector, unheard=unheard)
        if camera.enabled and self._settling(camera, recorder, detector):
            # It could not be heard yet since this process began or went on: what was known last is the better guess.
            if known is None or known.state == "disabled":
                state, reason = "offline", "connecting"
            else:
                state, reason = known.state, known.reason  # type: ignore[assignment]
        same = known is not None and (known.state, known.reason) == (state, reason)
        now = from_epoch(self._clock.utc())
        since = begun(state, reason, known.since if known is not None and same else None, recorder)
        since = now if since is None else min(since, now)
        return CameraView(site, camera, state, reason, since, recorder, detector, unheard)

    def views(self) -> list[CameraView]:
        """All cameras now."""
        return [self.view(site, camera) for site, camera in self._current.cameras()]

    async def run(self) -> None:
        """Tells changes for ever."""
        failing = False
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(TICK_S):
                    await self._wake.wait()
                    await asyncio.sleep(0.05)  # what changes together is told in one transaction
            self._wake.clear()
            try:
                await self.tick()
                failing = False
            except ANY as err:
                if not failing:
                    log.error("states.unwritten error=%s", first_line(err))
                failing = True
                await asyncio.sleep(TICK_S)

    async def tick(self) -> None:
        """One look at everything."""
        views = self.views()
        await self._tell(views)
        if self.awake.look() < FRESH_S:
            return  # an alert of the process before this one must not end for want of news
        now = self._clock.monotonic()
        if self._hush.holds(now, self._reports.heard_at):
            return
        alarms = copy.deepcopy(self._alarms)
        actions = alarms.tick(self._clock.monotonic(), [self._status(view) for view in views if view.camera.enabled])
        await self._raise(actions)
        self._alarms = alarms  # only now: what was not written is tried again

    def _status(self, view: CameraView) -> Status:
        rule = _rule_of(view.camera)
        return Status(
            view.site.id,
            view.camera.id,
            view.state in UNRECORDED,
            view.reason,
            view.dark_s(),
            rule.dwell_s,
            rule.rearm_s,
            rule.schedule is None
            or Schedule.parse(rule.schedule).armed(from_epoch(self._clock.utc()), self._current.facility.zone_info()),
        )

    def _settling(
        self, camera: Camera, recorder: Report[RecorderState] | None, detector: Report[DetectorState] | None
    ) -> bool:
        # A stored word may look old only because a clock was set: it says no more than none.
        young = self.awake.look() < FRESH_S
        if recorder is not None and recorder.fresh:
            return False
        # The detector may be heard first; its word alone would make a recorder that is fine a lost one.
        return young and (camera.id in self._known or detector is None or not detector.fresh)

    async def _tell(self, views: list[CameraView]) -> None:
        changed = []
        for view in views:
            known = self._known.get(view.camera.id)
            if known is not None and (known.state, known.reason) == (view.state, view.reason):
                continue
            if known is None and view.camera.enabled and self._settling(view.camera, view.recorder, view.detector):
                continue
            changed.append(view)
        gone = self._known.keys() - {view.camera.id for view in views}
        if not changed and not gone:
            return
        async with self._database.change() as change:
            counts = await open_counts(change.connection)
            rows = [
                {"camera": view.camera.id, "state": view.state, "reason": view.reason, "since": view.since}
                for view in changed
            ]
            await upsert(change.connection, CameraState, rows, ["camera"])
            if gone:
                await change.connection.execute(delete(CameraState).where(CameraState.camera.in_(gone)))
            for view in changed:
                await change.record("camera.state", view.represent(counts.get(view.camera.id, 0)))
        for view in changed:
            before = self._known.get(view.camera.id)
            self._known[view.camera.id] = _Known(view.state, view.reason, view.since)
            if before is None or before.state != view.state:
                log.info("camera.%s camera=%s reason=%s", view.state, view.camera.id, view.reason or "-")
        for camera in gone:
            del self._known[camera]

    async def _raise(self, actions: list[Action]) -> None:
        if not actions:
            return
        now = from_epoch(self._clock.utc())
        alerts = dict(self._alerts)
        events = []
        rules = {camera.id: _rule_of(camera) for _, camera in self._current.cameras()}
        for action in actions:
            key = (action.kind, action.camera if action.kind == "camera_offline" else action.site)
            if action.does == "open":
                alerts[key] = (uuid.uuid4().hex, now)
            kept = alerts.get(key)
            if kept is None:
                continue
            if action.does == "end":
                del alerts[key]
            events.append(_event(action, kept[0], kept[1], now, rules.get(action.camera, CAMERA_RULE)))
        async with self._database.change() as change:
            await incoming.apply(change, events)
        self._alerts = alerts


def _rule_of(camera: Camera) -> Rule:
    return next((rule for rule in camera.rules if rule.kind == "camera_offline"), CAMERA_RULE)


def _event(action: Action, alert_id: str, opened: datetime, now: datetime, rule: Rule) -> AlertEvent:
    """``rule``: the camera's own about being offline."""
    opens = action.does == "open"
    detail: dict[str, object] = {}
    if opens:
        detail["reason"] = action.reason
        if action.cameras:
            detail["cameras"] = list(action.cameras)
    return AlertEvent(
        id=alert_id,
        event="opened" if opens else "ended",
        at=now,
        site=action.site,
        camera=action.camera,
        rule=rule.id if action.kind == "camera_offline" else SITE_RULE,
        kind=action.kind,
        severity=rule.effective_severity if action.kind == "camera_offline" else "critical",
        opened_at=opened,
        ended_at=None if opens else now,
        detail=detail,
    )
