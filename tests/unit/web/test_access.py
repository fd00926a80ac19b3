"""Every route declares its permission and refuses strangers; what stands before them refuses foreign pages."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from sqlalchemy import insert
from starlette.datastructures import Headers

from tests.integration.web.rig import facility
from tests.support.bare_web import bare_web, browser
from tests.unit.web.walking import rows, signed_in
from web.access import needs_login, permit, undeclared
from web.api.dashboard import Dashboard
from web.api.reference import page
from web.shield import MAX_BODY, Shield, is_foreign

PUBLIC = {("GET", "/healthz"), ("GET", "/readyz"), ("GET", "/metrics"), ("POST", "/api/session")}


@pytest_asyncio.fixture
async def app(tmp_path: Path) -> AsyncIterator[FastAPI]:
    async with bare_web(tmp_path, facility()) as app:
        yield app


async def test_every_route_refuses_strangers_but_the_public_ones(app: FastAPI) -> None:
    public = set()
    async with browser(Shield(app)) as client:
        for route in iter_route_contexts(app.routes):
            path = str(route.path).replace("{camera}", "cam-1").replace("{alert}", "a")
            for method in route.methods or ():
                if not needs_login(route):
                    public.add((method, path))
                    continue
                for cookies in ({}, {"vms_session": "x" * 43}):
                    answer = await client.request(method, path, headers=_cookie(cookies))
                    assert answer.status_code == 401, (method, path)
                    assert answer.headers["content-type"] == "application/problem+json"
    assert public == PUBLIC


def _cookie(cookies: dict[str, str]) -> dict[str, str]:
    return {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())} if cookies else {}


def test_route_without_a_permission_is_found() -> None:
    app = FastAPI()

    @app.get("/open")
    async def open_route() -> None: ...

    @app.get("/closed", dependencies=[permit("camera.view")])
    async def closed_route() -> None: ...

    assert "/open" in undeclared(app)
    assert "/closed" not in undeclared(app)


async def test_body_without_a_stated_length_is_bounded_too(app: FastAPI) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(MAX_BODY // 65536 + 2):
            yield b" " * 65536

    async with browser(Shield(app)) as client:
        answer = await client.post("/api/session", content=endless(), headers={"content-type": "application/json"})
        assert (answer.status_code, answer.json()["type"]) == (413, "about:blank#too-large")


@pytest.mark.parametrize(
    ("headers", "foreign"),
    [
        ({"host": "a:8000"}, False),
        ({"host": "a:8000", "origin": "http://a:8000"}, False),
        ({"host": "A:8000", "origin": "https://a:8000"}, False),
        ({"host": "a:8000", "origin": "http://a"}, True),
        ({"host": "a:8000", "origin": "http://a:8000.evil"}, True),
        ({"host": "a:8000", "origin": "null"}, True),
        ({"host": "a:8000", "origin": "file://a:8000"}, True),
        ({"host": "a:8000", "sec-fetch-site": "cross-site"}, True),
        ({"host": "a:8000", "sec-fetch-site": "same-site"}, True),
        ({"host": "a:8000", "sec-fetch-site": "same-origin"}, False),
    ],
)
def test_foreign_origins(headers: dict[str, str], foreign: bool) -> None:
    assert is_foreign(Headers(headers)) is foreign


async def test_a_page_without_https_is_foreign_to_a_service_with_it(app: FastAPI) -> None:
    async with browser(Shield(app)) as client:
        for base, origin, status in (
            ("https://host", "http://host", 403),
            ("https://host", "https://host", 401),
            ("http://host", "http://host", 401),
            ("http://host", "https://host", 401),  # a proxy that has the certificate, and is not trusted
        ):
            answer = await client.delete(f"{base}/api/session", headers={"Origin": origin})
            assert answer.status_code == status, (base, origin)


async def test_what_one_login_was_given_a_browser_does_not_show_to_the_next(app: FastAPI) -> None:
    context = app.state.context
    async with context.database.change() as change:
        for table, row in rows():
            await change.connection.execute(insert(table).values(**row))
    async with browser(Shield(app), await signed_in(app, "viewer")) as client:
        picture = await client.get("/api/alerts/alert-1/snapshot.jpg")
        page = await client.get("/")
    # One hour, as docs/security.md says: nobody notes a look at what the browser kept.
    assert picture.headers["cache-control"] == "private, max-age=3600, immutable"
    assert picture.headers["vary"] == "Cookie"
    assert "vary" not in page.headers


async def test_dashboard_serves_its_own_files_only(tmp_path: Path) -> None:
    root = tmp_path / "dist"
    app = FastAPI(openapi_url=None)
    app.router.default = Dashboard(root)
    (tmp_path / "secret.txt").write_text("secret", encoding="utf-8")
    async with browser(app) as client:
        assert "not built" in (await client.get("/")).text
        (root / "assets").mkdir(parents=True)
        (root / "index.html").write_text("<html>index</html>", encoding="utf-8")
        (root / "assets" / "a.js").write_text("js", encoding="utf-8")
        (root / "link.txt").symlink_to(tmp_path / "secret.txt")
        index = await client.get("/cameras/x")
        assert (index.text, index.headers["cache-control"]) == ("<html>index</html>", "no-cache")
        script = await client.get("/assets/a.js")
        assert "immutable" in script.headers["cache-control"]
        for path in (
            "/assets/b.js",
            "/link.txt",
            "/..%2fsecret.txt",
            "/%2e%2e/secret.txt",
            "/a%00.js",
            "/api/x",
            "/ws/x",
        ):
            answer = await client.get(path)
            assert answer.status_code == 404, path
            assert "secret" not in answer.text


async def test_reference_page_escapes_what_it_shows() -> None:
    made = page({"info": {"title": "<b>", "version": "1"}, "paths": {"/<x>": {"get": {"summary": "<script>"}}}})
    assert "<script>" not in made
    assert "<b>1" not in made
