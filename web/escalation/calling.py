"""Whom the rungs of one transaction's chains call, over which channel first; looked up once, however many call."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from vms.domain.node import NODE_SITE
from web.alerts.shape import Row
from web.channels.store import ChannelRow
from web.database.schema_duty import Channel
from web.duty.on_duty import OnDuty, on_duty
from web.duty.policy import Duty, Ladder
from web.escalation.ladder import Called, Place, climb

NO_CHANNEL = "no channel"


def place_of(row: Row) -> Place | None:
    """Where the chain of a row of ``alerts`` is."""
    return None if row["chain_rung"] is None else Place(row["chain_rung"], row["chain_round"])


async def channels_of(connection: AsyncConnection, users: Iterable[int]) -> dict[int, list[ChannelRow]]:
    """Those that may be used, the first to be tried first; who has none is left out."""
    query = select(Channel.__table__).where(Channel.user_id.in_(list(users)), Channel.enabled)
    found: dict[int, list[ChannelRow]] = {}
    for row in (await connection.execute(query.order_by(Channel.position, Channel.created_at, Channel.id))).mappings():
        one = ChannelRow(**{name: row[name] for name in ChannelRow.__slots__})
        found.setdefault(one.user_id, []).append(one)
    return found


@dataclass(slots=True)
class Written:
    """What is to be inserted."""

    calls: list[dict[str, Any]] = field(default_factory=list)
    deliveries: list[dict[str, Any]] = field(default_factory=list)
    steps: list[dict[str, Any]] = field(default_factory=list)


class Caller:
    """For one transaction at the moment ``now``."""

    def __init__(self, connection: AsyncConnection, now: datetime) -> None:
        self._connection = connection
        self._now = now
        self._people: dict[tuple[str | None, Duty], list[OnDuty]] = {}
        self._channels: dict[int, list[ChannelRow]] = {}
        self.written = Written()

    async def call(self, row: Row, ladder: Ladder) -> dict[str, Any]:
        """Calls what is next on the ladder; returns the columns of ``alerts`` that change."""
        site = None if row["site"] == NODE_SITE else row["site"]
        await self._look_up(site, ladder)
        climbed = climb(ladder, place_of(row), self._now, lambda duty: self._reaches(site, duty))
        for called in climbed.calls:
            self._write(row["id"], called, self._people[site, called.duty])
        values: dict[str, Any] = {"chain_at": climbed.next_at}
        if climbed.calls:
            last = climbed.calls[-1].place
            values |= {"chain_rung": last.rung, "chain_round": last.round}
        if climbed.next_at is None:
            values["chain"] = "exhausted"
        return values

    async def _look_up(self, site: str | None, ladder: Ladder) -> None:
        unknown: set[int] = set()
        for rung in ladder.rungs:
            key = (site, rung.duty)
            if key not in self._people:
                self._people[key] = await on_duty(self._connection, site, rung.duty, self._now)
                unknown |= {one.user_id for one in self._people[key]} - self._channels.keys()
        if unknown:
            self._channels |= {user: [] for user in unknown} | await channels_of(self._connection, unknown)

    def _reaches(self, site: str | None, duty: Duty) -> bool:
        return any(self._channels[one.user_id] for one in self._people[site, duty])

    def _write(self, alert: str, called: Called, people: list[OnDuty]) -> None:
        place = {"alert_id": alert, "rung": called.place.rung, "round": called.place.round, "duty": called.duty}
        self.written.calls.append({**place, "at": self._now, "deadline": called.deadline or self._now})
        if any(self._channels[one.user_id] for one in people):
            step = {"alert_id": alert, "at": self._now, "kind": "called", "author": None, "note": called.duty}
            self.written.steps.append(step)
        used: dict[tuple[str, str], str] = {}
        for one in people:
            row: dict[str, Any] = {
                **place, "user_id": one.user_id, "username": one.username, "stand_in": not one.rostered, "attempt": 1,
                "due_at": self._now, "channel_id": None, "channel": "", "state": "skipped", "at": self._now,
                "took_ms": None, "answer": NO_CHANNEL, "taken_by": None,
            }  # fmt: skip
            if self._channels[one.user_id]:
                channel = self._channels[one.user_id][0]
                row |= {"channel_id": channel.id, "channel": channel.name}
                first = used.setdefault((channel.gateway, channel.address), one.username)
                if first == one.username:
                    row |= {"state": "due", "at": None, "answer": None}
                else:  # several persons share it: one message is enough
                    row["answer"] = f"goes to the address of {first}"
            self.written.deliveries.append(row)
