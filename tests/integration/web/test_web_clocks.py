"""A real recorder's host clock, as `/api/system` tells it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.integration.web.rig import WebRig
from tests.support.nats_bus import NatsServer
from tests.support.recorder_rig import recorder
from tests.support.waiting import until_async


async def test_the_nodes_clock_is_told(rig: WebRig, server: NatsServer, tmp_path: Path) -> None:
    async def clocks() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await rig.http.get("/api/system")).json()["clocks"]
        return found

    assert await clocks() == []
    async with recorder(tmp_path / "recorder", server):
        (clock,) = await until_async(clocks, 15)
    assert set(clock) == {"node", "synchronized", "offset_s", "max_error_s", "stepped_at", "stepped_s"}
    assert clock["synchronized"] in (True, False)
    assert clock["max_error_s"] >= 0
    assert clock["stepped_s"] is None
