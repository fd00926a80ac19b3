"""Entries as lines of a file: CSV for a spreadsheet, JSONL for machines. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any

from web.audit.entry import canonical

COLUMNS = (
    "seq", "at", "user", "role", "address", "action", "site", "camera", "object", "outcome", "detail", "prev", "hash",
)  # fmt: skip
#: A spreadsheet takes a cell that begins so for a formula, and runs it.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
#: Else a spreadsheet takes UTF-8 for the code page of its host.
BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"


def csv_head() -> str:
    """The first line, RFC 4180."""
    return BOM + _line(COLUMNS)


def csv_line(item: Mapping[str, Any]) -> str:
    """One entry; a text that would be a formula is led by an apostrophe."""
    return _line(_cell(item[name]) for name in COLUMNS)


def json_line(item: Mapping[str, Any]) -> str:
    """One entry, canonical (RFC 8785): without ``prev`` and ``hash`` it is what was hashed."""
    return canonical(item) + "\n"


def _cell(value: Any) -> str:
    if isinstance(value, int):
        return str(value)
    text = "" if value is None else value if isinstance(value, str) else canonical(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _line(cells: Any) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerow(cells)
    return text.getvalue()
