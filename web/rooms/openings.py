"""Who has opened which patient room, until when and why. An opening is one person's; it ends by itself.

Those in force are in memory, for every picture asks; every one that ever was stays in the table. Whether somebody may
open, and what an opening lets pass, is ``web.grant``'s.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, insert, or_, select, true, update
from sqlalchemy.ext.asyncio import AsyncConnection

from vms.domain.clock import Clock, from_epoch, rfc3339
from web.accounts.roles import Identity
from web.audit import chain
from web.audit.entry import Asker
from web.cameras.past import PastCamera
from web.database.engine import Database
from web.database.schema_rooms import RoomOpening
from web.problems import Problem, not_found
from web.reach import Reach
from web.reasons import says_something

MOST_MINUTES = 30
MOST_REASON = 500


@dataclass(frozen=True, slots=True)
class _InForce:
    id: str
    until: datetime
    ends_at: float  # by the clock that nobody sets


def is_room(placement: str | None) -> bool:
    """Whether a camera of this placement is closed by default; None: nobody knows any more what it looked at."""
    return placement is None or placement == "patient_room"


def kept(camera: PastCamera, caching: str) -> str:
    """``Cache-Control`` of a picture.

    What a browser kept of a room would outlast its opening; what it kept of a camera with masks it would show to
    whoever signs in there next, who may not see beneath.
    """
    return "no-store" if is_room(camera.placement) or camera.masks else caching


class Openings:
    """Create it, then ``await load()``."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._in_force: dict[tuple[int, str], _InForce] = {}

    async def load(self) -> None:
        """Those that a process before this one left in force."""
        now = from_epoch(self._clock.utc())
        columns = (RoomOpening.user_id, RoomOpening.camera, RoomOpening.id, RoomOpening.until)
        query = select(*columns).where(_in_force(now), RoomOpening.opened_at <= now)
        async with self._database.read() as connection:
            for row in await connection.execute(query):
                self._enter(row.user_id, row.camera, row.id, row.until, (row.until - now).total_seconds())

    def _enter(self, user: int, camera: str, opening: str, until: datetime, left_s: float) -> None:
        left_s = min(left_s, MOST_MINUTES * 60)
        self._in_force[user, camera] = _InForce(opening, until, self._clock.monotonic() + left_s)

    def lets(self, identity: Identity, camera: str) -> bool:
        """Whether the identity's own opening of the room is in force."""
        one = self._in_force.get((identity.user_id, camera))
        if one is None:
            return False
        if self._clock.monotonic() >= one.ends_at or self._clock.utc() >= one.until.timestamp():
            del self._in_force[identity.user_id, camera]
            return False
        return True

    async def open(
        self, identity: Identity, camera: PastCamera, reason: str, minutes: int, by: Asker
    ) -> dict[str, Any]:
        """Opens the room, in the place of an opening that he has already; ``Problem`` 422 without a reason."""
        if not says_something(reason):
            raise Problem(422, "invalid", "say why the room is opened, without control characters")
        now = from_epoch(self._clock.utc())
        until = now + timedelta(minutes=minutes)
        made = uuid.uuid4().hex
        row = {
            "id": made, "site": camera.site, "camera": camera.id, "user_id": identity.user_id,
            "username": identity.username, "role": identity.role, "reason": reason.strip(), "opened_at": now,
            "until": until,
        }  # fmt: skip
        before = and_(RoomOpening.user_id == identity.user_id, RoomOpening.camera == camera.id, _in_force(now))
        async with self._database.change() as change:
            closed = update(RoomOpening).where(before).values(closed_at=now, closed_by=identity.username)
            await change.connection.execute(closed)
            await change.connection.execute(insert(RoomOpening).values(row))
            told = await _fetch(change.connection, RoomOpening.id == made, now, identity)
            detail = {"reason": row["reason"], "until": until}
            await chain.write(change, by, "room.open", site=camera.site, camera=camera.id, object=made, detail=detail)
            await change.record("room.opening", _event(camera.site, camera.id, identity.user_id))
        self._enter(identity.user_id, camera.id, made, until, minutes * 60.0)
        return told[0]

    async def close(self, opening: str, mine: Identity, within: Reach, by: Asker, *, others: bool) -> None:
        """Ends it; ``Problem`` 404 for one that is not there, or not one's own without the right to ``others``."""
        now = from_epoch(self._clock.utc())
        async with self._database.change() as change:
            query = select(RoomOpening.user_id, RoomOpening.camera, RoomOpening.site)
            row = (await change.connection.execute(query.where(RoomOpening.id == opening))).first()
            own = row is not None and row.user_id == mine.user_id
            if row is None or not (own or (others and within.has_site(row.site))):
                raise not_found("opening")
            ended = update(RoomOpening).where(RoomOpening.id == opening, _in_force(now))
            await change.connection.execute(ended.values(closed_at=now, closed_by=mine.username))
            await chain.write(change, by, "room.close", site=row.site, camera=row.camera, object=opening)
            await change.record("room.opening", _event(row.site, row.camera, row.user_id))
        kept = self._in_force.get((row.user_id, row.camera))
        if kept is not None and kept.id == opening:
            del self._in_force[row.user_id, row.camera]

    async def listed(self, identity: Identity, within: Reach, *, others: bool, ended: bool, limit: int) -> list[Any]:
        """Newest first: one's own, with ``others`` those of everybody ``within``; ``ended``: those of the past, too."""
        now = from_epoch(self._clock.utc())
        mine: ColumnElement[bool] = RoomOpening.user_id == identity.user_id
        if others and within.sites is not None:
            mine = or_(mine, RoomOpening.site.in_(within.sites))
        conditions = [] if others and within.sites is None else [mine]
        if not ended:
            conditions.append(_in_force(now))
        async with self._database.read() as connection:
            return await _fetch(connection, and_(true(), *conditions), now, identity, limit)


def _event(site: str, camera: str, user: int) -> dict[str, Any]:
    """That the list is another one: why and until when is asked by those who may know it."""
    return {"site": site, "camera": camera, "user_id": user}


def _in_force(now: datetime) -> ColumnElement[bool]:
    return and_(RoomOpening.closed_at.is_(None), RoomOpening.until > now)


async def _fetch(
    connection: AsyncConnection, where: ColumnElement[bool], now: datetime, asking: Identity, limit: int = 1
) -> list[dict[str, Any]]:
    query = select(RoomOpening.__table__).where(where)
    query = query.order_by(RoomOpening.opened_at.desc(), RoomOpening.id.desc()).limit(limit)
    return [
        {
            "id": row["id"], "site": row["site"], "camera": row["camera"], "user": row["username"],
            "role": row["role"], "reason": row["reason"], "opened_at": rfc3339(row["opened_at"]),
            "until": rfc3339(row["until"]),
            "closed_at": None if row["closed_at"] is None else rfc3339(row["closed_at"]),
            "closed_by": row["closed_by"], "in_force": row["closed_at"] is None and row["until"] > now,
            # By this clock alone: a browser's may be an hour off.
            "left_s": max(0.0, (row["until"] - now).total_seconds()) if row["closed_at"] is None else 0.0,
            "mine": row["user_id"] == asking.user_id,
        }
        for row in (await connection.execute(query)).mappings()
    ]  # fmt: skip
