"""The journal: what was appended is read back, a torn line costs itself alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from recorder import journal
from recorder.layout import journal_path
from tests.support.full_disk import files_of_at_most
from vms.domain.clock import from_epoch
from vms.domain.messages import Gap, Segment

T0 = 1_800_000_000.0


def segment(at: float = T0, end: float | None = None) -> Segment:
    return Segment(
        id=f"c.{at}", site="s", camera="c", run="r", start=from_epoch(at), end=None if end is None else from_epoch(end),
        path="s/c/x.mp4", codec="avc1.42001e", width=640, height=360,
    )  # fmt: skip


def gap(at: float = T0) -> Gap:
    return Gap(id="g", site="s", camera="c", start=from_epoch(at), cause="camera", reason="nghỉ trưa")


def test_lines_come_back_in_order(tmp_path: Path) -> None:
    journal.append(tmp_path, "opened", segment())
    journal.append(tmp_path, "closed", segment(end=T0 + 60))
    journal.append(tmp_path, "gap", gap())
    entries = list(journal.read(journal_path(tmp_path, "s", "c", T0)))
    assert [(e.kind, e.record) for e in entries] == [
        ("opened", segment()),
        ("closed", segment(end=T0 + 60)),
        ("gap", gap()),
    ]


def test_a_day_has_a_journal_of_its_own(tmp_path: Path) -> None:
    for day in range(3):
        journal.append(tmp_path, "gap", gap(T0 + 86400 * day))
    assert len(journal.days(tmp_path, "s", "c")) == 3
    assert journal.days(tmp_path, "s", "c") == sorted(journal.days(tmp_path, "s", "c"))


def test_a_torn_line_costs_itself_alone_wherever_it_was_cut(tmp_path: Path) -> None:
    path = journal_path(tmp_path, "s", "c", T0)
    journal.append(tmp_path, "opened", segment())
    first = path.stat().st_size
    journal.append(tmp_path, "gap", gap())
    whole = path.read_bytes()
    for cut in range(first + 1, len(whole) - 1):
        path.write_bytes(whole[:cut])
        journal.append(tmp_path, "closed", segment(end=T0 + 60))
        assert [e.kind for e in journal.read(path)] == ["opened", "closed"], cut


def test_a_line_that_lacks_only_its_end_still_counts(tmp_path: Path) -> None:
    path = journal_path(tmp_path, "s", "c", T0)
    journal.append(tmp_path, "gap", gap())
    path.write_bytes(path.read_bytes()[:-1])
    journal.append(tmp_path, "gap", gap())
    assert [e.kind for e in journal.read(path)] == ["gap", "gap"]


def test_what_nobody_wrote_is_left_out(tmp_path: Path) -> None:
    path = journal_path(tmp_path, "s", "c", T0)
    journal.append(tmp_path, "gap", gap())
    with path.open("ab") as file:
        file.write(b'\x00\x00\x00\n[]\nnull\n{}\n{"type": "gap"}\n{"type": "closed", "id": 3}\n\xff\xfe\n')
    journal.append(tmp_path, "closed", segment(end=T0 + 60))
    assert [e.kind for e in journal.read(path)] == ["gap", "closed"]


def test_no_journal_is_an_empty_one(tmp_path: Path) -> None:
    assert list(journal.read(tmp_path / "none")) == []
    assert journal.days(tmp_path, "s", "c") == []


def test_what_does_not_fit_is_not_rewritten(tmp_path: Path) -> None:
    for number in range(5):
        journal.append(tmp_path, "gap", gap(T0 + number))
    path = journal_path(tmp_path, "s", "c", T0)
    before = path.read_bytes()
    with files_of_at_most(len(before) // 2), pytest.raises(OSError, match="File too large"):
        journal.rewrite(path, lambda line: True)
    assert path.read_bytes() == before
    assert [one.name for one in path.parent.iterdir()] == [path.name]
