"""The dashboard in Chromium against a running demo: every tile moves, live video plays, an alert is taken on.

Scenes are drawn unless footage is there, so this runs on a bare clone as well.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import cv2
import numpy as np
import pytest
from playwright.sync_api import Browser, Page

from tests.browser.chromium import CAMERAS, signed_in
from tests.support.service import PASSWORD, Service
from vms.demo.counter import read_counter

pytestmark = pytest.mark.browser


@pytest.fixture
def page(browser: Browser, demo: Service) -> Iterator[Page]:
    with signed_in(browser, demo.base, 1920, 1080) as page:
        page.wait_for_selector("[data-camera]")
        yield page


PAINTED = """source => {
    const width = source.videoWidth || source.width, height = source.videoHeight || source.height;
    if (!width || !height) return null;
    const copy = document.createElement('canvas');
    copy.width = width; copy.height = height;
    copy.getContext('2d').drawImage(source, 0, 0);
    return copy.toDataURL('image/png');
}"""


def counter_of(painted: str | None) -> int | None:
    """The counter burnt into what an element has painted."""
    if painted is None:
        return None
    data = np.frombuffer(base64.b64decode(painted.split(",")[1]), np.uint8)
    picture = cv2.imdecode(data, cv2.IMREAD_COLOR)
    return None if picture is None else read_counter(picture)


def counters(page: Page) -> dict[str, int]:
    """The counter on each tile of the wall."""
    found = {}
    for tile in page.locator("[data-camera]").all():
        number = counter_of(tile.locator("canvas").first.evaluate(PAINTED))
        if number is not None:
            found[tile.get_attribute("data-camera") or ""] = number
    return found


def live_counter(page: Page) -> int | None:
    """The counter in the live picture, whichever way it is played."""
    sources = page.locator(
        ".stage-picture video:not([hidden]), .stage-picture canvas:not(.stage-overlay):not([hidden])"
    )
    return counter_of(sources.first.evaluate(PAINTED)) if sources.count() else None


def test_every_tile_of_the_wall_moves(page: Page, demo: Service) -> None:
    demo.wait_for(lambda: len(counters(page)) == CAMERAS, 30, "a picture on every tile")
    first = counters(page)

    def all_advanced() -> bool:
        now = counters(page)
        return len(now) == CAMERAS and all(now[name] != number for name, number in first.items())

    demo.wait_for(all_advanced, 15, "every tile shows a later picture")
    assert len(set(first.values())) > 1


def test_live_video_plays(page: Page, demo: Service) -> None:
    camera = demo.get("/api/cameras")["items"][0]["id"]
    page.goto(f"{demo.base}/cameras/{camera}")
    demo.wait_for(lambda: live_counter(page) is not None, 20, "a live picture with its counter")
    first = live_counter(page)
    demo.wait_for(lambda: live_counter(page) not in (None, first), 10, "the live picture moves")


def test_an_alert_reaches_the_browser_and_is_taken_on(page: Page, demo: Service) -> None:
    alert = demo.wait_for(lambda: demo.get("/api/alerts", state="open")["items"], 90, "an alert opens")[0]
    # The list beside it is another one: the keys are of the alert that is shown.
    page.goto(f"{demo.base}/alerts/{alert['id']}?state=resolved")
    page.wait_for_selector(".alert-detail img[src*='/api/alerts/']")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{demo.base}/cameras/{alert['camera']}")
    page.go_back()
    page.wait_for_selector(".alert-detail img[src*='/api/alerts/']")
    page.keyboard.press("a")
    note = page.locator("[role=dialog] textarea, [role=dialog] input").first
    note.wait_for()
    note.fill("đã cử cán bộ trực")
    page.keyboard.press("Control+Enter")
    demo.wait_for(
        lambda: any(s["kind"] == "acknowledged" for s in demo.get(f"/api/alerts/{alert['id']}")["steps"]),
        10,
        "taken on",
    )
    steps = demo.get(f"/api/alerts/{alert['id']}")["steps"]
    assert any(step["note"] == "đã cử cán bộ trực" for step in steps)


def test_an_alert_that_is_taken_on_stays_on_the_wall_until_it_is_over(page: Page, demo: Service) -> None:
    camera = demo.get("/api/cameras")["items"][0]["id"]
    address = f"/api/cameras/{camera}/analysis"
    before = demo.get(address)
    lone = {"id": "lone", "kind": "occupancy", "min": 50, "dwell_s": 1}  # nothing here ends it
    assert demo.client.put(address, json={"zones": before["zones"], "rules": [lone]}).status_code == 200

    def opened() -> list[dict[str, Any]]:
        going_on: list[dict[str, Any]] = demo.get("/api/alerts", camera=camera, ongoing=True)["items"]
        return going_on if [one["rule"] for one in going_on] == ["lone"] else []

    alert = demo.wait_for(opened, 60, "the only one that goes on there")[0]["id"]
    tile = page.locator(f".tile[data-camera='{camera}']")
    card = page.locator(f"[data-alert-id='{alert}']")
    card.locator("a").first.focus()
    page.keyboard.press("a")
    page.locator("[role=dialog] textarea").wait_for()
    page.keyboard.press("Control+Enter")
    card.get_by_text("Đã nhận: admin").wait_for()
    page.reload()  # as the server lists it, too
    card.get_by_text("Đã nhận: admin").wait_for()
    assert (tile.get_attribute("data-alert"), tile.get_attribute("data-taken")) == ("warning", "true")
    assert "đã nhận" in tile.locator(".tile-alert").inner_text()
    assert demo.get(f"/api/alerts/{alert}")["ended_at"] is None

    restored = demo.client.put(address, json={"zones": before["zones"], "rules": before["rules"]})
    assert restored.status_code == 200
    card.wait_for(state="detached")
    page.locator(f".tile[data-camera='{camera}'][data-taken=false]").wait_for()
    assert demo.get(f"/api/alerts/{alert}")["ended_at"] is not None


def test_a_filter_lets_go_of_an_alert_that_it_leaves_out(page: Page, demo: Service) -> None:
    alert = demo.wait_for(lambda: demo.get("/api/alerts")["items"], 90, "an alert")[0]
    page.goto(f"{demo.base}/alerts/{alert['id']}")
    page.locator(".alert-detail").wait_for()
    page.locator(".segmented button").nth(4).click()  # resolved: none is
    page.wait_for_url(f"{demo.base}/alerts?state=resolved")
    page.locator(".alert-detail").wait_for(state="detached")
    page.locator(".segmented button").nth(0).click()
    page.locator(".alert-detail").wait_for()
    assert "state=" not in page.url


def test_recordings_of_a_young_camera_open_where_they_begin(page: Page, demo: Service) -> None:
    camera = demo.get("/api/cameras")["items"][0]["id"]

    def recorded_from() -> str | None:
        now = datetime.now(UTC)
        span = {"start": (now - timedelta(hours=1)).isoformat(), "end": now.isoformat()}
        found: str | None = demo.get(f"/api/cameras/{camera}/timeline", **span)["recorded_from"]
        return found

    began = datetime.fromisoformat(demo.wait_for(recorded_from, 30, "footage in the index"))
    page.goto(f"{demo.base}/recordings?cameras={camera}")
    page.wait_for_url("**at=**")
    shown = datetime.fromisoformat(parse_qs(urlsplit(page.url).query)["at"][0])
    five_minutes_ago = datetime.now(UTC) - timedelta(minutes=5)
    assert abs(shown - max(began, five_minutes_ago)) < timedelta(seconds=10)


@pytest.mark.parametrize(("language", "word"), [("vi", "Cảnh báo"), ("en", "Alerts")])
def test_both_languages(browser: Browser, demo: Service, language: str, word: str) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, locale=language)
    page = context.new_page()
    page.add_init_script(f"localStorage.setItem('vms.preferences', JSON.stringify({{language: '{language}'}}))")
    page.goto(demo.base)
    page.locator("input").nth(0).fill("admin")
    page.locator("input[type=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_text(word).first.wait_for()
    context.close()
