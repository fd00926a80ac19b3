"""Who is on duty in a demo: invented officers with a roster for the coming week, whose telephones are ``phones``.

Belongs here: rows that somebody would have entered. Nobody knows the passwords of these accounts: an administrator may
set one. Not here: what a roster is (``web.duty``).
"""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import false, insert, select

from vms.domain.clock import SystemClock, from_epoch
from vms.domain.facility import Facility
from vms.settings.environment import Environment
from web.accounts.users import FIRST_ADMINISTRATOR, add_user, ensure_administrator
from web.database.engine import Change, Database
from web.database.schema import User
from web.database.schema_duty import Channel, Shift
from web.database.upsert import upsert

#: Name, role, whether for the first site alone.
_PEOPLE = (
    ("lan", "duty", False), ("minh", "duty", False), ("hoa", "duty", False),
    ("tuan", "site_lead", True), ("thuy", "supervisor", False),
)  # fmt: skip
_OFFICERS = ("lan", "minh", "hoa")
_HOURS = (time(6), time(14), time(22))  # the three shifts of a day
DAYS = 7
#: Tomorrow afternoon nobody was found, so that a gap is to be seen.
_GAP = (1, time(14))


def settle(environment: Environment, facility: Facility) -> None:
    """Enters them into a new demo, and their shifts up to a week from now; what was entered stays."""
    asyncio.run(_settle(environment, facility))


async def _settle(environment: Environment, facility: Facility) -> None:
    clock = SystemClock()
    database = await Database.open(environment, clock)
    try:
        async with database.read() as connection:
            new = await connection.scalar(select(User.id).limit(1)) is None
        await ensure_administrator(database, clock, os.environ)
        if new:
            for name, role, first_alone in _PEOPLE:
                within = [facility.sites[0].id] if first_alone else None
                await add_user(database, clock, name, secrets.token_urlsafe(24), role, within)
        async with database.change() as change:
            known = {row.username: row.id for row in await change.connection.execute(select(User.username, User.id))}
            if new:
                await _phones(change, known)
            today = from_epoch(clock.utc()).astimezone(ZoneInfo(facility.facility.timezone)).date()
            rows = [row for row in _shifts(facility, today, change.now) if row["user_id"] in known]
            for row in rows:
                row["user_id"] = known[row["user_id"]]
            await upsert(change.connection, Shift, rows, ["id"], only_if=lambda _table, _new: false())
    finally:
        await database.close()


async def _phones(change: Change, known: dict[str, int]) -> None:
    rows = [
        {
            "id": f"demo-{name}", "user_id": known[name], "gateway": "demo", "address": name,
            "label": "điện thoại mô phỏng", "language": "vi", "position": 0, "enabled": True, "created_at": change.now,
        }
        for name in (FIRST_ADMINISTRATOR, *(name for name, _, _ in _PEOPLE))
    ]  # fmt: skip
    await change.connection.execute(insert(Channel), rows)


def _shifts(facility: Facility, today: date, now: datetime) -> Iterator[dict[str, Any]]:
    """Rows with names in the place of ids: officers in turn at each site, a lead by day, the province all round."""
    zone = ZoneInfo(facility.facility.timezone)
    for offset in range(-1, DAYS):
        day = today + timedelta(days=offset)
        ends = (*_HOURS[1:], _HOURS[0])
        for turn, (start, end) in enumerate(zip(_HOURS, ends, strict=True)):
            until = day + timedelta(days=1) if end < start else day
            span = _at(day, start, zone), _at(until, end, zone)
            for place, site in enumerate(facility.sites):
                if place == len(facility.sites) - 1 and (offset, start) == _GAP:
                    continue
                yield _shift(site.id, "officer", _OFFICERS[(turn + place + offset) % len(_OFFICERS)], span, now)
        whole = _at(day, _HOURS[0], zone), _at(day + timedelta(days=1), _HOURS[0], zone)
        yield _shift(facility.sites[0].id, "site_lead", "tuan", whole, now)
        yield _shift(None, "province", "thuy", whole, now)


def _at(day: date, hour: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, hour, zone).astimezone(UTC)


def _shift(site: str | None, duty: str, name: str, span: tuple[datetime, datetime], now: datetime) -> dict[str, Any]:
    start, end = span
    return {
        "id": f"{start:%m%d%H}{duty[:2]}{site or ''}"[:32], "site": site, "duty": duty, "user_id": name,
        "start": start, "end": end, "note": None, "created_by": "demo", "created_at": now,
    }  # fmt: skip
