"""Reading alerts, and what people do with them."""

from __future__ import annotations

import base64
import binascii
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, RowMapping, Select, and_, insert, or_, select, true, update
from sqlalchemy.ext.asyncio import AsyncConnection

from vms.domain.clock import rfc3339
from vms.domain.node import NODE_SITE
from web.alerts.shape import represent, state_of
from web.cameras.past import PastCamera
from web.database.engine import Change
from web.database.schema import Alert, AlertSnapshot, AlertStep
from web.escalation import stopping
from web.problems import Problem, not_found
from web.reach import EVERYTHING, Reach

Step = Literal["acknowledged", "resolved"]


@dataclass(frozen=True, slots=True)
class Filter:
    """What to list; None means any."""

    site: str | None = None
    camera: str | None = None
    state: str | None = None
    kind: str | None = None
    severity: str | None = None
    start: datetime | None = None
    end: datetime | None = None
    ongoing: bool | None = None
    #: False: those that were told; True: those that are kept quiet.
    quiet: bool | None = None


async def fetch_represented(connection: AsyncConnection, alert_id: str, within: Reach = EVERYTHING) -> dict[str, Any]:
    """One alert as the interface gives it; ``Problem`` 404 when there is none ``within``."""
    rows = await _represent(connection, select(Alert.__table__).where(Alert.id == alert_id, *reached(within)))
    if not rows:
        raise not_found("alert")
    return rows[0]


async def fetch_several(connection: AsyncConnection, ids: Sequence[str]) -> list[dict[str, Any]]:
    """Those alerts, in the order in which they were opened."""
    found: list[dict[str, Any]] = []
    for some in (ids[i : i + 500] for i in range(0, len(ids), 500)):  # databases bound the parameters
        query = select(Alert.__table__).where(Alert.id.in_(some)).order_by(Alert.opened_at, Alert.id)
        found += await _represent(connection, query)
    return found


async def fetch_page(
    connection: AsyncConnection, within: Reach, wanted: Filter, limit: int, cursor: str | None
) -> tuple[list[dict[str, Any]], str | None]:
    """Alerts newest first, and the cursor of the next page."""
    query = select(Alert.__table__).where(*reached(within))
    query = query.order_by(Alert.opened_at.desc(), Alert.id.desc()).limit(limit + 1)
    for name in ("site", "camera", "state", "kind", "severity"):
        value = getattr(wanted, name)
        if value is not None:
            query = query.where(getattr(Alert, name).in_(value.split(",")))
    if wanted.ongoing is not None:
        query = query.where(Alert.ended_at.is_(None) if wanted.ongoing else Alert.ended_at.is_not(None))
    if wanted.quiet is not None:
        query = query.where(Alert.quiet.is_not(None) if wanted.quiet else Alert.quiet.is_(None))
    if wanted.start is not None:
        query = query.where(or_(Alert.ended_at.is_(None), Alert.ended_at >= wanted.start))
    if wanted.end is not None:
        query = query.where(Alert.opened_at < wanted.end)
    if cursor is not None:
        at, last = _read_cursor(cursor)
        query = query.where(or_(Alert.opened_at < at, and_(Alert.opened_at == at, Alert.id < last)))
    rows = list((await connection.execute(query)).mappings())
    more = len(rows) > limit
    rows = rows[:limit]
    cursor_out = _write_cursor(rows[-1]["opened_at"], rows[-1]["id"]) if more else None
    return await _with_steps(connection, rows), cursor_out


async def snapshot(
    connection: AsyncConnection, alert_id: str, within: Reach
) -> tuple[bytes, PastCamera | None, datetime] | None:
    """The alert's JPEG, its camera (None: it is a node's) and when it was opened."""
    query = select(AlertSnapshot.jpeg, Alert.site, Alert.camera, Alert.opened_at)
    query = query.join(Alert, Alert.id == AlertSnapshot.alert_id).where(Alert.id == alert_id, *reached(within))
    row = (await connection.execute(query)).first()
    if row is None:
        return None
    return row.jpeg, None if row.site == NODE_SITE else PastCamera(row.camera, row.site), row.opened_at


async def open_counts(connection: AsyncConnection) -> dict[str, int]:
    """Alerts that go on and nobody has resolved, by camera; a camera without one is left out.

    Taking one on ends nothing: it counts until it is over.
    """
    # Counted here: to group them the database would walk through all that are over.
    going_on = select(Alert.camera).where(Alert.ended_at.is_(None), Alert.resolved_at.is_(None))
    return Counter(await connection.scalars(going_on))


