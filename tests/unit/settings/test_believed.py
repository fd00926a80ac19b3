"""The clock by which footage ages and holds lapse: set ahead it deletes nothing, and it never stops for ever."""

from __future__ import annotations

from pathlib import Path

import pytest

from recorder.retention.account import Account
from recorder.retention.deletion import Deleter
from recorder.retention.holds import Holds
from recorder.retention.mount import RecordingsRoot
from recorder.retention.policy import GIB, Space
from recorder.retention.rounds import AGE_FIRST_S, Rounds
from recorder.retention.sweeper import Sweeper
from tests.support.clocks import ManualClock
from tests.support.shelves import DAY, MIDNIGHT, record, there
from vms.domain.clock import from_epoch
from vms.domain.facility import Facility
from vms.domain.holds import Hold, HoldList
from vms.settings.believed import MADE_UP, NEAR_S, SAVE_EVERY_S, SETTLED_S, BelievedClock

NOW = MIDNIGHT + 10 * DAY
YEAR = 365 * DAY


class Rig:
    """A host: its clocks, whether a time server keeps them, one process after the other."""

    def __init__(self, folder: Path) -> None:
        self.note = folder / "state" / "clock.json"
        self.clock = ManualClock(NOW)
        self.kept: bool | None = None
        self.newest: float | None = NOW
        self.start()

    def start(self, ahead: float = 0.0) -> None:
        self.clock.step(ahead)
        self.believed = BelievedClock(self.clock, self.note, lambda: self.kept)

    def look(self, seconds: float = 1.0) -> float:
        self.clock.advance(seconds)
        self.believed.look(lambda: self.newest)
        return self.believed.utc()


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(tmp_path)


def test_before_the_first_look_nothing_is_old(rig: Rig) -> None:
    assert rig.believed.utc() == 0
    assert rig.look() == rig.clock.utc()


@pytest.mark.parametrize("kept", [None, False])
def test_a_clock_that_is_set_ahead_is_not_followed_without_a_time_server(rig: Rig, kept: bool | None) -> None:
    rig.kept = kept
    rig.look()
    rig.clock.step(YEAR)
    assert rig.look() == pytest.approx(NOW + 2 + MADE_UP)
    for _ in range(24):
        rig.look(3600)
    assert rig.believed.utc() < NOW + DAY * (1 + 2 * MADE_UP), "it goes on with the time that passes, and little more"
    rig.clock.step(-YEAR)
    assert rig.look() == pytest.approx(rig.clock.utc())


def test_a_start_with_a_clock_ahead_goes_on_from_what_is_remembered(rig: Rig) -> None:
    rig.look()
    rig.look(SAVE_EVERY_S)
    rig.newest = NOW + YEAR  # recorded since, under wrong labels
    rig.start(ahead=YEAR)
    assert rig.look() < NOW + 2 * SAVE_EVERY_S


@pytest.mark.parametrize("torn", ["", "{", "[]", None])
def test_where_nothing_is_remembered_the_newest_footage_tells(rig: Rig, torn: str | None) -> None:
    if torn is not None:
        rig.note.parent.mkdir()
        rig.note.write_text(torn, encoding="utf-8")
    rig.start(ahead=YEAR)
    assert rig.look() == NOW


def test_where_there_is_no_footage_the_clock_is_right(rig: Rig) -> None:
    rig.newest = None
    rig.start(ahead=YEAR)
    assert rig.look() == rig.clock.utc()


def test_a_time_server_is_believed_when_nobody_has_set_the_clock_for_a_while(rig: Rig) -> None:
    rig.kept = True
    rig.look()
    rig.start(ahead=20 * DAY)  # it was off so long
    assert rig.look(SETTLED_S - 10) < NOW + DAY
    rig.clock.step(YEAR)
    assert rig.look(20) < NOW + DAY, "just set: the kernel may not know yet that it is not kept"
    rig.clock.step(-YEAR)
    rig.look()
    assert rig.look(SETTLED_S) == rig.clock.utc()


def test_without_one_a_difference_is_made_up_in_time(rig: Rig) -> None:
    rig.look()
    rig.start(ahead=2 * DAY)
    rig.look()
    for _ in range(21 * 24):
        rig.look(3600)
    assert rig.believed.utc() == rig.clock.utc()


def test_small_differences_are_followed_and_a_clock_behind_is_never_passed(rig: Rig) -> None:
    rig.look()
    rig.clock.step(NEAR_S - 10)
    assert rig.look() == rig.clock.utc()
    rig.clock.step(-50 * YEAR)  # no battery
    assert rig.look() == rig.clock.utc()
    rig.clock.step(50 * YEAR)
    assert rig.look() == pytest.approx(rig.clock.utc())


def test_a_clock_ahead_neither_empties_a_camera_nor_lets_go_of_what_is_held(tmp_path: Path) -> None:
    data, clock = tmp_path / "data", ManualClock(NOW)
    root = RecordingsRoot(data)
    root.open()
    record(root.path, "a", NOW - 20 * DAY, 3)
    record(root.path, "a", NOW - 40 * DAY, 6)
    record(root.path, "a", NOW - 600, 5)
    clock.step(YEAR)
    believed = BelievedClock(clock, data / "state" / "clock.json", lambda: None)
    holds = Holds(data / "holds.json", believed)
    until = from_epoch(NOW + 10 * DAY)
    span = {"start": from_epoch(NOW - 40 * DAY + 1), "end": from_epoch(NOW - 40 * DAY + 100), "until": until}
    holds._keep(HoldList(revision=1, at=from_epoch(NOW), holds=(Hold(id="h", cameras=("a",), **span),)))
    account = Account(root.path, data / "storage.json")
    deleter = Deleter(root.path, data / "deleting.json", "local", holds, lambda _gap: None)
    sweeper = Sweeper(root.path, deleter, account, holds, believed, lambda _s: False)
    rounds = Rounds(root, sweeper, deleter, account, holds, clock, believed, lambda _facility: None)
    rounds.configure(Facility.model_validate({"facility": {"name": "F"}, "retention": {"days": 30}}))

    def turn() -> int:
        holds.read_at = clock.monotonic()
        rounds.turn(lambda _path: Space(100 * GIB, 200 * GIB))
        return len(there(root.path, "a"))

    assert turn() == 14
    clock.advance(AGE_FIRST_S + 1)
    assert turn() == 10, "what is older than its days by what was recorded last, but for what is held"
