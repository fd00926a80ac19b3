"""Where Chromium is, how it is started and signed in; how large the demo is."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator

from playwright.sync_api import Browser, Page

from tests.support.service import PASSWORD

CAMERAS = 4
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync", "--no-first-run",
    "--disable-component-update", "--autoplay-policy=no-user-gesture-required",
]  # fmt: skip


@contextlib.contextmanager
def signed_in(browser: Browser, address: str, width: int = 1600, height: int = 900) -> Iterator[Page]:
    """``address`` as the administrator sees it, in Vietnamese; an error in the page fails the test."""
    context = browser.new_context(viewport={"width": width, "height": height}, locale="vi-VN")
    faults: list[str] = []
    try:
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto(address)
        page.locator("input").nth(0).fill("admin")
        page.locator("input[type=password]").fill(PASSWORD)
        page.keyboard.press("Enter")
        yield page
    finally:
        context.close()
    assert not faults