async def take_step(
    change: Change, alert_id: str, step: Step, author: str, note: str | None, within: Reach = EVERYTHING, *,
    group: bool = False,
) -> list[dict[str, Any]]:  # fmt: skip
    """Acknowledges or resolves, and stops the chain; ``Problem`` 404, or 409 that names who was first.

    ``group``: so with all others of its group for which it was not done. Returns the alerts, the one asked for first.
    """
    connection = change.connection
    query = select(Alert.__table__).where(Alert.id == alert_id, *reached(within))
    row = (await connection.execute(query)).mappings().first()
    if row is None:
        raise not_found("alert")
    for done in ("resolved", "acknowledged"):
        first = row[f"{done}_by"]
        if first is not None and done in ("resolved", step):
            at = rfc3339(row[f"{done}_at"])
            raise Problem(409, f"already-{done}", f"{first} was first, at {at}", by=first, at=at)
    rows = [row, *(await _others_of_group(connection, row, step, within) if group else ())]
    done_by: dict[str, Any] = {f"{step}_at": change.now, f"{step}_by": author}
    by_state: defaultdict[str, list[str]] = defaultdict(list)  # a group may have thousands
    for one in rows:
        by_state[state_of({**one, **done_by})].append(one["id"])
    for state, of in by_state.items():
        for some in (of[i : i + 500] for i in range(0, len(of), 500)):
            await connection.execute(update(Alert).where(Alert.id.in_(some)).values(state=state, **done_by))
    ids = [one["id"] for one in rows]
    steps = [{"alert_id": one, "at": change.now, "kind": step, "author": author, "note": note or None} for one in ids]
    await connection.execute(insert(AlertStep), steps)
    others = await stopping.stop(change, ids, author)
    taken = sorted(await fetch_several(connection, ids), key=lambda one: bool(one["id"] != alert_id))
    await change.record_all(f"alert.{step}", taken)
    await change.record_all("alert.updated", await fetch_several(connection, sorted(others)))
    return taken


async def _others_of_group(
    connection: AsyncConnection, row: RowMapping, step: Step, within: Reach
) -> Sequence[RowMapping]:
    leader = row["group_id"] or row["id"]
    query = select(Alert.__table__).where(or_(Alert.id == leader, Alert.group_id == leader), Alert.id != row["id"])
    query = query.where(Alert.resolved_at.is_(None), *reached(within))
    if step == "acknowledged":
        query = query.where(Alert.acknowledged_at.is_(None))
    return (await connection.execute(query)).mappings().all()


def reached(reach: Reach) -> list[ColumnElement[bool]]:
    """The conditions under which an alert is within."""
    if reach.sites is None:
        return []
    nodes = true() if reach.nodes is None else Alert.camera.in_(reach.nodes)
    return [or_(Alert.site.in_(reach.sites), and_(Alert.site == NODE_SITE, nodes))]


async def _represent(connection: AsyncConnection, query: Select[Any]) -> list[dict[str, Any]]:
    return await _with_steps(connection, list((await connection.execute(query)).mappings()))


async def _with_steps(connection: AsyncConnection, rows: Sequence[RowMapping]) -> list[dict[str, Any]]:
    steps: dict[str, list[RowMapping]] = defaultdict(list)
    ids = [row["id"] for row in rows]
    for some in (ids[i : i + 500] for i in range(0, len(ids), 500)):  # databases bound the parameters
        query = select(AlertStep.__table__).where(AlertStep.alert_id.in_(some)).order_by(AlertStep.id)
        for step in (await connection.execute(query)).mappings():
            steps[step["alert_id"]].append(step)
    return [represent(row, steps[row["id"]]) for row in rows]


def _write_cursor(at: datetime, alert_id: str) -> str:
    return base64.urlsafe_b64encode(f"{at.isoformat()} {alert_id}".encode()).decode().rstrip("=")


def _read_cursor(cursor: str) -> tuple[datetime, str]:
    try:
        at, _, last = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().partition(" ")
        moment = datetime.fromisoformat(at)
    except (ValueError, binascii.Error) as err:
        raise Problem(422, "invalid", "cursor: not one of ours") from err
    if moment.tzinfo is None or not last:
        raise Problem(422, "invalid", "cursor: not one of ours")
    return moment, last
