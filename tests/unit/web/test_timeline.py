"""A timeline covers its span: no overlap, no hole, every cause accounted for."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from web.timeline.assemble import Cover, Missing, Recorded, assemble

moments = st.integers(min_value=0, max_value=400)
lengths = st.one_of(st.none(), st.integers(min_value=0, max_value=120))


@st.composite
def recorded(draw: st.DrawFn) -> Recorded:
    start, length = draw(moments), draw(lengths)
    anchor = draw(st.sampled_from([None, 0, 100, 250]))
    return Recorded(str(draw(st.integers(0, 9))), start, None if length is None else start + length, anchor=anchor)


@st.composite
def missing(draw: st.DrawFn) -> Missing:
    start, length = draw(moments), draw(lengths)
    cause = draw(st.sampled_from(["camera", "network", "deleted"]))
    return Missing(start, None if length is None else start + length, cause)


def cover(
    segments: list[Recorded], gaps: list[Missing], *, start: int = 100, end: int = 300, grown: int = 300, first: int = 0
) -> Cover:
    return assemble(start, end, segments, gaps, grown_to=grown, configured_at=first)


@given(
    st.lists(recorded(), max_size=8),
    st.lists(missing(), max_size=8),
    moments,
    moments,
    moments,
    st.one_of(st.none(), moments),
)
def test_every_millisecond_is_in_exactly_one_span(
    segments: list[Recorded], gaps: list[Missing], a: int, b: int, grown: int, first: int | None
) -> None:
    start, end = min(a, b), max(a, b)
    made = assemble(start, end, segments, gaps, grown_to=grown, configured_at=first)
    spans = sorted((one.start, one.end) for one in [*made.segments, *made.gaps])
    if start == end:
        assert not spans
        return
    assert spans[0][0] == start
    assert spans[-1][1] == end
    assert all(one[1] == following[0] for one, following in pairwise(spans))
    assert all(one[0] < (one[1] or 0) for one in spans)


@given(st.lists(recorded(), max_size=8), st.lists(missing(), max_size=8))
def test_footage_that_is_closed_is_never_called_missing(segments: list[Recorded], gaps: list[Missing]) -> None:
    made = cover(segments, gaps)
    for one in segments:
        if one.end is None or one.end == one.start:
            continue
        for gap in made.gaps:
            assert gap.end is not None
            assert gap.end <= one.start or gap.start >= one.end


def test_what_nobody_explained_is_unknown_and_before_the_camera_disabled() -> None:
    made = cover([Recorded("a", 200, 250)], [Missing(250, 260, "camera", "timeout")], first=150)
    assert [(one.start, one.end, one.cause, one.reason) for one in made.gaps] == [
        (100, 150, "disabled", None),
        (150, 200, "unknown", None),
        (250, 260, "camera", "timeout"),
        (260, 300, "unknown", None),
    ]


def test_growing_segment_reaches_as_far_as_is_known() -> None:
    made = cover([Recorded("a", 100, 200), Recorded("b", 200, None)], [], grown=280)
    assert [(one.end, one.open) for one in made.segments] == [(200, False), (280, True)]
    assert made.gaps == (Missing(280, 300, "unknown"),)


def test_unfinished_segment_ends_where_a_gap_begins() -> None:
    made = cover([Recorded("a", 100, None)], [Missing(180, None, "network")])
    assert [one.end for one in made.segments] == [180]
    assert made.gaps == (Missing(180, 300, "network"),)


def test_overlap_is_taken_from_the_later() -> None:
    made = cover([Recorded("a", 90, 210), Recorded("b", 200, 320)], [])
    assert [(one.id, one.start, one.end) for one in made.segments] == [("a", 100, 210), ("b", 210, 300)]


def test_a_clock_set_back_shows_one_run_and_names_the_other() -> None:
    """Files of both runs are cut near the same minutes; they must not be shown by turns."""
    first = [Recorded(f"a{n}", 100_000 + n * 60_000, 160_000 + n * 60_000, anchor=100_000) for n in range(3)]
    again = [Recorded(f"b{n}", 130_000 + n * 60_000, 190_000 + n * 60_000, anchor=130_000) for n in range(4)]
    made = assemble(100_000, 400_000, [*again, *first], [], grown_to=0, configured_at=0)
    assert [(one.id, one.start, one.end) for one in made.segments] == [
        ("a0", 100_000, 160_000),
        ("a1", 160_000, 220_000),
        ("a2", 220_000, 280_000),
        ("b2", 280_000, 310_000),
        ("b3", 310_000, 370_000),
    ]
    assert [one.id for one in made.overlaps] == ["b0", "b1", "b2"]


def test_what_the_shown_run_lacks_is_taken_from_the_other() -> None:
    lossy = [Recorded("a0", 100_000, 150_000, anchor=0), Recorded("a1", 180_000, 240_000, anchor=0)]
    made = assemble(
        100_000, 240_000, [*lossy, Recorded("b", 120_000, 200_000, anchor=1)], [], grown_to=0, configured_at=0
    )
    assert [(one.id, one.start, one.end) for one in made.segments] == [
        ("a0", 100_000, 150_000),
        ("b", 150_000, 180_000),
        ("a1", 180_000, 240_000),
    ]
    assert made.gaps == ()


def test_runs_that_follow_each_other_within_jitter_are_no_overlap() -> None:
    made = cover([Recorded("a", 100, 210, anchor=100), Recorded("b", 200, 300, anchor=200)], [])
    assert [(one.id, one.start, one.end) for one in made.segments] == [("a", 100, 210), ("b", 210, 300)]
    assert made.overlaps == ()


def test_which_run_is_shown_does_not_hang_on_what_is_asked_for() -> None:
    """Whichever of the two has the first file in a span: the same one is shown as in any other."""
    first = [Recorded(f"a{n}", n * 60_000, n * 60_000 + 60_000, anchor=0) for n in range(6)]
    again = [Recorded(f"b{n}", 90_000 + n * 60_000, 150_000 + n * 60_000, anchor=-300_000) for n in range(4)]
    for start in (100_000, 130_000, 160_000, 190_000):
        near = [one for one in (*first, *again) if start - 60_000 < one.start < start + 30_000]
        made = assemble(start, start + 30_000, near, [], grown_to=0, configured_at=0)
        assert {one.id[0] for one in made.segments} == {"b"}, start
        assert {one.id[0] for one in made.overlaps} == {"a"}, start


def test_what_was_told_of_a_moment_counts_before_a_hole_that_was_found() -> None:
    for reason in ("unexplained", "clock"):
        found, crash = Missing(100, 300, "unknown", reason), Missing(150, 200, "recorder", "crashed")
        made = cover([], [found, crash])
        assert [(one.start, one.end, one.reason) for one in made.gaps] == [
            (100, 150, reason), (150, 200, "crashed"), (200, 300, reason),
        ]  # fmt: skip
