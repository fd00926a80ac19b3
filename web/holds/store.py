"""The holds: putting, releasing, listing. Telling recorders of them is ``publisher``."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, Select, and_, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from vms.domain import holds as wire
from vms.domain.clock import rfc3339
from web.audit import chain
from web.audit.entry import SERVICE
from web.cameras import past
from web.database.engine import Change
from web.database.schema import CameraFirst
from web.database.schema_holds import Hold, HoldCamera
from web.problems import Problem, not_found
from web.reach import EVERYTHING, Reach
from web.reasons import says_something

#: So many holds that have expired recorders are still told of: when one lapses they decide.
EXPIRED = 200
#: The list is one message. The bus takes 8 MB, and every recorder reads it whole at each change: half of that (bytes).
MOST_BYTES = 4 * 1024 * 1024
#: Of a hold in the list, without its cameras' names, at most; and of the quotes and comma about a name.
_HOLD_BYTES, _NAME_BYTES = 180, 3
#: Owner and reason of holds that came back from the bus after the database was lost.
RECOVERED = "recovered"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A hold that somebody asks for."""

    cameras: tuple[str, ...]
    start: datetime
    end: datetime
    reason: str
    until: datetime | None


async def put(change: Change, wanted: Wanted, owner: str, now: datetime) -> dict[str, Any]:
    """Stores a hold; ``Problem`` 404 for a camera that never was, 422 for a span that says nothing, 409 when the list
    that recorders are told has no room for it."""
    cameras = list(dict.fromkeys(wanted.cameras))
    known = set(await change.connection.scalars(select(CameraFirst.camera).where(CameraFirst.camera.in_(cameras))))
    for camera in set(cameras) - known:  # its configuration may be lost, its footage told again
        if await past.find(change.connection, camera) is None:
            raise not_found("camera")
    if not says_something(wanted.reason):
        raise Problem(422, "hold-reason", "say why the footage is held, without control characters")
    if wanted.end <= wanted.start:
        raise Problem(422, "hold-span", "'end' is not after 'start'")
    if wanted.start > now:
        raise Problem(422, "hold-span", "the span lies in the future")
    if wanted.until is not None and wanted.until <= now:
        raise Problem(422, "hold-until", "'until' is past")
    if await told_bytes(change.connection, now) + _bytes(1, len(cameras), sum(map(len, cameras))) > MOST_BYTES:
        raise Problem(
            409, "holds-full", "recorders cannot be told of more holds: release those that are no longer needed"
        )
    made = uuid.uuid4().hex
    row = {
        "id": made, "start": wanted.start, "end": wanted.end, "reason": wanted.reason.strip(), "until": wanted.until,
        "owner": owner, "created_at": now,
    }  # fmt: skip
    await change.connection.execute(insert(Hold).values(row))
    await change.connection.execute(insert(HoldCamera), [{"hold_id": made, "camera": camera} for camera in cameras])
    return await fetch(change.connection, made, now)


async def release(
    change: Change, hold: str, by: str, now: datetime, within: Reach = EVERYTHING
) -> dict[str, Any] | None:
    """Lets go of it and gives what it was; ``Problem`` 404, 403 where it holds cameras beyond ``within``.

    None: it was released before and stays as it is.
    """
    seen = await fetch(change.connection, hold, now, within)
    if (await fetch(change.connection, hold, now))["cameras"] != seen["cameras"]:
        raise Problem(403, "forbidden", "it holds footage of other sites, too: who has those releases it")
    done = await change.connection.execute(
        update(Hold).where(Hold.id == hold, Hold.released_at.is_(None)).values(released_at=now, released_by=by)
    )
    return seen if done.rowcount else None


async def fetch(connection: AsyncConnection, hold: str, now: datetime, within: Reach = EVERYTHING) -> dict[str, Any]:
    """One hold as the interface gives it; ``Problem`` 404."""
    query = select(Hold.__table__).where(Hold.id == hold, *_touching(within))
    found = await _represent(connection, query, now, within)
    if not found:
        raise not_found("hold")
    return found[0]


