"""Cameras that are recorded while nobody counts in them: the alert ``analysis_failed``, raised and ended here.

One a camera of which a living detector says that it cannot analyse it; one a node whose detector is silent while its
recorder speaks. A camera that is dark is ``camera_offline``'s matter.
"""

from __future__ import annotations

import copy
import logging
import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from sqlalchemy import select

from vms.domain.clock import Clock, from_epoch
from vms.domain.messages import AlertEvent
from vms.domain.node import NODE_SITE
from web.alerts import incoming
from web.cameras.view import DETECTOR_LOST, CameraView, translate
from web.cameras.watch import CameraWatch
from web.database.engine import Database
from web.database.schema import Alert
from web.rounds import for_ever

log = logging.getLogger(__name__)

KIND = "analysis_failed"
RULE = "analysis-failed"
#: Before a node's id, where else a camera's stands.
_NODE = f"{NODE_SITE}."
LOOK_S = 1.0
PICTURED = ("recording", "online")
#: A detector tries again within seconds; somebody is told when that did not help (seconds).
AFTER_S = 20.0
#: Analysed for so long, it is over: a stream that gives a picture now and then is one trouble, not many (seconds).
STEADY_S = 60.0

_Alert = tuple[str, str, datetime]  # id, site, opened


@dataclass(slots=True)
class _Trouble:
    since: float
    good_since: float | None = None


@dataclass(slots=True)
class Unanalysed:
    """Which cameras, and which nodes, are in alarm. Pure: ``now`` is monotonic seconds."""

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
        self._alerts: dict[str, _Alert] = {}  # by camera or node
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
        nodes = by_node(views.values())
        failing = {id_: _failing(one) for id_, one in views.items()}
        failing |= {node: lost(members) for node, members in nodes.items()}
        if any(one.recorder is None and one.detector is None for one in views.values()):  # it may be of that node
            failing = {**{key: None for key in self._alerts if key.startswith(_NODE)}, **failing}
        troubled = copy.deepcopy(self._troubled)
        opens, ends = troubled.tick(self._clock.monotonic(), failing)
        if opens or ends:
            await self._tell(views, nodes, opens, ends)
        self._troubled = troubled  # only now: what was not written is tried again

    async def _tell(
        self, views: Mapping[str, CameraView], nodes: Mapping[str, list[CameraView]], opens: list[str], ends: list[str]
    ) -> None:
        now = from_epoch(self._clock.utc())
        opened = {key: (uuid.uuid4().hex, NODE_SITE if key in nodes else views[key].site.id, now) for key in opens}
        details = {key: _silent(nodes[key]) if key in nodes else _why(views[key]) for key in opens}
        events = [_event(key, one, "opened", now, details[key]) for key, one in opened.items()]
        events += [_event(key, self._alerts[key], "ended", now, {}) for key in ends]
        async with self._database.change() as change:
            await incoming.apply(change, events)
        self._alerts = {key: one for key, one in {**self._alerts, **opened}.items() if key not in ends}
        for event in events:
            what = "node" if event.site == NODE_SITE else "camera"
            log.warning("analysis.%s %s=%s", "failed" if event.event == "opened" else "back", what, event.camera)

    async def _load(self) -> None:
        """What the process before this one left open."""
        query = select(Alert.id, Alert.site, Alert.camera, Alert.opened_at)
        async with self._database.read() as connection:
            for row in await connection.execute(query.where(Alert.kind == KIND, Alert.ended_at.is_(None))):
                key = _NODE + row.camera if row.site == NODE_SITE else row.camera
                self._alerts[key] = (row.id, row.site, row.opened_at)
        self._troubled.open = set(self._alerts)


def by_node(views: Iterable[CameraView]) -> dict[str, list[CameraView]]:
    """Cameras by the node that analyses them, or that records them where no detector was heard yet."""
    found: dict[str, list[CameraView]] = defaultdict(list)
    for view in views:
        heard = view.detector or view.recorder
        if heard is not None:
            found[_NODE + heard.state.node].append(view)
    return found


def lost(members: Iterable[CameraView]) -> bool | None:
    """Whether a node's detector is silent about any of these while they are recorded; None: none of them is."""
    pictured = [view.unheard for view in members if view.state in PICTURED]
    return any(pictured) if pictured else None


def _failing(view: CameraView) -> bool | None:
    detector = view.detector
    if view.state not in PICTURED or detector is None or not detector.fresh:
        return None
    if detector.state.status == "online":
        return False
    return None if detector.state.reason in (None, "connecting") else True


def _silent(members: Iterable[CameraView]) -> dict[str, object]:
    return {"reason": DETECTOR_LOST, "cameras": [view.camera.id for view in members if view.unheard]}


def _why(view: CameraView) -> dict[str, object]:
    reason = None if view.detector is None else translate(view.detector.state.reason)
    return {} if reason is None else {"reason": reason}


def _event(
    key: str, alert: _Alert, word: Literal["opened", "ended"], now: datetime, detail: dict[str, object]
) -> AlertEvent:
    id_, site, opened = alert
    return AlertEvent(
        id=id_, event=word, at=now, site=site, camera=key.removeprefix(_NODE), rule=RULE, kind=KIND,
        severity="warning", opened_at=opened, ended_at=None if word == "opened" else now, detail=detail,
    )  # fmt: skip
