"""The recordings page in Chromium against a running demo: found by search, at the right moment, in step, held.

What a picture shows is read from the counter burnt into it and compared with the service's own picture of that moment.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import cv2
import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page

from tests.browser.chromium import signed_in
from tests.browser.test_dashboard import PAINTED, counter_of
from tests.support.service import Service
from vms.demo.counter import read_counter

pytestmark = pytest.mark.browser

#: Footage to look back on before the gap, and after it.
RECORDED_S, AFTER_S = 30, 8
ZONE = timedelta(hours=7)


@pytest.fixture(scope="module")
def recorded(demo: Service) -> Service:
    """The demo, which has recorded, lost its recorder, and recorded again."""
    demo.wait_for(lambda: len(footage(demo)) == 2 and shortest(demo) > RECORDED_S, 150, "footage of two cameras")
    os.kill(demo.child("recorder"), 9)
    demo.wait_for(lambda: all(gap_of(demo, camera) for camera in footage(demo)), 60, "the gap is told")
    demo.wait_for(lambda: newest(demo) > gap_end(demo) + timedelta(seconds=AFTER_S), 90, "footage after the gap")
    return demo


@pytest.fixture
def page(browser: Browser, recorded: Service, demo: Service) -> Iterator[Page]:
    with signed_in(browser, f"{demo.base}/recordings") as page:
        page.locator(".rec-start, .desk").first.wait_for()
        yield page


def cameras(demo: Service) -> list[dict[str, Any]]:
    """Two cameras whose pictures may be seen."""
    found: list[dict[str, Any]] = demo.get("/api/cameras")["items"]
    return [camera for camera in found if camera["placement"] != "patient_room"][:2]


def timeline(demo: Service, camera: str) -> dict[str, Any]:
    now = datetime.now(UTC)
    span = {"start": (now - timedelta(hours=1)).isoformat(), "end": (now + timedelta(minutes=1)).isoformat()}
    found: dict[str, Any] = demo.get(f"/api/cameras/{camera}/timeline", **span, merge="true")
    return found


def spans(demo: Service, camera: str) -> list[tuple[datetime, datetime]]:
    return [
        (datetime.fromisoformat(one["start"]), datetime.fromisoformat(one["end"]))
        for one in timeline(demo, camera)["segments"]
    ]


def footage(demo: Service) -> dict[str, list[tuple[datetime, datetime]]]:
    found = {camera["id"]: spans(demo, camera["id"]) for camera in cameras(demo)}
    return {camera: recorded for camera, recorded in found.items() if recorded}


def shortest(demo: Service) -> float:
    return min(sum((end - start).total_seconds() for start, end in recorded) for recorded in footage(demo).values())


def gap_of(demo: Service, camera: str) -> tuple[datetime, datetime] | None:
    """The gap between two stretches of footage."""
    recorded = spans(demo, camera)
    for gap in timeline(demo, camera)["gaps"]:
        start, end = datetime.fromisoformat(gap["start"]), datetime.fromisoformat(gap["end"])
        if any(one[1] <= start for one in recorded) and any(one[0] >= end for one in recorded):
            return start, end
    return None


def gap_end(demo: Service) -> datetime:
    gaps = [gap_of(demo, camera["id"]) for camera in cameras(demo)]
    return max(gap[1] for gap in gaps if gap is not None)


def newest(demo: Service) -> datetime:
    return min(recorded[-1][1] for recorded in footage(demo).values())


def middle(demo: Service) -> datetime:
    """A moment at which both have footage before the gap, on a whole second."""
    start = max(recorded[0][0] for recorded in footage(demo).values())
    return (start + timedelta(seconds=RECORDED_S / 3)).replace(microsecond=0)


def stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def opened(page: Page, demo: Service, at: datetime, more: str = "") -> None:
    names = ",".join(camera["id"] for camera in cameras(demo))
    page.goto(f"{demo.base}/recordings?cameras={names}&at={stamp(at)}{more}")


def pictures(page: Page) -> list[Locator]:
    return page.locator(".picture[data-phase=video] video[data-front]").all()


def counters(page: Page) -> list[int | None]:
    return [counter_of(video.evaluate(PAINTED)) for video in pictures(page)]


def address(page: Page) -> str:
    """Asked of the page: what Playwright was told of it may be older."""
    found: str = page.evaluate("location.href")
    return found


def at_of(page: Page) -> str:
    return parse_qs(urlsplit(address(page)).query).get("at", [""])[0]


def truth(demo: Service, camera: str, at: str) -> int | None:
    """The counter in the service's picture of that moment."""
    answer = demo.client.get(f"/api/cameras/{camera}/snapshot.jpg", params={"at": at, "exact": "true"})
    if answer.status_code != 200:
        return None
    picture = cv2.imdecode(np.frombuffer(answer.content, np.uint8), cv2.IMREAD_COLOR)
    return None if picture is None else read_counter(picture)


def as_recorded(page: Page, demo: Service) -> bool:
    """Standing, each picture is the service's own of the moment in the address."""
    at, shown = at_of(page), counters(page)
    true = [truth(demo, camera["id"], at) for camera in cameras(demo)]
    # A frame that begins at the very moment may be taken either way.
    return len(shown) == len(true) and all(
        one is not None and other is not None and abs(one - other) <= 1 for one, other in zip(shown, true, strict=True)
    )


