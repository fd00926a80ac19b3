"""Rosters from files over HTTP: all of a file is entered or nothing; what went out comes in again."""

from __future__ import annotations

import io
import zipfile
from collections.abc import AsyncIterator, Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import pytest_asyncio

from tests.support.audit_log import entries
from tests.support.bare_web import browser
from tests.support.duty_desk import Desk, duty_desk
from web.api.duty_table import MOST_TABLES, XLSX
from web.application import shielded
from web.duty import table

PATH = "/api/duty/shifts/import"
HEAD = "Khu,Nhiệm vụ,Người trực,Bắt đầu,Kết thúc,Ghi chú\n"
DAY = {"start": "2026-11-23T00:00:00Z", "end": "2026-11-30T00:00:00Z"}
SIX, TWO = datetime(2026, 11, 24, 6), datetime(2026, 11, 24, 14)  # noqa: DTZ001


@pytest_asyncio.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with duty_desk(tmp_path) as one:
        yield one


async def sent(desk: Desk, body: str | bytes, name: str = "quan", media: str = "text/csv", **params: Any) -> Any:
    async with desk.as_(name) as client:
        headers = {"Content-Type": media}
        return await client.post(PATH, content=body, headers=headers, params=params)


async def taken(desk: Desk, body: str | bytes, name: str = "quan", **params: Any) -> tuple[int, int, int]:
    answer = await sent(desk, body, name, **params)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert told["problems"] == [], told
    return told["added"], told["unchanged"], told["rows"]


async def refused(desk: Desk, body: str | bytes, name: str = "quan", **more: Any) -> list[tuple[Any, ...]]:
    before = await roster(desk)
    told = (await sent(desk, body, name, **more)).json()
    assert told["problems"], told
    assert told["added"] == 0
    assert await roster(desk) == before, "with any problem nothing is written"
    return [(one["row"], one["column"], one["code"]) for one in told["problems"]]


async def roster(desk: Desk) -> list[dict[str, Any]]:
    async with desk.as_("quan") as client:
        items: list[dict[str, Any]] = (await client.get("/api/duty/shifts", params=DAY)).json()["items"]
    return items


def book(fill: Callable[[Any], None]) -> bytes:
    made, out = openpyxl.Workbook(), io.BytesIO()
    fill(made)
    made.save(out)
    return out.getvalue()


def sheet(*rows: tuple[Any, ...], head: tuple[str, ...] = table.HEADINGS["vi"]) -> bytes:
    def fill(made: Any) -> None:
        for row in (head, *rows):
            made.active.append(row)

    return book(fill)


async def test_a_file_is_entered_once(desk: Desk) -> None:
    text = HEAD + (
        "Khu Vị Thanh,cán bộ trực,lan,24/11/2026 06:00,24/11/2026 14:00,ca sáng\n"
        "s2,officer,hoa,2026-11-24 06:00,2026-11-24 14:00,\n*,trực tỉnh,thuy,24/11/2026 06:00,25/11/2026 06:00,\n"
    )
    assert await taken(desk, text, dry_run=True) == (3, 0, 3)
    assert (await roster(desk), await desk.told()) == ([], [])
    assert await taken(desk, text) == (3, 0, 3)
    found = await roster(desk)
    assert [(one["site"], one["duty"], one["user"], one["note"]) for one in found if one["site"] == "s1"] == [
        ("s1", "officer", "lan", "ca sáng")
    ]
    assert {(one["start"], one["created_by"]) for one in found} == {("2026-11-23T23:00:00.000Z", "quan")}
    assert await taken(desk, text) == (0, 3, 3)
    assert await taken(desk, text + "s1,officer,minh,24/11/2026 14:00,24/11/2026 22:00,\n") == (1, 3, 4)
    assert len(await roster(desk)) == 4
    assert await desk.told() == [None, "s1"]
    written = [one for one in await entries(desk.context.database) if one["action"] == "shift.import"]
    assert [(one["site"], one["detail"]["added"]) for one in written] == [("s1", 1), ("s2", 1), (None, 1), ("s1", 1)]
    assert written[0]["detail"]["shifts"] == ["officer lan 2026-11-23T23:00:00.000Z 2026-11-24T07:00:00.000Z"]


