"""Audit and rebuild beside what deletes: what retention took is explained, also in the middle of a look."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from recorder import journal
from recorder.index import audit, rebuild
from recorder.index.audit import Looked, look_at
from recorder.index.state import days, look
from recorder.retention import shelf as shelves
from recorder.retention.deletion import Deleter
from recorder.retention.shelf import Shelf
from tests.support.shelves import MIDNIGHT, record
from vms.domain.clock import from_epoch
from vms.domain.messages import Gap, Segment

NOW = from_epoch(MIDNIGHT + 7200)


class Nothing:
    """No hold."""

    def held(self, _camera: str, _start: float, _end: float) -> bool:
        return False

    covered = held


class Rig:
    """An hour of footage whose oldest files a real deleter takes."""

    def __init__(self, data: Path) -> None:
        self.root = data / "recordings"
        self.segments = record(self.root, "c", MIDNIGHT, 60)
        end = from_epoch(MIDNIGHT + 3600)
        away = Gap(id="away", site="s", camera="c", start=end, end=None, cause="network", reason="unreachable")
        journal.append(self.root, "gap", away)
        self.deleter = Deleter(self.root, data / "note.json", "local", Nothing(), lambda _gap: None)

    def delete(self, files: int) -> None:
        batch = shelves.oldest(self.root, Shelf("s", "c"), files, Nothing())
        assert batch
        self.deleter.delete(batch, "age", "disk")

    def audit(self, *, verify: bool = False) -> Looked:
        *_, looked = look_at(self.root, "s", "c", NOW, verify=verify)
        return looked

    def rebuild(self, *, verify: bool = False) -> rebuild.Rebuilt:
        *_, done = rebuild.rebuild(self.root, "s", "c", "local", now=NOW + timedelta(days=1), alone=True, verify=verify)
        return done

    def content_is_known(self, monkeypatch: pytest.MonkeyPatch, then: Callable[[int], None]) -> None:
        """Every file has the hash that was recorded; ``then`` is called before each is read, with their number."""
        hashed: list[Path] = []

        def digest(path: Path) -> str:
            hashed.append(path)
            then(len(hashed))
            path.read_bytes()
            return "right"

        for module, name in ((audit, "hash_of"), (rebuild, "digest")):
            monkeypatch.setattr(module, name, digest)


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(tmp_path)


def known(rig: Rig) -> list[Segment]:
    found = look(rig.root, "s", "c", "2027-01-15")
    return sorted(found.segments.values(), key=lambda one: one.start)


def test_footage_that_was_deleted_is_no_difference(rig: Rig) -> None:
    rig.delete(20)
    assert known(rig) == rig.segments[20:], "its lines are still in the journal"
    assert rig.audit().differences == []
    before = {path: path.read_bytes() for path in rig.root.glob("**/journal.jsonl")}
    done = rig.rebuild()
    assert (done.missing, done.segments) == (0, 40)
    after = {path: path.read_bytes()[: len(before[path])] for path in before}
    assert after == before
    assert rig.audit().differences == []


def test_a_file_that_goes_for_no_reason_beside_deleted_ones_is_missing(rig: Rig) -> None:
    rig.delete(20)
    (rig.root / rig.segments[30].path).unlink()
    assert [(one.kind, one.path) for one in rig.audit().faults] == [("missing", rig.segments[30].path)]


@pytest.mark.parametrize("deletes", [True, False])
def test_a_file_that_goes_while_hashes_are_compared(rig: Rig, monkeypatch: pytest.MonkeyPatch, deletes: bool) -> None:
    for one in rig.segments:
        journal.append(rig.root, "closed", one.model_copy(update={"sha256": "right"}))

    def then(number: int) -> None:
        if number == 3 and deletes:
            rig.delete(10)
        elif number == 3:
            (rig.root / rig.segments[2].path).unlink()

    rig.content_is_known(monkeypatch, then)
    assert [one.kind for one in rig.audit(verify=True).faults] == ([] if deletes else ["missing"])
    if not deletes:
        (rig.root / rig.segments[2].path).write_bytes(b"2" * 1000)  # it goes once more
    rig.content_is_known(monkeypatch, then)
    done = rig.rebuild(verify=True)
    assert (done.missing, done.unmended) == (0 if deletes else 1, [])
    assert [one.kind for one in rig.audit().faults] == []


def test_a_folder_of_a_day_that_never_was_is_left_alone(rig: Rig) -> None:
    (rig.root / "s" / "c" / "2026-02-30" / "00").mkdir(parents=True)
    assert days(rig.root, "s", "c") == ["2027-01-15"]
    assert rig.audit().differences == []
