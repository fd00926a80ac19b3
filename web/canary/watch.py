"""Follows the canaries to the end of their way, and alarms where they stay away: the alert ``canary``.

It hears of them by the feed, as every browser does. Which are missed is decided in ``missing``; who brings them to
the monitor outside is ``push``.
"""

from __future__ import annotations

import copy
import json
import logging
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from vms.bus.subjects import WEB
from vms.domain.clock import Clock, from_epoch, rfc3339
from vms.domain.messages import AlertEvent
from vms.domain.node import NODE_SITE
from web.alerts import incoming
from web.cameras import unanalysed
from web.cameras.watch import CameraWatch
from web.canary import store
from web.canary.missing import ALL, PUSH, REFUSALS, Action, Missing, Seen
from web.canary.push import CanaryPush
from web.configuration.current import CurrentConfiguration
from web.database.engine import Database
from web.database.schema import Alert
from web.events.feed import EventFeed
from web.rounds import for_ever

log = logging.getLogger(__name__)

LOOK_S = 2.0
KIND = "canary"
#: Of a site's alert and of the facility's; of the way out of the house, which is snoozed apart.
RULE, PUSH_RULE = "canary", "canary-push"
_MARK = f'"type":"{store.EVENT}"'


@dataclass(frozen=True, slots=True)
class _Alert:
    id: str
    site: str
    camera: str
    opened_at: datetime