async def test_all_that_is_wrong_is_told_at_once(desk: Desk) -> None:
    first = "s1,officer,lan,2026-11-24 06:00,2026-11-24 14:00,\n"
    assert await taken(desk, HEAD + first) == (1, 0, 1)
    text = (
        HEAD + first  # 2: there already
        + "s1,officer,lan,2026-11-24 06:00,2026-11-24 14:00,another note\n"
        + "s1,officer,lan,2026-11-24 13:00,2026-11-24 15:00,\n"
        + "s1,officer,minh,2026-11-24 06:00,2026-11-24 14:00,\n"  # 5: good
        + "s1,officer,minh,2026-11-24 10:00,2026-11-24 20:00,\n"
        + "s9,officer,minh,soon,2026-11-24 20:00,\n"
        + "s1,officer,hoa,2026-11-24 10:00,2026-11-24 20:00,\n"
        + "*,province,hoa,2026-11-24 10:00,2026-11-24 20:00,\n"
        + "s1,officer,nobody,2026-11-24 10:00,2026-11-24 20:00,\n"
    )  # fmt: skip
    assert await refused(desk, text) == [
        (3, "start", "overlap"), (4, "start", "overlap"), (6, "start", "overlap"), (7, "site", "no-site"),
        (7, "start", "time"), (8, "user", "no-user"), (9, "user", "no-user"), (10, "user", "no-user"),
    ]  # fmt: skip
    assert await refused(desk, text, dry_run=True)
    told = (await sent(desk, text)).json()["problems"]
    assert told[2]["message"].startswith("line 5 has the same person")


async def test_a_lead_enters_his_site_and_learns_nothing_of_others(desk: Desk) -> None:
    line = "s1,officer,minh,2026-11-24 06:00,2026-11-24 14:00,\n"
    assert await taken(desk, HEAD + line, "tuan") == (1, 0, 1)
    told = await refused(
        desk,
        HEAD + "s2,officer,hoa,2026-11-24 06:00,2026-11-24 14:00,\ns9,officer,hoa,2026-11-24 06:00,2026-11-24 14:00,\n"
        "Khu Ngã Bảy,officer,lan,2026-11-24 06:00,2026-11-24 14:00,\n"
        "*,province,thuy,2026-11-24 06:00,2026-11-24 14:00,\n"
        "s1,officer,hoa,2026-11-24 06:00,2026-11-24 14:00,\n",
        "tuan",
    )
    assert told == [(2, "site", "no-site"), (3, "site", "no-site"), (4, "site", "no-site"), (5, "site", "all-sites"),
                    (6, "user", "no-user")]  # fmt: skip
    for name in ("lan", "xem"):
        assert (await sent(desk, HEAD + line, name)).status_code == 403


@pytest.mark.parametrize("language", ["vi", "en"])
async def test_what_was_exported_is_imported_unchanged_and_then_anew(desk: Desk, language: str) -> None:
    line = 's1,officer,lan,2026-11-24 06:00,2026-11-24 14:00,"\'=HYPERLINK(""x""), ca; đêm"\n'
    more = "*,province,thuy,2026-11-24 06:00,2026-11-25 06:00,+84 khi cần\n"
    more += "s2,officer,hoa,2026-11-24 06:00,2026-11-24 24:00,\n"
    assert await taken(desk, HEAD + line + more) == (3, 0, 3)
    before = await roster(desk)
    await desk.disable("hoa")  # she cannot be entered any more, and stands there
    for name, whole in (("quan", 3), ("tuan", 2)):
        async with desk.as_(name) as client:
            answer = await client.get("/api/duty/shifts.csv", params=DAY | {"language": language})
        assert answer.headers["content-disposition"] == 'attachment; filename="vms-roster.csv"'
        assert not any(cell.strip('"').startswith(("=", "+")) for cell in answer.text.split(","))
        assert answer.content.startswith(b"\xef\xbb\xbf")
        assert await taken(desk, answer.content, name) == (0, whole, whole)
    async with desk.as_("quan") as client:
        exported = (await client.get("/api/duty/shifts.csv", params=DAY | {"site": "s1"})).content
        for one in before:
            assert (await client.delete(f"/api/duty/shifts/{one['id']}")).status_code == 204
    assert await taken(desk, exported) == (2, 0, 2)
    again = [one | {"id": ""} for one in before if one["site"] != "s2"]
    assert sorted(map(str, again)) == sorted(str(one | {"id": ""}) for one in await roster(desk))


async def test_a_workbook_is_read_as_a_person_fills_it(desk: Desk) -> None:
    def fill(made: Any) -> None:
        made.create_sheet("Ghi nhớ", 0).sheet_state = "hidden"
        made.active = 1
        one = made.worksheets[1]
        one["B2"] = "LỊCH TRỰC"  # nothing of it is a heading of ours: see below
        one.delete_rows(2)
        for column, word in enumerate(("STT", *table.HEADINGS["vi"]), 1):
            one.cell(3, column, word)
        rows = (
            (1, "Khu Vị Thanh", "Cán bộ trực", "lan", SIX, TWO, "=1+1"),
            (2, None, "Cán bộ trực", "minh", "24/11/2026 14:00", TWO + timedelta(hours=8), "<b>"),
            (3, None, "Cán bộ trực", "lan", TWO + timedelta(hours=8), date(2026, 11, 25), None),
        )
        for row, cells in enumerate(rows, 4):
            for column, cell in enumerate(cells, 1):
                one.cell(row, column, cell)
        one.merge_cells("B4:B6")

    assert await taken(desk, book(fill), media=XLSX) == (3, 0, 3)
    found = await roster(desk)
    assert [(one["site"], one["user"], one["start"], one["end"]) for one in found] == [
        ("s1", "lan", "2026-11-23T23:00:00.000Z", "2026-11-24T07:00:00.000Z"),
        ("s1", "minh", "2026-11-24T07:00:00.000Z", "2026-11-24T15:00:00.000Z"),
        ("s1", "lan", "2026-11-24T15:00:00.000Z", "2026-11-24T17:00:00.000Z"),
    ]
    assert [one["note"] for one in found] == [None, "<b>", None], "a formula is worth what was reckoned: nothing yet"


