"""Playlists: groups, discontinuities, what is not listed yet, and that a list which is loaded again only grows."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vms.domain.reading import FragmentTable
from web.playback import keys
from web.playback.footage import Footage
from web.playback.playlist import File, files, is_open, render

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
SECOND = 90_000


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def table(name: str, begin: float, gops: list[float], *, growing: bool = False) -> FragmentTable:
    """``gops`` seconds long each; ``begin`` is the first decode time in seconds."""
    tfdts, offsets = [round(begin * SECOND)], [700]
    for gop in gops[:-1]:
        tfdts.append(tfdts[-1] + round(gop * SECOND))
        offsets.append(offsets[-1] + round(gop * 1000))
    return FragmentTable(
        segment=name, growing=growing, init_bytes=700, offsets=tuple(offsets), tfdts=tuple(tfdts),
        sizes=tuple(round(gop * 1000) for gop in gops), durations=tuple(round(gop * SECOND) for gop in gops),
    )  # fmt: skip


def footage(
    name: str, start: float, end: float | None, run: str = "r", codec: str = "avc1.64001f", anchor: float = 0
) -> Footage:
    return Footage(name, "s", "c", run, codec, at(start), None if end is None else at(end), 1, "x", SECOND, at(anchor))


def minute(name: str, start: float, run: str = "r", codec: str = "avc1.64001f", begin: float | None = None) -> File:
    whole = table(name, start if begin is None else begin, [2.0] * 30)
    return File(footage(name, start, start + 60, run, codec), whole, growing=False)


def listed(there: list[File], start: datetime = NOON, end: datetime = NOON + HOUR, **more: bool) -> list[str]:
    text = render(there, start, end, open_end=more.get("open_end", False), keys=more.get("keys", False))
    return [] if text is None else text.splitlines()


def durations(rows: list[str]) -> list[float]:
    return [float(row[8:-1]) for row in rows if row.startswith("#EXTINF:")]


def test_files_of_a_run_go_on_without_a_discontinuity() -> None:
    rows = listed([minute("c.1", 0), minute("c.2", 60)])
    assert "#EXT-X-DISCONTINUITY" not in rows
    assert [row for row in rows if "MAP" in row] == [
        f'#EXT-X-MAP:URI="/api/segments/c.{n}/media?name=.mp4",BYTERANGE="700@0"' for n in (1, 2)
    ]
    assert [row for row in rows if "DATE" in row] == [
        "#EXT-X-PROGRAM-DATE-TIME:2026-11-22T12:00:00.000Z",
        "#EXT-X-PROGRAM-DATE-TIME:2026-11-22T12:01:00.000Z",
    ]
    assert durations(rows) == [2.0] * 60
    assert rows[2] == "#EXT-X-TARGETDURATION:4"
    assert rows[-1] == "#EXT-X-ENDLIST"


@pytest.mark.parametrize(
    "second",
    [
        minute("c.2", 60, run="other"),
        minute("c.2", 60, codec="hvc1.1.6.L93.B0"),
        minute("c.2", 65, begin=65),  # the disk was too slow: the run goes on, five seconds are missing
        minute("c.2", 30, begin=30),  # decode times that go back
    ],
)
def test_what_does_not_go_on_is_a_discontinuity(second: File) -> None:
    rows = listed([minute("c.1", 0), second])
    place = rows.index("#EXT-X-DISCONTINUITY")
    assert rows.count("#EXT-X-DISCONTINUITY") == 1
    assert rows[place + 1].startswith("#EXT-X-MAP:")
    assert rows[place + 2].startswith("#EXT-X-PROGRAM-DATE-TIME:")


@given(start=st.floats(min_value=-30, max_value=119.9), length=st.floats(min_value=0.01, max_value=200))
def test_the_span_lies_within_the_list(start: float, length: float) -> None:
    known = [minute("c.1", 0), minute("c.2", 60)]
    tables = {file.footage.id: file.table for file in known}
    there = files([file.footage for file in known], tables, at(start), NOON + HOUR)
    rows = listed(there, at(start), at(start + length))
    begin = max(0.0, start // 2 * 2)
    if start + length <= 0:
        assert rows == []
        return
    assert f"#EXT-X-PROGRAM-DATE-TIME:{at(begin).isoformat(timespec='milliseconds')[:-6]}Z" in rows
    reach = begin + sum(durations(rows))
    assert reach >= min(120, start + length) - 0.001
    assert reach < max(start + length, begin) + 2.001
    (offset,) = (float(re.findall(r"[\d.]+", row)[0]) for row in rows if "EXT-X-START" in row)
    assert offset == pytest.approx(max(0, start) - begin, abs=0.001)


@pytest.mark.parametrize(
    ("gops", "found"),
    [
        ([2.0] * 4, [2.0] * 4),
        ([0.5] * 8, [1.5, 1.5, 1.0]),
        ([1.0] * 5, [2.0, 2.0, 1.0]),
        ([10.0, 10.0], [10.0, 10.0]),
        ([0.04] * 100, [1.52, 1.52, 0.96]),
    ],
)
def test_short_groups_are_put_together(gops: list[float], found: list[float]) -> None:
    whole = table("c.1", 0, gops)
    rows = listed([File(footage("c.1", 0, sum(gops)), whole, growing=False)])
    assert durations(rows) == pytest.approx(found)
    ranges = [tuple(map(int, row[17:].split("@"))) for row in rows if row.startswith("#EXT-X-BYTERANGE:")]
    assert ranges[0][1] == 700
    assert all(begin + size == following for (size, begin), (_, following) in pairwise(ranges))
    assert sum(size for size, _ in ranges) == sum(whole.sizes)
    assert int(rows[2].split(":")[1]) >= max(found)


@given(
    gops=st.lists(st.floats(min_value=0.04, max_value=12), min_size=2, max_size=40),
    start=st.floats(min_value=-5, max_value=60),
    cut=st.integers(min_value=1, max_value=39),
    keys_alone=st.booleans(),
)
def test_a_list_only_grows(gops: list[float], start: float, cut: int, keys_alone: bool) -> None:
    """What was listed of a growing file stays, when it grows and when it is closed."""
    cut = min(cut, len(gops) - 1)
    lists = []
    for count, growing in ((cut, True), (len(gops), True), (len(gops), False)):
        file = File(footage("c.1", 0, None), table("c.1", 0, gops[:count], growing=growing), growing)
        rows = listed([file], at(start), NOON + HOUR, open_end=growing, keys=keys_alone)
        lists.append([row for row in rows[7:] if row != "#EXT-X-ENDLIST"])
    for earlier, later in pairwise(lists):
        assert later[: len(earlier)] == earlier


@pytest.mark.parametrize("keys_alone", [False, True])
@pytest.mark.parametrize(
    "gops", [[0.4, 2.0, 1.6, 2.4, 0.2] * 8, [0.96] * 40, [3.96, 4.04] * 20, [19.9, 20.1, 20.3] * 5]
)
def test_the_head_of_a_list_never_changes(gops: list[float], keys_alone: bool) -> None:
    """RFC 8216, 6.2.1: of a list that was open only lines at its end, and its ENDLIST, are new."""
    lists = []
    for count in range(2, len(gops) + 2):
        growing = count <= len(gops)
        file = File(footage("c.1", 0, None), table("c.1", 0, gops[:count], growing=growing), growing)
        lists.append(listed([file], NOON, NOON + HOUR, open_end=growing, keys=keys_alone))
    lists = [rows for rows in lists if rows]
    for earlier, later in pairwise(lists):
        assert later[: len(earlier)] == earlier
    assert lists[-1][-1] == "#EXT-X-ENDLIST"
    (target,) = (int(row.split(":")[1]) for row in lists[-1] if "TARGETDURATION" in row)
    assert target + 0.5 > max(durations(lists[-1]))


@given(longest=st.floats(min_value=0.1, max_value=540), keys_alone=st.booleans())
def test_no_piece_is_longer_than_the_head_says(longest: float, keys_alone: bool) -> None:
    """4.3.3.1: rounded to whole seconds; also where a camera sent no key frame for minutes."""
    file = File(footage("c.1", 0, None), table("c.1", 0, [2.0, longest, 2.0]), growing=False)
    rows = listed([file], keys=keys_alone)
    assert int(rows[2].split(":")[1]) >= max(int(one + 0.5) for one in durations(rows))


def test_of_a_growing_file_the_last_group_is_not_listed() -> None:
    file = File(footage("c.1", 0, None), table("c.1", 0, [2.0, 2.0, 1.6], growing=True), growing=True)
    rows = listed([file], open_end=True)
    assert durations(rows) == [2.0, 2.0]
    assert "#EXT-X-ENDLIST" not in rows
    assert "#EXT-X-PLAYLIST-TYPE:EVENT" in rows


def test_nothing_stands_behind_a_growing_file() -> None:
    """Else its last group would come in the middle later. A leftover that has had successors for long is closed."""
    rows = [footage("c.1", 0, None), footage("c.2", 60, None)]
    tables = {"c.1": table("c.1", 0, [2.0], growing=True), "c.2": table("c.2", 60, [2.0], growing=True)}
    assert [file.footage.id for file in files(rows, tables, NOON, at(61))] == ["c.1"]
    later = files(rows, tables, NOON, at(90))
    assert [(file.footage.id, file.growing) for file in later] == [("c.1", False), ("c.2", True)]


def shown(there: list[File], start: datetime = NOON) -> list[tuple[str, float, float]]:
    """Of each stretch of the list whose it is, where it begins, and how many seconds it has."""
    found: list[tuple[str, float, float]] = []
    name = ""
    for row in listed(there, start):
        if row.startswith("#EXT-X-MAP:"):
            name = row.split("/")[3]
        elif row.startswith("#EXT-X-PROGRAM-DATE-TIME:"):
            begin = datetime.fromisoformat(row.split(":", 1)[1])
            found.append((name, (begin - NOON).total_seconds(), 0.0))
        elif row.startswith("#EXTINF:"):
            found[-1] = (*found[-1][:2], found[-1][2] + float(row[8:-1]))
    return found


def test_after_a_clock_was_set_back_one_run_is_played_and_not_both_by_turns() -> None:
    """Set back by 90 s: the run that came then is anchored earlier, and the older one is played up to it."""
    rows = [footage(f"c.a{n}", n * 60, n * 60 + 60, "a", anchor=0) for n in range(4)]
    rows += [footage(f"c.b{n}", 150 + n * 60, 210 + n * 60, "b", anchor=-90) for n in range(2)]
    tables = {one.id: table(one.id, (one.start - one.anchor).total_seconds(), [2.0] * 30) for one in rows}
    rows.sort(key=lambda one: one.start)
    there = files(rows, tables, NOON, at(1000))
    assert shown(there) == [
        ("c.a0", 0, 60), ("c.a1", 60, 60), ("c.a2", 120, 30), ("c.b0", 150, 60), ("c.b1", 210, 60)
    ]  # fmt: skip
    # Where it lacks some, the other is played there, and the same is said whatever is asked for.
    short = [one for one in rows if one.id != "c.b1"]
    there = files(short, tables, NOON, at(1000))
    assert shown(there)[3:] == [("c.b0", 150, 60), ("c.a3", 210, 30)]
    assert shown(files(short, tables, at(200), at(1000)), at(200)) == [("c.b0", 200, 10), ("c.a3", 210, 30)]


def test_a_growing_file_goes_on_though_the_clock_was_set_back_before_older_ones() -> None:
    """Files with later labels are older: they are no sign that nobody writes to it any more."""
    rows = [footage("c.b", 100, None, "b", anchor=-90), footage("c.a", 130, 190, "a", anchor=0)]
    tables = {"c.b": table("c.b", 190, [2.0] * 28, growing=True), "c.a": table("c.a", 130, [2.0] * 30)}
    assert [(file.footage.id, file.growing) for file in files(rows, tables, NOON, at(157))] == [("c.b", True)]


def test_files_that_cannot_be_had_or_end_before_are_left_out() -> None:
    rows = [footage(f"c.{n}", n * 60, None) for n in range(4)]
    tables = {
        "c.0": table("c.0", 0, [2.0]),  # crashed at once: it ended long before the span
        "c.1": FragmentTable(segment="c.1", error="not_found"),
        "c.2": FragmentTable(segment="c.2"),
        "c.3": table("c.3", 180, [2.0]),
    }
    assert [file.footage.id for file in files(rows, tables, at(30), at(300))] == ["c.3"]


def test_a_list_ends_when_nothing_more_can_come() -> None:
    closed = minute("c.1", 0)
    assert not is_open([closed], at(50), at(61))  # the span is full
    assert is_open([closed], at(90), at(61))  # the next file is not known yet
    assert not is_open([closed], at(90), at(80))  # nothing is recorded any more
    growing = File(footage("c.2", 60, None), table("c.2", 60, [2.0] * 5, growing=True), growing=True)
    assert is_open([closed, growing], at(65), at(71))
    assert not is_open([], at(65), at(71))


def test_key_frames_are_listed_by_their_times() -> None:
    rows = listed([minute("c.1", 0)], at(3), at(31), keys=True)
    uris = [row for row in rows if row.startswith("/")]
    assert uris[0] == f"/api/segments/c.1/keyframes?from={2 * SECOND}&to={12 * SECOND}&name=.mp4"
    assert durations(rows) == [10.0] * 3


def test_key_frames_last_until_the_next() -> None:
    whole = table("c.1", 10, [2.0, 2.0, 0.1, 0.1, 0.1, 2.0])
    assert keys.chosen(whole, 10 * SECOND, 99 * SECOND, SECOND) == [
        (0, 2 * SECOND), (1, 2 * SECOND), (2, round(0.3 * SECOND)), (5, 2 * SECOND),
    ]  # fmt: skip
    assert keys.chosen(whole, 12 * SECOND, 14 * SECOND, SECOND) == [(1, 2 * SECOND)]
    assert keys.chosen(whole, 0, 10 * SECOND, SECOND) == []


def test_a_file_whose_first_labels_are_before_its_start_is_played_whole() -> None:
    """The run before was labelled five seconds late: this one begins where that ended, and loses nothing."""
    late = File(footage("c.2", 65, 120, "new", anchor=0), table("c.2", 60, [2.0] * 30), growing=False)
    rows = listed([minute("c.1", 5, begin=5), late, minute("c.3", 120, "new")])
    assert sum(durations(rows)) == pytest.approx(180)
    moments = [row[-13:-1] for row in rows if "DATE" in row]
    at_its_start = ["12:01:05.000"] * 3  # pieces of 2 s, the last of them a second long by the clock
    assert moments == ["12:00:05.000", *at_its_start, "12:01:06.000", "12:02:00.000"]
    assert late.at(late.end_tfdt) == at(120)
    assert [part.since for part in files([late.footage], {"c.2": late.table}, at(70), NOON + HOUR)] == [None]


def test_where_it_is_asked_for_inside_such_a_file_the_right_picture_comes() -> None:
    late = File(footage("c.2", 65, 120, "new", anchor=0), table("c.2", 60, [2.0] * 30), growing=False)
    rows = listed([late], at(80))
    assert next(row for row in rows if "DATE" in row).endswith("12:01:20.000Z")
    assert next(row for row in rows if "BYTERANGE:" in row) == "#EXT-X-BYTERANGE:2000@20700"


def test_a_masked_list_says_the_same_of_pieces_that_are_made() -> None:
    there = [minute("c.1", 0), minute("c.2", 60, run="other")]
    for keys_alone in (False, True):
        bare = listed(there, at(3), keys=keys_alone)
        made = (render(there, at(3), NOON + HOUR, open_end=False, keys=keys_alone, masked=True) or "").splitlines()
        assert [row for row in made if "/api/" not in row] == [
            row for row in bare if "/api/" not in row and "BYTERANGE" not in row
        ]
        named = [row for row in made if "/api/" in row]
        assert all("/masked.mp4?" in row and "BYTERANGE" not in row for row in named)
        more = "&frames=key" if keys_alone else ""
        until = 2 + (10 if keys_alone else 2)
        assert f"/api/segments/c.1/masked.mp4?from={2 * SECOND}&to={until * SECOND}{more}&name=.mp4" in named
        assert '#EXT-X-MAP:URI="/api/segments/c.2/masked.mp4?name=.mp4"' in named
