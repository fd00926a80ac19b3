"""Alerts that are open here and that nobody owns any more: the detector lost its notes, or its camera is gone.

The detector owns an alert's end. One whose detector is alive and has not held it to be open for ``GRACE_S`` would
frame its tile red for ever; it is ended here, and says why.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping

from sqlalchemy import select

from vms.domain.clock import Clock, from_epoch
from vms.domain.messages import AlertEvent
from vms.domain.node import NODE_ALERTS
from web.alerts import incoming
from web.cameras import unanalysed
from web.cameras.reports import Reports
from web.canary import watch as canary
from web.configuration.current import CurrentConfiguration
from web.database.engine import Database
from web.database.schema import Alert
from web.rounds import for_ever

log = logging.getLogger(__name__)

LOOK_S = 10.0
#: What the detector ended may still wait in its outbox, what it opened be on its way.
GRACE_S = 60.0
#: Raised and ended by ``web`` itself (``analysis`` and ``model``, too), and those that a node's recorder owns.
_OURS = ("camera_offline", "site_unreachable", unanalysed.KIND, canary.KIND, *NODE_ALERTS)


class Orphans:
    """Looks every few seconds."""

    def __init__(self, database: Database, clock: Clock, current: CurrentConfiguration, reports: Reports) -> None:
        self._database = database
        self._clock = clock
        self._current = current
        self._reports = reports
        self._since: dict[str, float] = {}

    async def run(self) -> None:
        """Looks for ever."""
        await for_ever(self.look, LOOK_S, "orphans.unread")

    async def look(self) -> None:
        """Ends what nobody has owned for ``GRACE_S``."""
        columns = (Alert.id, Alert.site, Alert.camera, Alert.rule, Alert.kind, Alert.severity, Alert.opened_at)
        query = select(*columns).where(Alert.ended_at.is_(None), Alert.kind.not_in(_OURS))
        async with self._database.read() as connection:
            rows = {row.id: row for row in await connection.execute(query)}
        due = self._due({alert: (row.site, row.camera) for alert, row in rows.items()})
        if not due:
            return
        now = from_epoch(self._clock.utc())
        events = [
            AlertEvent(
                id=row.id, event="ended", at=now, site=row.site, camera=row.camera, rule=row.rule, kind=row.kind,
                severity=row.severity, opened_at=row.opened_at, ended_at=now, detail={"cause": "unowned"},
            )
            for row in (rows[alert] for alert in due)
        ]  # fmt: skip
        async with self._database.change() as change:
            await incoming.apply(change, events)
        log.warning("alerts.unowned ended=%d", len(events))

    def _due(self, alerts: Mapping[str, tuple[str, str]]) -> list[str]:
        now = self._clock.monotonic()
        configured = {camera.id for _, camera in self._current.cameras()}
        unowned = {alert for alert, (site, camera) in alerts.items() if self._unowned(alert, site, camera, configured)}
        self._since = {alert: self._since.get(alert, now) for alert in unowned}
        return [alert for alert, since in self._since.items() if now - since >= GRACE_S]

    def _unowned(self, alert: str, site: str, camera: str, configured: Collection[str]) -> bool:
        if camera not in configured:
            return True
        report = self._reports.detector(site, camera)
        if report is None or not report.fresh or report.state.open_alerts is None:
            return False  # a silent detector says nothing about its alerts: they go on
        return alert not in report.state.open_alerts
