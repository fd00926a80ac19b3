"""Entries as lines of a file: CSV for a spreadsheet, JSONL for machines. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from web.audit.entry import canonical
from web.spreadsheet import BOM, inert, line

COLUMNS = (
    "seq", "at", "user", "role", "address", "action", "site", "camera", "object", "outcome", "detail", "prev", "hash",
)  # fmt: skip


def csv_head() -> str:
    """The first line, RFC 4180."""
    return BOM + line(COLUMNS)


def csv_line(item: Mapping[str, Any]) -> str:
    """One entry; a text that would be a formula is led by an apostrophe."""
    return line(_cell(item[name]) for name in COLUMNS)


def json_line(item: Mapping[str, Any]) -> str:
    """One entry, canonical (RFC 8785): without ``prev`` and ``hash`` it is what was hashed."""
    return canonical(item) + "\n"


def _cell(value: Any) -> str:
    if isinstance(value, int):
        return str(value)
    text = "" if value is None else value if isinstance(value, str) else canonical(value)
    return inert(text)
