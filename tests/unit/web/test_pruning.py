"""How long counts by the minute are kept, in a real database."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select

from tests.support.clocks import ManualClock
from tests.support.waiting import until
from vms.bus.tasks import end
from vms.domain.clock import from_epoch
from vms.domain.facility import DEFAULT_COUNTS_DAYS, Facility
from vms.settings.environment import Environment
from web.configuration.current import CurrentConfiguration
from web.configuration.revisions import Configured
from web.database import engine
from web.database.engine import Database
from web.database.schema import MinuteCount, ZoneMinute
from web.rounds import for_ever
from web.timeline import pruning
from web.timeline.pruning import CountsPruning

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
CLOCK = ManualClock()
MIDNIGHT = from_epoch(CLOCK.utc()).replace(hour=0, minute=0, second=0, microsecond=0)
#: The camera "gone" is no longer configured, nor is the zone "bed".
KEYS: dict[type[MinuteCount] | type[ZoneMinute], list[tuple[str, str]]] = {
    MinuteCount: [("a", ""), ("gone", "")],
    ZoneMinute: [("a", "bed"), ("a", "door"), ("gone", "bed")],
}


def configured(revision: int, **retention: float) -> Configured:
    camera = {"id": "a", "name": "A", "placement": "gate", "streams": {"main": "rtsp://h/m"}}
    place = {"id": "s", "name": "S", "cameras": [camera]}
    facility = {"facility": {"name": "F"}, "retention": retention, "sites": [place]}
    return Configured(revision, from_epoch(0), Facility.model_validate(facility))


async def keep(database: Database, *moments: datetime) -> None:
    """Counts of each of ``KEYS`` at each of ``moments``."""
    for table, keys in KEYS.items():
        rows = [
            {"camera": camera, "at": at, "mean": 1.0, "max": 1, "samples": 60}
            | ({"site": "s"} if table is MinuteCount else {"zone": zone})
            for camera, zone in keys
            for at in moments
        ]
        async with database.change() as change:
            await change.connection.execute(insert(table), rows)


async def kept(database: Database) -> list[list[datetime]]:
    """The moments of each of ``KEYS`` that there are."""
    found = []
    async with database.read() as connection:
        for table, keys in KEYS.items():
            for camera, zone in keys:
                query = select(table.at).where(table.camera == camera).order_by(table.at)
                query = query.where(ZoneMinute.zone == zone) if table is ZoneMinute else query
                found.append(list(await connection.scalars(query)))
    return found


@pytest.fixture
async def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Database]:
    monkeypatch.setattr(engine, "BUSY_TIMEOUT_MS", 20)
    one = await Database.open(Environment.read(tmp_path, {}), CLOCK)
    yield one
    await one.close()


async def test_what_is_older_goes_and_all_else_stays(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pruning, "BATCH", 7)
    current = CurrentConfiguration(configured(1))
    work = CountsPruning(database, CLOCK, current, tmp_path / "note")
    await work.look()  # of an empty database
    first = MIDNIGHT - DEFAULT_COUNTS_DAYS * DAY
    old = [first - n * MINUTE for n in (1, 2, 3, 1440, 300_000, *range(10, 30))]
    young = [first, first + MINUTE, MIDNIGHT - 31 * DAY, MIDNIGHT - 30 * DAY, MIDNIGHT + MINUTE]
    await keep(database, *old, *young)
    await work.look()
    assert await kept(database) == [young] * 5
    await work.look()
    assert await kept(database) == [young] * 5
    current.replace(configured(2, counts_days=30))
    await work.look()
    assert await kept(database) == [young[3:]] * 5


async def test_a_clock_that_is_set_ahead_deletes_nothing(database: Database, tmp_path: Path) -> None:
    clock, current = ManualClock(), CurrentConfiguration(configured(1))
    moments = [MIDNIGHT - 300 * DAY, MIDNIGHT]
    await keep(database, *moments)
    work = CountsPruning(database, clock, current, tmp_path / "note")
    await work.look()
    clock.step(500 * 86400)
    await work.look()
    await CountsPruning(database, clock, current, tmp_path / "note").look()
    await CountsPruning(database, clock, current, tmp_path / "none yet").look()
    assert await kept(database) == [moments] * 5


async def test_others_write_while_much_is_deleted(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pruning, "BATCH", 10)
    await keep(database, *(MIDNIGHT - (DEFAULT_COUNTS_DAYS + 1) * DAY + n * MINUTE for n in range(1000)), MIDNIGHT)
    begun = asyncio.Event()
    database.on_commit(begun.set)
    current = CurrentConfiguration(configured(1))
    work = asyncio.create_task(CountsPruning(database, CLOCK, current, tmp_path / "note").look())
    await begun.wait()
    async with database.change() as change:
        left = await change.connection.scalar(select(func.count()).select_from(MinuteCount))
    assert left is not None
    assert 2 < left < 2002
    await work
    assert await kept(database) == [[MIDNIGHT]] * 5


async def test_a_locked_database_is_waited_for_and_said_once(
    database: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    old = MIDNIGHT - (DEFAULT_COUNTS_DAYS + 1) * DAY
    await keep(database, old, MIDNIGHT)
    work, tried = CountsPruning(database, CLOCK, CurrentConfiguration(configured(1)), tmp_path / "note"), 0

    async def look() -> None:
        nonlocal tried
        tried += 1
        await work.look()

    other = sqlite3.connect(tmp_path / "vms.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    task = asyncio.create_task(for_ever(look, 0.01, "counts.unpruned"))
    await until(lambda: tried >= 3)
    assert await kept(database) == [[old, MIDNIGHT]] * 5
    other.execute("ROLLBACK")
    await until(lambda: "counts.pruned rows=5" in caplog.text)
    await end((task,))
    assert await kept(database) == [[MIDNIGHT]] * 5
    assert caplog.text.count("counts.unpruned error=database is locked") == 1
    other.close()
