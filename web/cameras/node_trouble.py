"""One alert a node of a trouble that its detectors tell in their heartbeats: opened after patience, renewed, ended.

Not here: which troubles there are (``shortage``, ``fallback``).
"""

from __future__ import annotations

import logging
import uuid
from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import ClassVar, Literal

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
#: It has been so for so long before anybody is told, of its end, too.
AFTER_S = 10.0
#: While it lasts it is told anew at most so often, when there is something else to tell.
RENEW_S = 60.0
#: A node that no detector speaks for any more has no such trouble.
UNHEARD_S = 60.0


@dataclass(frozen=True, slots=True)
class Standing:
    """One node now. ``mark`` is falsy where nothing is wrong; another one is told anew."""

    mark: object
    detail: Mapping[str, object]


@dataclass(slots=True)
class Patience:
    """Since when a node has stood otherwise than was told (monotonic seconds). Pure."""

    _since: dict[str, float] = field(default_factory=dict)

    def due(self, now: float, node: str, standing: Standing | None, *, told: bool) -> bool:
        """Whether it is time to tell the other thing; ``standing`` None: nobody speaks for the node."""
        other = told if standing is None else told != bool(standing.mark)
        if not other:
            self._since.pop(node, None)
            return False
        return now - self._since.setdefault(node, now) >= (UNHEARD_S if standing is None else AFTER_S)


@dataclass(frozen=True, slots=True)
class _Told:
    id: str
    opened_at: datetime
    at: float  # monotonic seconds of the last word
    mark: object  # by that word; None: the process before this one said it


class NodeTrouble(ABC):
    """Looks every second; goes on after a restart with what is open. ``kind`` is the alerts' rule, too."""

    kind: ClassVar[NodeAlertKind]

    @abstractmethod
    def standing(self, states: Sequence[DetectorState]) -> Standing:
        """Of a node, from the fresh heartbeats of all its cameras in use; at least one."""

    def __init__(self, database: Database, clock: Clock, current: CurrentConfiguration, reports: Reports) -> None:
        self._database = database
        self._clock = clock
        self.current = current
        self._reports = reports
        self._patience = Patience()
        self._told: dict[str, _Told] | None = None  # by node; None: the database was not read yet

    async def run(self) -> None:
        """Looks for ever."""
        await for_ever(self.look, LOOK_S, f"{self.kind}.unwritten")

    async def look(self) -> None:
        """Tells what is due to be told."""
        if self._told is None:
            self._told = await self._load()
        now = self._clock.monotonic()
        if now - self._reports.heard_at > SILENT_S:
            self._patience = Patience()  # that is the bus, not a node: what is open stays as it is
            return
        here = {camera.id for _, camera in self.current.cameras() if camera.enabled}
        by_node: dict[str, list[DetectorState]] = defaultdict(list)
        for report in self._reports.all_detectors():
            if report.fresh and report.state.camera in here:
                by_node[report.state.node].append(report.state)
        found = {node: self.standing(states) for node, states in by_node.items()}
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
            log.log(level, "%s.%s node=%s detail=%s", self.kind, event.event, event.camera, event.detail)

    def _next(
        self, now: float, node: str, known: _Told | None, standing: Standing | None
    ) -> tuple[AlertEvent | None, _Told | None]:
        """The word that is due, if any, and what has been told with it."""
        utc = from_epoch(self._clock.utc())
        if self._patience.due(now, node, standing, told=known is not None):
            if known is not None:
                return self._event("ended", utc, node, known, standing), None
            if standing is not None:
                opened = _Told(uuid.uuid4().hex, utc, now, standing.mark)
                return self._event("opened", utc, node, opened, standing), opened
            return None, known
        if known is None or standing is None or now - known.at < RENEW_S:
            return None, known
        if not standing.mark or standing.mark == known.mark:
            return None, known
        renewed = replace(known, at=now, mark=standing.mark)
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
            detail = dict(standing.detail)
        return AlertEvent(
            id=told.id, event=word, at=utc, site=NODE_SITE, camera=node, rule=self.kind, kind=self.kind,
            severity="warning", opened_at=told.opened_at, ended_at=utc if word == "ended" else None, detail=detail,
        )  # fmt: skip

    async def _load(self) -> dict[str, _Told]:
        query = select(Alert.id, Alert.camera, Alert.opened_at).where(
            Alert.rule == self.kind, Alert.site == NODE_SITE, Alert.kind == self.kind, Alert.ended_at.is_(None)
        )
        now = self._clock.monotonic()
        async with self._database.read() as connection:
            return {row.camera: _Told(row.id, row.opened_at, now, None) for row in await connection.execute(query)}
