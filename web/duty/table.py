"""A roster as a table: lines of CSV and XLSX files read into shifts, with all that is wrong, and written. Pure.

A cell is text and nothing else: no formula is reckoned, no markup meant. What stands in the roster already is the
matter of ``web.duty.shifts``; how the cells of an XLSX file are got at, of ``web.duty.excel``.
"""

from __future__ import annotations

import contextlib
import csv
import io
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from web.accounts.users import normal
from web.duty import when
from web.duty.policy import DUTIES, Duty
from web.duty.terms import Fault, Terms, faults_of
from web.spreadsheet import BOM, inert, line, meant

#: Bytes of a file, lines of it, and faults that the interface tells (it counts the others).
MOST_BYTES = 1024 * 1024
MOST_ROWS = 5000
MOST_FAULTS = 500
COLUMNS = ("site", "duty", "user", "start", "end", "note")
NEEDED = COLUMNS[:-1]
HEADINGS: Mapping[str, tuple[str, ...]] = {
    "en": COLUMNS,
    "vi": ("Khu", "Nhiệm vụ", "Người trực", "Bắt đầu", "Kết thúc", "Ghi chú"),
}
DUTY_WORDS: Mapping[str, Mapping[Duty, str]] = {
    "en": {duty: duty for duty in DUTIES},
    "vi": {
        "officer": "cán bộ trực", "site_lead": "trưởng khu", "province": "trực tỉnh", "technician": "kỹ thuật trực",
    },
}  # fmt: skip
#: Stands for all sites; nothing at all is taken for forgotten.
ALL = "*"
_CLOCK = {
    "time": "is no date with a time, such as 2026-11-24 06:00 or 24/11/2026 06:00",
    "skipped": "is skipped by the clocks, which are set forward then",
    "twice": "comes twice, because the clocks are set back then: add the offset from UTC, such as +02:00",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line that can be meant; ``row`` as a spreadsheet counts, from 1."""

    row: int
    terms: Terms
    username: str


@dataclass(slots=True)
class Read:
    """What a table says; ``rows``: how many lines have something in them, below the headings."""

    lines: list[Line] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    rows: int = 0
    ignored: list[str] = field(default_factory=list)  # headings that are none of ours


@dataclass(frozen=True, slots=True)
class Sites:
    """Those that may be named, by id and by name."""

    names: Mapping[str, str]  # by id
    others: frozenset[str] = frozenset()  # of which there are shifts, and no more than that

    def ids_of(self, cell: str) -> list[str]:
        """The ids that are meant: none, one, or several of the same name."""
        if cell in self.names or cell in self.others:
            return [cell]
        wanted = _spaced(cell)
        return [site for site, name in self.names.items() if _spaced(name) == wanted]


def rows_of(body: bytes) -> list[list[str]] | Fault:
    """The cells of a CSV file: UTF-8, columns apart by comma, semicolon or tab."""
    try:
        text = body.decode().removeprefix(BOM)
    except UnicodeDecodeError:
        return Fault(None, None, "encoding", "the file is not UTF-8: save it as 'CSV UTF-8', or as XLSX")
    delimiter = max((",", ";", "\t"), key=lambda one: len(_columns(_head(text, one))))
    try:
        return [[meant(cell) for cell in row] for row in _reader(text, delimiter)]
    except csv.Error:
        return Fault(None, None, "unreadable", "the file is no CSV: a quotation mark has no other at its cell's end")


def _reader(text: str, delimiter: str) -> Iterator[list[str]]:
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)


def _head(text: str, delimiter: str) -> list[str]:
    with contextlib.suppress(csv.Error):
        return next((row for row in _reader(text, delimiter) if any(cell.strip() for cell in row)), [])
    return []


def read(rows: Sequence[Sequence[str]], zone: ZoneInfo, sites: Sites) -> Read:
    """What the cells say; every fault is told."""
    found = Read()
    filled = [(row, cells) for row, cells in enumerate(rows, 1) if any(cell.strip() for cell in cells)]
    if not filled:
        found.faults.append(Fault(None, None, "empty", "the file is empty"))
        return found
    top, head = filled[0]
    columns = _columns(head)
    found.ignored = [cell.strip()[:64] for n, cell in enumerate(head) if cell.strip() and n not in columns.values()][
        :20
    ]
    for name in NEEDED:
        if name not in columns:
            words = f"'{HEADINGS['vi'][COLUMNS.index(name)]}' or '{name}'"
            found.faults.append(Fault(top, name, "no-column", f"there is no column {words} in the first line"))
    found.rows = len(filled) - 1
    if found.rows > MOST_ROWS:
        found.faults.append(Fault(None, None, "too-many", f"a file has at most {MOST_ROWS} lines"))
    if found.faults:
        return found
    for row, cells in filled[1:]:
        told = {name: cells[at].strip() if at < len(cells) else "" for name, at in columns.items()}
        one = _line(row, told, zone, sites, found.faults)
        if one is not None:
            found.lines.append(one)
    return found


def written(lines: Iterable[Sequence[str]], language: str) -> Iterator[str]:
    """The lines of a file that ``rows_of`` reads, with its headings; cells in the order of ``COLUMNS``."""
    yield BOM + line(HEADINGS[language])
    for cells in lines:
        yield line(inert(cell) for cell in cells)


def _line(row: int, told: Mapping[str, str], zone: ZoneInfo, sites: Sites, faults: list[Fault]) -> Line | None:
    before = len(faults)

    def wrong(column: str, code: str, message: str) -> None:
        faults.append(Fault(row, column, code, message))

    site: str | None = None
    if not told["site"]:
        wrong("site", "missing", f"is empty: name a site, or {ALL} for all")
    elif told["site"] != ALL and _folded(told["site"]) not in ("all", "tat ca"):
        ids = sites.ids_of(told["site"])
        if len(ids) != 1:
            said = "is the name of several sites: use the id" if ids else "is no site"
            wrong("site", "several-sites" if ids else "no-site", f"'{told['site'][:64]}' {said}")
        else:
            site = ids[0]
    duty = _duty(told["duty"])
    if duty is None:
        wrong("duty", "no-duty", f"'{told['duty'][:64]}' is no duty: {', '.join(DUTY_WORDS['vi'].values())}")
    if not told["user"]:
        wrong("user", "missing", "is empty")
    moments: dict[str, datetime] = {}
    for name in ("start", "end"):
        try:
            moments[name] = when.read(told[name], zone)
        except when.Unclear as err:
            wrong(name, err.word, f"'{told[name][:64]}' {_CLOCK[err.word]}")
    if len(faults) > before or duty is None:
        return None
    terms = Terms(site, duty, moments["start"], moments["end"], told.get("note") or None)
    faults += (Fault(row, one.column, one.code, one.message) for one in faults_of(terms))
    return None if len(faults) > before else Line(row, terms.tidy(), normal(told["user"]))


def _columns(head: Sequence[str]) -> dict[str, int]:
    """Which column is which, the first of each."""
    known = {_folded(words[n]): name for words in HEADINGS.values() for n, name in enumerate(COLUMNS)}
    found: dict[str, int] = {}
    for at, cell in enumerate(head):
        if (name := known.get(_folded(cell))) is not None:
            found.setdefault(name, at)
    return found


def _duty(cell: str) -> Duty | None:
    folded = _folded(cell)
    for words in DUTY_WORDS.values():
        for duty, word in words.items():
            if _folded(word) == folded:
                return duty
    return None


def _spaced(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())


def _folded(text: str) -> str:
    """Without marks: words of ours are known however they are typed."""
    apart = unicodedata.normalize("NFD", text.casefold().replace("đ", "d"))
    return " ".join("".join(one for one in apart if not unicodedata.combining(one)).split())
