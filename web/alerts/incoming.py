"""Applying the owner's word on an alert (opened, updated, ended) to the tables, once, in whatever order it comes.

An alert is told as ``alert.opened`` exactly once, by whichever word of it comes first.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy import insert, select, update

from vms.domain.messages import AlertEvent, Box
from web.alerts.shape import state_of
from web.alerts.store import fetch_represented
from web.database.engine import Change
from web.database.schema import Alert, AlertMessage, AlertSnapshot, AlertStep
from web.database.upsert import upsert

MAX_SNAPSHOT = 512 * 1024
MAX_BOXES = 200
#: JSON characters.
MAX_DETAIL = 16 * 1024
_ID = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$")


def check(event: AlertEvent) -> None:
    """Raises ``ValueError`` for what validates but cannot be kept."""
    if not _ID.match(event.id):
        raise ValueError("the alert's id is no word of at most 128 letters, digits, '.', '_' and '-'")
    for name in ("site", "camera", "rule", "kind", "zone"):
        value = getattr(event, name)
        if value is not None and (len(value) > 63 or "\x00" in value):
            raise ValueError(f"'{name}' is longer than 63 characters")
    if not 0 <= event.persons < 2**31:
        raise ValueError("'persons' is out of range")


async def apply(change: Change, events: Sequence[AlertEvent]) -> int:
    """Applies events in order; those applied before are left out. Returns how many were new."""
    known = set(
        await change.connection.scalars(
            select(AlertMessage.msg_id).where(AlertMessage.msg_id.in_([event.msg_id for event in events]))
        )
    )
    fresh = [event for event in {event.msg_id: event for event in events}.values() if event.msg_id not in known]
    await upsert(
        change.connection,
        AlertMessage,
        [{"msg_id": event.msg_id, "at": event.at} for event in fresh],
        ["msg_id"],
    )
    for event in fresh:
        await _apply(change, event)
    return len(fresh)


async def _apply(change: Change, event: AlertEvent) -> None:
    connection = change.connection
    row = (await connection.execute(select(Alert.__table__).where(Alert.id == event.id))).mappings().first()
    if row is None:
        await _insert(change, event)
        if event.event == "opened":
            return
        row = (await connection.execute(select(Alert.__table__).where(Alert.id == event.id))).mappings().one()
    values: dict[str, Any] = {}
    if event.at >= row["updated_at"]:
        values["updated_at"] = event.at
        if event.event != "ended":
            values |= {"severity": event.severity, "detail": _detail(event.detail), "zone": event.zone}
        elif event.detail:
            values["detail"] = _detail({**row["detail"], **event.detail})
        if event.boxes and not row["has_snapshot"]:  # they are drawn over that picture, which stays
            values["boxes"] = _boxes(event.boxes)
    if event.persons > row["persons"]:
        values["persons"] = event.persons
    ends = event.event == "ended" and row["ended_at"] is None
    if ends:
        values["ended_at"] = event.ended_at or event.at
        values["state"] = state_of({**row, **values})
        await connection.execute(
            insert(AlertStep).values(alert_id=event.id, at=values["ended_at"], kind="ended", author=None, note=None)
        )
    if await _keep_snapshot(change, event, bool(row["has_snapshot"])):
        values["has_snapshot"] = True
    if not values:
        return
    await connection.execute(update(Alert).where(Alert.id == event.id).values(**values))
    await change.record("alert.ended" if ends else "alert.updated", await fetch_represented(connection, event.id))


async def _insert(change: Change, event: AlertEvent) -> None:
    await change.connection.execute(
        insert(Alert).values(
            id=event.id,
            site=event.site,
            camera=event.camera,
            rule=event.rule,
            kind=event.kind,
            zone=event.zone,
            severity=event.severity,
            state="open",
            opened_at=event.opened_at,
            updated_at=event.opened_at,
            ended_at=None,
            persons=event.persons,
            boxes=_boxes(event.boxes),
            detail=_detail(event.detail),
            has_snapshot=False,
        )
    )
    if await _keep_snapshot(change, event, False):
        await change.connection.execute(update(Alert).where(Alert.id == event.id).values(has_snapshot=True))
    await change.connection.execute(
        insert(AlertStep).values(alert_id=event.id, at=event.opened_at, kind="opened", author=None, note=None)
    )
    await change.record("alert.opened", await fetch_represented(change.connection, event.id))


async def _keep_snapshot(change: Change, event: AlertEvent, has_one: bool) -> bool:
    jpeg = event.snapshot
    if has_one or not jpeg or len(jpeg) > MAX_SNAPSHOT or not jpeg.startswith(b"\xff\xd8"):
        return False
    await change.connection.execute(insert(AlertSnapshot).values(alert_id=event.id, jpeg=jpeg))
    return True


def _boxes(boxes: Sequence[Box]) -> list[dict[str, Any]]:
    return [box.model_dump(mode="json", exclude={"v"}) for box in boxes[:MAX_BOXES]]


def _detail(detail: dict[str, Any]) -> dict[str, Any]:
    """As it came, unless it is so large that telling it would drown the rest."""
    return detail if len(json.dumps(detail)) <= MAX_DETAIL else {"left_out": "the detail was too large"}