class CanaryWatch:
    """``every_s``: the detectors' period; ``push`` None: nobody outside waits for them."""

    def __init__(
        self, database: Database, clock: Clock, current: CurrentConfiguration, cameras: CameraWatch, feed: EventFeed,
        push: CanaryPush | None, every_s: float,
    ) -> None:  # fmt: skip
        self.every_s = every_s
        self.push = push
        self._database = database
        self._clock = clock
        self._current = current
        self._cameras = cameras
        self._feed = feed
        self._missing = Missing(every_s)
        self._alerts: dict[str, _Alert] = {}
        self._at = feed.head
        self._ids: dict[str, str] = {}  # of the last canary that is written down
        self._seen: dict[str, Seen] = {}
        self._told: dict[str, tuple[str, datetime]] = {}  # heard, and not written down yet
        self._loaded = False

    async def listen(self) -> None:
        """Hears the feed for ever."""
        await for_ever(self._hear, LOOK_S, "canaries.unheard")

    async def _hear(self) -> None:
        while True:
            for entry in await self._feed.after(self._at):
                self._at = entry.seq
                if _MARK in entry.text and (said := json.loads(entry.text))["type"] == store.EVENT:
                    self._take(said["data"])
            await self._feed.wait(self._at)

    def _take(self, data: Mapping[str, Any]) -> None:
        now = self._clock.monotonic()
        self._seen[data["site"]] = Seen(now, now)
        self._told[data["site"]] = data["id"], from_epoch(self._clock.utc())
        if self.push is not None:
            self.push.take(data["site"], data["id"], data["sent_at"])

    async def run(self) -> None:
        """Looks for ever."""
        await for_ever(self.look, LOOK_S, "canaries.unread")

    async def look(self) -> None:
        """Writes down how far they came; opens and ends what is due."""
        if not self._loaded:
            await self._load()
            self._loaded = True
        if self._told:
            told = dict(self._told)
            async with self._database.change() as change:
                for site, (canary, at) in told.items():
                    await store.told(change, site, canary, at)
            self._told = {site: one for site, one in self._told.items() if told.get(site) != one}
        now = self._clock.monotonic()
        async with self._database.read() as connection:
            kept = await store.fetch(connection)
            excused = await self._excused(connection)
        for site, row in kept.items():
            if self._ids.get(site) != row.id:
                self._ids[site] = row.id
                self._seen[site] = Seen(now, self._seen.get(site, Seen()).told)
        missing = copy.deepcopy(self._missing)
        refusals = None if self.push is None else self.push.refusals
        begun = now - self._cameras.awake.look()
        actions = missing.tick(now, self._expected(), excused, refusals, begun)
        if actions:
            await self._tell(actions, kept)
        self._missing = missing  # only now: what was not written is tried again

    def state(self, site: str, kept: store.Kept | None) -> Literal["fresh", "late", "never"]:
        """Of one site; ``kept``: what stands in the database."""
        if self._missing.late(self._clock.monotonic(), site, self._seen.get(site, Seen())):
            return "late"
        return "never" if kept is None else "fresh"

    def _expected(self) -> dict[str, Seen]:
        sites = dict.fromkeys(site.id for site, camera in self._current.cameras() if camera.enabled)
        return {site: self._seen.get(site, Seen()) for site in sites}

    async def _excused(self, connection: AsyncConnection) -> set[str]:
        """Sites of which another alert says already why nothing comes: cut off, or without a detector."""
        query = select(Alert.site, Alert.kind, Alert.detail).where(
            Alert.ended_at.is_(None), Alert.kind.in_(("site_unreachable", unanalysed.KIND))
        )
        site_of = {camera.id: site.id for site, camera in self._current.cameras()}
        found: set[str] = set()
        for row in await connection.execute(query):
            if row.kind == "site_unreachable":
                found.add(row.site)
            elif row.site == NODE_SITE:
                found.update(site_of[one] for one in row.detail.get("cameras", ()) if one in site_of)
        return found

    async def _tell(self, actions: Sequence[Action], kept: Mapping[str, store.Kept]) -> None:
        now = from_epoch(self._clock.utc())
        alerts, events = dict(self._alerts), []
        for one in actions:
            if one.does == "open":
                alerts[one.key] = self._new(one.key, now)
                events.append(_event(one.key, alerts[one.key], now, self._detail(one, kept)))
            elif one.key in alerts:
                events.append(_event(one.key, alerts.pop(one.key), now, None))
        async with self._database.change() as change:
            await incoming.apply(change, events)
        self._alerts = alerts
        for one in actions:
            level = logging.ERROR if one.does == "open" else logging.INFO
            word = "missed" if one.does == "open" else "back"
            log.log(level, "canary.%s of=%s reason=%s", word, one.key.lstrip("_"), one.reason)

    def _new(self, key: str, now: datetime) -> _Alert:
        if key in (ALL, PUSH):
            return _Alert(uuid.uuid4().hex, NODE_SITE, WEB, now)
        first = next(camera.id for site, camera in self._current.cameras() if site.id == key and camera.enabled)
        return _Alert(uuid.uuid4().hex, key, first, now)

    def _detail(self, action: Action, kept: Mapping[str, store.Kept]) -> dict[str, Any]:
        if action.key == PUSH:
            return {"reason": action.reason, "detail": "" if self.push is None else self.push.answer}
        if action.key == ALL:
            last = max((row.stored_at for row in kept.values()), default=None)
            return {"reason": action.reason, "last_at": last and rfc3339(last), "sites": sorted(self._expected())}
        row = kept.get(action.key)
        return {"reason": action.reason, "last_at": row and rfc3339(row.stored_at)}

    async def _load(self) -> None:
        """What the process before this one left open; what it had heard is not news."""
        query = select(Alert.id, Alert.site, Alert.camera, Alert.rule, Alert.opened_at, Alert.detail)
        async with self._database.read() as connection:
            for row in await connection.execute(query.where(Alert.kind == KIND, Alert.ended_at.is_(None))):
                key = row.site if row.site != NODE_SITE else PUSH if row.rule == PUSH_RULE else ALL
                self._alerts[key] = _Alert(row.id, row.site, row.camera, row.opened_at)
                self._missing.open[key] = row.detail["reason"]
            for site, kept in (await store.fetch(connection)).items():
                self._ids.setdefault(site, kept.id)
        if PUSH in self._alerts and self.push is not None:
            self.push.refusals = REFUSALS  # until it is seen to work


def _event(key: str, alert: _Alert, now: datetime, detail: dict[str, Any] | None) -> AlertEvent:
    """``detail`` None: it is over."""
    over = detail is None
    return AlertEvent(
        id=alert.id, event="ended" if over else "opened", at=now, site=alert.site, camera=alert.camera,
        rule=PUSH_RULE if key == PUSH else RULE, kind=KIND, severity="critical", opened_at=alert.opened_at,
        ended_at=now if over else None, detail=detail or {},
    )  # fmt: skip
