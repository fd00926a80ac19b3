"""One's own account in Chromium: sessions, tokens for programs, the password."""

from __future__ import annotations

import contextlib

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.chromium import LANGUAGES, SOON_MS, say, signed_in
from tests.browser.test_dashboard_users import lets_in, secret
from tests.support.service import Service

pytestmark = pytest.mark.browser

NEXT = "một mật khẩu khác"


def token_shown(page: Page, language: str) -> str:
    page.get_by_role("button", name=say(language, "tokens.make")).click()
    dialog = page.get_by_role("dialog")
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("alert")).to_have_text(say(language, "tokens.noName"))
    dialog.get_by_role("textbox").fill("bot")
    what = say(language, "permission.camera.view")
    dialog.get_by_role("checkbox", name=what[0].upper() + what[1:]).check()
    page.keyboard.press("Enter")
    return secret(page, language)


def change_password(page: Page, language: str, *typed: str) -> None:
    for field, text in zip(("current", "next", "again"), typed, strict=True):
        page.get_by_label(say(language, f"password.{field}"), exact=True).fill(text)
    page.keyboard.press("Enter")


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_account_is_kept_by_whose_it_is(browser: Browser, demo: Service, language: str) -> None:
    name = f"khanh.{language}"
    made = demo.client.post("/api/users", json={"username": name, "role": "duty", "sites": None}).json()
    password = made["password"]

    def reached(token: str) -> list[int]:
        bearer = {"Authorization": f"Bearer {token}"}
        return [httpx.get(f"{demo.base}{path}", headers=bearer).status_code for path in ("/api/cameras", "/api/alerts")]

    own = {"user": name, "password": password, "language": language}
    with contextlib.ExitStack() as stack:
        other = stack.enter_context(signed_in(browser, f"{demo.base}/wall", **own))
        other.locator("[data-camera]").first.wait_for()
        page = stack.enter_context(signed_in(browser, f"{demo.base}/account", **own))
        rows = page.locator("[data-session]")
        expect(rows).to_have_count(2)
        expect(rows.first).to_contain_text(say(language, "sessions.this"))
        rows.last.get_by_role("button", name=say(language, "sessions.end")).click()
        expect(rows).to_have_count(1)
        expect(other.locator(".login-card")).to_be_visible(timeout=SOON_MS)

        token = token_shown(page, language)
        assert token not in page.content()
        assert reached(token) == [200, 403]
        page.locator("[data-token=bot]").get_by_role("button", name=say(language, "tokens.revoke")).click()
        page.get_by_role("dialog").get_by_role("button", name=say(language, "tokens.revoke"), exact=True).click()
        expect(page.locator("[data-token=bot]")).to_have_count(0)
        assert reached(token) == [401, 401]

        wrong = page.locator(".password-form").get_by_role("alert")
        change_password(page, language, password, "ngắn", "ngắn")
        short = "password.short" if language == "vi" else "password.short_other"
        expect(wrong).to_have_text(say(language, short, count=12))
        change_password(page, language, "không phải mật khẩu", NEXT, NEXT)
        expect(wrong).to_have_text(say(language, "refusal.wrong-password"))
        change_password(page, language, password, NEXT, NEXT)
        expect(page.get_by_text(say(language, "password.changed"))).to_be_visible()
    assert (lets_in(demo, name, password), lets_in(demo, name, NEXT)) == (False, True)
