"""A roster as a table: whatever is in a file, it is read or its faults are told; what was written is read the same."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from web.duty import table, when
from web.duty.policy import DUTIES, OF_ALL_SITES
from web.duty.table import COLUMNS, DUTY_WORDS, HEADINGS, Read, Sites
from web.duty.terms import Fault, Terms
from web.spreadsheet import inert, meant

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
BERLIN = ZoneInfo("Europe/Berlin")
SITES = Sites({"s1": "Khu Vị Thanh", "s2": "Khu Ngã Bảy", "s3": "Khu Đôi", "s4": "khu  đôi"}, frozenset({"gone"}))
HEAD = "site,duty,user,start,end,note\n"
GOOD = "s1,officer,lan,2026-11-24 06:00,2026-11-24 14:00,"


def read(text: str | bytes, zone: ZoneInfo = ZONE) -> Read:
    rows = table.rows_of(text if isinstance(text, bytes) else text.encode())
    if isinstance(rows, Fault):
        return Read(faults=[rows])
    return table.read(rows, zone, SITES)


def codes(found: Read) -> list[tuple[int | None, str | None, str]]:
    return [(one.row, one.column, one.code) for one in found.faults]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("language", ["vi", "en"])
def test_delimiters_marks_and_headings(delimiter: str, bom: bytes, end: str, language: str) -> None:
    cells = ["khu ngã bảy", DUTY_WORDS[language]["site_lead"].upper(), " Tuan ", "24/11/2026 6:00", "2026-11-24 14:00",
             "a, b; c"]  # fmt: skip
    quoted = delimiter.join(f'"{cell}"' for cell in cells)
    text = delimiter.join(HEADINGS[language]).upper() + end + end + quoted + end
    found = read(bom + text.encode())
    assert codes(found) == []
    (line,) = found.lines
    assert (line.row, line.username, found.rows) == (3, "tuan", 1)
    start = datetime(2026, 11, 23, 23, tzinfo=UTC)
    assert line.terms == Terms("s2", "site_lead", start, start + timedelta(hours=8), "a, b; c")


def test_headings_are_known_without_marks_and_others_are_said() -> None:
    found = read(
        "STT;khu;nhiem vu;NGUOI TRUC;bat dau;ket thuc;Số ĐT\n1;*;truc tinh;thuy;24/11/2026 6h;24/11/2026 24:00;0"
    )
    assert codes(found) == []
    assert found.ignored == ["STT", "Số ĐT"]
    assert found.lines[0].terms.end == datetime(2026, 11, 24, 17, tzinfo=UTC)
    assert found.lines[0].terms.site is None


@pytest.mark.parametrize(
    ("line", "faults"),
    [
        ("s9,officer,lan,2026-11-24 06:00,2026-11-24 14:00,", [("site", "no-site")]),
        ("khu đôi,officer,lan,2026-11-24 06:00,2026-11-24 14:00,", [("site", "several-sites")]),
        (",officer,lan,2026-11-24 06:00,2026-11-24 14:00,", [("site", "missing")]),
        ("*,officer,lan,2026-11-24 06:00,2026-11-24 14:00,", [("site", "one-site")]),
        ("s1,cook,,soon,2026-11-24,", [("duty", "no-duty"), ("user", "missing"), ("start", "time"), ("end", "time")]),
        ("s1,officer,lan,31/02/2026 06:00,2026-11-24 14:60,", [("start", "time"), ("end", "time")]),
        ("s1,officer,lan,2026-11-24 14:00,2026-11-24 06:00,", [("end", "order")]),
        ("s1,officer,lan,2026-11-24 06:00,2026-12-24 06:00,", [("end", "too-long")]),
        (f"{GOOD}{'x' * 201}", [("note", "note")]),
        (f"{GOOD}a\x00b", [("note", "note")]),
        ("s1", [("duty", "no-duty"), ("user", "missing"), ("start", "time"), ("end", "time")]),
        ("s1,officer,lan,0001-01-01 00:00,9999-12-31 24:00,", [("start", "time"), ("end", "time")]),
        ("s1,officer,lan,٢٠٢٦-11-24 06:00,2026-11-24 14:00,", [("start", "time")]),
    ],
)
def test_every_fault_is_told_with_its_place(line: str, faults: list[tuple[str, str]]) -> None:
    found = read(f"{HEAD}{GOOD}\n{line}\n\n{GOOD.replace('24', '25')}\n{line}\n")
    assert codes(found) == [(row, *one) for row in (3, 6) for one in faults]
    assert [one.row for one in found.lines] == [2, 5]


def test_files_that_are_no_roster_say_so_once() -> None:
    many = HEAD + f"{GOOD}\n" * (table.MOST_ROWS + 1)
    for text, faults in (
        (b"", [(None, None, "empty")]), (b" \n,,\n", [(None, None, "empty")]),
        ("Khu".encode("utf-16"), [(None, None, "encoding")]),
        (b"\xff\xfe", [(None, None, "encoding")]), (many.encode(), [(None, None, "too-many")]),
        (b"site,duty,user\n", [(1, "start", "no-column"), (1, "end", "no-column")]),
        (b'\nsite,duty,user,start,end\n"' + b"x" * 200_000, [(None, None, "unreadable")]),
        (f'{HEAD}{GOOD}"swallows\n{GOOD}\n'.encode(), [(None, None, "unreadable")]),
    ):  # fmt: skip
        assert codes(read(text)) == faults


def test_what_looks_like_a_formula_or_markup_is_text() -> None:
    for note in ("=HYPERLINK(1)", "+1", "@SUM(A1)", "<b>x</b>", "'=1", "-", "'"):
        text = io.StringIO()
        csv.writer(text).writerow([*GOOD.split(",")[:5], note])
        (line,) = read(HEAD + text.getvalue()).lines
        assert line.terms.note == meant(note)
    (line,) = read(f'{HEAD}"=s1",officer,lan,2026-11-24 06:00,2026-11-24 14:00,').lines or [None]
    assert line is None


def test_clocks_that_are_set() -> None:
    summer, winter = "2026-03-29 02:30", "2026-10-25 02:30"
    found = read(f"{HEAD}s1,officer,lan,{summer},2026-03-29 06:00,\ns1,officer,lan,{winter},2026-10-25 06:00,", BERLIN)
    assert codes(found) == [(2, "start", "skipped"), (3, "start", "twice")]
    told = [f"s1,officer,lan,{winter}{offset},2026-10-25 06:00," for offset in ("+02:00", " +0100", "+02:00")]
    found = read(HEAD + "\n".join(told), BERLIN)
    assert [one.terms.start.hour for one in found.lines] == [0, 1, 0]
    night = read(f"{HEAD}s1,officer,lan,2026-10-24 22:00,2026-10-25 06:00,", BERLIN).lines[0].terms
    assert night.end - night.start == timedelta(hours=9), "an hour longer than its clock says"


@given(
    st.datetimes(datetime(1971, 1, 2), datetime(9997, 1, 1)),  # noqa: DTZ001
    st.sampled_from(["Asia/Ho_Chi_Minh", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "UTC"]),
)
@example(datetime(2026, 10, 25, 0, 30), "Europe/Berlin")  # noqa: DTZ001
@example(datetime(2026, 10, 25, 1, 30), "Europe/Berlin")  # noqa: DTZ001
def test_a_moment_that_was_written_is_read_the_same(naive: datetime, name: str) -> None:
    moment = naive.replace(tzinfo=UTC)
    assert when.read(when.write(moment, ZoneInfo(name)), ZoneInfo(name)) == moment


texts = st.text(max_size=40)


@given(texts)
def test_a_text_is_inert_and_means_the_same(text: str) -> None:
    cell = inert(text)
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    assert meant(cell) == text


@given(st.binary(max_size=300))
def test_no_bytes_are_too_much(body: bytes) -> None:
    found = read(body)
    assert found.faults or not found.rows


@given(
    st.lists(st.lists(st.one_of(texts, st.sampled_from([*GOOD.split(","), *COLUMNS, "*", "cán bộ trực"])), max_size=7))
)
def test_no_cells_are_too_much(rows: list[list[str]]) -> None:
    found = table.read([list(COLUMNS), *rows], ZONE, SITES)
    faulty = {one.row for one in found.faults}
    assert not faulty & {one.row for one in found.lines}
    filled = {row for row, cells in enumerate(rows, 2) if any(cell.strip() for cell in cells)}
    assert faulty | {one.row for one in found.lines} == filled
    assert found.rows == len(filled)


@st.composite
def terms(draw: st.DrawFn) -> Terms:
    duty = draw(st.sampled_from(DUTIES))
    site = draw(st.sampled_from(["s1", "s2", "gone"] + [None] * (duty in OF_ALL_SITES)))
    start = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=draw(st.integers(0, 525_600)))
    seconds = draw(st.sampled_from([0, 0, 1.5]))
    legible = st.characters(exclude_categories=("Cc", "Cf", "Cs", "Zl", "Zp"))
    note = " ".join(draw(st.text(legible, max_size=60)).split()) or None
    return Terms(
        site, duty, start, start + timedelta(minutes=draw(st.integers(1, 7 * 1440 - 1)), seconds=seconds), note
    )


@given(st.lists(terms(), max_size=8), st.sampled_from(["vi", "en"]), st.sampled_from([ZONE, BERLIN]))
def test_what_was_written_is_read_the_same(shifts: list[Terms], language: str, zone: ZoneInfo) -> None:
    cells = [
        (one.site or table.ALL, DUTY_WORDS[language][one.duty], "lan", when.write(one.start, zone),
         when.write(one.end, zone), one.note or "")
        for one in shifts
    ]  # fmt: skip
    found = read("".join(table.written(cells, language)), zone)
    assert found.faults == []
    assert [one.terms for one in found.lines] == shifts
