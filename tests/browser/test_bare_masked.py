"""Recordings with privacy masks in Chromium through hls.js: played and sought as they were recorded, painted over."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import cv2
import httpx
import numpy as np
import pytest
from playwright.sync_api import Browser, Page

from tests.browser.bare import CAMERA, HOUR, SIZE, Running
from tests.support.footage import encode
from tests.support.hls_page import HLS_JS, hls_page
from tests.support.past import counted
from tests.support.renderer_rig import renderer
from tests.support.waiting import wait_until
from vms.demo.counter import read_counter

pytestmark = pytest.mark.browser


@pytest.fixture(autouse=True)
def _mask(monkeypatch: pytest.MonkeyPatch) -> None:
    """On the lower half: the number is above it."""
    lower = [[0.0, 0.5], [1.0, 0.5], [1.0, 1.0], [0.0, 1.0]]
    monkeypatch.setitem(CAMERA, "masks", [{"id": "m", "polygon": lower}])


@pytest.fixture
def page(browser: Browser, running: Running, tmp_path: Path) -> Iterator[Page]:
    """Of somebody who may not see beneath."""
    if not HLS_JS.exists():
        pytest.skip("hls.js is not installed: make ui")
    base = f"http://127.0.0.1:{running.rig.port}"
    token = {"Authorization": f"Bearer {running.rig.http.cookies['vms_session']}"}
    user = httpx.post(
        f"{base}/api/users", json={"username": "truc", "role": "supervisor", "sites": None}, headers=token
    )
    login = {"username": "truc", "password": user.json()["password"]}
    cookie = httpx.post(f"{base}/api/session", json=login).cookies["vms_session"]
    context = browser.new_context()
    with renderer(tmp_path / "data", running.server):
        yield hls_page(context, base, cookie)
    context.close()


def painted(page: Page) -> np.ndarray:
    data = np.frombuffer(base64.b64decode(page.evaluate("picture()").split(",")[1]), np.uint8)
    picture = cv2.imdecode(data, cv2.IMREAD_COLOR)
    assert picture is not None
    return picture


def test_it_plays_and_seeks_to_the_very_frame(running: Running, page: Page) -> None:
    running.past.record("h264", counted(SIZE, 500, 25), HOUR, 500, size=SIZE)  # two files: 20 s
    hevc = encode("hevc", SIZE, 250, gop=50, counter=True)  # which this browser cannot play as it is
    running.past.record("hevc", hevc, HOUR + 60, 250, size=SIZE)
    running.publish()
    address = running.address(HOUR, HOUR + 100, "#EXT-X-ENDLIST")
    assert page.evaluate("([u, p]) => open(u, p)", [address, 8.9]) > 0
    assert page.evaluate("details().total") == pytest.approx(30, abs=0.1)
    assert page.evaluate("utc()") == pytest.approx(HOUR + 8.9, abs=0.05)
    for position, number in ((12.42, 310), (0.02, 0), (19.5, 487), (25.1, 127), (9.98, 249), (10.02, 250), (29.9, 247)):
        page.evaluate("seek", position)
        picture = painted(page)
        assert read_counter(picture) == number, position
        assert np.ptp(picture[picture.shape[0] // 2 :].astype(int)) <= 12, "of what is beneath nothing is left"
    assert page.evaluate("utc()") == pytest.approx(HOUR + 60 + 9.9, abs=0.05)
    for begin, end in ((9.3, 11), (19.3, 21)):  # over the border of two files, and over the gap
        page.evaluate("seek", begin)
        page.evaluate("video.play()")
        wait_until(lambda past=end: page.evaluate("video.currentTime") >= past, 20, f"it plays on to {end}")
        page.evaluate("video.pause()")
    assert [one for one in page.evaluate("state.errors") if one[2]] == [], "a busy host may keep it waiting, no more"
