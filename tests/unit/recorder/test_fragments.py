"""Fragment tables of real files: closed, growing, kept within bounds, and nothing but this camera's footage."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from recorder import fragments
from recorder.fragments import FragmentTables
from tests.support.footage import decode_mp4, encode
from tests.support.past import Past
from vms.domain.reading import FragmentsReply, FragmentTable

MINUTE = 1_800_000_000.0


@pytest.fixture
def past(tmp_path: Path):  # type: ignore[no-untyped-def]
    one = Past(tmp_path, "s", "c")
    yield one
    one.close()


def ask(tables: FragmentTables, *segments: str, camera: str = "c") -> list[FragmentTable]:
    return list(FragmentsReply.model_validate_json(tables.tables("s", camera, segments)).tables)


def test_a_closed_file_is_groups_that_abut(past: Past, tmp_path: Path) -> None:
    past.record("h264", encode(), MINUTE, 110)
    (segment,) = past.segments()
    (table,) = ask(FragmentTables(tmp_path), segment.id)
    data = (tmp_path / segment.path).read_bytes()
    assert not table.growing
    assert table.tfdts == tuple(n * 90_000 for n in range(5))
    assert table.durations == (90_000, 90_000, 90_000, 90_000, 36_000)
    ends = [offset + size for offset, size in zip(table.offsets, table.sizes, strict=True)]
    assert [table.init_bytes, *ends] == [*table.offsets, len(data)]
    for offset, end, frames in zip(table.offsets, ends, (25, 25, 25, 25, 10), strict=True):
        assert len(decode_mp4(data[: table.init_bytes] + data[offset:end])) == frames


def test_a_growing_file_is_read_on_where_it_ended(past: Past, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scanned: list[int] = []
    scan = fragments.scan_fragments

    def noted(file, offset=0, *, verify=True):  # type: ignore[no-untyped-def]
        scanned.append(offset)
        return scan(file, offset, verify=verify)

    monkeypatch.setattr(fragments, "scan_fragments", noted)
    tables = FragmentTables(tmp_path)
    past.begin("h264", encode(), MINUTE)
    past.feed(40)
    (first,) = ask(tables, past.segments()[0].id)
    assert (first.growing, first.tfdts) == (True, (0, 90_000))
    past.feed(40)
    (second,) = ask(tables, first.segment)
    assert second.offsets[:2] == first.offsets
    assert second.sizes[0] == first.sizes[0]
    assert len(second.tfdts) == 3
    assert scanned == [0, first.offsets[-1] + first.sizes[-1]]
    past.end()
    (closed,) = ask(tables, first.segment)
    assert (closed.growing, closed.offsets[:3]) == (False, second.offsets)
    assert ask(tables, first.segment) == [closed]
    assert len(scanned) == 3  # it is kept


def test_a_torn_end_of_a_part_is_not_in_the_table(past: Past, tmp_path: Path) -> None:
    past.begin("h264", encode(), MINUTE)
    past.feed(80)
    (part,) = tmp_path.glob("**/*.part")
    name = past.segments()[0].id
    (whole,) = ask(FragmentTables(tmp_path), name)
    size = part.stat().st_size
    with part.open("r+b") as file:
        file.truncate(size - 1)
        file.truncate(size)  # a power cut kept the size and lost the data
    (torn,) = ask(FragmentTables(tmp_path), name)
    assert torn.offsets == whole.offsets
    assert sum(torn.sizes) < sum(whole.sizes)


def test_tables_are_kept_within_bytes(past: Past, tmp_path: Path) -> None:
    for n in range(6):
        past.record("h264", encode(), MINUTE + 60 * n, 30)
    names = [segment.id for segment in past.segments()]
    tables = FragmentTables(tmp_path, cache_bytes=700)
    assert [table.segment for table in ask(tables, *names)] == names
    assert 0 < sum(map(len, tables._kept.values())) == tables._bytes <= 700
    assert len(ask(tables, *names)) == 6


def test_only_this_cameras_footage(past: Past, tmp_path: Path) -> None:
    past.record("h264", encode(), MINUTE, 30)
    (segment,) = past.segments()
    tables = FragmentTables(tmp_path)
    assert ask(tables, segment.id, camera="other")[0].error == "bad_request"
    assert ask(tables, "../../../etc/passwd", "c.20200101T000000000Z")[0].error == "bad_request"
    assert ask(tables, "c.20200101T000000000Z")[0].error == "not_found"
    path = tmp_path / segment.path
    other = tmp_path / "secret.mp4"
    os.rename(path, other)
    path.symlink_to(other)
    assert ask(tables, segment.id)[0].error == "not_found"
