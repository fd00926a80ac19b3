"""What became of the alerts of a shift: how many, how fast somebody took them on, and which nobody did in time.

Times are by nearest rank: the p95 of 20 alerts is the 19th slowest itself, nothing between two of them.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict, deque
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from vms.domain.node import NODE_SITE
from web.alerts import store
from web.database.engine import Database
from web.database.schema import Alert
from web.database.schema_duty import Delivery
from web.duty.policy import TECHNICAL, Ladder, Policy
from web.problems import Problem
from web.reach import Reach

#: Alerts that one report is made of, those that are read at once, those missed that it names (the newest).
MOST_ALERTS = 100_000
PAGE = 1000
MOST_MISSED = 200
#: Where a ladder of one rung is climbed once, nothing says by when its person should have answered (seconds).
NO_DEADLINE_S = 300

_First = aliased(Alert)
_COLUMNS = (
    Alert.id, Alert.site, Alert.camera, Alert.rule, Alert.kind, Alert.severity, Alert.persons, Alert.opened_at,
    Alert.ended_at, Alert.acknowledged_at, Alert.acknowledged_by, Alert.resolved_at, Alert.resolved_by, Alert.chain,
    Alert.quiet, _First.acknowledged_at.label("first_acknowledged_at"), _First.resolved_at.label("first_resolved_at"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Told:
    """What the report reads of an alert; ``first_…``: of that whose chain it shares."""

    id: str
    site: str
    camera: str
    rule: str
    kind: str
    severity: Any
    persons: int
    opened_at: datetime
    ended_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    resolved_at: datetime | None
    resolved_by: str | None
    chain: str | None
    quiet: dict[str, Any] | None
    first_acknowledged_at: datetime | None = None
    first_resolved_at: datetime | None = None

    @property
    def taken_at(self) -> datetime | None:
        """When somebody took it on: acknowledged it, or resolved it at once."""
        return min((one for one in (self.acknowledged_at, self.resolved_at) if one is not None), default=None)

    @property
    def taken_s(self) -> float | None:
        """So long after it was opened; a detector's clock that is ahead makes it no less than 0."""
        return None if self.taken_at is None else max(0.0, (self.taken_at - self.opened_at).total_seconds())

    @property
    def state(self) -> str:
        """As ``web.alerts.shape.state_of``."""
        done = {"resolved": self.resolved_at, "acknowledged": self.acknowledged_at, "ended": self.ended_at}
        return next((word for word, at in done.items() if at is not None), "open")


def deadline_s(ladder: Ladder) -> int:
    """So long after an alert was opened its first rung should have answered: then the second is called."""
    first, *more = ladder.rungs
    return first.after_s + (more[0].after_s if more else ladder.repeat_s or NO_DEADLINE_S)


def is_missed(alert: Told, policy: Policy, now: datetime) -> bool:
    """Whether somebody was to be called for it, and nobody took it on, or that whose chain it shares, in time."""
    ladder = policy.ladder(alert.kind, alert.severity)
    if ladder is None or alert.quiet is not None or alert.chain == "none":
        return False
    deadline = alert.opened_at + timedelta(seconds=deadline_s(ladder))
    if deadline > now:
        return False
    enough = [alert.taken_at, alert.first_acknowledged_at, alert.first_resolved_at]
    if ladder.until_over:  # it mended itself
        enough.append(alert.ended_at)
    return not any(at is not None and at <= deadline for at in enough)


def percentile(values: Sequence[float], share: float) -> float | None:
    """By nearest rank; ``values`` in order, None: there is none."""
    return values[max(0, math.ceil(share * len(values)) - 1)] if values else None


@dataclass(slots=True)
class Figures:
    """Of a site, or of what is technical everywhere."""

    opened: int = 0
    missed: int = 0
    open: int = 0
    quiet: int = 0
    by_severity: Counter[str] = field(default_factory=Counter)
    by_kind: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)

    def add(self, alert: Told, *, missed: bool) -> None:
        """Counts one."""
        self.opened += 1
        self.missed += missed
        self.open += alert.state == "open"
        self.quiet += alert.quiet is not None
        self.by_severity[alert.severity] += 1
        self.by_kind[alert.kind] += 1
        if alert.taken_s is not None:
            self.seconds.append(alert.taken_s)

    def told(self) -> dict[str, Any]:
        """As the interface gives them; times in seconds."""
        seconds = sorted(self.seconds)
        return {
            "opened": self.opened,
            "by_severity": dict(self.by_severity),
            "by_kind": dict(self.by_kind),
            "acknowledged": len(seconds),
            "missed": self.missed,
            "open": self.open,
            "ack_p50_s": percentile(seconds, 0.5),
            "ack_p95_s": percentile(seconds, 0.95),
            "ack_max_s": percentile(seconds, 1),
            "quiet": self.quiet,
        }


