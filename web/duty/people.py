"""Everybody who could be on duty, with what of the roster is his to have. What ``web.duty.on_duty`` says counts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from web.accounts.roles import ROLES
from web.database.schema import User
from web.database.schema_duty import Channel
from web.duty.on_duty import NEEDED, STAND_INS, OnDuty
from web.duty.policy import OF_ALL_SITES, Duty


@dataclass(frozen=True, slots=True)
class Person:
    """A user; ``channels``: how many of his work, ``tested``: the last good test of one."""

    id: int
    username: str
    role: str
    sites: frozenset[str] | None
    enabled: bool
    channels: int = 0
    tested: datetime | None = None

    def is_called(self, site: str | None) -> bool:
        """Whether one who has a shift there is called; ``site`` None: for some site at least."""
        if site is None:
            return self.enabled and ROLES.get(self.role, frozenset()) >= NEEDED
        return self.enabled and OnDuty(self.id, self.username, self.role, self.sites, rostered=True).may_see(site)

    def stands_in(self, site: str, duty: Duty) -> bool:
        """Whether he is called where nobody is rostered."""
        everywhere = duty not in OF_ALL_SITES or self.sites is None
        return self.role in STAND_INS[duty] and everywhere and self.is_called(site)

    def may_have(self, site: str | None) -> bool:
        """Whether he may be rostered there; ``site`` None: for all sites."""
        if not self.enabled or not ROLES.get(self.role, frozenset()) >= NEEDED:
            return False
        return self.sites is None or (site is not None and site in self.sites)


async def everybody(connection: AsyncConnection) -> dict[int, Person]:
    """All users by id, in the order of their ids."""
    works = Channel.enabled & (Channel.tested_ok.is_(None) | Channel.tested_ok)
    counted = (
        select(
            Channel.user_id,
            func.count(case((works, 1))).label("channels"),
            func.max(case((Channel.enabled & Channel.tested_ok, Channel.tested_at))).label("tested"),
        )
        .group_by(Channel.user_id)
        .subquery()
    )
    query = select(
        User.id, User.username, User.role, User.sites, User.enabled, counted.c.channels, counted.c.tested
    ).outerjoin(counted, counted.c.user_id == User.id)
    return {
        row.id: Person(
            row.id, row.username, row.role, None if row.sites is None else frozenset(row.sites), row.enabled,
            row.channels or 0, row.tested,
        )
        for row in await connection.execute(query.order_by(User.id))
    }  # fmt: skip


def stand_ins(people: Iterable[Person], site: str, duty: Duty) -> list[Person]:
    """Who is called where nobody is rostered, in the order in which they are."""
    return [one for one in people if one.stands_in(site, duty)]
