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
    gaps.lose(T0 - 9, T0 - 2)
    assert [(g.start, g.reason) for g in told] == [(from_epoch(T0), "ended"), (from_epoch(T0 - 2), "ended")]
    assert len({g.id for g in told}) == 1


def test_a_camera_that_was_switched_off_is_said_so(gaps: GapTracker, told: list[Gap]) -> None:
    gaps.rename("disabled")
    gaps.begin(T0, "stopped")
    gaps.rename("disabled")
    assert [(g.cause, g.reason) for g in told] == [("recorder", "stopped"), ("disabled", "disabled")]


def test_a_later_attempt_explains_a_vague_word_once(gaps: GapTracker, told: list[Gap]) -> None:
    gaps.begin(T0, "ended")
    gaps.explain(T0 + 1, "ended")
    gaps.explain(T0 + 1, "unreachable")
    gaps.explain(T0 + 1, "unauthorized")
    gaps.finish(T0 + 9)
    assert [(g.cause, g.reason, g.end is None) for g in told] == [
        ("camera", "ended", True),
        ("network", "unreachable", True),
        ("network", "unreachable", False),
    ]
    assert len({g.id for g in told}) == 1


def test_a_clear_cause_is_never_changed(gaps: GapTracker, told: list[Gap]) -> None:
    gaps.begin(T0, "stopped")
    gaps.explain(T0 + 1, "unreachable")
    assert [g.cause for g in told] == ["recorder"]


def gap(reason: str, start: float = T0) -> Gap:
    return Gap(id="g", site="s", camera="c", start=from_epoch(start), cause=cause_of(reason), reason=reason)


def spans(told: list[Gap]) -> list[tuple[float, float | None, str, str | None]]:
    """Each gap as it was told last, in seconds since T0; empty ones left out."""
    last = {g.id: g for g in told}.values()
    return [
        (g.start.timestamp() - T0, None if g.end is None else g.end.timestamp() - T0, g.cause, g.reason)
        for g in last
        if g.end is None or g.end > g.start
    ]


def test_life_begins_with_the_first_start(gaps: GapTracker, told: list[Gap]) -> None:
    gaps.resume(T0, None, None, None)
    gaps.explain(T0 + 3, "unreachable")
    gaps.finish(T0 + 60)
    assert spans(told) == [(0, 60, "network", "unreachable")]


def test_a_gap_goes_on_over_a_restart(gaps: GapTracker, told: list[Gap]) -> None:
    gaps.resume(T0 + 60, gap("stopped"), T0, T0 + 2)
    gaps.begin(T0 + 60, "connecting")
    gaps.finish(T0 + 61)
    assert told == [gap("stopped").model_copy(update={"end": from_epoch(T0 + 61)})]


def test_what_keeps_the_camera_away_after_a_restart_is_not_the_recorder(gaps: GapTracker, told: list[Gap]) -> None:
    gaps.resume(T0 + 60, gap("stopped"), T0, T0 + 2)
    gaps.explain(T0 + 61, "timeout")  # too early to mean anything
    gaps.explain(T0 + 65, "unreachable")
    gaps.finish(T0 + 600)
    assert spans(told) == [(0, 60, "recorder", "stopped"), (60, 600, "network", "unreachable")]


def test_nobody_knows_what_a_camera_did_while_no_recorder_ran(gaps: GapTracker, told: list[Gap]) -> None:
    gaps.resume(T0 + 60, gap("unreachable"), T0 - 5, T0 + 20)
    gaps.explain(T0 + 62, "unreachable")
    gaps.finish(T0 + 90)
    assert spans(told) == [
        (0, 20, "network", "unreachable"),
        (20, 60, "recorder", "crashed"),
        (60, 90, "network", "unreachable"),
    ]


def test_switched_off_and_on_again(gaps: GapTracker, told: list[Gap]) -> None:
    gaps.resume(T0 + 60, gap("stopped"), T0, None, "disabled")
    assert spans(told) == [(0, 60, "recorder", "stopped"), (60, None, "disabled", "disabled")]
    again = GapTracker("s", "c", "local", told.append)
    again.resume(T0 + 90, told[-1], T0, T0 + 70)
    again.finish(T0 + 93)
    assert spans(told)[1:] == [(60, 90, "disabled", "disabled"), (90, 93, "recorder", "starting")]


@pytest.mark.parametrize("noticed_first", [True, False])
def test_a_recorder_that_stood_still_says_so_whoever_notices_first(
    gaps: GapTracker, told: list[Gap], noticed_first: bool
) -> None:
    if noticed_first:
        gaps.stalled(T0, T0 + 30)
    gaps.begin(T0 + 8, "timeout")
    gaps.explain(T0 + 30.1, "timeout")
    if not noticed_first:
        gaps.stalled(T0, T0 + 30)
    gaps.explain(T0 + 30.2, "ended")
    assert spans(told) == [(8, None, "recorder", "stalled")]
    gaps.explain(T0 + 33, "unreachable")
    gaps.finish(T0 + 50)
    gaps.begin(T0 + 55, "ended")
    assert spans(told) == [
        (8, 30, "recorder", "stalled"),
        (30, 50, "network", "unreachable"),
        (55, None, "camera", "ended"),
    ]


def test_a_recorder_stopped_right_after_it_stood_still_was_stopped(gaps: GapTracker, told: list[Gap]) -> None:
    gaps.stalled(T0, T0 + 30)
    gaps.begin(T0 + 30.5, "stopped")
    assert spans(told) == [(30.5, None, "recorder", "stopped")]


def test_a_gap_from_before_the_stall_keeps_its_cause(gaps: GapTracker, told: list[Gap]) -> None:
    gaps.begin(T0, "unreachable")
    gaps.stalled(T0 + 100, T0 + 130)
    assert spans(told) == [(0, None, "network", "unreachable")]


def test_footage_that_a_failing_disk_kept_ends_the_gap_before_it(gaps: GapTracker, told: list[Gap]) -> None:
    gaps.begin(T0, "unreachable")
    gaps.lose(T0 + 10, T0 + 11)
    assert spans(told) == [(0, 10, "network", "unreachable"), (11, None, "disk", "disk")]


def test_after_a_clock_set_back_a_gap_is_empty_not_negative(gaps: GapTracker, told: list[Gap]) -> None:
    gaps.begin(T0, "clock")
    gaps.finish(T0 - 3600)
    assert told[-1].end == told[-1].start


def test_what_is_not_open_is_not_told(gaps: GapTracker, told: list[Gap]) -> None:
    gaps.finish(T0)
    gaps.explain(T0 + 1, "unreachable")
    assert told == []


@pytest.mark.parametrize(
    ("reason", "cause"),
    [
        ("unreachable", "network"), ("timeout", "network"), ("disk", "disk"), ("disabled", "disabled"),
        ("stopped", "recorder"), ("crashed", "recorder"), ("clock", "recorder"), ("worker_lost", "recorder"),
        ("starting", "recorder"), ("stalled", "recorder"),
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
    gaps.rejoin(before, T0 - 10)
    assert told[-1] == before.model_copy(update={"end": from_epoch(T0 + 60)})
    gaps.rejoin(None, T0 + 30)  # nothing was open on it: then footage ended there
    gaps.finish(T0 + 90)
    assert (told[-1].start, told[-1].end, told[-1].cause) == (from_epoch(T0 + 30), from_epoch(T0 + 90), "disk")