async def fetch_page(
    connection: AsyncConnection,
    now: datetime,
    *,
    camera: str | None = None,
    start: datetime | None = None,
    end: datetime | None = None,
    released: bool = False,
    limit: int = 100,
    cursor: str | None = None,
    within: Reach = EVERYTHING,
) -> tuple[list[dict[str, Any]], str | None]:
    """Holds, newest first, and the cursor of the next page; ``released``: those no longer in force as well.

    Of a hold that reaches beyond ``within`` only the cameras within are told.
    """
    query = select(Hold.__table__).where(*_touching(within))
    query = query.order_by(Hold.created_at.desc(), Hold.id.desc()).limit(limit + 1)
    if camera is not None:
        holding = select(HoldCamera.hold_id).where(HoldCamera.camera == camera)
        if within.sites is not None:  # what is not told of a hold does not find it
            holding = holding.where(HoldCamera.camera.in_(_cameras_of(within.sites)))
        query = query.where(Hold.id.in_(holding))
    if start is not None:
        query = query.where(Hold.end > start)
    if end is not None:
        query = query.where(Hold.start < end)
    if not released:
        query = query.where(_in_force(now))
    if cursor is not None:
        last = (await connection.execute(select(Hold.created_at).where(Hold.id == cursor, *_touching(within)))).first()
        if last is None:
            raise Problem(422, "invalid", "'cursor' is not one that this list gave")
        query = query.where(or_(Hold.created_at < last[0], and_(Hold.created_at == last[0], Hold.id < cursor)))
    found = await _represent(connection, query, now, within)
    return found[:limit], found[limit - 1]["id"] if len(found) > limit else None


async def touching(connection: AsyncConnection, camera: str, start: datetime, end: datetime) -> list[dict[str, Any]]:
    """The camera's holds that were not released and touch the span: ``{id, start, end, reason, owner, until}`` each."""
    rows = await connection.execute(
        select(Hold.id, Hold.start, Hold.end, Hold.reason, Hold.owner, Hold.until)
        .join(HoldCamera, HoldCamera.hold_id == Hold.id)
        .where(HoldCamera.camera == camera, Hold.start < end, Hold.end > start, Hold.released_at.is_(None))
        .order_by(Hold.start)
    )
    return [
        {
            "id": row.id, "start": rfc3339(row.start), "end": rfc3339(row.end), "reason": row.reason,
            "owner": row.owner, "until": None if row.until is None else rfc3339(row.until),
        }
        for row in rows
    ]  # fmt: skip


async def told(connection: AsyncConnection, now: datetime) -> tuple[wire.Hold, ...]:
    """What recorders are told: all that was not released.

    Of those that have expired ``EXPIRED`` at most, the last ones: a clock here that is ahead lets go of nothing.
    """
    rows = (await connection.execute(select(Hold.__table__).where(_told(now)).order_by(Hold.id))).mappings().all()
    cameras = await _cameras(connection, [row["id"] for row in rows])

    def listed() -> tuple[wire.Hold, ...]:
        return tuple(
            wire.Hold(
                id=row["id"], cameras=tuple(cameras[row["id"]]), start=row["start"], end=row["end"], until=row["until"]
            )
            for row in rows
        )

    return await asyncio.to_thread(listed)


async def told_bytes(connection: AsyncConnection, now: datetime) -> int:
    """So long is the list that recorders are told, at most (bytes)."""
    holds = await connection.scalar(select(func.count()).select_from(Hold).where(_told(now)))
    names = select(func.count(), func.coalesce(func.sum(func.length(HoldCamera.camera)), 0))
    row = (await connection.execute(names.where(HoldCamera.hold_id.in_(select(Hold.id).where(_told(now)))))).one()
    return _bytes(int(holds or 0), int(row[0]), int(row[1]))


