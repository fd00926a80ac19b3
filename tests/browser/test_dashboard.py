"""The dashboard in Chromium against a running demo: every tile moves, live video plays, an alert is taken on.

Scenes are drawn unless footage is there, so this runs on a bare clone as well.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.support.service import PASSWORD, Service, service
from vms.demo.counter import read_counter

pytestmark = pytest.mark.browser

CAMERAS = 4
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync", "--no-first-run",
    "--disable-component-update", "--autoplay-policy=no-user-gesture-required",
]  # fmt: skip


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    env = {name: value for name, value in os.environ.items() if name != "VMS_DEMO_FOOTAGE"}
    data = tmp_path_factory.mktemp("demo") / "data"
    with service(data, ["demo", "--cameras", str(CAMERAS), "--sites", "2"], env=env | {"VMS_DEMO_FOOTAGE": ""}) as one:
        for camera in one.get("/api/cameras")["items"]:
            one.wait_for(lambda c=camera: one.camera(c["id"])["state"] == "recording", 90, camera["id"])
        yield one


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        if os.environ.get("CI"):
            pytest.fail("CI installs Chromium: see .ci/run")
        pytest.skip("no Chromium on this machine")
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)


@pytest.fixture
def page(browser: Browser, demo: Service) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1920, "height": 1080}, locale="vi-VN")
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(demo.base)
    page.locator("input").nth(0).fill("admin")
    page.locator("input[type=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-camera]")
    yield page
    context.close()
    assert not faults


def counters(page: Page, folder: Path) -> dict[str, int]:
    """The counter burnt into each tile's picture, as painted on the screen."""
    found = {}
    for tile in page.locator("[data-camera]").all():
        canvas = tile.locator("canvas").first
        shot = canvas.evaluate("c => c.toDataURL('image/png')")
        import base64

        picture = cv2.imdecode(np.frombuffer(base64.b64decode(shot.split(",")[1]), np.uint8), cv2.IMREAD_COLOR)
        number = None if picture is None else read_counter(picture)
        if number is not None:
            found[tile.get_attribute("data-camera") or ""] = number
    return found


def test_every_tile_of_the_wall_moves(page: Page, demo: Service, tmp_path: Path) -> None:
    demo.wait_for(lambda: len(counters(page, tmp_path)) == CAMERAS, 30, "a picture on every tile")
    first = counters(page, tmp_path)

    def all_advanced() -> bool:
        now = counters(page, tmp_path)
        return len(now) == CAMERAS and all(now[name] != number for name, number in first.items())

    demo.wait_for(all_advanced, 15, "every tile shows a later picture")
    assert len(set(first.values())) > 1


def test_live_video_plays(page: Page, demo: Service) -> None:
    camera = demo.get("/api/cameras")["items"][0]["id"]
    page.goto(f"{demo.base}/cameras/{camera}")
    # What is painted is asked of the page itself: the stats line measures it.
    page.wait_for_function(
        """() => {
            const video = document.querySelector('video');
            const canvas = document.querySelector('[data-live] canvas, canvas[data-live]');
            if (video && video.currentTime > 1 && video.videoWidth > 0) return true;
            if (!canvas || !canvas.width) return false;
            const p = canvas.getContext('2d')?.getImageData(canvas.width >> 1, canvas.height >> 1, 1, 1).data;
            return !!p && p[3] > 0;
        }""",
        timeout=20_000,
    )


def test_an_alert_reaches_the_browser_and_is_taken_on(page: Page, demo: Service) -> None:
    alert = demo.wait_for(lambda: demo.get("/api/alerts", state="open")["items"], 90, "an alert opens")[0]
    page.goto(f"{demo.base}/alerts/{alert['id']}")
    page.wait_for_selector("img[src*='/api/alerts/']")
    page.keyboard.press("a")
    note = page.locator("[role=dialog] textarea, [role=dialog] input").first
    note.wait_for()
    note.fill("đã cử cán bộ trực")
    page.keyboard.press("Control+Enter")
    demo.wait_for(
        lambda: any(s["kind"] == "acknowledged" for s in demo.get(f"/api/alerts/{alert['id']}")["steps"]), 10, "taken on"
    )
    steps = demo.get(f"/api/alerts/{alert['id']}")["steps"]
    assert any(step["note"] == "đã cử cán bộ trực" for step in steps)


@pytest.mark.parametrize(("language", "word"), [("vi", "Cảnh báo"), ("en", "Alerts")])
def test_both_languages(browser: Browser, demo: Service, language: str, word: str) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, locale=language)
    page = context.new_page()
    page.add_init_script(f"localStorage.setItem('vms.language', '{language}')")
    page.goto(demo.base)
    page.locator("input").nth(0).fill("admin")
    page.locator("input[type=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_text(word).first.wait_for()
    context.close()
