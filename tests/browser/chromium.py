"""Where Chromium is, and how it is started; how large the demo is."""

from __future__ import annotations

import shutil

CAMERAS = 4
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync", "--no-first-run",
    "--disable-component-update", "--autoplay-policy=no-user-gesture-required",
]  # fmt: skip
