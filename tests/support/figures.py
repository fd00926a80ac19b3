"""The figures that tests of faults measure: printed at the end of a run, and kept in the table of docs/reliability.md.

A figure stands beside its aim; the test itself asserts the aim only where no clock of the test machine is in it.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path

MARK = "<!-- figures -->"
_ROW = re.compile(r"^\| *(\d+) *\|(.*?)\|")


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured line: the row of the fault, what was done, what came of it, what was aimed at."""

    row: int
    fault: str
    found: str
    aim: str
    rounds: str = ""

    def line(self) -> str:
        """As a line of the table."""
        return f"| {self.row} | {self.fault} | {self.found} | {self.aim} | {self.rounds} |"


class Figures:
    """Collects a run's figures."""

    def __init__(self) -> None:
        self.found: list[Figure] = []

    def __call__(self, row: int, fault: str, found: str, aim: str, rounds: str = "") -> None:
        """Notes one; ``fault`` is the line's name and tells it from others of the same row."""
        self.found.append(Figure(row, fault, found, aim, rounds))

    def lines(self) -> list[str]:
        """Sorted by row."""
        return [one.line() for one in sorted(self.found, key=lambda one: (one.row, one.fault))]

    def keep(self, page: Path) -> None:
        """Replaces the lines of the same row and fault in ``page`` between its two marks; others stay."""
        before, table, after = page.read_text(encoding="utf-8").split(MARK)
        head, rows = [], {}
        for line in table.strip().splitlines():
            match = _ROW.match(line)
            if match is None:
                head.append(line)
            else:
                rows[int(match.group(1)), match.group(2).strip()] = line
        rows |= {(one.row, one.fault): one.line() for one in self.found}
        body = [*head, *(rows[key] for key in sorted(rows))]
        page.write_text(f"{before}{MARK}\n" + "\n".join(body) + f"\n{MARK}{after}", encoding="utf-8")

    def json(self) -> str:
        """For other programs."""
        return json.dumps([asdict(one) for one in self.found], ensure_ascii=False, indent=1)
