"""The alert that recorders go by an older list of holds than the table's, and delete by it."""

from __future__ import annotations

import logging
import uuid

from sqlalchemy import select

from vms.bus import subjects
from vms.domain.clock import Clock, from_epoch
from vms.domain.messages import AlertEvent
from vms.domain.node import NODE_SITE
from web.alerts import incoming
from web.database.engine import Database
from web.database.schema import Alert
from web.holds.publisher import HoldsPublisher
from web.rounds import for_ever

log = logging.getLogger(__name__)

LOOK_S = 5.0
#: A bus that restarts takes the list within this (seconds).
AFTER_S = 60.0
RULE = "holds"
DETAIL = {
    "reason": "holds_untold",
    "action": "recorders do not know of the newest holds: check that the bus runs, web's log says what it refuses",
}


class UntoldHolds:
    """Raises it when nothing could be told for ``AFTER_S``, ends it when recorders are told; over restarts as well."""

    def __init__(self, database: Database, clock: Clock, publisher: HoldsPublisher) -> None:
        self._database = database
        self._clock = clock
        self._publisher = publisher
        self._raised: bool | None = None  # nobody has looked yet

    async def run(self) -> None:
        """Looks for ever."""
        await for_ever(self.look, LOOK_S, "holds.unwatched")

    async def look(self) -> None:
        """Raises or ends the alert where it is time to."""
        since = self._publisher.untold_since
        if since is None:
            due = False if self._publisher.told else self._raised
        else:
            due = True if self._clock.monotonic() - since >= AFTER_S else self._raised
        if due is None or due == self._raised:
            return
        async with self._database.change() as change:
            query = select(Alert.id, Alert.opened_at).where(Alert.rule == RULE, Alert.site == NODE_SITE)
            known = (await change.connection.execute(query.where(Alert.ended_at.is_(None)))).first()
            if due != (known is not None):
                now = from_epoch(self._clock.utc())
                event = AlertEvent(
                    id=uuid.uuid4().hex if known is None else known.id, event="opened" if due else "ended", at=now,
                    site=NODE_SITE, camera=subjects.WEB, rule=RULE, kind="storage", severity="critical",
                    opened_at=now if known is None else known.opened_at, ended_at=None if due else now,
                    detail=DETAIL if due else {},
                )  # fmt: skip
                await incoming.apply(change, [event])
                log.log(logging.ERROR if due else logging.INFO, "holds.%s", "untold" if due else "told")
        self._raised = due
