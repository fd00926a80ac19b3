"""An alert as the interface gives it (docs/http.md). Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Protocol

from vms.domain.clock import rfc3339
from vms.domain.node import NODE_SITE

#: A clip begins before what happened, to show how it came to it, and goes on after it.
CLIP_BEFORE = timedelta(seconds=10)
CLIP_AFTER = timedelta(seconds=5)
#: What is raised only once it has lasted began so long before at most: no rule waits longer.
MOST_DWELL = timedelta(days=1)


class Row(Protocol):
    """A row of the database, or a dict of its columns."""

    def __getitem__(self, name: str, /) -> Any:
        """The value of one column."""


def state_of(row: Row) -> str:
    """What people did wins over ``ended``."""
    if row["resolved_at"] is not None:
        return "resolved"
    if row["acknowledged_at"] is not None:
        return "acknowledged"
    return "open" if row["ended_at"] is None else "ended"


def represent(row: Row, steps: Iterable[Row]) -> dict[str, Any]:
    """From a row of ``alerts`` and its rows of ``alert_steps``, oldest first."""
    ended: datetime | None = row["ended_at"]
    of_node = row["site"] == NODE_SITE
    return {
        "id": row["id"],
        "site": None if of_node else row["site"],
        "camera": None if of_node else row["camera"],
        "node": row["camera"] if of_node else None,
        "rule": row["rule"],
        "kind": row["kind"],
        "zone": row["zone"],
        "severity": row["severity"],
        "state": state_of(row),
        "opened_at": rfc3339(row["opened_at"]),
        "ended_at": None if ended is None else rfc3339(ended),
        "persons": row["persons"],
        "boxes": row["boxes"],
        "snapshot": f"/api/alerts/{row['id']}/snapshot.jpg" if row["has_snapshot"] else None,
        "clip": {
            "start": rfc3339(began(row) - CLIP_BEFORE),
            "end": None if ended is None else rfc3339(ended + CLIP_AFTER),
        },
        "detail": row["detail"],
        "chain": _chain(row),
        "group": row["group_id"],
        "quiet": row["quiet"],
        "steps": [
            {"at": rfc3339(step["at"]), "kind": step["kind"], "by": step["author"], "note": step["note"]}
            for step in steps
        ],
    }


def _chain(row: Row) -> dict[str, Any] | None:
    if row["chain"] is None:
        return None
    next_at: datetime | None = row["chain_at"]
    return {
        "state": row["chain"],
        "rung": row["chain_rung"],
        "next_at": None if next_at is None else rfc3339(next_at),
        "by": row["chain_by"],
    }


def began(row: Row) -> datetime:
    """When it began: before it was raised, where that took its time and the detector says so."""
    opened: datetime = row["opened_at"]
    since = row["detail"].get("since")
    try:
        began = datetime.fromisoformat(since) if isinstance(since, str) else opened
        return max(min(began, opened), opened - MOST_DWELL)
    except (ValueError, TypeError):  # no moment, or one that does not say of which zone
        return opened