@dataclass(slots=True)
class _Deeds:
    acknowledged: int = 0
    resolved: int = 0
    called: int = 0
    seconds: list[float] = field(default_factory=list)


class Report:
    """What is reckoned while the alerts go by; ``sites``: those that are told of though nothing happened."""

    def __init__(self, sites: Sequence[str], policy: Policy, now: datetime) -> None:
        self._policy, self._now = policy, now
        self._sites = {site: Figures() for site in sites}
        self._technical = Figures()
        self._people: defaultdict[str, _Deeds] = defaultdict(_Deeds)
        self._calls = False  # are told
        self.missed: deque[str] = deque(maxlen=MOST_MISSED)

    def add(self, alert: Told) -> None:
        """Counts one alert; they come in the order of their opening."""
        missed = is_missed(alert, self._policy, self._now)
        technical = alert.kind in TECHNICAL or alert.site == NODE_SITE
        figures = self._technical if technical else self._sites.setdefault(alert.site, Figures())
        figures.add(alert, missed=missed)
        if missed:
            self.missed.append(alert.id)
        if alert.acknowledged_by is not None and alert.acknowledged_at is not None:
            deeds = self._people[alert.acknowledged_by]
            deeds.acknowledged += 1
            deeds.seconds.append(max(0.0, (alert.acknowledged_at - alert.opened_at).total_seconds()))
        if alert.resolved_by is not None:
            self._people[alert.resolved_by].resolved += 1

    def add_calls(self, calls: Sequence[tuple[str, int]]) -> None:
        """Names, and for how many of the alerts a message went out to them. Without it that is told of nobody."""
        self._calls = True
        for name, count in calls:
            self._people[name].called = count

    def told(self) -> dict[str, Any]:
        """As the interface gives it, but for the span and the alerts that were missed."""
        return {
            "sites": [{"site": site, **figures.told()} for site, figures in self._sites.items()],
            "technical": self._technical.told(),
            "people": [
                {
                    "user": name, "acknowledged": one.acknowledged, "resolved": one.resolved,
                    "called": one.called if self._calls else None, "ack_p50_s": percentile(sorted(one.seconds), 0.5),
                }
                for name, one in sorted(self._people.items())
            ],
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wanted:
    """The alerts that were opened from ``start`` to before ``end``."""

    start: datetime
    end: datetime
    site: str | None
    within: Reach

    def conditions(self) -> list[ColumnElement[bool]]:
        """Of a query, for these alone."""
        asked = [Alert.opened_at >= self.start, Alert.opened_at < self.end, *store.reached(self.within)]
        return asked if self.site is None else [*asked, Alert.site == self.site]


async def check_size(connection: AsyncConnection, wanted: Wanted) -> None:
    """``Problem`` 422 for more than ``MOST_ALERTS``."""
    some = select(Alert.id).where(*wanted.conditions()).limit(MOST_ALERTS + 1).subquery()
    if (await connection.scalar(select(func.count()).select_from(some)) or 0) > MOST_ALERTS:
        raise Problem(422, "invalid", f"more than {MOST_ALERTS} alerts: ask for a shorter span, or one site")


async def page_after(database: Database, wanted: Wanted, last: Told | None) -> list[Told]:
    """The next ``PAGE`` behind ``last``, oldest first."""
    query = select(*_COLUMNS).outerjoin(_First, _First.id == Alert.group_id).where(*wanted.conditions())
    if last is not None:
        later = and_(Alert.opened_at == last.opened_at, Alert.id > last.id)
        query = query.where(or_(Alert.opened_at > last.opened_at, later))
    async with database.read() as connection:
        rows = await connection.execute(query.order_by(Alert.opened_at, Alert.id).limit(PAGE))
        return [Told(*row) for row in rows]


async def every_page(database: Database, wanted: Wanted, first: list[Told]) -> AsyncIterator[list[Told]]:
    """``first`` and what follows; between two pages no connection is held."""
    page = first
    while page:
        yield page
        page = await page_after(database, wanted, page[-1]) if len(page) == PAGE else []


async def calls(connection: AsyncConnection, wanted: Wanted) -> list[tuple[str, int]]:
    """Who was sent a message, and for how many of the alerts."""
    query = select(Delivery.username, func.count(Delivery.alert_id.distinct())).join(
        Alert, Alert.id == Delivery.alert_id
    )
    query = query.where(Delivery.state == "sent", *wanted.conditions()).group_by(Delivery.username)
    return [(row[0], row[1]) for row in await connection.execute(query)]
