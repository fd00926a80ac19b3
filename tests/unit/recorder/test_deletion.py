"""Deleting: what is told is what went, a hold wins at the last moment, and a death at any point is mended."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from recorder import journal
from recorder.retention import shelf as shelves
from recorder.retention.deletion import Deleter
from recorder.retention.shelf import Shelf
from tests.support.full_disk import files_of_at_most
from tests.support.shelves import DAY, MIDNIGHT, record, there, told
from vms.domain.messages import Gap, Segment

#: What a step does to the disk, in whatever order.
CALLS = ("unlink", "fsync", "fdatasync", "pwrite", "replace", "rmdir")


class Held:
    """Holds that a test sets."""

    def __init__(self) -> None:
        self.spans: list[tuple[str, float, float]] = []

    def held(self, camera: str, start: float, end: float) -> bool:
        return any(name == camera and begin < end and finish > start for name, begin, finish in self.spans)

    def covered(self, camera: str, start: float, end: float) -> bool:
        return any(name == camera and begin <= start and finish >= end for name, begin, finish in self.spans)


class Rig:
    def __init__(self, folder: Path) -> None:
        self.root = folder / "recordings"
        self.note = folder / "deleting.json"
        self.holds = Held()
        self.heard: list[Gap] = []
        self.deleter = self.make()

    def make(self) -> Deleter:
        return Deleter(self.root, self.note, "local", self.holds, self.heard.append)

    def step(self, most: int = 10) -> None:
        batch = shelves.oldest(self.root, Shelf("s", "c"), most, self.holds, self.deleter.prune)
        assert batch
        self.deleter.delete(batch, "age", "disk")


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(tmp_path)


def consistent(root: Path, segments: list[Segment], gaps: list[Gap]) -> None:
    """Each moment of what was recorded is in exactly one file or one gap ``deleted``."""
    files = set(there(root, "c"))
    for one in segments:
        covering = [g for g in gaps if g.end and g.start <= one.start and one.end and one.end <= g.end]
        touching = [g for g in gaps if g.end and one.end and g.start < one.end and g.end > one.start]
        kept = one.path.rpartition("/")[2] in files
        assert (len(covering), len(touching)) == ((0, 0) if kept else (1, 1)), one.path


def test_a_gap_grows_under_its_id_and_says_just_what_went(rig: Rig) -> None:
    segments = record(rig.root, "c", MIDNIGHT + 3600, 30)
    for _ in range(2):
        rig.step()
    (gap,) = told(rig.root, "c")
    assert (gap.start, gap.end, gap.cause, gap.reason) == (segments[0].start, segments[19].end, "deleted", "age")
    assert [g.id for g in rig.heard] == [gap.id, gap.id]
    assert rig.heard[-1] == gap
    consistent(rig.root, segments, [gap])


def test_a_gap_between_two_runs_stays_what_it_is(rig: Rig) -> None:
    first = record(rig.root, "c", MIDNIGHT, 3)
    second = record(rig.root, "c", MIDNIGHT + 240, 3)
    rig.step()
    spans = [(gap.start, gap.end) for gap in told(rig.root, "c")]
    assert spans == [(first[0].start, first[-1].end), (second[0].start, second[-1].end)]


def test_held_footage_parts_the_gap_and_is_never_touched(rig: Rig) -> None:
    segments = record(rig.root, "c", MIDNIGHT, 20)
    rig.holds.spans = [("c", MIDNIGHT + 5 * 60 + 10, MIDNIGHT + 7 * 60)]
    kept = {path: (rig.root / path).read_bytes() for path in (one.path for one in segments[5:7])}
    while (batch := shelves.oldest(rig.root, Shelf("s", "c"), 4, rig.holds)) is not None:
        rig.deleter.delete(batch, "pressure", "disk")
    assert {path: (rig.root / path).read_bytes() for path in kept} == kept
    consistent(rig.root, segments, told(rig.root, "c"))
    left = there(rig.root, "c")
    # The name tells a start less exactly than the journal: a neighbour may stay, no more.
    assert len(left) <= 3


def test_a_hold_that_comes_in_the_middle_of_a_step_wins(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    segments = record(rig.root, "c", MIDNIGHT, 10)
    unlink, gone = os.unlink, []

    def watched(path: Path) -> None:
        unlink(path)
        gone.append(path)
        if len(gone) == 3:
            rig.holds.spans = [("c", MIDNIGHT + 3 * 60 + 1, MIDNIGHT + 8 * 60 - 1)]

    monkeypatch.setattr("recorder.retention.deletion.os.unlink", watched)
    rig.step()
    assert len(there(rig.root, "c")) == 5
    consistent(rig.root, segments, told(rig.root, "c"))
    last = {gap.id: gap for gap in rig.heard}
    consistent(rig.root, segments, [gap for gap in last.values() if gap.end and gap.end > gap.start])


def dying(calls: int) -> Callable[[], None]:
    """Makes the process die at its call number ``calls`` to the disk, before that is done."""
    left = [calls]

    def wrap(name: str) -> None:
        real = getattr(os, name)

        def counted(*args: object, **kwargs: object) -> object:
            left[0] -= 1
            if left[0] < 0:
                os._exit(9)
            return real(*args, **kwargs)

        setattr(os, name, counted)

    def arm() -> None:
        for name in CALLS:
            wrap(name)

    return arm


@pytest.mark.parametrize("hold", [False, True])
def test_death_at_every_call_to_the_disk_is_mended(tmp_path: Path, hold: bool) -> None:
    died = 0
    for calls in range(100):
        rig = Rig(tmp_path / f"{calls}")
        segments = record(rig.root, "c", MIDNIGHT, 8)
        rig.step(3)
        pid = os.fork()
        if pid == 0:
            dying(calls)()
            try:
                rig.step(3)
                rig.step(3)
                rig.deleter.prune(rig.root / "s" / "c" / "2027-01-15" / "00", True)
            finally:
                os._exit(0)
        _, status = os.waitpid(pid, 0)
        code = os.waitstatus_to_exitcode(status)
        assert code in (0, 9)
        if hold:  # between the death and the next start: what is still there stays
            rig.holds.spans = [("c", MIDNIGHT, MIDNIGHT + DAY)]
        before = there(rig.root, "c")
        anew = Rig(tmp_path / f"{calls}")
        anew.holds = rig.holds
        anew.deleter = anew.make()
        anew.deleter.finish("disk")
        if hold:
            assert there(anew.root, "c") == before
        consistent(anew.root, segments, told(anew.root, "c"))
        for gap in anew.heard:  # and whoever follows hears of all that went
            assert gap in told(anew.root, "c") or gap.end == gap.start
        if code == 0:
            break
        died += 1
    else:
        pytest.fail("it never came through")
    assert died > 10


def test_the_last_hour_of_a_day_leaves_a_journal_of_gaps(rig: Rig) -> None:
    record(rig.root, "c", MIDNIGHT, 3)
    journal.append(
        rig.root, "gap", Gap(id="g", site="s", camera="c", start=told_at(200), end=told_at(300), cause="camera")
    )
    record(rig.root, "c", MIDNIGHT + DAY, 3)
    rig.step()
    assert shelves.oldest(rig.root, Shelf("s", "c"), 9, rig.holds, rig.deleter.prune)
    day = rig.root / "s" / "c" / "2027-01-15"
    assert [path.name for path in day.iterdir()] == ["journal.jsonl"]
    assert [entry.kind for entry in journal.read(day / "journal.jsonl")] == ["gap", "gap"]
    assert len(list(journal.read(rig.root / "s" / "c" / "2027-01-16" / "journal.jsonl"))) == 6


def test_a_folder_that_is_not_empty_stays_and_so_do_the_lines_of_what_lies_in_it(rig: Rig) -> None:
    segments = record(rig.root, "c", MIDNIGHT, 3)
    final = rig.root / segments[2].path
    final.rename(final.with_suffix(".part"))  # as a crash leaves it
    rig.step()
    path = rig.root / "s/c/2027-01-15/journal.jsonl"
    before = path.read_bytes()
    assert shelves.oldest(rig.root, Shelf("s", "c"), 9, rig.holds, rig.deleter.prune) is None
    assert path.read_bytes() == before
    assert final.with_suffix(".part").exists()
    lines = [entry.record for entry in journal.read(rig.root / "s/c/2027-01-15/journal.jsonl")]
    assert segments[2] in lines
    later = MIDNIGHT + 3600
    record(rig.root, "c", later, 1)
    rig.step()
    rig.deleter.prune(rig.root / "s" / "c" / "2027-01-15" / "01", True)  # whatever it is told of the rest
    lines = [entry.record for entry in journal.read(rig.root / "s/c/2027-01-15/journal.jsonl")]
    assert segments[2] in lines
    assert segments[0] not in lines


def told_at(seconds: float):  # type: ignore[no-untyped-def]
    from vms.domain.clock import from_epoch

    return from_epoch(MIDNIGHT + seconds)


def test_a_journal_that_is_refused_keeps_the_files(rig: Rig) -> None:
    segments = record(rig.root, "c", MIDNIGHT, 6)
    rig.deleter.finish("disk")
    size = (rig.root / "s/c/2027-01-15/journal.jsonl").stat().st_size
    with files_of_at_most(size), pytest.raises(OSError, match="File too large"):
        rig.step(3)
    assert len(there(rig.root, "c")) == 6
    rig.make().finish("disk")  # as the next turn begins
    assert json.loads(rig.note.read_bytes()) == {}
    assert len(there(rig.root, "c")) == 3
    consistent(rig.root, segments, told(rig.root, "c"))


def test_whoever_appends_while_a_journal_is_rewritten_is_not_lost(rig: Rig) -> None:
    import threading

    record(rig.root, "c", MIDNIGHT, 5)
    path = rig.root / "s/c/2027-01-15/journal.jsonl"
    stop = threading.Event()

    def rewrite() -> None:
        while not stop.is_set():
            journal.rewrite(path, lambda line: b"opened" not in line)

    thread = threading.Thread(target=rewrite)
    thread.start()
    gaps = [
        Gap(id=f"g{n}", site="s", camera="c", start=told_at(n), end=told_at(n + 1), cause="camera") for n in range(200)
    ]
    for gap in gaps:
        journal.append(rig.root, "gap", gap)
    stop.set()
    thread.join()
    found = [entry.record for entry in journal.read(path) if isinstance(entry.record, Gap)]
    assert found == gaps
    assert all(one.start < other.start for one, other in pairwise(found))
