"""Names, reasons and browsers' own words with markup in them: every page shows them as they are, and runs nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from playwright.sync_api import Browser, Page

from tests.browser.chromium import signed_in
from tests.support.service import PASSWORD, Service, service
from tests.support.waiting import wait_until

pytestmark = pytest.mark.browser

MARKUP = """<img src=x onerror="window.hit=1"><script>hit=1</script>'"""
#: Where it is to be read; of the users' page only names of sites might be it.
PAGES = [
    "/wall",
    "/cameras/c",
    "/cameras/c/timeline",
    "/recordings",
    "/alerts",
    "/rooms",
    "/account",
    "/audit",
    "/users",
]


def facility() -> dict[str, Any]:
    zone = {"id": "z", "name": MARKUP, "kind": "restricted", "polygon": [[0, 0], [1, 0], [1, 1]]}
    rule = {"id": "r", "kind": "zone_breach", "zone": "z"}
    gate = {
        "id": "c", "name": MARKUP, "placement": "gate", "streams": {"main": "rtsp://127.0.0.1:9/x"}, "zones": [zone],
        "rules": [rule],
    }  # fmt: skip
    room = {**gate, "id": "room", "placement": "patient_room"}
    return {"facility": {"name": MARKUP}, "sites": [{"id": "s", "name": MARKUP, "cameras": [gate, room]}]}


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("markup")
    config = folder / "facility.yaml"
    config.write_text(yaml.safe_dump(facility(), allow_unicode=True), encoding="utf-8")
    with service(folder / "data", ["up", "--config", str(config)]) as one:
        say(one)
        yield one


def say(one: Service) -> None:
    """What people and their browsers can leave behind."""
    credentials = {"username": "admin", "password": PASSWORD}
    agent = {"User-Agent": f"Mozilla/5.0 {MARKUP}", "Origin": one.base}
    assert httpx.post(f"{one.base}/api/session", json=credentials, headers=agent).status_code == 200
    span = {"start": "2026-03-01T12:00:00Z", "end": "2026-03-01T12:01:00Z"}
    for path, body in (
        ("/api/tokens", {"name": MARKUP, "permissions": ["camera.view"], "days": 1}),
        ("/api/holds", {"cameras": ["c"], "reason": MARKUP, **span}),
        ("/api/cameras/room/openings", {"reason": MARKUP}),
    ):
        assert one.client.post(path, json=body).is_success, path
    one.client.get(f"/api/cameras/{MARKUP}")
    httpx.get(f"{one.base}/api/cameras/%3Cscript%3E", headers={"Authorization": f"Bearer {MARKUP}"})
    one.wait_for(lambda: one.get("/api/alerts")["items"], 30, "an alert that names the camera")


@pytest.fixture
def page(browser: Browser, hostile: Service) -> Iterator[Page]:
    with signed_in(browser, hostile.base) as page:
        page.wait_for_selector("[data-camera]")
        yield page


def test_every_page_shows_them_as_text_and_runs_nothing(page: Page, hostile: Service) -> None:
    blocked: list[str] = []
    page.on("console", lambda said: blocked.append(said.text) if "Content Security Policy" in said.text else None)
    for path in PAGES:
        page.goto(hostile.base + path)
        if path == "/users":
            page.get_by_text("admin").first.wait_for(timeout=20_000)
        else:
            wait_until(lambda: MARKUP[:20] in page.evaluate("document.body.textContent"), 7, path)
        made = page.evaluate("document.querySelectorAll('img[src=\"x\"], script:not([src]), [onerror]').length")
        assert (made, page.evaluate("window.hit")) == (0, None), path
    assert blocked == [], "what would have run was only stopped by the last line"


def test_an_address_with_markup_in_it_is_text_too(page: Page, hostile: Service) -> None:
    for path in (
        "/cameras/%3Cimg%20src%3Dx%20onerror%3Dhit%3D1%3E",
        "/alerts/%3Cimg%20src%3Dx%3E",
        "/%3Cimg%20src%3Dx%3E",
    ):
        page.goto(hostile.base + path)
        page.wait_for_load_state("networkidle")
        assert page.evaluate("document.querySelectorAll('img[src=\"x\"]').length + (window.hit ? 1 : 0)") == 0


def test_no_page_is_written_as_markup() -> None:
    root = Path(__file__).parents[2] / "web" / "ui" / "src"
    ways = ("dangerouslySetInnerHTML", "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(")
    sources = [path for path in root.rglob("*.ts*") if ".test." not in path.name and "testing" not in path.parts]
    assert len(sources) > 50
    assert [f"{path}: {way}" for path in sources for way in ways if way in path.read_text(encoding="utf-8")] == []
