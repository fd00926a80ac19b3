"""Where Chromium is, how it is started and somebody signed in; the words on its pages; how large the demo is."""

from __future__ import annotations

import contextlib
import functools
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page

from tests.support.service import PASSWORD
from tests.support.waiting import PATIENCE

CAMERAS = 4
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync", "--no-first-run",
    "--disable-component-update", "--autoplay-policy=no-user-gesture-required",
]  # fmt: skip


LANGUAGES = ("vi", "en")
#: What must be gone from a page 5 s after its right is gone, with patience for a busy host (milliseconds).
SOON_MS = 5000 * PATIENCE

_CATALOGUE = Path(__file__).parents[2] / "web/ui/src/i18n"


@functools.cache
def _catalogue(language: str) -> dict[str, Any]:
    rooms = sorted(_CATALOGUE.glob(f"{language}.*json"))
    return {name: group for room in rooms for name, group in json.loads(room.read_text(encoding="utf-8")).items()}


def say(language: str, key: str, **values: object) -> str:
    """What the page says in that language, ``values`` put in; ``KeyError`` for what the catalogue does not have."""
    found: Any = _catalogue(language)
    for part in key.split("."):
        found = found[part]
    for name, value in values.items():
        found = found.replace("{{" + name + "}}", str(value))
    return str(found)


@contextlib.contextmanager
def signed_in(
    browser: Browser, address: str, width: int = 1600, height: int = 900, *, user: str = "admin",
    password: str = PASSWORD, language: str = "vi",
) -> Iterator[Page]:  # fmt: skip
    """``address`` as somebody sees it who signs in there; an error in the page fails the test."""
    context = browser.new_context(viewport={"width": width, "height": height}, locale="vi-VN")
    context.add_init_script(f"localStorage.setItem('vms.preferences', JSON.stringify({{language: '{language}'}}))")
    faults: list[str] = []
    try:
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto(address)
        page.locator("input").nth(0).fill(user)
        page.locator("input[type=password]").fill(password)
        page.keyboard.press("Enter")
        yield page
    finally:
        context.close()
    assert not faults