def test_a_moment_is_found_by_search_and_by_its_time(page: Page, demo: Service) -> None:
    page.keyboard.press("c")
    search = page.locator("[role=dialog] input[type=search]")
    for camera in cameras(demo):
        search.fill(camera["id"])
        page.locator(f"[data-pick='{camera['id']}']").click()
    page.locator("[role=dialog] .dialog-foot .primary").click()
    page.locator(".picture").nth(1).wait_for()
    wanted = middle(demo)
    page.keyboard.press("g")
    page.locator(".jump-form .field input").fill((wanted + ZONE).strftime("%d/%m %H:%M:%S"))
    page.keyboard.press("Enter")
    demo.wait_for(lambda: at_of(page).startswith(stamp(wanted)[:19]), 20, "the address says the moment")
    demo.wait_for(lambda: len(pictures(page)) == 2, 30, "both pictures are there")
    demo.wait_for(lambda: as_recorded(page, demo), 30, "both show the frame of that moment")


def test_two_cameras_play_in_step(page: Page, demo: Service) -> None:
    opened(page, demo, middle(demo))
    demo.wait_for(lambda: len(pictures(page)) == 2 and None not in counters(page), 30, "both pictures are there")
    first = counters(page)
    page.keyboard.press("Space")

    def all_advanced() -> bool:
        now = counters(page)
        return len(now) == 2 and all(number not in (None, first[index]) for index, number in enumerate(now))

    demo.wait_for(all_advanced, 20, "both pictures move")
    status = page.locator(".transport-status")
    demo.wait_for(lambda: status.get_attribute("data-skew") not in (None, ""), 10, "it is said how far they are apart")
    page.keyboard.press("k")
    demo.wait_for(lambda: page.locator(".transport-play svg.lucide-play").count() == 1, 5, "standing")
    demo.wait_for(lambda: as_recorded(page, demo), 20, "both stand at the same moment")
    before = counters(page)[0]
    page.keyboard.press(".")
    demo.wait_for(lambda: counters(page)[:1] == [(before or 0) + 1], 10, "one frame on")
    page.keyboard.press(",")
    demo.wait_for(lambda: counters(page)[:1] == [before], 10, "one frame back")


def test_a_gap_says_why_and_is_stepped_over(page: Page, demo: Service) -> None:
    gap = gap_of(demo, cameras(demo)[0]["id"])
    assert gap is not None
    opened(page, demo, gap[0] + (gap[1] - gap[0]) / 2)
    slate = page.locator(".picture[data-phase=gap] .picture-slate").first
    slate.wait_for()
    assert "Nguyên nhân" in slate.inner_text()
    page.keyboard.press("Space")
    demo.wait_for(lambda: len(pictures(page)) == 2, 30, "it goes on with the next footage")
    page.keyboard.press("k")
    demo.wait_for(lambda: datetime.fromisoformat(at_of(page)) >= gap[1] - timedelta(seconds=1), 10, "after the gap")


def test_thumbnails_under_the_pointer(page: Page, demo: Service) -> None:
    opened(page, demo, middle(demo))
    page.get_by_role("button", name="10 phút", exact=True).click()
    grip = page.locator(".tl-grip").bounding_box()
    row = page.locator(".tl-area").bounding_box()
    assert grip is not None
    assert row is not None
    page.mouse.move(grip["x"] + grip["width"] / 2, row["y"] + 40)
    picture = page.locator(".tl-pointed .tl-thumb img")
    picture.wait_for(timeout=30_000)
    demo.wait_for(lambda: picture.evaluate("one => one.naturalWidth") == 192, 10, "a picture 192 wide")


def test_a_marked_span_is_held_and_let_go(page: Page, demo: Service) -> None:
    opened(page, demo, middle(demo))
    page.locator(".tl-area").wait_for()
    page.keyboard.press("i")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("o")
    demo.wait_for(lambda: "from=" in address(page) and "to=" in address(page), 10, "the marks are in the address")
    page.keyboard.press("h")
    page.locator("[role=dialog] textarea").fill("theo yêu cầu của trưởng khu")
    page.locator("[role=dialog] .dialog-foot .primary").click()
    held = demo.wait_for(lambda: demo.get("/api/holds")["items"], 10, "the hold is there")[0]
    assert sorted(held["cameras"]) == sorted(camera["id"] for camera in cameras(demo))
    assert held["reason"] == "theo yêu cầu của trưởng khu"
    assert datetime.fromisoformat(held["end"]) - datetime.fromisoformat(held["start"]) == timedelta(seconds=10)
    page.locator(".toast button").click()
    demo.wait_for(lambda: not demo.get("/api/holds")["items"], 10, "undone")


def test_an_alert_opens_its_recording(page: Page, demo: Service) -> None:
    alert = demo.wait_for(lambda: demo.get("/api/alerts", kind="zone_breach")["items"], 120, "an alert")[0]
    page.goto(f"{demo.base}/alerts/{alert['id']}")
    page.locator(".alert-detail a[href^='/recordings']").click()
    demo.wait_for(lambda: address(page).startswith(f"{demo.base}/recordings?cameras={alert['camera']}"), 10, "opened")
    before = datetime.fromisoformat(alert["opened_at"]) - timedelta(seconds=10)
    assert abs(datetime.fromisoformat(at_of(page)) - before) < timedelta(seconds=60)
