"""Messages in Vietnamese and English: what they say, in the dashboard's words, whatever names hold."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from web.channels import words
from web.channels.phrases import EN, LANGUAGES, VI
from web.channels.words import Said
from web.duty.policy import DUTIES, TECHNICAL

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
I18N = Path(__file__).parents[3] / "web" / "ui" / "src" / "i18n"
BREACH = Said(
    kind="zone_breach", severity="critical", began=datetime(2026, 11, 23, 14, 3, 12, tzinfo=UTC), zone="exit",
    persons=2, detail={"zone_name": "Lối ra"}, site="Khu cách ly Hòa Xuân", cameras=("Cổng chính",),
    called=(("officer", "lan"), ("site_lead", "hung")),
)  # fmt: skip


def catalogue(language: str) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for path in I18N.glob(f"{language}*.json"):
        made |= json.loads(path.read_text(encoding="utf-8"))
    return made


def test_a_breach_in_both_languages() -> None:
    title, body = words.alert(BREACH, "vi", ZONE)
    assert title == "Xâm nhập vùng · Khu cách ly Hòa Xuân · Cổng chính"
    assert body.splitlines() == [
        "2 người trong vùng «Lối ra»",
        "Nơi: Khu cách ly Hòa Xuân · Cổng chính",
        "Lúc: 21:03:12 ngày 23/11/2026",
        "Mức độ: Nghiêm trọng",
        "Đã gọi: lan (cán bộ trực), hung (trưởng khu)",
    ]
    title, body = words.alert(replace(BREACH, persons=1, called=()), "en", ZONE)
    assert title == "Zone breach · Khu cách ly Hòa Xuân · Cổng chính"
    assert body.splitlines() == [
        "1 person in zone “Lối ra”", "Where: Khu cách ly Hòa Xuân · Cổng chính", "When: 21:03:12 on 23/11/2026",
        "Severity: Critical",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "persons", "detail", "vi", "en"),
    [
        ("loitering", 1, {}, "1 người nán lại trong vùng «exit»", "1 person staying in zone “exit”"),
        ("occupancy", 9, {"max": 6}, "9 người trong vùng «exit», tối đa 6",
         "9 persons in zone “exit”, at most 6 allowed"),
        ("occupancy", 0, {"min": 2}, "Dưới 2 người trong vùng «exit»", "Fewer than 2 persons in zone “exit”"),
        ("absence", 0, {}, "Không có ai trong vùng «exit»", "Nobody in zone “exit”"),
        ("line_crossing", 1, {"a_to_b": 1}, "1 lượt qua vạch «exit», từ A sang B",
         "1 crossing of line “exit”, from A to B"),
        (
            "line_crossing", 3, {"a_to_b": 1, "b_to_a": 2}, "3 lượt qua vạch «exit»: 1 từ A sang B, 2 từ B sang A",
            "3 crossings of line “exit”: 1 from A to B, 2 from B to A",
        ),
        ("tamper", 0, {"tamper": "covered"}, "Hình bị che", "The picture is covered"),
        ("camera_offline", 0, {"reason": "timeout"}, "Hết thời gian chờ", "Timed out"),
        ("site_unreachable", 0, {"cameras": ["a", "b", "c"]}, "3 camera mất tín hiệu", "3 cameras without a signal"),
        ("camera_offline", 0, {"reason": "new_word"}, "New word", "New word"),
    ],
)  # fmt: skip
def test_what_each_kind_says(kind: str, persons: int, detail: dict[str, Any], vi: str, en: str) -> None:
    for language, first in (("vi", vi), ("en", en)):
        said = replace(BREACH, kind=kind, persons=persons, detail=detail)
        assert words.alert(said, language, ZONE)[1].splitlines()[0] == first


def test_a_nodes_alert_names_the_node() -> None:
    said = replace(
        BREACH, kind="storage", site=None, cameras=(), node="may-ghi-1", detail={"reason": "full"}, called=()
    )
    title, body = words.alert(said, "vi", ZONE)
    assert title == "Lưu trữ gặp vấn đề · máy ghi may-ghi-1"
    assert body.splitlines()[:2] == ["Ổ lưu trữ đã đầy, ngừng ghi", "Nơi: máy ghi may-ghi-1"]
    unkept = replace(said, kind="clock", detail={"reason": "unsynchronized"})
    assert words.alert(unkept, "vi", ZONE)[0].startswith("Đồng hồ máy ghi chưa được đồng bộ")


def test_that_somebody_took_it_on() -> None:
    title, body = words.taken(BREACH, "lan", "vi", ZONE)
    assert title == "Đã có người nhận: lan · Khu cách ly Hòa Xuân · Cổng chính"
    assert body.splitlines()[0] == "Xâm nhập vùng"
    assert words.taken(BREACH, "lan", "en", ZONE)[0].startswith("Taken by lan · ")


@pytest.mark.parametrize("language", ["vi", "en", "xx"])
def test_names_do_not_break_out_and_nothing_raises(language: str) -> None:
    wild = "a\r\nSubject: x\u202e\x1b[31m" + "y" * 500
    details: list[Any] = [
        {"zone_name": wild, "reason": wild, "tamper": wild, "cameras": [1, None]},
        {"zone_name": 3, "reason": 4, "max": "x"}, {"a_to_b": float("inf"), "max": float("inf")},
        {"max": True, "min": float("nan"), "a_to_b": float("nan"), "b_to_a": [], "cameras": {}},
    ]  # fmt: skip
    for kind in (*VI.kind, wild):
        for detail in details:
            said = Said(kind, wild, BREACH.began, wild, -1, detail, wild, [wild] * 40, None, [(wild, wild)] * 40)
            title, body = words.alert(said, language, ZONE)
            taken = words.taken(said, wild, language, ZONE)
            for text in (title, *body.splitlines(), *taken[1].splitlines(), taken[0]):
                assert text.isprintable(), text
            assert len(title) <= 150
            assert len(body) < 3000
            assert len(body.splitlines()) <= 5


@pytest.mark.parametrize("language", ["vi", "en"])
def test_words_are_those_of_the_dashboard(language: str) -> None:
    shown, ours = catalogue(language), LANGUAGES[language]
    for group in ("severity", "tamper", "crossed"):
        assert getattr(ours, group) == shown[group], group
    assert shown["kind"].items() <= ours.kind.items()
    assert dict(ours.reason) == shown["reason"] | shown["nodeReason"]
    assert ours.kind.keys() >= TECHNICAL
    assert set(ours.duty) == set(DUTIES)


def test_both_languages_say_the_same_things() -> None:
    assert VI.said.keys() == EN.said.keys()
    assert VI.kind.keys() == EN.kind.keys()
