"""The clip of an alert: from before it began to after it ended."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from web.alerts.shape import represent

RAISED = datetime(2026, 11, 22, 6, 18, tzinfo=UTC)


def clip(detail: dict[str, Any], ended: datetime | None = None) -> dict[str, Any]:
    names = (
        "acknowledged_at",
        "resolved_at",
        "boxes",
        "camera",
        "chain",
        "group_id",
        "quiet",
        "id",
        "kind",
        "persons",
        "rule",
        "severity",
        "site",
        "zone",
    )
    row = dict.fromkeys(names) | {"opened_at": RAISED, "ended_at": ended, "has_snapshot": False, "detail": detail}
    found: dict[str, Any] = represent(row, [])["clip"]
    return found


def test_it_begins_before_what_happened_and_not_only_before_it_was_raised() -> None:
    """An empty room is told of after five minutes; what is wanted is who left it."""
    assert clip({"since": "2026-11-22T06:13:00Z"})["start"] == "2026-11-22T06:12:50.000Z"
    assert clip({}, RAISED + timedelta(minutes=1)) == {
        "start": "2026-11-22T06:17:50.000Z", "end": "2026-11-22T06:19:05.000Z",
    }  # fmt: skip


@pytest.mark.parametrize("since", ["2026-11-22T06:20:00Z", "soon", "2026-11-22T06:10:00", 7, None, ""])
def test_what_is_no_earlier_moment_is_left_alone(since: object) -> None:
    assert clip({"since": since})["start"] == "2026-11-22T06:17:50.000Z"


def test_no_clip_is_of_years() -> None:
    assert clip({"since": "1970-01-01T00:00:00Z"})["start"] == "2026-11-21T06:17:50.000Z"
