"""A web of two sites whose audit log is looked at: who logs in, and what is written of it."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI
from sqlalchemy import insert

from tests.integration.web.rig import facility
from tests.support.audit_log import entries
from tests.support.bare_web import bare_web, browser
from tests.support.rostered import kept_quiet, on_duty
from vms.domain.facility import Facility
from web.accounts import users
from web.application import shielded
from web.database.schema import Alert, AlertSnapshot, Segment
from web.database.schema_duty import Quiet

PASSWORD = "mat khau rat dai"
WHEN = datetime(2026, 3, 1, 12, tzinfo=UTC)
SPAN = {"start": "2026-03-01T12:00:00Z", "end": "2026-03-01T12:01:00Z"}
ZONE = {"id": "z", "kind": "restricted", "polygon": [[0, 0], [1, 0], [1, 1]]}


class Audited:
    """``app`` holds ``cam-1``, ``cam-2``, an alert and a file at ``s1``, nothing at ``s2``."""

    def __init__(self, app: FastAPI) -> None:
        self.app = app
        self.context = app.state.context
        self.shielded = shielded(self.context)

    async def user(self, role: str, sites: list[str] | None = None, name: str | None = None) -> str:
        """The name of a new one."""
        name = name or f"u{secrets.token_hex(4)}"
        await users.add_user(self.context.database, self.context.clock, name, PASSWORD, role, sites)
        return name

    @contextlib.asynccontextmanager
    async def browser(self, role: str, sites: list[str] | None = None) -> AsyncIterator[httpx.AsyncClient]:
        """Of a new user, logged in; what was written until then is not looked at."""
        token = await self.context.sessions.login(await self.user(role, sites), PASSWORD, "-")
        async with browser(self.app, token) as client:
            yield client

    async def entries(self, actions: Iterable[str] | None = None) -> list[dict[str, Any]]:
        """What is written by now, oldest first."""
        await self.context.audit.flush()
        found = await entries(self.context.database)
        return [one for one in found if actions is None or one["action"] in actions]


@contextlib.asynccontextmanager
async def audited(folder: Path) -> AsyncIterator[Audited]:
    """Over a database of its own, without a bus."""
    stated = facility().model_dump(mode="json", exclude_none=True)
    stated["sites"].append({"id": "s2", "name": "Khu 2", "cameras": []})
    async with bare_web(folder, Facility.model_validate(stated)) as app:
        async with app.state.context.database.change() as change:
            for table, row in (*_rows(), *on_duty(WHEN), (Quiet, kept_quiet(WHEN))):
                await change.connection.execute(insert(table).values(**row))
        yield Audited(app)


def _rows() -> list[tuple[Any, dict[str, Any]]]:
    alert = {
        "id": "alert-1", "site": "s1", "camera": "cam-1", "rule": "breach", "kind": "zone_breach", "zone": "z",
        "severity": "critical", "state": "open", "opened_at": WHEN, "updated_at": WHEN, "persons": 1, "boxes": [],
        "detail": {}, "has_snapshot": True,
    }  # fmt: skip
    segment = {
        "id": "segment-1", "site": "s1", "camera": "cam-1", "node": "local", "run": "r", "start": WHEN,
        "end": WHEN + timedelta(minutes=1), "path": "p", "codec": "avc1", "width": 1, "height": 1, "bytes": 9,
        "frames": 1, "timescale": 90000, "first_tfdt": 0, "anchor_utc": WHEN,
    }  # fmt: skip
    return [(Alert, alert), (AlertSnapshot, {"alert_id": "alert-1", "jpeg": b"\xff\xd8\xff"}), (Segment, segment)]
