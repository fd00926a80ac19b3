"""Recordings in Chromium through hls.js: across files and a gap, sought, and of a file that still grows."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator

import cv2
import numpy as np
import pytest
from playwright.sync_api import Browser, Page

from tests.browser.bare import HOUR, SIZE, Running
from tests.support.hls_page import HLS_JS, hls_page
from tests.support.past import counted
from tests.support.waiting import wait_until
from vms.demo.counter import read_counter
from vms.domain.clock import SystemClock

pytestmark = pytest.mark.browser


@pytest.fixture
def page(browser: Browser, running: Running) -> Iterator[Page]:
    if not HLS_JS.exists():
        pytest.skip("hls.js is not installed: make ui")
    context = browser.new_context()
    yield hls_page(context, f"http://127.0.0.1:{running.rig.port}", running.rig.http.cookies["vms_session"])
    context.close()


def counter(page: Page) -> int | None:
    """The number burnt into the picture that is painted now."""
    painted = page.evaluate("picture()")
    if painted is None:
        return None
    data = np.frombuffer(base64.b64decode(painted.split(",")[1]), np.uint8)
    picture = cv2.imdecode(data, cv2.IMREAD_COLOR)
    return None if picture is None else read_counter(picture)


def faults(page: Page) -> list[list[str]]:
    return [one for one in page.evaluate("state.errors") if one[1] != "aborted"]


def reached(page: Page, holds: Callable[[float], bool]) -> bool:
    return holds(page.evaluate("video.currentTime"))


def test_it_plays_and_seeks_across_files_and_a_gap(running: Running, page: Page) -> None:
    units = counted(SIZE, 500, 25)
    running.past.record("h264", units, HOUR, 500, size=SIZE)  # two files: 20 s
    running.past.record("h264", units, HOUR + 60, 250, size=SIZE)  # the recorder was away for 40 s
    running.publish()
    address = running.address(HOUR, HOUR + 100, "#EXT-X-ENDLIST")
    assert page.evaluate("([u, p]) => open(u, p)", [address, 8.9]) > 0
    assert page.evaluate("details().total") == pytest.approx(30, abs=0.1)
    assert page.evaluate("utc()") == pytest.approx(HOUR + 8.9, abs=0.05)
    # Every frame that is sought is the one that is painted.
    for position, number in ((12.42, 310), (0.02, 0), (19.5, 487), (25.1, 127), (9.98, 249), (10.02, 250), (29.9, 247)):
        page.evaluate("seek", position)
        assert counter(page) == number, position
    assert page.evaluate("utc()") == pytest.approx(HOUR + 60 + 9.9, abs=0.05)
    # It plays over the border of two files, and over the gap.
    for begin, end in ((9.3, 11), (19.3, 21)):
        page.evaluate("seek", begin)
        page.evaluate("video.play()")
        wait_until(lambda past=end: reached(page, lambda now: now >= past), 20, f"it plays on to {end}")
        page.evaluate("video.pause()")
    assert page.evaluate("video.getVideoPlaybackQuality().totalVideoFrames") > 60
    assert faults(page) == []


def test_a_growing_file_plays_up_to_its_end(running: Running, page: Page) -> None:
    now = SystemClock().utc()
    begin = now // 10 * 10 - 10
    running.past.begin("h264", counted(SIZE, 500, 25), begin, size=SIZE)
    fed = int((now - begin) * 25)
    running.past.feed(fed)
    running.publish()
    page.evaluate("([u, p]) => open(u, p)", [running.address(begin, begin + 3600), 0.5])
    assert page.evaluate("details().live")
    first = page.evaluate("details().edge")
    assert fed / 25 - first < 10
    page.evaluate("video.play()")
    running.past.feed(250)  # ten more seconds, and at least one file is closed on the way
    running.publish()
    wait_until(lambda: page.evaluate("details().edge") >= fed / 25 + 6, 30, "the list grows in the player")
    last = page.evaluate("details().edge")
    page.evaluate("seek", last - 0.5)
    shown = counter(page)
    assert shown is not None
    assert abs(shown - (last - 0.5) * 25 % 500) <= 2
    running.past.end()
    assert faults(page) == []
