"""A process of its own that reads one XLSX file from its input and writes the cells as JSON.

A file of a few kilobytes can ask its reader for all the memory there is (a deflated gigabyte, a cell in the last row of
the last column). Whatever it does, it does to this process, which has bounds and nothing to lose. Its other side is
``web.duty.excel``.
"""

from __future__ import annotations

import datetime as dt
import io
import json
import resource
import sys
import zipfile
from typing import Any

#: Of the archive, unzipped, by what it says itself.
MOST_UNZIPPED = 32 * 1024 * 1024
MOST_PARTS = 200
MOST_MEMORY = 1024 * 1024 * 1024
MOST_CPU_S = 10
MOST_COLUMNS = 50
#: Of the sheet as it lies in memory.
MOST_WIDTH = 1000
MOST_TEXT = 1000
#: Characters of the answer: a long text stands in as many cells as are merged, or as name it.
MOST_TOLD = 4 * 1024 * 1024
_OLE2 = b"\xd0\xcf\x11\xe0"


class Unusable(Exception):
    """With the word of what is wrong."""


def read(body: bytes, most_rows: int) -> list[list[str]]:
    """The cells of the first sheet that is shown, row by row; ``Unusable`` with a word."""
    if body.startswith(_OLE2):  # as 97-2003 wrote it, or with a password
        raise Unusable("old-excel")
    try:
        parts = zipfile.ZipFile(io.BytesIO(body)).infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as err:
        raise Unusable("unreadable") from err
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNZIPPED:
        raise Unusable("too-large")
    return _cells(body, most_rows)


def _cells(body: bytes, most_rows: int) -> list[list[str]]:
    from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(body))
        shown = [
            one.name
            for one in book.sheets_metadata
            if one.visible == SheetVisibleEnum.Visible and one.typ == SheetTypeEnum.WorkSheet
        ]
        if not shown:
            raise Unusable("unreadable")
        sheet = book.get_sheet_by_name(shown[0])
        if sheet.total_width > MOST_WIDTH:
            raise Unusable("too-large")
        whole = sheet.to_python(skip_empty_area=False, nrows=10 * most_rows)
        if sheet.total_height > 10 * most_rows or sum(any(cell != "" for cell in row) for row in whole) > most_rows:
            raise Unusable("too-many")
        rows: list[list[Any]] = [list(row[:MOST_COLUMNS]) for row in whole]
        _spread(rows, sheet.merged_cell_ranges or [])
    except (CalamineError, ValueError, OSError) as err:
        raise Unusable("unreadable") from err
    told, characters = [], 0
    for row in rows:
        told.append(_stripped([_text(cell) for cell in row]))
        characters += sum(len(cell) for cell in told[-1])
        if characters > MOST_TOLD:
            raise Unusable("too-large")
    return told


def _spread(rows: list[list[Any]], merged: list[tuple[tuple[int, int], tuple[int, int]]]) -> None:
    """What stands in cells that were merged stands in each of them."""
    for (top, left), (bottom, right) in merged:
        if top >= len(rows) or left >= len(rows[top]):
            continue
        for row in rows[top : bottom + 1]:
            for column in range(left, min(right + 1, len(row))):
                row[column] = rows[top][left]


def _text(cell: Any) -> str:
    """As one would have written it; a moment as ``2026-11-24T06:00:00``."""
    if isinstance(cell, dt.datetime):  # a fraction of a day, which is never exact
        return (cell + dt.timedelta(milliseconds=500)).replace(microsecond=0).isoformat()
    if isinstance(cell, dt.date):  # midnight
        return f"{cell.isoformat()}T00:00:00"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)[:MOST_TEXT]


def _stripped(row: list[str]) -> list[str]:
    while row and not row[-1].strip():
        row.pop()
    return row


def main() -> None:
    """Reads, and answers with ``{"rows": …}`` or ``{"fault": WORD}``."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_CPU_S, MOST_CPU_S))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        answer: dict[str, Any] = {"rows": read(sys.stdin.buffer.read(), int(sys.argv[1]))}
    except Unusable as err:
        answer = {"fault": str(err)}
    except MemoryError:
        answer = {"fault": "too-large"}
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    main()
