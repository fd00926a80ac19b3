"""Asks the whole interface what its own description allows, and what it forbids, and compares the answers with it.

schemathesis does it, as a process of its own (``schemathesis.toml``). The description is the served one; it is handed
on with an example for each id and each body, so that requests get as far as a camera.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import httpx

from tests.unit.web.walking import ASKED, IDS

CONFIG = Path(__file__).with_name("schemathesis.toml")

Asked = dict[tuple[str, str], dict[str, Any]]
#: Operation ("GET /api/cameras") → how often it answered with which status.
Answers = dict[str, Counter[int]]


async def ask(
    http: httpx.AsyncClient,
    described: dict[str, Any],
    folder: Path,
    *arguments: str,
    ids: dict[str, str] = IDS,
    asked: Asked = ASKED,
) -> Answers:
    """As who is logged in with ``http``; fails the test where an answer is not as described.

    ``described``: the service's OpenAPI. ``asked``: what is right for an operation, as in ``walking.ASKED``.
    """
    _write(folder, _with_examples(described, ids, asked))
    told = folder / "told.ndjson"
    who = [] if "vms_session" not in http.cookies else ["-H", f"Cookie:vms_session={http.cookies['vms_session']}"]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIG), "run", "openapi.json",
        "--url", str(http.base_url), "--no-color", "--report", "ndjson", "--report-ndjson-path", told.name, *who,
        *arguments,
        cwd=folder, env=os.environ, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    try:
        said, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    assert process.returncode == 0, said.decode()
    return _answers(told)


def _with_examples(described: dict[str, Any], ids: dict[str, str], asked: Asked) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(json.dumps(described))
    for path, operations in made["paths"].items():
        for method, operation in operations.items():
            right = asked.get((method.upper(), path), {})
            for one in operation.get("parameters", ()):
                there = {"path": ids.get(f"{{{one['name']}}}"), "query": right.get("params", {}).get(one["name"])}
                if (known := there.get(one["in"])) is not None:
                    one["example"] = known
            for media, content in operation.get("requestBody", {}).get("content", {}).items():
                if "json" in right:
                    content["example"] = right["json"]
                elif "content" in right and media == "text/csv":
                    content["example"] = right["content"].decode()
    return made


def _write(folder: Path, described: dict[str, Any]) -> None:
    folder.mkdir()
    (folder / "openapi.json").write_text(json.dumps(described), encoding="utf-8")


def _answers(told: Path) -> Answers:
    answers: Answers = defaultdict(Counter)
    for line in told.read_text(encoding="utf-8").splitlines():
        if (scenario := json.loads(line).get("ScenarioFinished")) is not None:
            for one in scenario["recorder"].get("interactions", {}).values():
                answers[scenario["recorder"]["label"]][one["response"]["status_code"]] += 1
    return answers
