"""The log of access in Chromium: what was done is found in it by filters, exported and recomputed; not by everybody."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.chromium import LANGUAGES, say, signed_in
from tests.support.service import Service

pytestmark = pytest.mark.browser

#: More than one page of the list.
MANY = 105
DOCUMENT = Path(__file__).parents[2] / "docs/security.md"


@pytest.fixture(scope="module")
def camera(demo: Service) -> str:
    """One that was looked at; somebody's role was changed more often than one page holds."""
    made = demo.client.post("/api/users", json={"username": "busy", "role": "viewer", "sites": None}).json()
    for turn in range(MANY):
        role = ("duty", "viewer")[turn % 2]
        assert demo.client.patch(f"/api/users/{made['id']}", json={"role": role}).status_code == 200
    first: str = demo.get("/api/cameras")["items"][0]["id"]
    assert demo.client.get(f"/api/cameras/{first}/snapshot.jpg").status_code == 200
    demo.wait_for(lambda: demo.get("/api/audit", camera=first, action="camera.view")["items"], 10, "it is written")
    return first


@pytest.fixture(scope="module", params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def seat(browser: Browser, demo: Service, camera: str, language: str) -> Iterator[Page]:
    with signed_in(browser, f"{demo.base}/audit", language=language) as page:
        page.locator(".audit-item").first.wait_for()
        yield page


@pytest.fixture
def page(seat: Page, demo: Service) -> Page:
    seat.goto(f"{demo.base}/audit")
    seat.locator(".audit-item").first.wait_for()
    return seat


def deeds(page: Page) -> list[str]:
    """What each entry says was done."""
    return page.locator(".audit-item .audit-what").all_inner_texts()


def test_what_was_done_is_found_by_each_filter(page: Page, camera: str, language: str) -> None:
    items = page.locator(".audit-item")
    expect(items).to_have_count(100)
    page.get_by_role("button", name=say(language, "audit.more")).click()
    expect(items.nth(MANY)).to_be_attached()

    page.get_by_label(say(language, "auditFilter.action")).select_option("camera.view")
    page.get_by_label(say(language, "auditFilter.camera")).select_option(camera)
    expect(items.first).to_contain_text(say(language, "auditAction.camera.view"))
    expect(page.locator(".audit-what", has_text=say(language, "auditObject.picture")).first).to_be_visible()
    assert page.url.endswith(f"?action=camera.view&camera={camera}")
    page.get_by_label(say(language, "auditFilter.user")).fill("busy")
    page.keyboard.press("Enter")
    expect(page.get_by_text(say(language, "audit.noneFound"))).to_be_visible()
    page.locator("#page .state").get_by_role("button", name=say(language, "filter.clear")).click()
    expect(items.nth(MANY)).to_be_attached()

    page.get_by_label(say(language, "auditFilter.start"), exact=True).fill("2099-01-01T00:00")
    expect(page.get_by_text(say(language, "audit.noneFound"))).to_be_visible()
    page.get_by_label(say(language, "auditFilter.start"), exact=True).fill("2026-01-01T00:00")
    page.get_by_label(say(language, "auditFilter.action")).select_option("facility.change")
    expect(items.first).to_contain_text(re.sub(r"{{.*}}", "1", say(language, "audit.revision")))
    expect(items.first).to_contain_text(say(language, "audit.commandLine"))
    items.first.get_by_role("button").click()
    expect(items.first.locator("dl")).to_contain_text(say(language, "audit.hash"))


def test_nothing_of_it_is_said_in_words_of_the_service(page: Page, language: str) -> None:
    foreign = {"vi": r"wall|live|picture|revision|command line", "en": r"tường hình|ảnh|phiên bản|Dòng lệnh"}[language]
    page.goto(f"{page.url}?action=camera.view")
    expect(page.locator(".audit-item").first).to_contain_text(say(language, "auditAction.camera.view"))
    said = deeds(page)
    assert said
    assert not [one for one in said if re.search(foreign, one)]


def test_what_is_exported_can_be_recomputed_by_anybody(page: Page, language: str, tmp_path: Path) -> None:
    (snippet,) = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    page.get_by_role("button", name=say(language, "audit.export"), exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("menuitem", name=say(language, "audit.jsonl")).click()
    saved = tmp_path / "vms-audit.jsonl"
    download.value.save_as(saved)

    def recomputed() -> int:
        return subprocess.run(
            [sys.executable, "-c", snippet], cwd=tmp_path, capture_output=True, check=False
        ).returncode

    lines = saved.read_text(encoding="utf-8")
    assert lines.count('"user":"admin"') > MANY
    assert recomputed() == 0
    saved.write_text(lines.replace('"busy"', '"lazy"', 1), encoding="utf-8")
    assert recomputed() == 1


def test_who_may_not_read_it_is_told_whose_it_is(browser: Browser, demo: Service, language: str) -> None:
    name = f"thu.{language}"
    made = demo.client.post("/api/users", json={"username": name, "role": "supervisor", "sites": None}).json()
    with signed_in(browser, f"{demo.base}/audit", user=name, password=made["password"], language=language) as page:
        expect(page.locator("#page .state strong")).to_contain_text(say(language, "permission.audit.view"))
        expect(page.locator("#page .state")).to_contain_text(name)
        expect(page.get_by_role("link", name=say(language, "nav.audit"))).to_have_count(0)
        page.get_by_role("link", name=say(language, "error.home")).click()
        page.locator("[data-camera]").first.wait_for()
