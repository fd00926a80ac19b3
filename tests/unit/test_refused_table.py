"""The table of what is refused (docs/security.md): each test that it names is there, and no row is without one."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
#: One word of each line under "refused" that this service was asked for: a row that is taken out is missed.
ASKED_FOR = (
    "without a login", "another site", "websocket", "`..`", "links", "`concat:`", "metadata", "redirects", "markup",
    "CSV", "line breaks", "page asks for", "default or short", "`alg=none`", "brute force", "passwords", "YAML",
    "zip-slip", "broker", "database",
)  # fmt: skip


def rows() -> list[list[str]]:
    text = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    section = text.partition("## What is refused")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


@cache
def functions_in(file: Path) -> frozenset[str]:
    found = ast.walk(ast.parse(file.read_text(encoding="utf-8")))
    return frozenset(one.name for one in found if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef))


def test_each_test_that_it_names_is_there() -> None:
    named = [one for row in rows() for cell in row[1:] for one in re.findall(r"`([^`]+::[^`]+)`", cell)]
    assert len(named) > 40
    missing = []
    for one in named:
        path, _, name = one.partition("::")
        file = ROOT / "tests" / path
        if not name.startswith("test_") or not file.is_file() or name not in functions_in(file):
            missing.append(one)
    assert missing == []


def test_each_thing_that_is_refused_has_a_test() -> None:
    found = rows()
    assert all(len(row) == 3 and "::" in row[1] and ("::" in row[2] or row[2] == "–") for row in found)
    told = "\n".join(row[0] for row in found)
    assert [one for one in ASKED_FOR if one not in told] == []
