"""A camera's whole life by chance: streams come and go, disks fill, recorders die. Nothing is missing unsaid."""

from __future__ import annotations

import itertools
import tempfile
from itertools import pairwise
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from recorder.index.cover import complete, union
from tests.support.life import Life
from vms.domain.clock import from_epoch


def check(life: Life) -> None:
    life.stop()
    segments, gaps = life.told()
    footage = [(one.start, one.end) for one in segments if one.end is not None]
    assert complete(footage, gaps, lambda *_: gaps[0]) == [], "the journal alone is whole"
    (last,) = [gap for gap in gaps if gap.end is None]
    closed = [(gap.start, gap.end) for gap in gaps if gap.end is not None and gap.end > gap.start]
    spans = sorted([*union(footage), *closed, (last.start, from_epoch(life.clock.utc()))])
    assert spans[0][0] == from_epoch(life.begun)
    assert all(one[1] == following[0] for one, following in pairwise(spans)), spans
    for probe in life.probes:
        at = from_epoch(probe.at)
        causes = [gap.cause for gap in gaps if gap.start <= at and (gap.end is None or at < gap.end)]
        recorded = any(start <= at < end for start, end in footage)
        expected = ([], True) if probe.cause is None else ([probe.cause], False)
        assert (causes, recorded) == expected, (probe, gaps)


ACTIONS = st.one_of(
    st.tuples(st.just("play"), st.integers(1, 150)),
    st.tuples(st.just("play_on_a_full_disk"), st.integers(1, 80)),
    st.tuples(st.just("lose"), st.sampled_from(["unreachable", "unauthorized"])),
    st.tuples(st.just("wait"), st.floats(30, 4000)),
    st.tuples(st.just("kill")),
    st.tuples(st.just("stop"), st.sampled_from(["stopped", "disabled"])),
    st.tuples(st.just("again"), st.sampled_from([None, None, "disabled"])),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(ACTIONS, max_size=14))
def test_segments_and_gaps_cover_every_life(actions: list[tuple[str, object]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        life = Life(Path(folder))
        try:
            for name, *arguments in actions:
                getattr(life, name)(*arguments)
            life.again()
            check(life)
        finally:
            life.close()


def test_every_pair_of_faults(tmp_path: Path) -> None:
    faults = [
        ("lose", "unreachable"), ("lose", "unauthorized"), ("play_on_a_full_disk", 40), ("kill",), ("stop", "stopped"),
        ("stop", "disabled"),
    ]  # fmt: skip
    for number, (one, other) in enumerate(itertools.product(faults, faults)):
        life = Life(tmp_path / str(number))
        try:
            for name, *arguments in (
                ("play", 80),
                one,
                ("wait", 100.0),
                ("again",),
                other,
                ("wait", 100.0),
                ("again",),
            ):
                getattr(life, name)(*arguments)
            life.play(80)
            check(life)
        finally:
            life.close()