async def lost(connection: AsyncConnection, known: Sequence[wire.Hold]) -> list[wire.Hold]:
    """Which of the holds that recorders were told of have no row, or lack cameras: a hold's row is never deleted."""
    ids = [hold.id for hold in known]
    rows: set[str] = set()
    for some in (ids[i : i + 500] for i in range(0, len(ids), 500)):
        rows |= set(await connection.scalars(select(Hold.id).where(Hold.id.in_(some))))
    cameras = await _cameras(connection, ids)
    return [hold for hold in known if hold.id not in rows or not set(hold.cameras) <= set(cameras[hold.id])]


async def recover(change: Change, holds: Sequence[wire.Hold], now: datetime) -> None:
    """Puts them back, as ``RECOVERED``'s: who put them and why is lost."""
    for hold in holds:
        if await change.connection.scalar(select(Hold.id).where(Hold.id == hold.id)) is None:
            row = {
                "id": hold.id, "start": hold.start, "end": hold.end, "until": hold.until, "reason": RECOVERED,
                "owner": RECOVERED, "created_at": now,
            }  # fmt: skip
            await change.connection.execute(insert(Hold).values(row))
        there = set((await _cameras(change.connection, [hold.id]))[hold.id])
        rows = [{"hold_id": hold.id, "camera": camera} for camera in hold.cameras if camera not in there]
        if rows:
            await change.connection.execute(insert(HoldCamera), rows)
        detail = {"reason": RECOVERED, "cameras": list(hold.cameras)}
        await chain.write(change, SERVICE, "hold.put", object=hold.id, detail=detail)


def _bytes(holds: int, names: int, characters: int) -> int:
    return holds * _HOLD_BYTES + names * _NAME_BYTES + characters


def _told(now: datetime) -> Any:
    expired = select(Hold.id).where(Hold.released_at.is_(None), Hold.until <= now)
    return or_(_in_force(now), Hold.id.in_(expired.order_by(Hold.until.desc()).limit(EXPIRED)))


def _in_force(now: datetime) -> Any:
    return and_(Hold.released_at.is_(None), or_(Hold.until.is_(None), Hold.until > now))


def _touching(within: Reach) -> list[ColumnElement[bool]]:
    if within.sites is None:
        return []
    return [Hold.id.in_(select(HoldCamera.hold_id).where(HoldCamera.camera.in_(_cameras_of(within.sites))))]


def _cameras_of(sites: frozenset[str]) -> Select[str]:
    return select(CameraFirst.camera).where(CameraFirst.site.in_(sites))


async def _cameras(
    connection: AsyncConnection, holds: Sequence[str], within: Reach = EVERYTHING
) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {hold: [] for hold in holds}
    for some in (holds[i : i + 500] for i in range(0, len(holds), 500)):  # databases bound the parameters
        query = select(HoldCamera.hold_id, HoldCamera.camera).where(HoldCamera.hold_id.in_(some))
        if within.sites is not None:
            query = query.where(HoldCamera.camera.in_(_cameras_of(within.sites)))
        for row in await connection.execute(query.order_by(HoldCamera.camera)):
            found[row.hold_id].append(row.camera)
    return found


async def _represent(
    connection: AsyncConnection, query: Select[Any], now: datetime, within: Reach = EVERYTHING
) -> list[dict[str, Any]]:
    rows = (await connection.execute(query)).mappings().all()
    cameras = await _cameras(connection, [row["id"] for row in rows], within)

    def told(moment: datetime | None) -> str | None:
        return None if moment is None else rfc3339(moment)

    return [
        {
            "id": row["id"], "cameras": cameras[row["id"]], "start": told(row["start"]), "end": told(row["end"]),
            "reason": row["reason"], "until": told(row["until"]), "owner": row["owner"],
            "created_at": told(row["created_at"]), "released_at": told(row["released_at"]),
            "released_by": row["released_by"],
            "state": _state(row, now),
        }
        for row in rows
    ]  # fmt: skip


def _state(row: RowMapping, now: datetime) -> str:
    if row["released_at"] is not None:
        return "released"
    return "expired" if row["until"] is not None and row["until"] <= now else "active"
