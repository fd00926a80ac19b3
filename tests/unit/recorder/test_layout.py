"""Names of recordings, and ids that hold them: nothing leads out of a camera's folder."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recorder.layout import day_of, journal_path, moment_of, path_of_id, segment_id, segment_path, stamp_of

MOMENT = datetime(2026, 11, 22, 2, 20, 42, 125_000, tzinfo=UTC)


def test_names() -> None:
    assert stamp_of(MOMENT) == "20261122T022042125Z"
    assert segment_path("s", "c", stamp_of(MOMENT)) == PurePosixPath("s/c/2026-11-22/02/20261122T022042125Z.mp4")
    assert segment_id("c", stamp_of(MOMENT)) == "c.20261122T022042125Z"
    assert journal_path(Path("/r"), "s", "c", MOMENT.timestamp()) == Path("/r/s/c/2026-11-22/journal.jsonl")


def test_folders_are_utc_whatever_the_zone() -> None:
    there = MOMENT.astimezone(timezone(timedelta(hours=7)))
    assert stamp_of(there) == stamp_of(MOMENT)
    late = datetime(2026, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC)
    assert segment_path("s", "c", stamp_of(late)).parent == PurePosixPath("s/c/2026-12-31/23")


@given(st.integers(0, 4 * 10**15))
def test_a_stamp_gives_its_moment_back(microseconds: int) -> None:
    moment = datetime.fromtimestamp(0, UTC) + timedelta(microseconds=microseconds)
    assert moment - timedelta(milliseconds=1) < moment_of(stamp_of(moment)) <= moment
    stamp = stamp_of(moment)
    assert path_of_id("s", "c", segment_id("c", stamp)) == segment_path("s", "c", stamp)


def test_a_name_that_was_taken_has_a_number() -> None:
    assert moment_of("20261122T022042125Z-7") == MOMENT
    assert path_of_id("s", "c", "c.20261122T022042125Z-7").name == "20261122T022042125Z-7.mp4"


@pytest.mark.parametrize(
    "segment",
    [
        "", "c", "c.", "c.20261122T022042125Z.mp4", "d.20261122T022042125Z", "../c.20261122T022042125Z",
        "c.../../../etc/passwd", "c./etc/passwd", "c.20261122T022042125Z/../x", "c.20261122T022042125Z\x00",
        "c.20261122T022042125Z\n", "c.20261122T022042125Z-", "c.20261122T022042125Z-1234", "c.20261322T022042125Z",
        "c.2026112２T022042125Z", "%2e%2e.20261122T022042125Z", "C.20261122T022042125Z",
    ],
)  # fmt: skip
def test_what_is_no_segment_of_the_camera_is_refused(segment: str) -> None:
    with pytest.raises(ValueError, match=r"segment|does not match format"):
        path_of_id("s", "c", segment)


@given(st.text(max_size=60))
def test_no_text_leads_out_of_the_cameras_folder(segment: str) -> None:
    try:
        path = path_of_id("s", "c", segment)
    except ValueError:
        return
    assert path.parts[:2] == ("s", "c")
    assert ".." not in path.parts
    assert len(path.parts) == 5


def test_a_day_is_one_only_if_there_was_such_a_day() -> None:
    assert day_of("2028-02-29") == date(2028, 2, 29)
    for name in ("2026-02-30", "2026-13-01", "20260101", "2026-1-1", "2026-01-01x", "0000-01-01", "٢٠٢٦-01-01"):
        assert day_of(name) is None
