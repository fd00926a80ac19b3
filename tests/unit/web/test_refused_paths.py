"""Paths that lead out of the dashboard's folder, or into an id: refused however they are written, and noted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.support.audited import Audited, audited

SECRET = "geheim"
OUT = [
    "/../secret.txt", "/assets/../../secret.txt", "/..", "/a/..", "/..%2fsecret.txt", "/%2e%2e/secret.txt",
    "/%2e%2e%2fsecret.txt", "/..%5csecret.txt", "/..\\secret.txt", "/%252e%252e/secret.txt", "/..%252fsecret.txt",
    "/secret.txt%00.js", "/%00", "//etc/passwd", "/%2fetc/passwd", "/api/cameras/..%2f..%2f..%2fetc%2fpasswd",
    "/api/segments/%2e%2e%2fsecret.txt/media", "/api/cameras/x%00/../snapshot.jpg",
]  # fmt: skip
#: Not there, like any other that is not there: nobody is refused anything.
NOWHERE = ["/secret.txt", "/etc/passwd", "/link.txt", "/folder/secret.txt", "/file:///etc/passwd", "/.", "/a//b.js"]


@pytest_asyncio.fixture
async def web(tmp_path: Path) -> AsyncIterator[Audited]:
    root = tmp_path / "dist"  # as `bare_web` has it
    root.mkdir()
    (root / "index.html").write_text("index", encoding="utf-8")
    (tmp_path / "secret.txt").write_text(SECRET, encoding="utf-8")
    (root / "link.txt").symlink_to(tmp_path / "secret.txt")
    (root / "folder").symlink_to(tmp_path)
    async with audited(tmp_path) as one:
        yield one


async def get(web: Audited, path: str) -> tuple[int, bytes]:
    """As it stands on the line: clients would tidy it up."""
    raw, sent = path.encode(), []
    request = iter([{"type": "http.request", "body": b"", "more_body": False}])

    async def receive() -> Any:
        return next(request, None) or await asyncio.Future()

    async def send(message: Any) -> None:
        sent.append(message)

    decoded = bytes.fromhex("".join(_hex(raw))).decode("utf-8", "replace")
    scope = {
        "type": "http", "http_version": "1.1", "method": "GET", "scheme": "http", "path": decoded, "raw_path": raw,
        "query_string": b"", "root_path": "", "headers": [(b"host", b"host")], "server": ("host", 80),
        "client": ("203.0.113.7", 1), "asgi": {"version": "3.0"},
    }  # fmt: skip
    await web.shielded(scope, receive, send)
    body = b"".join(one.get("body", b"") for one in sent[1:])
    return int(sent[0]["status"]), body


def _hex(raw: bytes) -> list[str]:
    found, at = [], 0
    while at < len(raw):
        encoded = raw[at : at + 1] == b"%"
        found.append(raw[at + 1 : at + 3].decode() if encoded else f"{raw[at]:02x}")
        at += 3 if encoded else 1
    return found


@pytest.mark.parametrize("path", OUT)
async def test_a_path_that_leads_out_is_refused_and_noted(web: Audited, path: str) -> None:
    status, body = await get(web, path)
    assert status in (401, 404)
    assert SECRET.encode() not in body
    assert b"root:" not in body
    (noted,) = await web.entries(("request.refuse",))
    assert (noted["user"], noted["address"], noted["outcome"]) == (None, "203.0.113.7", "refused")
    assert noted["detail"]["status"] == status


@pytest.mark.parametrize("path", NOWHERE)
async def test_what_lies_elsewhere_or_behind_a_link_is_not_there(web: Audited, path: str) -> None:
    status, body = await get(web, path)
    assert status == 404
    assert SECRET.encode() not in body
    assert await web.entries(("request.refuse",)) == []
