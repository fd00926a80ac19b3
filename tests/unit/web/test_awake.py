"""A web that stood still (SIGSTOP, a hypervisor's pause) and goes on: its own silence is nobody's fault."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest_asyncio

from tests.integration.web.rig import facility
from tests.support.clocks import ManualClock
from vms.bus import subjects
from vms.domain.clock import from_epoch
from vms.domain.messages import DetectorState, RecorderState
from vms.settings.environment import Environment
from web.cameras.reports import FRESH_S, Reports
from web.cameras.watch import CameraWatch
from web.configuration import revisions
from web.configuration.current import CurrentConfiguration
from web.database.engine import Database

STOOD_S = 18.0


@dataclass
class Web:
    """The watch of one camera whose recorder has recorded for half an hour."""

    clock: ManualClock
    reports: Reports
    watch: CameraWatch

    def __post_init__(self) -> None:
        self.recording_since = from_epoch(self.clock.utc()) - timedelta(minutes=30)

    def hear(self, role: str) -> None:
        at = from_epoch(self.clock.utc())
        word: RecorderState | DetectorState
        if role == "recorder":
            word = RecorderState(
                site="s1", camera="cam-1", at=at, since=self.recording_since, status="recording", last_frame_at=at
            )
        else:
            word = DetectorState(site="s1", camera="cam-1", at=at, since=self.recording_since, status="online")
        self.reports.take(subjects.state_key("s1", "cam-1", role), word.encode())

    async def live(self, seconds: float, *, beating: bool) -> None:
        """A look a second, with the heartbeats of both or without."""
        for _ in range(int(seconds)):
            self.clock.advance(1)
            if beating:
                self.hear("recorder")
                self.hear("detector")
            await self.watch.tick()

    def says(self) -> tuple[str, str | None, bool]:
        """State, reason, and whether it counts from where the recorder began."""
        view = self.watch.views()[0]
        return view.state, view.reason, view.since == self.recording_since


@pytest_asyncio.fixture
async def web(tmp_path: Path) -> AsyncIterator[Web]:
    clock = ManualClock()
    database = await Database.open(Environment.read(tmp_path, {}), clock)
    current = CurrentConfiguration(await revisions.seed(database, clock, facility(1)))
    reports = Reports(clock, lambda _revision: None)
    made = Web(clock, reports, CameraWatch(database, clock, current, reports))
    await made.live(10, beating=True)
    yield made
    await database.close()


async def test_who_stood_still_calls_nobody_lost(web: Web) -> None:
    assert web.says() == ("recording", None, True)
    web.clock.advance(STOOD_S)
    assert web.says() == ("recording", None, True)  # a request is answered before anything else is looked at
    await web.watch.tick()
    web.hear("detector")  # the first to be heard again
    await web.watch.tick()
    assert web.says() == ("recording", None, True)
    await web.live(10, beating=True)
    assert web.says() == ("recording", None, True)


async def test_a_recorder_that_ended_meanwhile_is_found_lost(web: Web) -> None:
    web.clock.advance(STOOD_S)
    await web.live(FRESH_S - 1, beating=False)
    assert web.says()[0] == "recording"
    await web.live(2, beating=False)
    assert web.says()[:2] == ("offline", "worker_lost")


async def test_recording_that_could_not_be_heard_went_on(web: Web) -> None:
    await web.live(FRESH_S + 3, beating=False)
    assert web.says()[:2] == ("offline", "worker_lost")
    await web.live(2, beating=True)
    assert web.says() == ("recording", None, True)
