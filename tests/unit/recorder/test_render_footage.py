"""Which file has the footage of a moment: real files and journals of the recorder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from recorder.layout import journal_path
from recorder.render.footage import Footage, at_moment, in_span
from tests.support.footage import Unit, encode, looped
from tests.support.recorded import CAMERA, SITE, Recordings
from vms.domain.footage import Claim, share

DAY = 1_800_000_000.0 - 1_800_000_000.0 % 86_400  # a midnight, UTC
NOON = DAY + 12 * 3600
Make = Callable[[], Recordings]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    made: list[Recordings] = []

    def recordings() -> Recordings:
        made.append(Recordings(tmp_path))
        return made[-1]

    yield recordings
    for one in made:
        one.close()


def units(seconds: int = 2) -> list[Unit]:
    return looped(encode(size=(64, 48)), seconds // 2)


def find(one: Recordings, at: float) -> Footage | None:
    return at_moment(one.root, SITE, CAMERA, at)


def test_a_moment_is_in_the_file_that_covers_it(make: Make) -> None:
    one = make()
    one.record("h264", units(90), NOON + 30)  # cut at the minutes 1 and 2
    first, second = one.closed
    for at, segment in ((30, first), (45, first), (59.9, first), (60, second), (119.9, second)):
        found = find(one, NOON + at)
        assert found is not None
        assert (found.id, found.growing) == (segment.id, False), at
        assert found.utc(found.ticks(NOON + at)) == pytest.approx(NOON + at, abs=0.001)
    assert find(one, NOON + 29.9) is None
    assert find(one, NOON + 120.001) is None


def test_a_gap_has_no_footage_and_what_follows_has(make: Make) -> None:
    one = make()
    one.record("h264", units(), NOON)
    one.record("h264", units(), NOON + 10)
    assert [find(one, NOON + at) is not None for at in (0, 1.9, 2.1, 9.9, 10, 11.9, 12.1)] == [
        True, True, False, False, True, True, False,
    ]  # fmt: skip
    span = in_span(one.root, SITE, CAMERA, NOON + 5, NOON + 15)
    assert span is not None
    assert span.id == one.closed[1].id
    assert in_span(one.root, SITE, CAMERA, NOON + 3, NOON + 9) is None
    first = in_span(one.root, SITE, CAMERA, NOON, NOON + 15)
    assert first is not None
    assert first.id == one.closed[0].id


def test_a_growing_file_reaches_to_its_last_whole_fragment(make: Make) -> None:
    one = make()
    run = one.grow("h264", units(), NOON)
    (part,) = one.files()
    found = find(one, NOON + 1)
    assert found is not None
    assert (found.growing, found.path) == (True, part)
    assert found.end == pytest.approx(NOON + 1.8, abs=0.01)  # fragments of 0.4 s, begun anew at the key frame of 1 s
    assert find(one, NOON + 1.9) is None
    whole = part.read_bytes()
    part.write_bytes(whole[:-1])
    torn = find(one, NOON + 1)
    assert torn is not None
    assert torn.end < found.end
    part.write_bytes(whole)
    one.end(run)
    closed = find(one, NOON + 1.9)
    assert closed is not None
    assert not closed.growing


def test_over_midnight_the_hour_and_the_day_change(make: Make) -> None:
    one = make()
    one.record("h264", units(40), DAY - 30)
    assert [path.parent.name for path in one.files()] == ["23", "00"]
    for at in (-30, -1, 0, 9):
        found = find(one, DAY + at)
        assert found is not None, at
        assert found.id == one.closed[at >= 0].id
    long_ago = find(one, DAY - 86_400)
    assert long_ago is None


def test_lines_in_the_journal_of_the_day_before_count(make: Make) -> None:
    """A run whose first moments were put right may begin before the midnight that its file is named after."""
    one = make()
    one.record("h264", units(), DAY + 1)
    journal = journal_path(one.root, SITE, CAMERA, DAY)
    before = journal_path(one.root, SITE, CAMERA, DAY - 1)
    before.parent.mkdir(parents=True)
    before.write_bytes(journal.read_bytes())
    journal.unlink()
    (segment,) = one.closed
    found = find(one, DAY + 2)
    assert found is not None
    assert (found.start, segment.anchor_utc and found.anchor) == (DAY + 1, DAY + 1)


def test_the_last_line_counts_and_without_lines_the_name_does(make: Make) -> None:
    one = make()
    one.record("h264", units(), NOON + 0.25)
    journal = journal_path(one.root, SITE, CAMERA, NOON)
    lines = journal.read_bytes().splitlines(keepends=True)
    for kept in (lines, lines[:1], [lines[0], lines[1][:40]], []):
        journal.write_bytes(b"".join(kept))
        found = find(one, NOON + 1)
        assert found is not None, kept
        assert found.utc(0) == pytest.approx(NOON + 0.25, abs=0.001)
        assert found.end == pytest.approx(NOON + 2.25, abs=0.001)
    journal.unlink()
    assert find(one, NOON + 1) is not None


def test_of_two_recordings_of_one_time_the_one_counts_that_the_timeline_shows(make: Make) -> None:
    one = make()
    one.record("h264", units(90), NOON + 20)  # cut at the minute
    one.record("h264", units(90), NOON + 50)  # cut at the same minutes
    one.record("h264", units(90), NOON + 50)  # the names are taken: they get numbers
    for at in (20, 55, 60, 70, 109, 111, 130):
        found = find(one, NOON + at)
        assert found is not None
        claims = [Claim(s.start.timestamp(), s.end.timestamp(), s.anchor_utc.timestamp(), s.id) for s in one.closed]  # type: ignore[union-attr]
        (counts,) = [one.closed[part.number].id for part in share(claims) if part.start <= NOON + at < part.end]
        assert (found.id, found.anchor - NOON) == (counts, 20 if at < 110 else 50), at
        span = in_span(one.root, SITE, CAMERA, NOON + at, NOON + at + 10)
        assert span is not None
        assert span.id == counts, at


def test_foreign_files_and_deleted_ones_are_nothing(make: Make) -> None:
    one = make()
    one.record("h264", units(), NOON)
    (path,) = one.files()
    path.with_name("notes.txt").write_text("x", encoding="utf-8")
    path.with_name("20270101.mp4").write_text("x", encoding="utf-8")
    path.with_name(path.name.replace(".mp4", "-1.part")).write_bytes(b"")
    assert find(one, NOON + 1) is not None
    path.unlink()
    assert find(one, NOON + 1) is None
    assert at_moment(one.root, SITE, "another", NOON) is None
