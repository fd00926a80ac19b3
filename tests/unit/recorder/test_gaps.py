"""Gaps: when they open, what is said about their cause, when they close."""

from __future__ import annotations

import pytest

from recorder.gaps import GapTracker, cause_of
from vms.domain.clock import from_epoch
from vms.domain.messages import Gap

T0 = 1_800_000_000.0


@pytest.fixture
def told() -> list[Gap]:
    return []


@pytest.fixture
def gaps(told: list[Gap]) -> GapTracker:
    return GapTracker("s", "c", "local", told.append)


def test_a_gap_is_told_when_it_opens_and_when_it_closes(gaps: GapTracker, told: list[Gap]) -> None:
    gaps.begin(T0, "unreachable")
    assert gaps.open
    gaps.finish(T0 + 5)
    assert not gaps.open
    opened, closed = told
    assert (opened.start, opened.end, opened.cause, opened.reason) == (from_epoch(T0), None, "network", "unreachable")
    assert closed == opened.model_copy(update={"end": from_epoch(T0 + 5)})


def test_the_first_begin_counts(gaps: GapTracker, told: list[Gap]) -> None:
    gaps.begin(T0, "ended")
    gaps.begin(T0 + 3, "unreachable")
    assert [g.start for g in told] == [from_epoch(T0)]


def test_what_was_queued_and_lost_belongs_to_the_open_gap(gaps: GapTracker, told: list[Gap]) -> None:
    gaps.begin(T0, "ended")
    gaps.reach_back(T0 - 2)
    gaps.reach_back(T0 - 1)
    assert [(g.start, g.reason) for g in told] == [(from_epoch(T0), "ended"), (from_epoch(T0 - 2), "ended")]
    assert len({g.id for g in told}) == 1


def test_a_camera_that_was_switched_off_is_said_so(gaps: GapTracker, told: list[Gap]) -> None:
    gaps.rename("disabled")
    gaps.begin(T0, "stopped")
    gaps.rename("disabled")
    assert [(g.cause, g.reason) for g in told] == [("recorder", "stopped"), ("disabled", "disabled")]


def test_a_later_attempt_explains_a_vague_word_once(gaps: GapTracker, told: list[Gap]) -> None:
    gaps.begin(T0, "ended")
    gaps.explain("ended")
    gaps.explain("unreachable")
    gaps.explain("unauthorized")
    gaps.finish(T0 + 9)
    assert [(g.cause, g.reason, g.end is None) for g in told] == [
        ("camera", "ended", True),
        ("network", "unreachable", True),
        ("network", "unreachable", False),
    ]
    assert len({g.id for g in told}) == 1


def test_a_clear_cause_is_never_changed(gaps: GapTracker, told: list[Gap]) -> None:
    gaps.begin(T0, "stopped")
    gaps.explain("unreachable")
    assert [g.cause for g in told] == ["recorder"]


def test_an_adopted_gap_goes_on(gaps: GapTracker, told: list[Gap]) -> None:
    gap = Gap(id="g", site="s", camera="c", start=from_epoch(T0), cause="recorder", reason="stopped")
    gaps.adopt(gap)
    gaps.begin(T0 + 60, "connecting")
    gaps.finish(T0 + 61)
    assert told == [gap.model_copy(update={"end": from_epoch(T0 + 61)})]


def test_after_a_clock_set_back_a_gap_is_empty_not_negative(gaps: GapTracker, told: list[Gap]) -> None:
    gaps.begin(T0, "clock")
    gaps.finish(T0 - 3600)
    assert told[-1].end == told[-1].start


def test_what_is_not_open_is_not_told(gaps: GapTracker, told: list[Gap]) -> None:
    gaps.finish(T0)
    gaps.explain("unreachable")
    assert told == []


@pytest.mark.parametrize(
    ("reason", "cause"),
    [
        ("unreachable", "network"), ("timeout", "network"), ("disk", "disk"), ("disabled", "disabled"),
        ("stopped", "recorder"), ("crashed", "recorder"), ("clock", "recorder"), ("worker_lost", "recorder"),
        ("ended", "camera"), ("unauthorized", "camera"), ("no_video", "camera"), ("codec", "camera"),
        ("camera_clock", "camera"), ("corrupt", "camera"), ("anything else", "camera"),
    ],
)  # fmt: skip
def test_causes(reason: str, cause: str) -> None:
    assert cause_of(reason) == cause


def test_what_was_open_on_a_disk_that_came_back_ends_where_the_present_gap_begins(
    gaps: GapTracker, told: list[Gap]
) -> None:
    before = Gap(id="g", site="s", camera="c", start=from_epoch(T0), cause="recorder", reason="stopped")
    gaps.begin(T0 + 60, "disk")
    gaps.adopt(before)
    assert told[-1] == before.model_copy(update={"end": from_epoch(T0 + 60)})
    gaps.finish(T0 + 90)
    assert (told[-1].start, told[-1].end, told[-1].cause) == (from_epoch(T0 + 60), from_epoch(T0 + 90), "disk")
