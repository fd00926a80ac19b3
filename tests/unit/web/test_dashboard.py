"""The dashboard's addresses: what its router knows is answered as found."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from web.api.dashboard import PAGES, Dashboard

UI = Path(__file__).parents[3] / "web" / "ui"
APP = UI / "src" / "App.tsx"


async def test_every_page_of_the_router_is_found_and_a_guess_is_not(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("<!doctype html>", encoding="utf-8")
    routes = re.findall(r'<Route path="/([a-z]*)', APP.read_text(encoding="utf-8"))
    assert set(routes) == set(PAGES)
    transport = httpx.ASGITransport(Dashboard(tmp_path))
    async with httpx.AsyncClient(transport=transport, base_url="http://vms") as http:
        assert {(await http.get(f"/{page}")).status_code for page in routes} == {200}
        assert (await http.get("/recordings?cameras=a,b&at=2026-11-22T07:00:00Z")).status_code == 200
        assert (await http.get("/recording")).status_code == 404


@pytest.fixture
async def http(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(Dashboard(tmp_path))
    async with httpx.AsyncClient(transport=transport, base_url="http://vms") as client:
        yield client


@pytest.mark.parametrize(("accepted", "packed"), [("br, gzip", True), ("gzip;q=0, br", False), ("", False)])
async def test_a_file_is_sent_packed_to_who_unpacks_it(
    tmp_path: Path, http: httpx.AsyncClient, accepted: str, packed: bool
) -> None:
    script = b"console.log('script')\n" * 100
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / "index-1.js").write_bytes(script)
    (tmp_path / "assets" / "index-1.js.gz").write_bytes(gzip.compress(script))
    answer = await http.get("/assets/index-1.js", headers={"Accept-Encoding": accepted})
    assert answer.content == script
    assert ("content-encoding" in answer.headers, int(answer.headers["content-length"]) < 200) == (packed, packed)
    assert answer.headers["vary"] == "Accept-Encoding"
    assert "javascript" in answer.headers["content-type"]


async def test_what_an_installed_dashboard_is_made_of_has_its_types_and_is_asked_for_again(
    tmp_path: Path, http: httpx.AsyncClient
) -> None:
    manifest = json.loads((UI / "public" / "manifest.webmanifest").read_text(encoding="utf-8"))
    assert manifest["start_url"].strip("/") in PAGES
    types = {"/sw.js": "javascript", "/manifest.webmanifest": "application/manifest+json"}
    types |= {icon["src"]: icon["type"] for icon in manifest["icons"]}
    for path, kind in types.items():
        made = UI / "public" / path[1:]
        (tmp_path / path[1:]).write_bytes(made.read_bytes() if made.is_file() else b"//")
        answer = await http.get(path)
        assert (answer.status_code, kind in answer.headers["content-type"]) == (200, True), path
        assert answer.headers["cache-control"] == "no-cache"
