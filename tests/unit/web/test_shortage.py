"""When a node whose analysis does not keep up is told of, once, and when that ends."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from tests.support.clocks import ManualClock
from vms.domain.clock import from_epoch
from vms.domain.facility import Facility
from vms.domain.messages import DetectorState
from vms.settings.environment import Environment
from web.cameras.node_trouble import AFTER_S, LOOK_S, RENEW_S, UNHEARD_S
from web.cameras.reports import Reports
from web.cameras.shortage import Shortage
from web.configuration.current import Configured, CurrentConfiguration
from web.database.engine import Database
from web.database.schema import Alert, AlertStep

CAMERAS = ("a", "b", "c", "far")
FACILITY = {
    "facility": {"name": "T"},
    "detector": {"min_fps": 1.5},
    "sites": [
        {"id": "s", "name": "S", "cameras": [
            {"id": one, "name": one, "placement": "gate", "streams": {"main": "rtsp://h/m"}} for one in CAMERAS
        ]}
    ],
}  # fmt: skip


class Watched:
    """A web's part that watches, its database, and detectors that beat every two seconds."""

    def __init__(self, database: Database, clock: ManualClock) -> None:
        self.database, self.clock = database, clock
        self.behind: set[str] = set()
        self.silent: set[str] = set()
        self.restart()

    def restart(self) -> None:
        current = CurrentConfiguration(Configured(1, from_epoch(0), Facility.model_validate(FACILITY)))
        self.reports = Reports(self.clock, lambda _: None)
        self.shortage = Shortage(self.database, self.clock, current, self.reports)

    async def play(self, seconds: float) -> list[tuple[str, str, Any]]:
        """What the alerts are after so long: node, state, how many cameras are behind."""
        for second in range(round(seconds / LOOK_S)):
            self.clock.advance(LOOK_S)
            for camera in () if second % 2 else CAMERAS:
                self._beat(camera)
            await self.shortage.look()
        return await self.alerts()

    def _beat(self, camera: str) -> None:
        now, node = from_epoch(self.clock.utc()), "far" if camera == "far" else "local"
        if node in self.silent:
            return
        state = DetectorState(
            site="s", camera=camera, node=node, at=now, since=now, status="online", model="m", wanted_fps=4,
            inferred_fps=0.5, behind=camera in self.behind,
        )  # fmt: skip
        self.reports.take(f"s.{camera}.detector", state.encode())

    async def alerts(self) -> list[tuple[str, str, Any]]:
        query = select(Alert.__table__).order_by(Alert.opened_at, Alert.camera)
        async with self.database.read() as connection:
            rows = (await connection.execute(query)).mappings().all()
        assert {(row["site"], row["kind"], row["severity"]) for row in rows} <= {("_node", "analysis", "warning")}
        return [
            (row["camera"], "open" if row["ended_at"] is None else "ended", row["detail"].get("cameras_behind"))
            for row in rows
        ]


@pytest.fixture
async def watched(tmp_path: Path) -> AsyncIterator[Watched]:
    clock = ManualClock()
    database = await Database.open(Environment.read(tmp_path, {}), clock)
    yield Watched(database, clock)
    await database.close()


async def test_one_alert_a_node_tells_of_all_its_cameras_and_ends_by_itself(watched: Watched) -> None:
    assert await watched.play(30) == []
    watched.behind = {"a", "b"}
    assert await watched.play(AFTER_S - 1) == []
    assert await watched.play(4) == [("local", "open", 2)]
    watched.behind = {"a", "b", "c", "far"}
    assert await watched.play(AFTER_S + 4) == [("local", "open", 2), ("far", "open", 1)]
    assert await watched.play(RENEW_S) == [("local", "open", 3), ("far", "open", 1)]
    watched.behind = {"far"}
    assert await watched.play(AFTER_S - 1) == [("local", "open", 3), ("far", "open", 1)]
    assert await watched.play(4) == [("local", "ended", 3), ("far", "open", 1)]
    async with watched.database.read() as connection:
        detail = (await connection.execute(select(Alert.detail).where(Alert.camera == "local"))).scalar_one()
        steps = (await connection.execute(select(AlertStep.kind).order_by(AlertStep.at))).scalars().all()
    assert detail == {
        "reason": "analysis_slow", "cameras_behind": 3, "inferred_fps": 1.5, "wanted_fps": 12.0, "min_fps": 1.5,
    }  # fmt: skip
    assert sorted(steps) == ["ended", "opened", "opened"]


async def test_short_spells_tell_nothing_and_end_nothing(watched: Watched) -> None:
    for _ in range(6):
        watched.behind = {"a"}
        assert await watched.play(AFTER_S - 3) == []
        watched.behind = set()
        assert await watched.play(4) == []
    watched.behind = {"a"}
    await watched.play(20)
    for _ in range(6):
        watched.behind = set()
        assert await watched.play(AFTER_S - 3) == [("local", "open", 1)]
        watched.behind = {"b"}
        assert await watched.play(4) == [("local", "open", 1)]


async def test_a_restart_goes_on_with_what_is_open(watched: Watched) -> None:
    watched.behind = {"a"}
    assert await watched.play(20) == [("local", "open", 1)]
    watched.restart()
    assert await watched.play(30) == [("local", "open", 1)]
    watched.restart()
    watched.behind = set()
    assert await watched.play(20) == [("local", "ended", 1)]
    watched.behind = {"a"}
    assert await watched.play(20) == [("local", "ended", 1), ("local", "open", 1)]


async def test_a_silent_bus_ends_nothing_and_a_node_that_is_gone_does(watched: Watched) -> None:
    watched.behind = {"a", "far"}
    assert await watched.play(20) == [("far", "open", 1), ("local", "open", 1)]
    watched.silent = {"local", "far"}
    assert await watched.play(10 * UNHEARD_S) == [("far", "open", 1), ("local", "open", 1)]
    watched.silent = {"far"}
    assert await watched.play(UNHEARD_S - 2) == [("far", "open", 1), ("local", "open", 1)]
    assert await watched.play(6) == [("far", "ended", 1), ("local", "open", 1)]


async def test_what_could_not_be_written_is_tried_again(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    watched.behind = {"a"}
    await watched.play(AFTER_S)
    with monkeypatch.context() as broken:
        broken.setattr(watched.database, "change", lambda: (_ for _ in ()).throw(OSError("no room")))
        with pytest.raises(OSError, match="no room"):
            await watched.play(6)
    assert await watched.play(2) == [("local", "open", 1)]
