"""The alert that a node's analysis does not keep up: cameras where something happens get less than ``min_fps``.

Its detectors say in their heartbeats which cameras are behind; one alert a node tells of all of them. Not here: how
inference is shared meanwhile (``detectors.sampling.governor``).
"""

from __future__ import annotations

import logging
import uuid
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from sqlalchemy import select

from vms.domain.clock import Clock, from_epoch
from vms.domain.messages import AlertEvent, DetectorState
from vms.domain.node import NODE_SITE, NodeAlertKind
from web.alerts import incoming
from web.cameras.alarms import SILENT_S
from web.cameras.reports import Reports
from web.configuration.current import CurrentConfiguration
from web.database.engine import Database
from web.database.schema import Alert
from web.rounds import for_ever

log = logging.getLogger(__name__)

LOOK_S = 1.0
#: Cameras have been behind, or none has, for so long before anybody is told.
AFTER_S = 10.0
#: While it lasts it is told anew at most so often, when more or fewer cameras are behind.
RENEW_S = 60.0
#: A node that no detector speaks for any more has nothing to be behind with.
UNHEARD_S = 60.0
RULE = "analysis"
KIND: NodeAlertKind = "analysis"


@dataclass(frozen=True, slots=True)
class Standing:
    """One node's analysis now: cameras that are behind, and pictures a second for the model, of all its cameras."""

    behind: int
    wanted_fps: float
    inferred_fps: float


def standings(states: Iterable[DetectorState]) -> dict[str, Standing]:
    """Each node's standing, from the heartbeats of its cameras."""
    by_node: dict[str, list[DetectorState]] = defaultdict(list)
    for state in states:
        by_node[state.node].append(state)
    return {
        node: Standing(
            sum(state.behind for state in members),
            round(sum(state.wanted_fps for state in members), 1),
            round(sum(state.inferred_fps for state in members), 1),
        )
        for node, members in by_node.items()
    }


@dataclass(slots=True)
class Patience:
    """Since when a node has stood otherwise than was told (monotonic seconds). Pure."""

    _since: dict[str, float] = field(default_factory=dict)

    def due(self, now: float, node: str, standing: Standing | None, *, told: bool) -> bool:
        """Whether it is time to tell the other thing; ``standing`` None: nobody speaks for the node."""
        other = told if standing is None else told != (standing.behind > 0)
        if not other:
            self._since.pop(node, None)
            return False
        return now - self._since.setdefault(node, now) >= (UNHEARD_S if standing is None else AFTER_S)


@dataclass(frozen=True, slots=True)
class _Told:
    id: str
    opened_at: datetime
    at: float  # monotonic seconds of the last word
    behind: int  # cameras, by that word; 0: the process before this one said it


class Shortage:
    """Looks every second; goes on after a restart with what is open."""

    def __init__(self, database: Database, clock: Clock, current: CurrentConfiguration, reports: Reports) -> None:
        self._database = database
        self._clock = clock
        self._current = current
        self._reports = reports
        self._patience = Patience()
        self._told: dict[str, _Told] | None = None  # by node; None: the database was not read yet

    async def run(self) -> None:
        """Looks for ever."""
        await for_ever(self.look, LOOK_S, "shortage.unwritten")

    async def look(self) -> None:
        """Tells what is due to be told."""
        if self._told is None:
            self._told = await self._load()
        now = self._clock.monotonic()
        if now - self._reports.heard_at > SILENT_S:
            self._patience = Patience()  # that is the bus, not a node: what is open stays as it is
            return
        here = {camera.id for _, camera in self._current.cameras() if camera.enabled}
        found = standings(
            report.state for report in self._reports.all_detectors() if report.fresh and report.state.camera in here
        )
        told, events = dict(self._told), []
        for node in sorted(found.keys() | told.keys()):
            event, known = self._next(now, node, told.pop(node, None), found.get(node))
            if known is not None:
                told[node] = known
            if event is not None:
                events.append(event)
        if events:
            async with self._database.change() as change:
                await incoming.apply(change, events)
        self._told = told  # only now: what was not written is tried again
        for event in events:
            level = logging.INFO if event.event == "ended" else logging.WARNING
            log.log(level, "analysis.%s node=%s detail=%s", event.event, event.camera, event.detail)

    def _next(
        self, now: float, node: str, known: _Told | None, standing: Standing | None
    ) -> tuple[AlertEvent | None, _Told | None]:
        """The word that is due, if any, and what has been told with it."""
        utc = from_epoch(self._clock.utc())
        if self._patience.due(now, node, standing, told=known is not None):
            if known is not None:
                return self._event("ended", utc, node, known, standing), None
            if standing is not None:
                opened = _Told(uuid.uuid4().hex, utc, now, standing.behind)
                return self._event("opened", utc, node, opened, standing), opened
            return None, known
        if known is None or standing is None or now - known.at < RENEW_S or standing.behind in (0, known.behind):
            return None, known
        renewed = replace(known, at=now, behind=standing.behind)
        return self._event("updated", utc, node, renewed, standing), renewed

    def _event(
        self,
        word: Literal["opened", "updated", "ended"],
        utc: datetime,
        node: str,
        told: _Told,
        standing: Standing | None,
    ) -> AlertEvent:
        detail: dict[str, object] = {}
        if standing is None:
            detail = {"cause": "unowned"}
        elif word != "ended":
            detail = {
                "reason": "analysis_slow", "cameras_behind": standing.behind,
                "inferred_fps": standing.inferred_fps, "wanted_fps": standing.wanted_fps,
                "min_fps": self._current.facility.detector.least_fps,
            }  # fmt: skip
        return AlertEvent(
            id=told.id, event=word, at=utc, site=NODE_SITE, camera=node, rule=RULE, kind=KIND, severity="warning",
            opened_at=told.opened_at, ended_at=utc if word == "ended" else None, detail=detail,
        )  # fmt: skip

    async def _load(self) -> dict[str, _Told]:
        query = select(Alert.id, Alert.camera, Alert.opened_at).where(
            Alert.rule == RULE, Alert.site == NODE_SITE, Alert.kind == KIND, Alert.ended_at.is_(None)
        )
        now = self._clock.monotonic()
        async with self._database.read() as connection:
            return {row.camera: _Told(row.id, row.opened_at, now, 0) for row in await connection.execute(query)}
