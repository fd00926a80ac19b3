"""Cameras that are recorded while nobody counts in them: the alert ``analysis_failed``, raised and ended here.

A camera that is dark is ``camera_offline``'s matter, a detector that is silent says nothing about its cameras; what
remains is a detector that lives and says of a camera that it cannot analyse it.
"""

from __future__ import annotations

import copy
import logging
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select

from vms.domain.clock import Clock, from_epoch
from vms.domain.messages import AlertEvent
from web.alerts import incoming
from web.cameras.view import CameraView, translate
from web.cameras.watch import CameraWatch
from web.database.engine import Database
from web.database.schema import Alert
from web.rounds import for_ever

log = logging.getLogger(__name__)

KIND = "analysis_failed"
RULE = "analysis-failed"
LOOK_S = 1.0
#: A detector tries again within seconds; somebody is told when that did not help (seconds).
AFTER_S = 20.0
#: Analysed for so long, it is over: a stream that gives a picture now and then is one trouble, not many (seconds).
STEADY_S = 60.0


@dataclass(slots=True)
class _Trouble:
    since: float
    good_since: float | None = None


@dataclass(slots=True)
class Unanalysed:
    """Which cameras are in alarm. Pure: ``now`` is monotonic seconds."""

    open: set[str] = field(default_factory=set)
    _troubles: dict[str, _Trouble] = field(default_factory=dict)

    def tick(self, now: float, failing: Mapping[str, bool | None]) -> tuple[list[str], list[str]]:
        """Cameras whose alarm opens, and whose ends. ``failing``: of each camera in use, None where nobody knows."""
        opens, ends = [], [camera for camera in self.open if camera not in failing]
        self._troubles = {camera: trouble for camera, trouble in self._troubles.items() if camera in failing}
        for camera in self.open & failing.keys():  # of the process before this one
            self._troubles.setdefault(camera, _Trouble(now - AFTER_S))
        for camera, fails in failing.items():
            trouble = self._troubles.get(camera)
            if fails:
                trouble = self._troubles.setdefault(camera, _Trouble(now))
                trouble.good_since = None
                if now - trouble.since >= AFTER_S and camera not in self.open:
                    opens.append(camera)
            elif trouble is not None and fails is not None:
                trouble.good_since = now if trouble.good_since is None else trouble.good_since
                if now - trouble.good_since >= STEADY_S:
                    del self._troubles[camera]
                    ends += [camera] if camera in self.open else []
            elif trouble is not None and camera in self.open:
                trouble.good_since = None
            elif trouble is not None:  # only time in which it was seen to fail counts
                del self._troubles[camera]
        self.open = (self.open | set(opens)) - set(ends)
        return opens, ends


class UnanalysedWatch:
    """Looks every second; alerts go to the database."""

    def __init__(self, database: Database, clock: Clock, cameras: CameraWatch) -> None:
        self._database = database
        self._clock = clock
        self._cameras = cameras
        self._troubled = Unanalysed()
        self._alerts: dict[str, tuple[str, str, datetime]] = {}  # by camera: alert, site, opened
        self._loaded = False

    async def run(self) -> None:
        """Looks for ever."""
        await for_ever(self.look, LOOK_S, "unanalysed.unwritten")

    async def look(self) -> None:
        """Opens and ends what is due."""
        if not self._loaded:
            await self._load()
            self._loaded = True
        views = {view.camera.id: view for view in self._cameras.views() if view.camera.enabled}
        troubled = copy.deepcopy(self._troubled)
        opens, ends = troubled.tick(self._clock.monotonic(), {id_: _failing(one) for id_, one in views.items()})
        if opens or ends:
            await self._tell(views, opens, ends)
        self._troubled = troubled  # only now: what was not written is tried again

    async def _tell(self, views: Mapping[str, CameraView], opens: list[str], ends: list[str]) -> None:
        now = from_epoch(self._clock.utc())
        opened = {camera: (uuid.uuid4().hex, views[camera].site.id, now) for camera in opens}
        events = [_event(camera, one, "opened", now, views[camera]) for camera, one in opened.items()]
        events += [_event(camera, self._alerts[camera], "ended", now) for camera in ends]
        async with self._database.change() as change:
            await incoming.apply(change, events)
        self._alerts = {camera: one for camera, one in {**self._alerts, **opened}.items() if camera not in ends}
        for event in events:
            log.warning("analysis.%s camera=%s", "failed" if event.event == "opened" else "back", event.camera)

    async def _load(self) -> None:
        """What the process before this one left open."""
        query = select(Alert.id, Alert.site, Alert.camera, Alert.opened_at)
        async with self._database.read() as connection:
            for row in await connection.execute(query.where(Alert.kind == KIND, Alert.ended_at.is_(None))):
                self._alerts[row.camera] = (row.id, row.site, row.opened_at)
        self._troubled.open = set(self._alerts)


def _failing(view: CameraView) -> bool | None:
    detector = view.detector
    if view.state not in ("recording", "online") or detector is None or not detector.fresh:
        return None
    if detector.state.status == "online":
        return False
    return None if detector.state.reason in (None, "connecting") else True


def _event(
    camera: str, alert: tuple[str, str, datetime], word: str, now: datetime, view: CameraView | None = None
) -> AlertEvent:
    id_, site, opened = alert
    detector = None if view is None else view.detector
    reason = None if detector is None else translate(detector.state.reason)
    return AlertEvent(
        id=id_, event="opened" if word == "opened" else "ended", at=now, site=site, camera=camera, rule=RULE, kind=KIND,
        severity="warning", opened_at=opened, ended_at=None if word == "opened" else now,
        detail={} if reason is None else {"reason": reason},
    )  # fmt: skip
