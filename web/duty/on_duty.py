"""Who is to be called now: by the roster, and where it has a gap those who stand in by their role."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from web.accounts.roles import ROLES, Permission
from web.database.schema import User
from web.database.schema_duty import Shift
from web.duty.policy import OF_ALL_SITES, Duty

#: Who is called must be able to take the alert on.
NEEDED: frozenset[Permission] = frozenset(("alert.view", "alert.ack"))
#: Who stands in where nobody is rostered, by role. Officers have nobody: the next rung is called at once instead.
STAND_INS: Mapping[Duty, tuple[str, ...]] = {
    "officer": (), "site_lead": ("site_lead",), "province": ("supervisor", "admin"), "technician": ("admin",),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class OnDuty:
    """One person to call; ``sites`` None: may see all. ``rostered``: by a shift, not as a stand-in."""

    user_id: int
    username: str
    role: str
    sites: frozenset[str] | None
    rostered: bool

    def may_see(self, site: str | None) -> bool:
        """Whether the alerts of ``site`` are his to see and to take on; None: a node's, for who sees all sites."""
        if not ROLES.get(self.role, frozenset()) >= NEEDED:
            return False
        return self.sites is None or (site is not None and site in self.sites)


async def on_duty(connection: AsyncConnection, site: str | None, duty: Duty, at: datetime) -> list[OnDuty]:
    """Those who may see the site's alerts, in the order of their shifts; ``site`` None: an alert of a node."""
    columns = User.id, User.username, User.role, User.sites
    query = select(*columns, Shift.start).join(Shift, Shift.user_id == User.id)
    query = query.where(Shift.duty == duty, Shift.start <= at, Shift.end > at, User.enabled)
    if duty not in OF_ALL_SITES:
        query = query.where(Shift.site == site)
    elif site is not None:
        query = query.where(or_(Shift.site == site, Shift.site.is_(None)))
    found: dict[int, OnDuty] = {}
    for row in await connection.execute(query.order_by(Shift.start, User.id)):
        found.setdefault(row.id, _person(row.id, row.username, row.role, row.sites, rostered=True))
    within = [one for one in found.values() if one.may_see(site)]
    return within or await _stand_ins(connection, site, duty)


async def _stand_ins(connection: AsyncConnection, site: str | None, duty: Duty) -> list[OnDuty]:
    query = select(User.id, User.username, User.role, User.sites).where(User.enabled, User.role.in_(STAND_INS[duty]))
    everybody = [
        _person(row.id, row.username, row.role, row.sites, rostered=False)
        for row in await connection.execute(query.order_by(User.id))
    ]
    return [one for one in everybody if one.may_see(site) and (duty not in OF_ALL_SITES or one.sites is None)]


def _person(user_id: int, username: str, role: str, sites: list[str] | None, *, rostered: bool) -> OnDuty:
    return OnDuty(user_id, username, role, None if sites is None else frozenset(sites), rostered)
