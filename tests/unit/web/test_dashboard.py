"""The dashboard's addresses: what its router knows is answered as found."""

from __future__ import annotations

import re
from pathlib import Path

import httpx

from web.api.dashboard import PAGES, Dashboard

APP = Path(__file__).parents[3] / "web" / "ui" / "src" / "App.tsx"


async def test_every_page_of_the_router_is_found_and_a_guess_is_not(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("<!doctype html>", encoding="utf-8")
    routes = re.findall(r'<Route path="/([a-z]*)', APP.read_text(encoding="utf-8"))
    assert set(routes) == set(PAGES)
    transport = httpx.ASGITransport(Dashboard(tmp_path))
    async with httpx.AsyncClient(transport=transport, base_url="http://vms") as http:
        assert {(await http.get(f"/{page}")).status_code for page in routes} == {200}
        assert (await http.get("/recordings?cameras=a,b&at=2026-11-22T07:00:00Z")).status_code == 200
        assert (await http.get("/recording")).status_code == 404
