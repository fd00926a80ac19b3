"""The clock of web's host is set: nobody is logged out by an hour, and no camera looks dead because of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.integration.web.rig import PASSWORD, facility
from tests.support.clocks import ManualClock
from vms.bus import subjects
from vms.domain.clock import from_epoch
from vms.domain.messages import RecorderState
from vms.settings.environment import Environment
from web.accounts import users
from web.accounts.sessions import Sessions
from web.cameras.reports import FRESH_S, Reports
from web.cameras.watch import CameraWatch
from web.configuration import revisions
from web.configuration.current import CurrentConfiguration
from web.database.engine import Database
from web.database.schema import CameraState
from web.database.upsert import upsert

HOUR = 3600.0


@pytest_asyncio.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    made = await Database.open(Environment.read(tmp_path, {}), ManualClock())
    yield made
    await made.close()


@pytest.mark.parametrize("step", [HOUR, -HOUR])
async def test_an_hour_logs_nobody_out(database: Database, step: float) -> None:
    clock = ManualClock()
    await users.ensure_administrator(database, clock, {"VMS_ADMIN_PASSWORD": PASSWORD})
    sessions = Sessions(database, clock)
    token = await sessions.login("admin", PASSWORD, "::1")
    assert token is not None
    for _ in range(3):
        clock.step(step)
        assert await sessions.identify(token) is not None


@pytest.mark.parametrize("skew", [HOUR, -HOUR])
async def test_words_kept_from_before_say_no_more_than_none(database: Database, skew: float) -> None:
    """Web starts on a host whose clock is an hour off the recorder's: until the first heartbeat its memory holds."""
    clock = ManualClock()
    current = CurrentConfiguration(await revisions.seed(database, clock, facility(1)))
    since = from_epoch(clock.utc() - 8 * HOUR)
    row = {"camera": "cam-1", "state": "recording", "reason": None, "since": since}
    async with database.change() as change:
        await upsert(change.connection, CameraState, [row], ["camera"])
    reports = Reports(clock, lambda _revision: None)
    watch = CameraWatch(database, clock, current, reports)
    await watch.load()
    at = from_epoch(clock.utc() + skew)
    word = RecorderState(site="s1", camera="cam-1", at=at, since=at, status="recording")
    reports.take(subjects.state_key("s1", "cam-1", "recorder"), word.encode(), stored=True)
    assert [view.state for view in watch.views()] == ["recording"]
    for _ in range(int(FRESH_S) + 1):  # no heartbeat came: the recorder is gone, whatever the clocks say
        clock.advance(1)
        judged = watch.views()
    assert [(view.state, view.reason) for view in judged] == [("offline", "worker_lost")]
    reports.take(subjects.state_key("s1", "cam-1", "recorder"), word.encode())
    clock.step(HOUR)
    assert [view.state for view in watch.views()] == ["recording"]
