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
from web.alerts.store import fetch_represented, fetch_several
from web.database.engine import Change
from web.database.schema import Alert, AlertMessage, AlertSnapshot, AlertStep
from web.database.upsert import upsert
from web.escalation import stopping

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
    ids = {event.id for event in fresh}
    there = set(await change.connection.scalars(select(Alert.id).where(Alert.id.in_(ids)))) if ids else set()
    opening: list[AlertEvent] = []  # a burst is told with as many statements as one alert
    for event in fresh:
        if event.id not in there:
            there.add(event.id)
            opening.append(event)
            if event.event == "opened":
                continue
        await _open(change, opening)
        opening.clear()
        await _apply(change, event)
    await _open(change, opening)
    return len(fresh)


async def _apply(change: Change, event: AlertEvent) -> None:
    connection = change.connection
    row = (await connection.execute(select(Alert.__table__).where(Alert.id == event.id))).mappings().one()
    values: dict[str, Any] = {}
    if event.at >= row["updated_at"]:
        values["updated_at"] = event.at
        if event.event != "ended":
            values |= {"severity": event.severity, "detail": _detail(event.detail), "zone": event.zone}
            if event.severity != row["severity"] and row["chain"] in ("none", "joined"):  # it may call somebody now
                values |= {"chain": "due", "chain_at": change.now}
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
    if not row["has_snapshot"] and _has_snapshot(event):
        await connection.execute(insert(AlertSnapshot).values(alert_id=event.id, jpeg=event.snapshot))
        values["has_snapshot"] = True
    if not values:
        return
    await connection.execute(update(Alert).where(Alert.id == event.id).values(**values))
    leader = await stopping.over(change, event.id) if ends else None
    await change.record("alert.ended" if ends else "alert.updated", await fetch_represented(connection, event.id))
    if leader is not None:
        await change.record("alert.updated", await fetch_represented(connection, leader))


async def _open(change: Change, events: Sequence[AlertEvent]) -> None:
    """Alerts that are not there yet, each by the first word of it."""
    if not events:
        return
    connection = change.connection
    await connection.execute(
        insert(Alert),
        [
            {
                "id": event.id,
                "site": event.site,
                "camera": event.camera,
                "rule": event.rule,
                "kind": event.kind,
                "zone": event.zone,
                "severity": event.severity,
                "state": "open",
                "opened_at": event.opened_at,
                "updated_at": event.opened_at,
                "ended_at": None,
                "persons": event.persons,
                "boxes": _boxes(event.boxes),
                "detail": _detail(event.detail),
                "has_snapshot": _has_snapshot(event),
                "chain": "due",  # whom to call is decided apart: what is wrong there must lose no alert
                "chain_at": change.now,
            }
            for event in events
        ],
    )
    pictures = [{"alert_id": event.id, "jpeg": event.snapshot} for event in events if _has_snapshot(event)]
    if pictures:
        await connection.execute(insert(AlertSnapshot), pictures)
    step = {"kind": "opened", "author": None, "note": None}
    await connection.execute(
        insert(AlertStep), [{"alert_id": event.id, "at": event.opened_at, **step} for event in events]
    )
    told = {one["id"]: one for one in await fetch_several(connection, [event.id for event in events])}
    await change.record_all("alert.opened", [told[event.id] for event in events])


def _has_snapshot(event: AlertEvent) -> bool:
    jpeg = event.snapshot or b""
    return jpeg.startswith(b"\xff\xd8") and len(jpeg) <= MAX_SNAPSHOT


def _boxes(boxes: Sequence[Box]) -> list[dict[str, Any]]:
    return [box.model_dump(mode="json", exclude={"v"}) for box in boxes[:MAX_BOXES]]


def _detail(detail: dict[str, Any]) -> dict[str, Any]:
    """As it came, unless it is so large that telling it would drown the rest."""
    return detail if len(json.dumps(detail)) <= MAX_DETAIL else {"left_out": "the detail was too large"}
