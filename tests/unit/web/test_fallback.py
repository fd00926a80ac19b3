"""When a node that counts without a model that knows persons is told of, and when that ends."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, get_args

import pytest
from sqlalchemy import select

from tests.support.clocks import ManualClock
from vms.domain.clock import from_epoch
from vms.domain.facility import Facility
from vms.domain.messages import DetectorState
from vms.domain.rules import RuleKind
from vms.settings.environment import Environment
from web.api.alerts import KINDS
from web.cameras.fallback import Fallback
from web.cameras.node_trouble import AFTER_S, RENEW_S
from web.cameras.reports import Reports
from web.configuration.current import Configured, CurrentConfiguration
from web.database.engine import Database
from web.database.schema import Alert
from web.duty.policy import TECHNICAL

FACILITY = {
    "facility": {"name": "T"},
    "sites": [
        {"id": "s", "name": "S", "cameras": [
            {"id": one, "name": one, "placement": "gate", "streams": {"main": "rtsp://h/m"}} for one in ("a", "b")
        ]}
    ],
}  # fmt: skip


class Watched:
    """A database, and detectors that beat every second; ``why``: what each camera's falls back for."""

    def __init__(self, database: Database, clock: ManualClock) -> None:
        current = CurrentConfiguration(Configured(1, from_epoch(0), Facility.model_validate(FACILITY)))
        self.database, self.clock = database, clock
        self.why: dict[str, str] = {}
        self.reports = Reports(clock, lambda _: None)
        self.fallback = Fallback(database, clock, current, self.reports)

    async def play(self, seconds: float) -> list[tuple[str, dict[str, Any]]]:
        """Whether each alert is open, and what it says."""
        for _ in range(round(seconds)):
            self.clock.advance(1)
            now = from_epoch(self.clock.utc())
            for camera in ("a", "b"):
                state = DetectorState(
                    site="s", camera=camera, at=now, since=now, status="online", fallback=camera in self.why,
                    model="motion" if camera in self.why else "yolo11n", fallback_detail=self.why.get(camera, ""),
                )  # fmt: skip
                self.reports.take(f"s.{camera}.detector", state.encode())
            await self.fallback.look()
        async with self.database.read() as connection:
            rows = (await connection.execute(select(Alert.__table__).order_by(Alert.opened_at))).mappings().all()
        places = {(row["site"], row["camera"], row["kind"], row["severity"]) for row in rows}
        assert places <= {("_node", "local", "model", "warning")}
        return [("over" if row["ended_at"] else "open", row["detail"]) for row in rows]


@pytest.fixture
async def watched(tmp_path: Path) -> AsyncIterator[Watched]:
    clock = ManualClock()
    database = await Database.open(Environment.read(tmp_path, {}), clock)
    yield Watched(database, clock)
    await database.close()


async def test_a_node_without_its_model_is_one_alert_that_says_why_and_ends(watched: Watched) -> None:
    assert await watched.play(30) == []
    watched.why = {"a": "no file", "b": "no file"}
    assert await watched.play(AFTER_S - 1) == []
    said = {"reason": "model_fallback", "model": "motion", "detail": "no file", "cameras": 2}
    assert await watched.play(2) == [("open", said)]
    watched.why = {"b": "damaged"}
    told = said | {"detail": "damaged", "cameras": 1}
    assert await watched.play(RENEW_S + 2) == [("open", told)]
    watched.why = {}
    assert await watched.play(AFTER_S + 2) == [("over", told)]


async def test_a_model_that_is_being_loaded_is_no_trouble(watched: Watched) -> None:
    for _ in range(5):
        watched.why = {"a": "no file"}
        assert await watched.play(AFTER_S - 2) == []
        watched.why = {}
        assert await watched.play(2) == []


def test_whoever_mends_it_is_called() -> None:
    """What ``docs/alerts.md`` lists goes to the technicians."""
    text = (Path(__file__).parents[3] / "docs" / "alerts.md").read_text(encoding="utf-8")
    listed = text.split("## Troubles of the system")[1].split("\n## ")[0]
    assert KINDS - set(get_args(RuleKind)) < TECHNICAL
    assert {kind for kind in TECHNICAL if f"| `{kind}`" in listed} == TECHNICAL
