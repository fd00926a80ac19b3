"""A detector that is silent is lost only while its camera's recorder speaks: else it is the bus, the link or us."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest

from tests.integration.web.rig import facility
from tests.support.clocks import ManualClock
from vms.bus import subjects
from vms.domain.clock import from_epoch
from vms.domain.messages import DetectorState, RecorderState
from vms.settings.environment import Environment
from web.cameras.reports import FRESH_S, UNHEARD_S, Reports
from web.cameras.unanalysed import by_node, lost
from web.cameras.view import CameraView, State, judge
from web.cameras.watch import CameraWatch
from web.configuration import revisions
from web.configuration.current import CurrentConfiguration
from web.database.engine import Database
from web.database.schema import CameraState
from web.database.upsert import upsert

HEARTBEAT_S = 3.0
SITE = facility().sites[0]
BOTH: tuple[Literal["recorder", "detector"], ...] = ("recorder", "detector")


class Centre:
    """Workers of cameras ``cam-1`` and ``cam-2`` that speak when they are told to, and who hears them."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.reports = Reports(self.clock, lambda _revision: None)

    def hear(self, seconds: float, *roles: Literal["recorder", "detector"], site: str = "s1") -> list[bool]:
        """What is thought of ``cam-1`` after each heartbeat of ``roles``."""
        thought = []
        for _ in range(round(seconds / HEARTBEAT_S)):
            self.clock.advance(HEARTBEAT_S)
            now = from_epoch(self.clock.utc())
            for role in roles:
                word = (
                    RecorderState(site=site, camera="cam-1", at=now, since=now, status="recording")
                    if role == "recorder"
                    else DetectorState(site=site, camera="cam-1", at=now, since=now, status="online")
                )
                self.reports.take(subjects.state_key(site, "cam-1", role), word.encode())
            thought.append(self.reports.unheard(site, "cam-1"))
        return thought


def test_a_detector_that_stays_away_is_lost_and_one_that_restarts_is_not() -> None:
    centre = Centre()
    assert not any(centre.hear(30, *BOTH))
    assert not any(centre.hear(UNHEARD_S - HEARTBEAT_S / 2, "recorder"))
    assert not any(centre.hear(30, *BOTH))
    thought = centre.hear(60, "recorder")
    assert thought == [False] * int(UNHEARD_S // HEARTBEAT_S) + [True] * (20 - int(UNHEARD_S // HEARTBEAT_S))
    assert not any(centre.hear(6, *BOTH))


def test_one_that_was_never_heard_is_lost_once_its_recorder_has_spoken_for_a_while() -> None:
    centre = Centre()
    centre.clock.advance(600)
    thought = centre.hear(60, "recorder")
    assert not any(thought[: int(UNHEARD_S // HEARTBEAT_S)])
    assert all(thought[int(UNHEARD_S // HEARTBEAT_S) + 1 :])


def test_silence_of_both_says_nothing_about_the_detector_nor_does_its_end() -> None:
    centre = Centre()
    centre.hear(30, *BOTH)
    assert not any(centre.hear(600))
    assert not any(centre.hear(UNHEARD_S - HEARTBEAT_S, "recorder"))  # who speaks first after it
    assert not any(centre.hear(30, *BOTH))
    assert centre.hear(30, "recorder")[-1]
    centre.clock.advance(FRESH_S + 1)  # then the recorder is lost too: that is told of the camera
    assert not centre.reports.unheard("s1", "cam-1")


def test_a_camera_that_moves_to_another_site_begins_anew() -> None:
    centre = Centre()
    centre.hear(60, *BOTH)
    assert not any(centre.hear(6, "recorder", site="s2"))
    assert not any(centre.hear(30, *BOTH, site="s2"))


@pytest.mark.parametrize(
    ("states", "unheard", "told"),
    [
        (("recording", "recording"), (True, False), True),
        (("recording", "offline"), (False, True), False),
        (("offline", "offline"), (True, True), None),
    ],
)
def test_a_node_is_in_trouble_for_cameras_that_are_recorded(
    states: tuple[State, State], unheard: tuple[bool, bool], told: bool | None
) -> None:
    centre = Centre()
    centre.hear(3, "recorder")
    recorder = centre.reports.recorder("s1", "cam-1")
    now = from_epoch(centre.clock.utc())
    views = [CameraView(SITE, SITE.cameras[i], states[i], None, now, recorder, None, unheard[i]) for i in range(2)]
    assert {node: lost(members) for node, members in by_node(views).items()} == {"_node.local": told}


def test_the_camera_says_so_unless_its_disk_or_its_recorder_is_worse() -> None:
    centre = Centre()
    centre.hear(3, "recorder")
    recorder = centre.reports.recorder("s1", "cam-1")
    assert judge(SITE.cameras[0], recorder, None, unheard=True) == ("recording", "detector_lost")
    assert judge(SITE.cameras[0], recorder, None) == ("recording", None)
    disabled = SITE.cameras[0].model_copy(update={"enabled": False})
    assert judge(disabled, recorder, None, unheard=True) == ("disabled", None)


async def test_a_restart_of_web_does_not_make_it_well_for_a_moment(tmp_path: Path) -> None:
    centre = Centre()
    database = await Database.open(Environment.read(tmp_path, {}), centre.clock)
    current = CurrentConfiguration(await revisions.seed(database, centre.clock, facility(1)))
    since = from_epoch(centre.clock.utc())
    row = {"camera": "cam-1", "state": "recording", "reason": "detector_lost", "since": since}
    async with database.change() as change:
        await upsert(change.connection, CameraState, [row], ["camera"])
    watch = CameraWatch(database, centre.clock, current, centre.reports)
    await watch.load()
    told = []
    for roles in (("recorder",), ("recorder",), BOTH, ("recorder",)):
        centre.hear(HEARTBEAT_S, *roles)
        await watch.tick()
        told += [(view.state, view.reason) for view in watch.views()]
    await database.close()
    assert told == [("recording", "detector_lost")] * 2 + [("recording", None)] * 2
