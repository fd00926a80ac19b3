"""Rows of duty: an officer of all sites, his shift at ``s1``, a camera there that is kept quiet."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from web.database.schema import User
from web.database.schema_duty import Shift


def on_duty(when: datetime) -> list[tuple[Any, dict[str, Any]]]:
    """``khanh`` had ``shift-1`` on the day before ``when``."""
    shift = {
        "id": "shift-1", "site": "s1", "duty": "officer", "user_id": 998, "start": when - timedelta(days=1),
        "end": when - timedelta(hours=1), "created_by": "tuan", "created_at": when,
    }  # fmt: skip
    officer = {
        "id": 998,
        "username": "khanh",
        "password_hash": "-",
        "role": "duty",
        "enabled": True,
        "created_at": when,
    }
    return [(User, officer), (Shift, shift)]


def kept_quiet(when: datetime) -> dict[str, Any]:
    """``quiet-1``: ``cam-1`` under maintenance since ``when``, and for long."""
    return {
        "id": "quiet-1", "kind": "maintenance", "site": "s1", "camera": "cam-1", "start": when,
        "until": datetime(2100, 1, 1, tzinfo=UTC), "reason": "thay camera", "author": "lan", "created_at": when,
    }  # fmt: skip
