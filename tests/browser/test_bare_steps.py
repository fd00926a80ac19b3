"""Recordings of a camera that is away: stepped frame by frame, as video and as previews, also when it was removed.

What is known of it, its rate above all, is in its footage alone.
"""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, Page

from tests.browser.bare import HOUR, SIZE, Running
from tests.browser.test_dashboard import PAINTED, counter_of
from tests.support.footage import encode
from tests.support.renderer_rig import renderer
from tests.support.waiting import wait_until
from vms.domain.clock import from_epoch, rfc3339

pytestmark = pytest.mark.browser

#: Frames a second; none of them is what a page would guess.
RATES = [15, 50]


#: As ``PAINTED``, of a picture in its own size.
COPIED = """image => {
    if (!image.naturalWidth) return null;
    const copy = document.createElement('canvas');
    copy.width = image.naturalWidth; copy.height = image.naturalHeight;
    copy.getContext('2d').drawImage(image, 0, 0);
    return copy.toDataURL('image/png');
}"""


@pytest.fixture
def page(browser: Browser, running: Running) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="vi-VN")
    base = f"http://127.0.0.1:{running.rig.port}"
    context.add_cookies([{"name": "vms_session", "value": running.rig.http.cookies["vms_session"], "url": base}])
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    yield page
    context.close()
    assert not faults


def recorded(running: Running, codec: str, fps: int) -> None:
    """Twelve seconds in two files, a number in each picture."""
    units = encode(codec, size=SIZE, frames=12 * fps, fps=fps, gop=2 * fps, counter=True)
    running.past.begin(codec, units, HOUR, SIZE)
    running.past.feed(12 * fps, fps)
    running.past.end()
    running.publish()
    running.address(HOUR, HOUR + 60, "#EXT-X-ENDLIST")


def opened(page: Page, running: Running, at: float) -> None:
    moment = rfc3339(from_epoch(at))
    page.goto(f"http://127.0.0.1:{running.rig.port}/recordings?cameras=c&at={moment}")


def counter(page: Page) -> int | None:
    """Of what stands on the screen, video or picture."""
    video = page.locator(".picture[data-phase=video] video[data-front]")
    if video.count():
        return counter_of(video.first.evaluate(PAINTED))
    image = page.locator(".picture[data-phase=stills] img.deck")
    return counter_of(image.first.evaluate(COPIED)) if image.count() else None


def pressed(page: Page, key: str, expected: int) -> None:
    """One press, one frame."""
    page.keyboard.press(key)
    wait_until(lambda: counter(page) == expected, 20, f"{key} shows frame {expected}, not {counter(page)}")


@pytest.mark.parametrize("fps", RATES)
def test_each_press_is_one_frame(running: Running, page: Page, fps: int) -> None:
    recorded(running, "h264", fps)
    opened(page, running, HOUR + 9.8)
    first = int(9.8 * fps)
    wait_until(lambda: counter(page) == first, 30, "the frame of that moment")
    steps = max(8, fps // 2)  # over the border of the two files, and of a group of pictures
    for number in range(first + 1, first + steps + 1):
        pressed(page, ".", number)
    for number in range(first + steps - 1, first - 3, -1):
        pressed(page, ",", number)


def test_presses_that_do_not_wait_are_counted_too(running: Running, page: Page) -> None:
    recorded(running, "h264", 15)
    opened(page, running, HOUR + 3)
    wait_until(lambda: counter(page) == 45, 30, "the frame of that moment")
    for _ in range(5):
        page.keyboard.press(".")
    wait_until(lambda: counter(page) == 50, 20, "five frames on")


def test_previews_go_frame_by_frame_too(running: Running, page: Page) -> None:
    with renderer(running.past.root.parent, running.server):
        recorded(running, "hevc", 15)
        opened(page, running, HOUR + 3)
        wait_until(lambda: counter(page) == 45, 40, "the frame of that moment, not its key frame")
        for number in (46, 47, 48):
            pressed(page, ".", number)
        for number in (47, 46, 45, 44):
            pressed(page, ",", number)


def test_just_now_is_by_the_servers_clock(running: Running, page: Page) -> None:
    page.add_init_script("const now = Date.now; Date.now = () => now() - 3 * 3600_000")
    page.goto(f"http://127.0.0.1:{running.rig.port}/recordings?cameras=c")
    wait_until(lambda: "at=" in page.evaluate("location.search"), 20, "the address says the moment")
    at = httpx.QueryParams(page.evaluate("location.search"))["at"]
    now = page.evaluate("fetch('/api/system').then(a => a.json()).then(a => Date.parse(a.now))")
    assert 0 < now - page.evaluate("at => Date.parse(at)", at) < 10 * 60_000


def test_a_removed_camera_is_opened_from_what_is_held(running: Running, page: Page) -> None:
    recorded(running, "h264", 15)
    base, token = f"http://127.0.0.1:{running.rig.port}", running.rig.http.cookies["vms_session"]
    span = {"start": rfc3339(from_epoch(HOUR + 2)), "end": rfc3339(from_epoch(HOUR + 8))}
    held = {"cameras": ["c"], **span, "reason": "theo yêu cầu của công an"}
    answer = httpx.post(f"{base}/api/holds", json=held, headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 201
    running.configure({"facility": {"name": "F"}, "sites": [{"id": "s", "name": "S", "cameras": []}]})
    opened(page, running, HOUR + 4)
    wait_until(lambda: counter(page) == 60, 30, "its picture, by the address")
    assert "Đã gỡ khỏi cấu hình" in page.locator(".picture").inner_text()
    page.goto(f"{base}/recordings?cameras=nobody&at={rfc3339(from_epoch(HOUR + 4))}")
    page.get_by_text("Không tìm thấy camera này").first.wait_for()
    page.get_by_role("button", name="Các đoạn được giữ lại").click()
    page.locator("[data-hold] .button").first.click()
    wait_until(lambda: counter(page) == 30, 30, "its picture, from the list of what is held")
    page.keyboard.press("c")
    assert page.locator("[data-pick=c]").get_attribute("aria-pressed") == "true"
