"""Gaps completed: whatever was told, segments and gaps cover the life, and a second look changes nothing."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from recorder.index.cover import Span, complete, horizon, union, until
from vms.domain.clock import from_epoch
from vms.domain.messages import Gap

T0 = 1_800_000_000
seconds = st.integers(0, 60)


def moment(second: float) -> datetime:
    return from_epoch(T0 + second)


def gap(start: float, end: float | None, name: str = "g", cause: str = "camera", reason: str = "ended") -> Gap:
    return Gap(
        id=name, site="s", camera="c", start=moment(start), end=None if end is None else moment(end),
        cause=cause, reason=reason,
    )  # fmt: skip


def hole(start: datetime, end: datetime) -> Gap:
    return Gap(id=f"hole-{start}", site="s", camera="c", start=start, end=end, cause="unknown")


def after(gaps: list[Gap], changed: list[Gap]) -> list[Gap]:
    return sorted(({g.id: g for g in gaps} | {g.id: g for g in changed}).values(), key=lambda g: g.start)


@st.composite
def spans(draw: st.DrawFn) -> list[Span]:
    made = draw(st.lists(st.tuples(seconds, st.integers(0, 20)), max_size=8))
    return [(moment(start), moment(start + length)) for start, length in made]


@st.composite
def gaps_of(draw: st.DrawFn) -> list[Gap]:
    reasons = st.sampled_from(["ended", "unexplained", "clock"])
    made = draw(st.lists(st.tuples(seconds, st.one_of(st.none(), st.integers(0, 20)), reasons), max_size=8))
    return [gap(s, None if n is None else s + n, f"g{i}", reason=why) for i, (s, n, why) in enumerate(made)]


@given(spans(), gaps_of())
def test_life_is_covered_once_and_a_second_look_changes_nothing(footage: list[Span], gaps: list[Gap]) -> None:
    changed = complete(footage, gaps, hole)
    told = after(gaps, changed)
    opened = [g for g in told if g.end is None]
    closed = [(g.start, g.end) for g in told if g.end is not None and g.end > g.start]
    recorded = union(footage)
    assert len(opened) <= 1
    parts = sorted([*recorded, *closed, *((g.start, g.start) for g in opened)])
    assert all(one[1] == following[0] for one, following in pairwise(parts)), parts
    if parts:  # nothing that was told is forgotten
        starts = [s for s, _ in recorded] + [g.start for g in gaps if g.end is None or g.end > g.start]
        assert parts[0][0] <= min(starts, default=parts[0][0])
    assert complete(footage, told, hole) == []


def test_an_open_gap_ends_where_footage_begins_and_a_hole_is_found() -> None:
    footage = [(moment(0), moment(10)), (moment(20), moment(30)), (moment(40), moment(50))]
    changed = complete(footage, [gap(10, None)], hole)
    assert changed == [gap(10, 20), hole(moment(30), moment(40))]


def test_footage_wins_and_a_gap_around_it_is_split() -> None:
    changed = complete([(moment(10), moment(20))], [gap(0, 30)], hole)
    assert changed == [gap(0, 10), gap(20, 30, "g.1")]


def test_the_last_open_gap_stays_open_and_footage_may_overlap_footage() -> None:
    footage = [(moment(0), moment(30)), (moment(10), moment(40))]
    assert complete(footage, [gap(40, None)], hole) == []


def test_a_month_of_a_flapping_camera_takes_no_time_worth_naming() -> None:
    footage = [(moment(60 * n), moment(60 * n + 55)) for n in range(44_000)]
    gaps = [gap(60 * n + 55, 60 * n + 60, f"g{n}") for n in range(0, 44_000, 2)]
    changed = complete(footage, gaps, hole)
    assert len(changed) == 44_000 // 2 - 1
    assert changed[0].end is not None
    assert changed[0].end - changed[0].start == timedelta(seconds=5)


def test_what_was_told_counts_before_what_was_found() -> None:
    for reason in ("unexplained", "clock"):
        vague, crash = gap(0, 100, reason=reason), gap(30, 40, "crash", cause="recorder", reason="crashed")
        changed = complete([(moment(100), moment(110))], [vague, crash], hole)
        assert changed == [gap(0, 30, reason=reason), gap(40, 100, "g.1", reason=reason)]


def test_the_future_says_nothing_of_what_is_missing() -> None:
    footage = [(moment(0), moment(10)), (moment(5000), moment(5010))]
    gaps = [gap(10, 5000, reason="unexplained"), gap(5010, None, "later")]
    spans, told = until(moment(60), footage, gaps)
    assert spans == footage[:1]
    assert told == [gap(10, None, reason="unexplained")]
    assert complete([*spans, (moment(20), moment(30))], told, hole) == [gap(10, 20, reason="unexplained")]


def test_a_clock_that_was_never_set_knows_no_future() -> None:
    assert horizon(from_epoch(600)) > moment(0)
    assert horizon(moment(0)) == moment(60)
