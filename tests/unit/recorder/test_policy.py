"""How much room is left free, how many days a disk and quotas hold, and what of it is told."""

from __future__ import annotations

from typing import Any

import pytest

from recorder.retention import policy
from recorder.retention.policy import GIB, Claim, Look, Quota, Reserve, Space
from tests.support.shelves import DAY

SPACE = Space(free=100 * GIB, total=1000 * GIB, free_files=10**6, total_files=10**7)
WELL: dict[str, Any] = {
    "missing": None, "space": SPACE, "room": Reserve(2 * GIB, 0), "holds_missed": False, "holds": False,
    "pressed": False, "exhausted": False, "below_minimum": False, "short": None,
}  # fmt: skip


def test_the_reserve_grows_with_disk_and_rate_and_is_small_on_a_small_disk() -> None:
    assert policy.reserve(SPACE, None, None).bytes == 20 * GIB
    assert policy.reserve(SPACE, 100 * 2**20, None).bytes == (300 * 100 * 2**20)
    assert policy.reserve(Space(0, 100 * 2**20), None, None).bytes == 10 * 2**20
    assert policy.reserve(SPACE, 1e12, None).bytes == 500 * GIB
    assert policy.reserve(SPACE, 1e12, 3).bytes == 3 * GIB
    assert policy.reserve(SPACE, None, None).files == 200_000
    assert policy.reserve(Space(0, 1, 5, 200), None, None).files == 20
    assert Reserve(10, 20).short(Space(4, 100, 5, 200)) == (6, 15)


def test_the_forecast_is_short_of_what_the_disk_not_the_file_forbids() -> None:
    a_day = [Claim(10 * GIB / DAY, 30, None)]
    room = Reserve(10 * GIB, 0)
    known = policy.forecast(a_day, 100 * GIB, SPACE, room)
    assert (round(known.left or 0), round(known.kept or 0), known.wanted, known.short) == (9, 19, 30, "disk")
    enough = policy.forecast([Claim(10 * GIB / DAY, 15, None)], 100 * GIB, SPACE, room)
    assert (enough.left, enough.kept_by, enough.short) == (enough.kept, "disk", None)
    assert policy.forecast([], 0, SPACE, room).left is None


@pytest.mark.parametrize(
    ("least", "held", "short"), [(None, 0, None), (16, 0, "facility"), (14, 0, None), (14, 20 * GIB, "facility")]
)
def test_a_quota_is_short_only_of_what_must_be_kept_at_least(least: float | None, held: int, short: str | None) -> None:
    claim = Claim(10 * GIB / DAY, 30, least, held)
    known = policy.forecast([claim], 100 * GIB, SPACE, Reserve(10 * GIB, 0), [Quota("facility", 150, (claim,))])
    assert (known.kept_by, known.kept, known.left) == ("facility", 15 - held / GIB / 10, known.kept)
    assert known.short == short


def test_the_days_are_those_of_the_bound_that_keeps_least() -> None:
    much, some = Claim(50 * GIB / DAY, 30, None), Claim(10 * GIB / DAY, 30, None)
    quotas = [Quota("camera:own", 500, (some,)), Quota("site:s", 100, (much,)), Quota("facility", 5000, (much, some))]
    room, disk = Reserve(0, 0), Space(free=2000 * GIB, total=2000 * GIB)
    known = policy.forecast([much, some], 0, disk, room, quotas)
    assert (known.kept_by, known.kept, known.short) == ("site:s", 2, None), "the disk holds 33 days of all"
    assert known.left == pytest.approx(2000 / 60)
    small = Space(free=350 * GIB, total=350 * GIB)
    assert policy.forecast([much, some], 0, small, room, quotas).short == "disk", "100 of the site and 300 of the rest"
    assert policy.forecast([much, some], 0, Space(450 * GIB, 450 * GIB), room, quotas).short is None
    must = Claim(50 * GIB / DAY, 30, 14)
    known = policy.forecast([must, some], 0, disk, room, [Quota("site:s", 100, (must,)), quotas[0]])
    assert (known.kept_by, known.short) == ("site:s", "site:s")


@pytest.mark.parametrize(
    ("change", "reason", "severity"),
    [
        ({}, None, None),
        ({"missing": "gone"}, "missing", "critical"),
        ({"space": Space(5, 10, read_only=True)}, "read_only", "critical"),
        ({"stalled": True, "space": Space(0, 10)}, "stalled", "critical"),
        ({"space": Space(0, 10)}, "full", "critical"),
        ({"space": Space(GIB, 10 * GIB, 0, 100)}, "full", "critical"),
        ({"holds_missed": True}, "holds_unread", "warning"),
        ({"holds_missed": True, "space": Space(GIB, 10 * GIB)}, "holds_unread", "critical"),
        ({"holds_missed": True, "space": Space(0, 10)}, "holds_unread", "critical"),
        ({"exhausted": True, "holds": True, "pressed": True}, "held_only", "critical"),
        ({"exhausted": True, "pressed": True}, "pressure", "critical"),
        ({"pressed": True, "short": "disk"}, "pressure", "warning"),
        ({"pressed": True, "below_minimum": True}, "pressure", "critical"),
        ({"short": "disk"}, "forecast", "warning"),
        ({"short": "camera:a"}, "forecast", "warning"),
    ],
)
def test_the_worst_is_told(change: dict[str, Any], reason: str | None, severity: str | None) -> None:
    found = policy.judge(Look(**{**WELL, **change}))
    assert (reason, severity) == (None, None) if found is None else (found.reason, found.severity) == (reason, severity)


def test_a_quota_that_breaks_its_minimum_is_named_with_what_to_change() -> None:
    found = policy.judge(Look(**{**WELL, "short": "site:s"}))
    assert found is not None
    assert (found.reason, found.status) == ("forecast", "low")
    assert "max_gib of site s " in found.action
    assert "lower min_days" in found.action
