"""A patient room in Chromium: no picture until it is opened for a reason; seen and ended by who answers."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from playwright.sync_api import Browser, Page, expect

from tests.browser.chromium import LANGUAGES, SOON_MS, say, signed_in
from tests.browser.test_dashboard import live_counter
from tests.support.service import Service

pytestmark = pytest.mark.browser

REASON = "giường 3 gọi hỗ trợ"


def config(demo: Service, *arguments: str) -> str:
    """``vms config ...``, as on the host."""
    argv = [sys.executable, "-m", "vms", "config", *arguments, "--data", str(demo.data)]
    return subprocess.run(argv, check=True, capture_output=True, encoding="utf-8").stdout


@pytest.fixture(scope="module")
def room(demo: Service, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """The demo's last camera, which looks into a patient's room for as long as these tests run."""
    before, file = config(demo, "export"), tmp_path_factory.mktemp("room") / "facility.yaml"
    facility = yaml.safe_load(before)
    facility["sites"][-1]["cameras"][-1]["placement"] = "patient_room"
    camera = facility["sites"][-1]["cameras"][-1]["id"]

    def put(text: str) -> None:
        file.write_text(text, encoding="utf-8")
        config(demo, "import", str(file))

    put(yaml.safe_dump(facility, allow_unicode=True))
    demo.wait_for(lambda: demo.camera(camera)["placement"] == "patient_room", 20, "it is a room")
    yield demo.camera(camera)
    put(before)
    demo.wait_for(lambda: demo.camera(camera)["placement"] != "patient_room", 20, "it is none any more")


def no_picture(page: Page) -> None:
    """On the page of the camera."""
    expect(page.locator(".closed-room")).to_be_visible(timeout=SOON_MS)
    expect(page.locator("#page :is(img, video), #page .stage canvas")).to_have_count(0)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_room_is_opened_for_a_reason_and_closed_by_who_answers_for_it(
    browser: Browser, demo: Service, room: dict[str, Any], language: str
) -> None:
    def staff(role: str) -> dict[str, str]:
        name = f"{role.replace('_', '.')}.{language}"
        made = demo.client.post("/api/users", json={"username": name, "role": role, "sites": [room["site"]]}).json()
        return {"user": name, "password": made["password"], "language": language}

    duty, lead = staff("duty"), staff("site_lead")
    with (
        signed_in(browser, f"{demo.base}/rooms", **lead) as overseeing,
        signed_in(browser, f"{demo.base}/wall", **duty) as page,
    ):
        expect(overseeing.get_by_text(say(language, "rooms.noneNow"))).to_be_visible()
        tile = page.locator(f".tile[data-camera='{room['id']}']")
        expect(tile).to_contain_text(say(language, "tile.closed"))
        expect(tile.locator("img, video, canvas")).to_have_count(0)
        tile.click()
        no_picture(page)

        page.keyboard.press("o")
        dialog = page.get_by_role("dialog")
        page.keyboard.press("Enter")
        expect(dialog.get_by_role("alert")).to_have_text(say(language, "rooms.noReason"))
        page.keyboard.press("Escape")
        expect(dialog).to_have_count(0)
        no_picture(page)
        page.get_by_role("button", name=say(language, "rooms.ask")).click()
        dialog.get_by_role("textbox").fill(REASON)
        page.keyboard.press("Enter")
        bar = page.locator(".room-bar")
        expect(bar).to_contain_text(say(language, "rooms.isOpenToYou"))
        expect(bar).to_contain_text(REASON)
        left = bar.locator("b")
        expect(left).to_have_text(re.compile(r"^4:\d\d$"))
        shown = left.inner_text()
        expect(left).not_to_have_text(shown)
        demo.wait_for(lambda: live_counter(page) is not None, 20, "a live picture with its counter")

        # Told by the stream: nobody asked anew.
        row = overseeing.locator(".rooms-row.now")
        expect(row).to_contain_text(REASON)
        expect(row).to_contain_text(duty["user"])
        row.get_by_role("button", name=say(language, "rooms.closeTheirs")).click()
        expect(row).to_have_count(0)
        no_picture(page)
        expect(page.locator(".closed-room")).to_contain_text(say(language, "roomEnded.server"))
        expect(bar).to_have_count(0)
        over = overseeing.locator(".rooms-row", has_text=duty["user"])
        expect(over).to_contain_text(say(language, "roomEnd.other", by=lead["user"]))
