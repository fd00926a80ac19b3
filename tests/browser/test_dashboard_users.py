"""The users' page in Chromium: who is added for one site sees that alone; rights are changed, taken and given back."""

from __future__ import annotations

import httpx
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.chromium import LANGUAGES, SOON_MS, say, signed_in
from tests.support.service import Service

pytestmark = pytest.mark.browser


def secret(page: Page, language: str) -> str:
    """What is shown once; the dialogue warns before it is closed uncopied."""
    shown = page.locator("[data-secret]")
    value = shown.inner_text()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog").get_by_role("alert")).to_have_text(say(language, "secret.notCopied"))
    page.get_by_role("button", name=say(language, "secret.closeAnyway")).click()
    expect(shown).to_have_count(0)
    return value


def more(page: Page, language: str, name: str, what: str) -> None:
    """Chooses from what else may be done with an account."""
    page.get_by_role("button", name=say(language, "users.more", name=name)).click()
    page.get_by_role("menuitem", name=say(language, what)).click()


def row_of(page: Page, name: str) -> Locator:
    return page.locator(f"tr[data-user='{name}']")


def tiles(page: Page) -> set[str | None]:
    page.locator("[data-camera]").first.wait_for()
    return {tile.get_attribute("data-camera") for tile in page.locator("[data-camera]").all()}


def cameras(demo: Service, site: str) -> set[str]:
    return {one["id"] for one in demo.get("/api/cameras")["items"] if one["site"] == site}


def lets_in(demo: Service, name: str, password: str) -> bool:
    answer = httpx.post(
        f"{demo.base}/api/session", json={"username": name, "password": password}, headers={"Origin": demo.base}
    )
    return answer.status_code == 200


@pytest.mark.parametrize("language", LANGUAGES)
def test_who_is_added_for_a_site_sees_that_alone_until_the_session_is_ended(
    browser: Browser, demo: Service, language: str
) -> None:
    name, (first, second) = f"lan.{language}", demo.get("/api/sites")["items"]
    with signed_in(browser, f"{demo.base}/users", language=language) as page:
        page.get_by_role("button", name=say(language, "users.add")).click()
        dialog = page.get_by_role("dialog")
        expect(dialog.locator("#new-user")).to_be_focused()
        page.keyboard.press("Enter")
        expect(dialog.get_by_role("alert")).to_have_text(say(language, "users.noName"))
        dialog.locator("#new-user").fill("admin")
        dialog.locator("input[value=duty]").check()
        dialog.get_by_role("button", name=say(language, "users.someSites")).click()
        dialog.locator(".sites-list input").nth(1).check()
        page.keyboard.press("Enter")
        expect(dialog.get_by_role("alert")).to_have_text(say(language, "refusal.taken"))
        dialog.locator("#new-user").fill(name)
        page.keyboard.press("Enter")
        password = secret(page, language)
        row = row_of(page, name)
        expect(row.locator("[data-cell=role]")).to_have_text(say(language, "role.duty"))
        expect(row.locator("[data-cell=sites]")).to_have_text(second["name"].removeprefix("Khu cách ly "))

        with signed_in(browser, f"{demo.base}/wall", user=name, password=password, language=language) as theirs:
            assert tiles(theirs) == cameras(demo, second["id"])
            for entry in ("nav.users", "nav.audit"):
                expect(theirs.get_by_role("link", name=say(language, entry))).to_have_count(0)
            theirs.goto(f"{demo.base}/users")
            expect(theirs.locator("#page .state strong")).to_contain_text(say(language, "permission.user.manage"))
            theirs.goto(f"{demo.base}/cameras/{min(cameras(demo, first['id']))}")
            expect(theirs.locator("#page .state")).to_contain_text(say(language, "error.notFound"))
            theirs.goto(f"{demo.base}/wall")
            theirs.locator("[data-camera]").first.wait_for()

            page.reload()
            more(page, language, name, "users.itsSessions")
            page.get_by_role("dialog").locator("[data-session] button").click()
            expect(theirs.locator(".login-card")).to_be_visible(timeout=SOON_MS)


@pytest.mark.parametrize("language", LANGUAGES)
def test_rights_are_changed_taken_and_given_back_under_the_eyes_of_whose_they_are(
    browser: Browser, demo: Service, language: str
) -> None:
    name, (first, second) = f"hoa.{language}", demo.get("/api/sites")["items"]
    made = demo.client.post("/api/users", json={"username": name, "role": "viewer", "sites": [second["id"]]})
    password = made.json()["password"]
    with (
        signed_in(browser, f"{demo.base}/users", language=language) as page,
        signed_in(browser, f"{demo.base}/wall", user=name, password=password, language=language) as theirs,
    ):
        assert tiles(theirs) == cameras(demo, second["id"])
        page.get_by_role("button", name=say(language, "users.changeOf", name=name)).click()
        page.locator("input[value=site_lead]").check()
        page.locator(".sites-list input").nth(0).check()
        page.locator(".sites-list input").nth(1).uncheck()
        page.keyboard.press("Enter")
        row = row_of(page, name)
        expect(row.locator("[data-cell=role]")).to_have_text(say(language, "role.site_lead"))
        expect(theirs.get_by_text(say(language, "rights.changed"))).to_be_visible(timeout=SOON_MS)
        expect(theirs.get_by_role("link", name=say(language, "nav.audit"))).to_be_visible()
        assert tiles(theirs) == cameras(demo, first["id"])

        more(page, language, name, "users.disable")
        page.locator(".toast").get_by_role("button", name=say(language, "action.undo")).click()
        expect(page.get_by_text(say(language, "users.enabled", name=name))).to_be_visible()
        more(page, language, name, "users.disable")
        expect(row).to_have_attribute("data-enabled", "false")
        expect(theirs.locator(".login-card")).to_be_visible(timeout=SOON_MS)
        theirs.locator("input").nth(0).fill(name)
        theirs.locator("input[type=password]").fill(password)
        theirs.keyboard.press("Enter")
        expect(theirs.get_by_role("alert")).to_have_text(say(language, "login.wrong"))

        row.get_by_role("button", name=say(language, "users.enable")).click()
        expect(row).to_have_attribute("data-enabled", "true")
        more(page, language, name, "users.newPassword")
        page.get_by_role("button", name=say(language, "users.newPasswordYes")).click()
        other = secret(page, language)
        assert (lets_in(demo, name, password), lets_in(demo, name, other)) == (False, True)
