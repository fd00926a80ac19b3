"""The web role with a clock that the test owns, asked over HTTP, fed as its consumers feed it."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from tests.integration.web.rig import PASSWORD, WebRig
from tests.support.clocks import ManualClock
from tests.support.nats_bus import nats_server
from vms.domain.clock import from_epoch, rfc3339
from vms.domain.facility import Facility
from vms.settings.environment import Environment
from web.consumers import recordings
from web.database.engine import Database

BATCH = 500


class WebApp:
    """``clock`` is its host's: set it before you ask for what lies after."""

    def __init__(self, rig: WebRig, database: Database, clock: ManualClock) -> None:
        self._rig, self._database, self.clock = rig, database, clock
        self._stored: set[str] = set()
        self._seen_at: float | None = None

    async def take(self, told: Iterable[tuple[str, str, bytes]]) -> None:
        """What a recorder's outbox holds, by way of a stream that drops doubled ids."""
        fresh: list[Any] = []
        for subject, msg_id, payload in told:
            if msg_id not in self._stored:
                self._stored.add(msg_id)
                fresh.append(SimpleNamespace(subject=subject, data=payload))
        for at in range(0, len(fresh), BATCH):
            async with self._database.change() as change:
                await recordings.apply(change, fresh[at : at + BATCH])

    async def timeline(self, camera: str, start: float, end: float) -> dict[str, Any]:
        """UTC seconds."""
        if self._seen_at is None or abs(self.clock.utc() - self._seen_at) > 3600:  # a login lasts for hours, not days
            await self._rig.login()
            self._seen_at = self.clock.utc()
        span = {"start": rfc3339(from_epoch(start)), "end": rfc3339(from_epoch(end))}
        answer = await self._rig.http.get(f"/api/cameras/{camera}/timeline", params=span)
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body


@contextlib.asynccontextmanager
async def web_app(data: Path, facility: Facility, clock: ManualClock, monkeypatch: Any) -> AsyncIterator[WebApp]:
    """A process's worth of web, configured at the clock's present moment."""
    monkeypatch.setenv("VMS_ADMIN_PASSWORD", PASSWORD)
    with nats_server(data / "nats") as server:
        rig = WebRig(data, server.url, facility)
        rig.clock = clock  # type: ignore[assignment]
        await rig.start()
        database = await Database.open(Environment.read(data, {}), clock)
        try:
            yield WebApp(rig, database, clock)
        finally:
            await database.close()
            await rig.close()