async def test_a_workbooks_faults_have_their_places(desk: Desk) -> None:
    body = sheet(
        ("s1", "officer", "lan", SIX, TWO, None), (None,) * 6, ("s1", "officer", 123, SIX, TWO.time(), None),
        ("s9", "officer", "lan", 46000.5, TWO, True),
    )  # fmt: skip
    assert await refused(desk, body, media=XLSX) == [(4, "end", "time"), (5, "site", "no-site"), (5, "start", "time")]


def bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b" " * (64 * 1024 * 1024))
    return out.getvalue()


def far() -> bytes:
    def fill(made: Any) -> None:
        made.active["A1"], made.active["XFD1048576"] = "site", "x"

    return book(fill)


def many_parts() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for number in range(300):
            archive.writestr(f"{number}", b"")
    return out.getvalue()


def tall() -> bytes:
    return sheet(*[("s1", "officer", "lan", SIX, TWO)] * (table.MOST_ROWS + 1))


def merged() -> bytes:
    """A text that stands in a quarter of a million cells."""

    def fill(made: Any) -> None:
        made.active["A1"], made.active["AX4901"] = "x" * 1000, "x"
        made.active.merge_cells("A1:AX4900")

    return book(fill)


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (bomb, "too-large"),
        (merged, "too-large"),
        (far, "too-large"),
        (many_parts, "too-large"),
        (tall, "too-many"),
        (lambda: b"PK\x03\x04 and nothing else", "unreadable"),
        (lambda: sheet()[:-200], "unreadable"),
        (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old-excel"),
    ],
    ids=["bomb", "merged", "far cell", "many parts", "many rows", "no archive", "cut", "old"],
)
async def test_a_file_that_would_take_all_there_is_is_refused(desk: Desk, make: Callable[[], bytes], code: str) -> None:
    body = make()
    assert len(body) < table.MOST_BYTES
    assert await refused(desk, body, media=XLSX) == [(None, None, code)]
    assert desk.context.tables == 0


async def test_sizes_kinds_and_how_many_at_once_are_bounded(desk: Desk) -> None:
    large = HEAD + "\n" * table.MOST_BYTES
    assert (await sent(desk, large)).status_code == 413
    assert (await sent(desk, HEAD, media="image/png")).status_code == 415
    assert (await sent(desk, HEAD, media="application/vnd.ms-excel; charset=x")).json()["rows"] == 0
    desk.context.tables = MOST_TABLES
    assert (await sent(desk, HEAD)).status_code == 503
    desk.context.tables = 0
    assert await refused(desk, b"") == [(None, None, "empty")]


async def test_the_shield_lets_a_roster_through_and_nothing_larger(desk: Desk) -> None:
    async with desk.as_("quan") as client, browser(shielded(desk.context)) as outside:
        outside.headers["Cookie"] = client.headers["Cookie"]
        some = HEAD.encode() + b"\n" * (600 * 1024)
        assert (await outside.post(PATH, content=some)).status_code == 200
        assert (await outside.post(PATH, content=some + some)).status_code == 413
        assert (await outside.post("/api/duty/shifts", content=some)).status_code == 413


async def test_a_whole_roster_of_five_thousand_lines(desk: Desk) -> None:
    begin = datetime(2026, 11, 24)  # noqa: DTZ001
    lines = [
        f"s1,officer,lan,{begin + timedelta(minutes=number):%Y-%m-%d %H:%M},"
        f"{begin + timedelta(minutes=number + 1):%Y-%m-%d %H:%M},\n"
        for number in range(table.MOST_ROWS)
    ]
    assert await taken(desk, HEAD + "".join(lines)) == (table.MOST_ROWS, 0, table.MOST_ROWS)
    assert await taken(desk, HEAD + "".join(reversed(lines))) == (0, table.MOST_ROWS, table.MOST_ROWS)
    wrong = (await sent(desk, HEAD + "".join(lines).replace("officer", "cook"))).json()
    assert (len(wrong["problems"]), wrong["more_problems"]) == (table.MOST_FAULTS, table.MOST_ROWS - table.MOST_FAULTS)
