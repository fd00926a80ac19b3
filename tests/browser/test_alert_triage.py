"""From a breach to an officer who says "mine": the row, the picture, who is called, the chain that stops."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import cv2
import httpx
import numpy as np
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.bare import CAMERA, Running
from tests.browser.chromium import say, signed_in
from tests.browser.phone import SIZE, base
from tests.support.post_office import Receiver, receiving
from tests.support.waiting import wait_until
from vms.domain.clock import rfc3339

pytestmark = pytest.mark.browser

JPEG = cv2.imencode(".jpg", np.full((180, 320, 3), 90, np.uint8))[1].tobytes()
DRAWN = "img => img.complete && img.naturalWidth === 320"


@pytest.fixture(autouse=True)
def _rule(monkeypatch: pytest.MonkeyPatch) -> None:
    zone = {"id": "z", "kind": "restricted", "polygon": [[0.1, 0.1], [0.9, 0.1], [0.9, 0.9]]}
    monkeypatch.setitem(CAMERA, "zones", [zone])
    monkeypatch.setitem(CAMERA, "rules", [{"id": "breach", "kind": "zone_breach", "zone": "z"}])


@pytest.fixture(autouse=True)
def telephone(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    """Before the service starts, which reads where it may send to."""
    with receiving(Receiver()) as receiver:
        monkeypatch.setenv("VMS_NOTIFY_DESK", f"json://127.0.0.1:{receiver.port}/{{address}}")
        yield receiver


@pytest.fixture
def password(telephone: Receiver, running: Running) -> str:
    """Of ``lan``, who is on duty at the site and whose telephone is ``telephone``."""

    def post(path: str, token: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = httpx.post(base(running) + path, json=body, headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    admin = running.rig.http.cookies["vms_session"]
    word = str(post("/api/users", admin, {"username": "lan", "role": "duty", "sites": ["s"]})["password"])
    login = httpx.post(f"{base(running)}/api/session", json={"username": "lan", "password": word})
    channel = {"gateway": "desk", "address": "lan", "label": "điện thoại", "language": "vi"}
    post("/api/channels", login.cookies["vms_session"], channel)
    now = datetime.now(UTC)
    span = {"start": rfc3339(now - timedelta(hours=1)), "end": rfc3339(now + timedelta(hours=8))}
    post("/api/duty/shifts", admin, {"site": "s", "duty": "officer", "user": "lan", **span})
    return word


def chain(running: Running, alert: str) -> dict[str, Any]:
    return dict(running.get(f"/api/alerts/{alert}").json()["chain"])


def breach(running: Running, page: Page, name: str) -> None:
    """Returns when it is in the list of the page, which was not loaded anew for it."""
    page.evaluate("window.stayed = true")
    running.alert(name, persons=2, snapshot=JPEG)
    expect(page.locator(f"[data-alert-id={name}]")).to_be_visible()
    assert page.evaluate("window.stayed") is True


def test_an_officer_takes_a_breach_on_by_keyboard(
    telephone: Receiver, running: Running, password: str, browser: Browser
) -> None:
    with signed_in(browser, f"{base(running)}/alerts", 1366, 768, user="lan", password=password) as page:
        expect(page.get_by_text(say("vi", "alerts.none"))).to_be_visible()
        breach(running, page, "a1")
        wait_until(lambda: page.locator(".alert-detail .alert-picture img").evaluate(DRAWN), 20, "its picture")
        telephone.wait()
        course = page.locator(".course")
        expect(course.locator("[data-kind=called] [data-state=reached]")).to_contain_text("lan")
        expect(course.locator("[data-kind=next]")).to_contain_text(say("vi", "calledAs.site_lead"))
        assert chain(running, "a1")["state"] == "running"

        page.keyboard.press("a")
        note = page.locator("[role=dialog] textarea")
        note.fill("tôi tới ngay")
        page.keyboard.press("Enter")
        expect(note).to_have_count(0)
        taken = course.locator("[data-kind=acknowledged]")
        expect(taken).to_contain_text("lan")
        expect(taken).to_contain_text("tôi tới ngay")
        expect(taken).to_contain_text(say("vi", "called.calledOff"))
        expect(course.locator("[data-kind=next]")).to_have_count(0)
        expect(page.locator("[data-alert-id=a1] .badge.acknowledged")).to_have_text("lan")
        stopped = chain(running, "a1")
        assert (stopped["state"], stopped["by"], stopped["next_at"]) == ("stopped", "lan", None)


def test_a_group_is_one_row_and_is_taken_on_whole(running: Running, password: str, browser: Browser) -> None:
    with signed_in(browser, f"{base(running)}/alerts", 1366, 768, user="lan", password=password) as page:
        running.alert("a1", persons=1)
        wait_until(lambda: chain(running, "a1")["state"] == "running", 20, "somebody is called for the first")
        running.alert("a2", persons=1)
        wait_until(lambda: chain(running, "a2")["state"] == "joined", 20, "the second shares its chain")
        rows = page.locator(".alert-row")
        expect(page.locator(".alert-count")).to_contain_text("×2")
        expect(rows).to_have_count(1)
        rows.first.click()
        page.keyboard.press("ArrowRight")
        expect(rows).to_have_count(2)
        page.keyboard.press("ArrowLeft")
        expect(rows).to_have_count(1)
        page.keyboard.press("a")
        page.locator("[role=dialog] textarea").wait_for()
        page.keyboard.press("Enter")
        expect(page.locator(".badge.acknowledged").first).to_have_text("lan")
        states = [running.get(f"/api/alerts/{name}").json()["state"] for name in ("a1", "a2")]
        assert states == ["acknowledged", "acknowledged"]
        assert chain(running, "a1")["state"] == "stopped"


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    made = browser.new_context(viewport=SIZE, locale="vi-VN", has_touch=True, is_mobile=True)
    yield made
    made.close()


def test_on_a_telephone_the_row_the_picture_and_the_button_are_for_one_hand(
    running: Running, password: str, context: BrowserContext
) -> None:
    page = context.new_page()
    page.goto(f"{base(running)}/alerts")
    page.locator("input").nth(0).fill("lan")
    page.locator("input[type=password]").fill(password)
    page.keyboard.press("Enter")
    expect(page.get_by_text(say("vi", "alerts.none"))).to_be_visible()
    breach(running, page, "a1")
    row = page.locator(".alert-row")
    box = row.bounding_box()
    assert box is not None
    assert (box["height"] >= 48, box["width"] <= SIZE["width"]) == (True, True)
    row.tap()
    page.wait_for_url("**/alerts/a1")
    wait_until(lambda: page.locator(".alert-detail .alert-picture img").evaluate(DRAWN), 20, "its picture")
    button = page.get_by_role("button", name=say("vi", "act.ack"))
    button.tap()
    expect(page.locator(".course [data-kind=acknowledged]")).to_contain_text("lan")
    stopped = chain(running, "a1")
    assert (stopped["state"], stopped["by"]) == ("stopped", "lan")
    assert page.evaluate("document.documentElement.scrollWidth") <= SIZE["width"], "nothing stands out at the side"
