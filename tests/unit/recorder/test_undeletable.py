"""What cannot be deleted keeps nobody else's footage from going, and somebody is told."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from recorder.retention import shelf as shelves
from recorder.retention import sweeper as sweeping
from recorder.retention.account import Account
from recorder.retention.deletion import Deleter
from recorder.retention.holds import Holds
from recorder.retention.policy import GIB, Look, Reserve, Space, judge
from recorder.retention.sweeper import Sweeper
from tests.support.clocks import ManualClock
from tests.support.shelves import DAY, MIDNIGHT, record, there, told
from vms.domain.clock import from_epoch
from vms.domain.facility import Facility
from vms.domain.holds import HoldList

FACILITY = Facility.model_validate({"facility": {"name": "F"}, "retention": {"days": 4}})


class Rig:
    def __init__(self, folder: Path) -> None:
        self.root, self.note = folder / "recordings", folder / "note"
        self.clock = ManualClock(MIDNIGHT + 10 * DAY)
        self.holds = Holds(folder / "holds.json", self.clock)
        self.holds._keep(HoldList(revision=1, at=from_epoch(self.clock.utc())))
        self.account = Account(self.root, folder / "storage.json")
        self.deleter = Deleter(self.root, self.note, "local", self.holds, lambda _gap: None)
        self.sweeper = Sweeper(self.root, self.deleter, self.account, self.holds, self.clock, lambda _s: False)
        self.sweeper.configure(FACILITY)

    def sweep(self) -> int:
        self.holds.read_at = self.clock.monotonic()
        return self.sweeper.by_age(lambda: True).files


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(tmp_path)


@pytest.fixture
def refuse(monkeypatch: pytest.MonkeyPatch) -> Callable[[str | None], None]:
    """The file system refuses to remove files of this name; None: no longer."""
    refused: list[str | None] = [None]
    unlink = os.unlink

    def refusing(path: Path) -> None:
        if Path(path).name == refused[0]:
            raise PermissionError(errno.EPERM, os.strerror(errno.EPERM), str(path))
        unlink(path)

    monkeypatch.setattr("recorder.retention.deletion.os.unlink", refusing)
    return lambda name: refused.__setitem__(0, name)


def test_a_folder_with_a_recordings_name_is_no_recording(rig: Rig) -> None:
    for camera in ("a", "b"):
        record(rig.root, camera, MIDNIGHT, 3)
    odd = rig.root / "s/a/2025-01-01/00/20250101T000000000Z.mp4"
    odd.mkdir(parents=True)
    assert shelves.files(odd.parent) == []
    assert shelves.size_of(odd.parent) == 0
    assert rig.sweep() == 6
    assert odd.is_dir()
    assert not rig.sweeper.undeletable


def test_a_file_that_cannot_be_deleted_is_set_aside_and_tried_again(
    rig: Rig, refuse: Callable[[str | None], None]
) -> None:
    segments = record(rig.root, "a", MIDNIGHT, 6)
    record(rig.root, "b", MIDNIGHT + 30, 6)
    stays = segments[2].path.rpartition("/")[2]
    refuse(stays)
    assert rig.sweep() == 11
    assert (there(rig.root, "a"), there(rig.root, "b")) == ([stays], [])
    assert [(gap.start, gap.end) for gap in told(rig.root, "a")] == [
        (segments[0].start, segments[1].end), (segments[3].start, segments[5].end),
    ]  # fmt: skip
    assert json.loads(rig.note.read_bytes()) == {}
    assert rig.sweeper.undeletable
    lines = (rig.root / "s/a/2027-01-15/journal.jsonl").read_bytes()
    rig.clock.advance(600)
    assert rig.sweep() == 0
    assert (rig.root / "s/a/2027-01-15/journal.jsonl").read_bytes() == lines
    rig.clock.advance(sweeping.ASIDE_S)
    assert rig.sweep() == 0, "it was tried again"
    assert rig.sweeper.undeletable, "told of without a break"
    refuse(None)
    rig.clock.advance(sweeping.ASIDE_S)
    assert rig.sweep() == 1
    assert not rig.sweeper.undeletable
    assert there(rig.root, "a") == []


def test_a_whole_hour_that_cannot_be_deleted_does_not_keep_the_next_one(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(rig.root, "a", MIDNIGHT, 120)
    unlink = os.unlink

    def refusing(path: Path) -> None:
        if Path(path).parent.name == "00":
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        unlink(path)

    monkeypatch.setattr("recorder.retention.deletion.os.unlink", refusing)
    assert rig.sweep() == 60
    assert rig.sweep() == 0


def test_a_day_whose_journal_is_none_keeps_its_files_and_nobody_elses(rig: Rig) -> None:
    record(rig.root, "a", MIDNIGHT, 3)
    record(rig.root, "a", MIDNIGHT + DAY, 3)
    record(rig.root, "b", MIDNIGHT, 3)
    day = rig.root / "s/a/2027-01-15"
    (day / "journal.jsonl").unlink()
    (day / "journal.jsonl").mkdir()
    assert rig.sweep() == 6
    assert len(there(rig.root, "a")) == 3
    assert rig.sweeper.undeletable


def test_what_was_noted_and_cannot_be_deleted_is_not_begun_for_ever(
    rig: Rig, refuse: Callable[[str | None], None]
) -> None:
    (one,) = record(rig.root, "a", MIDNIGHT, 1)
    name = one.path.rpartition("/")[2]
    noted = {"site": "s", "camera": "a", "day": "2027-01-15", "hour": "00", "reason": "age", "names": [name]}
    rig.note.write_text(json.dumps({"disk": "d", **noted}), encoding="utf-8")
    refuse(name)
    rig.deleter.finish("d")
    assert json.loads(rig.note.read_bytes()) == {}
    assert told(rig.root, "a") == []


def test_it_is_told_as_an_alert() -> None:
    well = Look(
        missing=None, space=Space(5 * GIB, 10 * GIB), room=Reserve(GIB, 0), holds_missed=False, exhausted=False,
        holds=False, pressed=True, below_minimum=False, short=None, undeletable=True,
    )  # fmt: skip
    found = judge(well)
    assert found is not None
    assert (found.reason, found.severity, found.status) == ("undeletable", "warning", "ok")
