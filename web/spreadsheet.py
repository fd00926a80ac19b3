"""Lines of CSV files that people open in a spreadsheet. Pure.

Not here: what is in them, and files that come from a spreadsheet (``web.duty.table``).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

#: A spreadsheet takes a cell that begins so for a formula, and runs it.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
#: Else a spreadsheet takes UTF-8 for the code page of its host.
BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"


def line(cells: Iterable[str]) -> str:
    """One line, RFC 4180."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerow(cells)
    return text.getvalue()


def inert(text: str) -> str:
    """The text, led by an apostrophe where it would be a formula; ``meant`` takes it away again."""
    return f"'{text}" if text.lstrip("'").startswith(_FORMULA) else text


def meant(cell: str) -> str:
    """What ``inert`` was given."""
    return cell[1:] if cell.startswith("'") and cell.lstrip("'").startswith(_FORMULA) else cell
