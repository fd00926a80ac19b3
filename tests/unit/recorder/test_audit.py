"""The audit: a whole folder is clean, each kind of difference is named, and the hour is the facility's."""

from __future__ import annotations

import os
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from recorder import journal
from recorder.index.audit import Looked, look_at
from recorder.index.nightly import due
from recorder.index.rebuild import rebuild
from tests.support.life import Life
from vms.domain.clock import from_epoch
from vms.domain.messages import Gap, Segment

NOW = from_epoch(1_800_003_600)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("data")
    life = Life(data)
    life.play(25 * 130)
    life.lose("unreachable")
    life.wait(60)
    life.play(25 * 5)
    life.stop()
    life.close()
    return data / "recordings"


@pytest.fixture
def root(recorded: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(recorded, tmp_path / "recordings"))


def audit(root: Path, *, verify: bool = False) -> Looked:
    *_, looked = look_at(root, "s", "c", NOW, verify=verify)
    return looked


def closed(root: Path) -> list[Segment]:
    (day,) = journal.days(root, "s", "c")
    return [one.record for one in journal.read(day) if one.kind == "closed" and isinstance(one.record, Segment)]


def test_what_is_whole_is_clean(root: Path) -> None:
    looked = audit(root, verify=True)
    assert (looked.differences, looked.files) == ([], len(list(root.glob("**/*.mp4"))))


def test_each_difference_has_its_name_and_is_gone_when_mended(root: Path) -> None:
    gone, cut, changed, *_ = (root / one.path for one in closed(root))
    gone.unlink()
    cut.write_bytes(cut.read_bytes()[:-1])
    changed.write_bytes(changed.read_bytes()[:-1] + b"!")
    stray = changed.with_name("20270115T080900000Z.mp4")
    shutil.copy(changed, stray)
    os.utime(stray, (0, 0))
    stranded = stray.with_name("20270115T081000000Z.part")
    stranded.write_bytes(changed.read_bytes())
    os.utime(stranded, (0, 0))
    kinds = {Path(one.path).stem: one.kind for one in audit(root, verify=True).faults}
    assert kinds == {
        gone.stem: "missing", cut.stem: "size", changed.stem: "hash",
        stray.stem: "unjournaled", stranded.stem: "left_open",
    }  # fmt: skip
    os.utime(stray, (NOW.timestamp(), NOW.timestamp()))  # a recorder that runs may have just closed it
    *_, beside = look_at(root, "s", "c", NOW)
    *_, alone = look_at(root, "s", "c", NOW, alone=True)
    assert [stray.stem in {Path(one.path).stem for one in looked.faults} for looked in (beside, alone)] == [False, True]
    *_, done = rebuild(root, "s", "c", "local", now=NOW, alone=True)
    assert {kind for kind in (one.kind for one in audit(root).faults)} == {"size"}
    assert [Path(path).stem for path, _ in done.unmended] == [cut.stem]


def test_holes_and_clocks(root: Path) -> None:
    first, *_ = closed(root)
    (day,) = journal.days(root, "s", "c")
    kept = [line for line in day.read_bytes().splitlines(keepends=True) if b"unreachable" not in line]
    day.write_bytes(b"".join(kept))
    assert [one.kind for one in audit(root).faults] == ["gap"]
    late = first.model_copy(update={"start": first.start + timedelta(seconds=30), "end": first.end})
    journal.append(root, "closed", late)
    assert "name" in {one.kind for one in audit(root).faults}


def test_an_outage_that_lasts_is_no_difference(root: Path) -> None:
    (day,) = journal.days(root, "s", "c")
    last = [one.record for one in journal.read(day) if isinstance(one.record, Gap)][-1]
    assert last.end is None
    assert audit(root).faults == []


@pytest.mark.parametrize("minutes", [5, 9, 11, 30])
def test_an_outage_that_ended_a_moment_ago_is_no_difference(root: Path, minutes: int) -> None:
    """It reaches over the edge behind which nothing is looked at yet."""
    (day,) = journal.days(root, "s", "c")
    last = [one.record for one in journal.read(day) if isinstance(one.record, Gap)][-1]
    end = NOW - timedelta(minutes=minutes)
    assert last.start < end - timedelta(minutes=10)
    journal.append(root, "gap", last.model_copy(update={"end": end}))
    following = {"id": "next", "start": end, "end": None, "cause": "network", "reason": "timeout"}
    journal.append(root, "gap", last.model_copy(update=following))
    assert audit(root).faults == []


def test_two_recordings_of_one_time_are_listed_and_are_no_fault(root: Path) -> None:
    first, *_ = closed(root)
    stamp = first.path.removesuffix(".mp4") + "-1.mp4"
    shutil.copy(root / first.path, root / stamp)
    again = first.model_copy(update={"id": f"{first.id}-1", "path": stamp})
    journal.append(root, "closed", again)
    looked = audit(root)
    assert [one.kind for one in looked.differences] == ["overlap"]
    assert looked.faults == []


@pytest.mark.parametrize(
    ("now", "last", "is_due"),
    [
        ("2026-11-22T20:29", "2026-11-21T20:31", False),  # 03:29 in Vietnam
        ("2026-11-22T20:30", "2026-11-21T20:31", True),
        ("2026-11-22T20:31", "2026-11-22T20:30", False),
        ("2026-11-23T08:00", "2026-11-21T20:31", True),  # it was off at night
        ("2026-11-23T08:00", "2026-11-23T07:00", False),  # just installed
    ],
)
def test_it_is_due_by_the_facilitys_clock(now: str, last: str, is_due: bool) -> None:
    moments = [datetime.fromisoformat(one).replace(tzinfo=UTC) for one in (now, last)]
    assert due(moments[0], ZoneInfo("Asia/Ho_Chi_Minh"), moments[1]) is is_due
