"""The officer's telephone: what is pushed is shown and taken on from there; the page that it leads to; being called."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import cv2
import httpx
import numpy as np
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.bare import CAMERA, Running
from tests.browser.chromium import say
from tests.browser.phone import SIZE, Phone, base, sign_in
from tests.support.post_office import receiving
from tests.support.push_service import Browser as Subscriber
from tests.support.push_service import PushService
from tests.support.waiting import wait_until
from web.channels.vapid import KeyPair

pytestmark = pytest.mark.browser

JPEG = cv2.imencode(".jpg", np.full((180, 320, 3), 90, np.uint8))[1].tobytes()
NIGHT = {"title": "Xâm nhập vùng", "body": "S · C · 2 người", "tag": "alert-a1", "path": "/alerts/a1", "alert": "a1",
         "urgent": True, "silent": False, "language": "vi"}  # fmt: skip
#: A browser's push service gives the address of the test's, and is asked for it with the service's own key.
SUBSCRIBED = """
const told = %s
let held = null
PushManager.prototype.getSubscription = async () => held
PushManager.prototype.subscribe = async (options) => held = {
    endpoint: told.endpoint, options: { applicationServerKey: options.applicationServerKey.buffer },
    toJSON: () => told, unsubscribe: async () => { held = null; return true } }
"""


@pytest.fixture(autouse=True)
def _rule(monkeypatch: pytest.MonkeyPatch) -> None:
    zone = {"id": "z", "kind": "restricted", "polygon": [[0.1, 0.1], [0.9, 0.1], [0.9, 0.9]]}
    monkeypatch.setitem(CAMERA, "zones", [zone])
    monkeypatch.setitem(CAMERA, "rules", [{"id": "breach", "kind": "zone_breach", "zone": "z"}])


@pytest.fixture
def context(browser: Browser, running: Running) -> Iterator[BrowserContext]:
    made = browser.new_context(viewport=SIZE, locale="vi-VN", has_touch=True, is_mobile=True)
    made.grant_permissions(["notifications"], origin=base(running))
    yield made
    made.close()


def test_a_push_is_shown_at_once_and_then_with_its_picture(running: Running, context: BrowserContext) -> None:
    running.alert("a1", persons=2, snapshot=JPEG)
    phone = Phone(context, running)
    phone.push({**NIGHT, "picture": "/api/alerts/a1/snapshot.jpg"})
    (one,) = phone.await_shown(NIGHT["title"])
    assert (one["body"], one["held"], one["actions"]) == (NIGHT["body"], True, ["ack", "see"])
    wait_until(lambda: phone.shown()[0]["image"] == "data:image/jpeg;base64,", 20, "the picture came after it")
    phone.push({**NIGHT, "tag": "alert-a2", "title": "Một cảnh báo khác"})
    phone.await_shown(NIGHT["title"], "Một cảnh báo khác")
    phone.push({**NIGHT, "title": "lan đã nhận", "alert": None, "silent": True})
    phone.await_shown("lan đã nhận", "Một cảnh báo khác")


def test_what_came_of_it_takes_the_place_of_the_message(running: Running, context: BrowserContext) -> None:
    running.alert("a1", persons=2)
    phone = Phone(context, running)
    phone.push(NIGHT)
    phone.await_shown(NIGHT["title"])
    phone.tap("ack")
    (one,) = phone.await_shown(say("vi", "push.taken"))
    assert (one["silent"], one["actions"]) == (True, ["see"])
    taken = running.get("/api/alerts/a1").json()
    assert (taken["state"], taken["steps"][-1]["by"]) == ("acknowledged", "admin")
    phone.push(NIGHT)
    phone.await_shown(NIGHT["title"])
    phone.tap("ack")
    phone.await_shown(say("vi", "push.first", by="admin"))
    context.clear_cookies()
    phone.push(NIGHT)
    phone.await_shown(NIGHT["title"])
    phone.tap("ack")
    phone.await_shown(say("vi", "push.signedOut"))


def test_a_message_leads_to_its_alert_where_one_tap_takes_it_on(running: Running, context: BrowserContext) -> None:
    running.alert("a1", persons=2, snapshot=JPEG)
    phone = Phone(context, running)
    page = phone.page
    expect(page.locator(".alert-row")).to_have_count(1)
    phone.push(NIGHT)
    phone.await_shown(NIGHT["title"])
    phone.tap()
    page.wait_for_url("**/alerts/a1")
    expect(page.locator(".alert-picture img")).to_be_visible()
    expect(page.locator(".alert-place")).to_have_text("S · C")
    button = page.get_by_role("button", name=say("vi", "act.ack"))
    box = button.bounding_box()
    assert box is not None
    assert (box["height"] >= 48, box["y"] > SIZE["height"] * 0.7) == (True, True), "for a thumb, within its reach"
    button.tap()
    expect(button).to_have_count(0)
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert running.get("/api/alerts/a1").json()["state"] == "acknowledged"


def test_a_link_opens_its_alert_after_the_login(running: Running, context: BrowserContext) -> None:
    """Meanwhile somebody else takes it on."""
    running.alert("a1", persons=2)
    page = context.new_page()
    page.goto(f"{base(running)}/alerts/a1")
    sign_in(page)
    button = page.get_by_role("button", name=say("vi", "act.ack"))
    expect(button).to_be_visible()
    token = {"Authorization": f"Bearer {running.rig.http.cookies['vms_session']}"}
    assert httpx.post(f"{base(running)}/api/alerts/a1/ack", json={}, headers=token).status_code == 200
    expect(button).to_have_count(0)
    assert page.url == f"{base(running)}/alerts/a1"


def allowed(page: Page) -> str:
    """This browser made a channel, and tested: what the page says of it."""
    page.get_by_role("button", name=say("vi", "channels.enable")).tap()
    expect(page.locator(".this-browser[data-standing=on]")).to_be_visible()
    page.get_by_role("button", name=say("vi", "channels.test"), exact=False).first.tap()
    outcome = page.locator(".channel-outcome[data-good]")
    expect(outcome).to_be_visible(timeout=60_000)
    return outcome.inner_text()


@pytest.fixture
def push_service(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[PushService]:
    with receiving(PushService(public_key=KeyPair.load(tmp_path / "data").public)) as service:
        monkeypatch.setenv("VMS_PUSH_SERVICES", service.origin)
        yield service


def test_a_browser_that_was_allowed_is_called(
    push_service: PushService, running: Running, context: BrowserContext
) -> None:
    """From the press of the button through the service, encrypted, to what stands on the telephone."""
    context.add_init_script(SUBSCRIBED % json.dumps(push_service.subscribe(Subscriber())))
    phone = Phone(context, running, "/account")
    unheard = phone.page.get_by_text(say("vi", "channels.none"))
    expect(unheard).to_be_visible()
    assert "201 Created" in allowed(phone.page)
    expect(unheard).to_have_count(0)
    (sent,) = push_service.shown
    phone.push(sent.data)
    phone.await_shown(sent.data["title"])
