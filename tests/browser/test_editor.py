"""The editor of zones in Chromium against a running demo: drawn by mouse, saved, in force at the detector, undone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.chromium import signed_in
from tests.support.service import Service

pytestmark = pytest.mark.browser

#: Where the corners are put, as fractions of the picture; the last one near its lower edge, which it snaps to.
CORNERS = [(0.2, 0.4), (0.6, 0.4), (0.7, 0.995)]
BOW = [(0.3, 0.3), (0.7, 0.7), (0.7, 0.3), (0.3, 0.7)]


@pytest.fixture
def camera(demo: Service) -> str:
    found = demo.get("/api/cameras")["items"]
    first: str = next(camera["id"] for camera in found if camera["placement"] != "patient_room")
    return first


@pytest.fixture
def page(browser: Browser, demo: Service, camera: str) -> Iterator[Page]:
    with signed_in(browser, f"{demo.base}/cameras/{camera}") as page:
        page.locator(".stage-picture[data-phase=playing]").wait_for()
        page.get_by_role("link", name="Vùng và quy tắc").click()
        page.locator(".sheet-shapes").wait_for()
        yield page


def analysis(demo: Service, camera: str) -> dict[str, Any]:
    found: dict[str, Any] = demo.get(f"/api/cameras/{camera}/analysis")
    return found


def place(page: Page, x: float, y: float) -> tuple[float, float]:
    box = page.locator(".sheet-shapes").bounding_box()
    assert box is not None
    return box["x"] + x * box["width"], box["y"] + y * box["height"]


def draw(page: Page, tool: str, corners: list[tuple[float, float]]) -> None:
    page.get_by_role("toolbar").get_by_role("button", name=tool).click()
    for corner in corners:
        page.mouse.click(*place(page, *corner))
    page.mouse.click(*place(page, *corners[0]))


def state(page: Page, phase: str) -> str:
    """What the bar says once it has come so far."""
    bar = page.locator(f".save-state[data-phase={phase}] > span")
    bar.wait_for()
    return bar.inner_text()


def test_a_zone_drawn_by_mouse_is_in_force_and_is_undone(page: Page, demo: Service, camera: str) -> None:
    before = analysis(demo, camera)
    draw(page, "Vùng cấm", CORNERS)
    page.locator(".zone-form").get_by_label("Tên").fill("Lối thoát hiểm")
    page.locator(".zone-form").get_by_role("button", name="Thêm quy tắc").click()
    page.get_by_role("menuitem", name="Xâm nhập vùng").click()
    assert analysis(demo, camera) == before  # nothing is in force before it is saved
    page.get_by_role("button", name="Lưu", exact=True).click()

    said = state(page, "inForce")
    now = analysis(demo, camera)
    print(f"zone drawn, saved, in force: {said}")
    assert re.fullmatch(r"Đã có hiệu lực sau \d+,\d giây", said)
    zone = now["zones"][-1]
    assert (zone["name"], zone["kind"]) == ("Lối thoát hiểm", "restricted")
    assert zone["polygon"] == [[pytest.approx(x, abs=0.002), pytest.approx(y, abs=0.002)] for x, y in CORNERS[:2]] + [
        [pytest.approx(0.7, abs=0.002), 1.0]
    ]
    assert now["rules"][-1]["zone"] == zone["id"]
    assert demo.camera(camera)["analysis_revision"] >= now["revision"] > before["revision"]

    page.locator(".save-state").get_by_role("button", name="Hoàn tác").click()
    print(f"undone: {page.locator('.save-state').get_by_text('Đã trở lại').inner_text()}")
    after = analysis(demo, camera)
    assert (after["zones"], after["rules"]) == (before["zones"], before["rules"])
    assert after["revision"] > now["revision"]
    expect(page.locator(".sheet-tag", has_text="Lối thoát hiểm")).to_have_count(0)

    page.locator(".save-state").get_by_role("button", name="Làm lại").click()
    page.locator(".save-state").get_by_text("Đã làm lại").wait_for()
    again = analysis(demo, camera)
    assert (again["zones"], again["rules"]) == (now["zones"], now["rules"])
    assert again["revision"] == after["revision"] + 1
    expect(page.locator(".sheet-tag", has_text="Lối thoát hiểm")).to_be_visible()
    page.locator(".save-state").get_by_role("button", name="Hoàn tác").click()
    page.locator(".save-state").get_by_text("Đã trở lại").wait_for()
    assert analysis(demo, camera)["zones"] == before["zones"]


def test_a_new_rule_is_in_sight_and_leads_to_the_zone_that_it_lacks(page: Page, demo: Service, camera: str) -> None:
    before = analysis(demo, camera)
    address = f"/api/cameras/{camera}/analysis"
    assert demo.client.put(address, json={"zones": [], "rules": []}).status_code == 200
    page.get_by_text("Chưa có vùng nào").wait_for()
    page.set_viewport_size({"width": 390, "height": 844})
    page.get_by_role("button", name="Thêm quy tắc").click()
    page.get_by_role("menuitem", name="Xâm nhập vùng").click()
    expect(page.get_by_role("menu")).to_have_count(0)
    kind = page.get_by_label("Loại quy tắc")
    expect(kind).to_be_focused()
    expect(kind).to_be_in_viewport(ratio=1)

    page.get_by_role("button", name="Vẽ vùng cho quy tắc này").click()
    expect(page.locator(".editor-help")).to_contain_text("mép dưới của khung người")
    for corner in CORNERS:
        page.mouse.click(*place(page, *corner))
    page.get_by_role("button", name="Khép lại").click()
    expect(kind).to_be_focused()
    page.get_by_role("button", name="Lưu", exact=True).click()
    state(page, "inForce")
    now = analysis(demo, camera)
    assert [rule["zone"] for rule in now["rules"]] == [zone["id"] for zone in now["zones"]]
    assert now["zones"][0]["kind"] == "restricted"
    restored = demo.client.put(address, json={"zones": before["zones"], "rules": before["rules"]})
    assert restored.status_code == 200


def test_a_zone_that_crosses_itself_cannot_be_saved_and_is_not_left_unasked(
    page: Page, demo: Service, camera: str
) -> None:
    before = analysis(demo, camera)
    draw(page, "Vùng theo dõi", BOW)
    expect(page.locator(".zone-form .field-wrong")).to_contain_text("Các cạnh cắt nhau")
    expect(page.get_by_role("button", name="Lưu", exact=True)).to_be_disabled()
    page.mouse.move(*place(page, *BOW[3]))
    page.mouse.down()
    page.mouse.move(*place(page, 0.5, 0.5), steps=3)
    page.mouse.move(*place(page, 0.5, 0.1), steps=3)
    page.mouse.up()
    expect(page.get_by_role("button", name="Lưu", exact=True)).to_be_enabled()

    page.go_back()
    page.get_by_role("button", name="Ở lại").click()
    expect(page.locator(".sheet-tag", has_text="Vùng theo dõi 1")).to_be_visible()
    page.get_by_role("link", name="Tường hình").first.click()
    page.get_by_role("button", name="Bỏ thay đổi và rời trang").click()
    page.locator("[data-camera]").first.wait_for()
    assert analysis(demo, camera) == before


def test_who_was_first_is_told_and_nothing_is_overwritten(page: Page, demo: Service, camera: str) -> None:
    before = analysis(demo, camera)
    draw(page, "Vùng cấm", CORNERS)
    line = {"id": "made-elsewhere", "kind": "line", "name": "Vạch cổng", "points": [[0.1, 0.2], [0.9, 0.2]]}
    lists = {"zones": [*before["zones"], line], "rules": before["rules"]}
    assert demo.client.put(f"/api/cameras/{camera}/analysis", json=lists).status_code == 200
    page.get_by_role("button", name="Lưu", exact=True).click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("admin đã lưu lúc")
    expect(dialog).to_contain_text("Vạch cổng")
    assert analysis(demo, camera)["zones"] == lists["zones"]
    dialog.get_by_role("button", name="Gộp thay đổi của tôi vào").click()
    state(page, "inForce")
    names = [zone.get("name") for zone in analysis(demo, camera)["zones"]]
    assert names[-2:] == ["Vạch cổng", "Vùng cấm 1"]
    restored = demo.client.put(
        f"/api/cameras/{camera}/analysis", json={"zones": before["zones"], "rules": before["rules"]}
    )
    assert restored.status_code == 200


def test_rules_are_tried_out_each_for_itself(page: Page, demo: Service, camera: str) -> None:
    before = analysis(demo, camera)
    rules = page.locator(".editor-panel section").last
    tryout, result = page.locator(".tryout"), page.locator(".tryout-result")

    def begin() -> None:
        expect(result).to_have_count(0)
        tryout.get_by_role("button", name="15 phút", exact=True).click()
        tryout.get_by_role("button", name="Thử trên 15 phút ghi hình gần nhất").click()
        expect(page.locator(".tryout-running, .tryout-result").first).to_be_visible()

    def over() -> None:
        expect(tryout.get_by_role("button", name="Thử lại trên 15 phút gần nhất")).to_be_visible(timeout=120_000)
        expect(result).to_contain_text("quy tắc này")
        expect(result).to_contain_text("Đã xem")

    rules.locator(".item-head").first.click()
    begin()
    rules.get_by_role("button", name="Thêm quy tắc").click()
    page.get_by_role("menuitem", name="Camera bị can thiệp").click()
    begin()
    over()
    rules.locator(".item-head").first.click()  # it went on while the other one was open
    over()
    assert analysis(demo, camera) == before
