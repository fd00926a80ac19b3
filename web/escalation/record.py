"""Whom a chain has called: the rungs, the persons, each attempt and its answer (docs/alerts.md)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from vms.domain.clock import rfc3339
from web.alerts.shape import Row
from web.database.schema_duty import Call, Delivery


async def calls(connection: AsyncConnection, alert: Mapping[str, Any], *, named: bool) -> list[dict[str, Any]]:
    """The rungs called so far, in order; ``alert`` as the interface gives it. Of a joined one those that it shares.

    Without ``named`` nobody is named: neither users nor what their channels are called, nor what came back from those.
    """
    of = alert["group"] or alert["id"]
    query = select(Call.__table__).where(Call.alert_id == of).order_by(Call.rung, Call.round)
    rungs = list((await connection.execute(query)).mappings())
    query = select(Delivery.__table__).where(Delivery.alert_id == of, Delivery.taken_by.is_(None))
    people: dict[tuple[int, int], dict[int, dict[str, Any]]] = {}
    for row in (await connection.execute(query.order_by(Delivery.id))).mappings():
        called = people.setdefault((row["rung"], row["round"]), {})
        user = row["username"] if named else None
        person = called.setdefault(row["user_id"], {"user": user, "stand_in": row["stand_in"], "attempts": []})
        person["attempts"].append(_attempt(row, named=named))
    made = [_call(row, list(people.get((row["rung"], row["round"]), {}).values())) for row in rungs]
    if made and alert["id"] == of and alert["chain"]["next_at"] is not None:
        made[-1]["deadline"] = alert["chain"]["next_at"]  # it moves with the host's clock
    return made


def _call(row: Row, people: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "rung": row["rung"],
        "round": row["round"],
        "duty": row["duty"],
        "at": rfc3339(row["at"]),
        "deadline": None if row["deadline"] is None else rfc3339(row["deadline"]),
        "people": people,
    }


def _attempt(row: Row, *, named: bool) -> dict[str, Any]:
    return {
        "at": None if row["at"] is None else rfc3339(row["at"]),
        "channel": row["channel"] if named else row["channel"].partition(" · ")[0],
        "attempt": row["attempt"],
        "state": row["state"],
        "took_ms": row["took_ms"],
        "answer": row["answer"] if named else None,
    }
