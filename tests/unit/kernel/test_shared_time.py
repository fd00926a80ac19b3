"""Files that claim the same time: each moment is one file's, and whose it is does not hang on what is looked at."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from vms.domain.footage import Claim, share

claim = st.builds(
    lambda start, length, anchor, name: Claim(start, start + length, anchor, name),
    st.integers(0, 100), st.integers(0, 40), st.integers(-3, 3), st.text("abc", min_size=1, max_size=3),
)  # fmt: skip
claims = st.lists(claim, max_size=12)


def whose(given: list[Claim[int]], at: int) -> Claim[int] | None:
    """The rule, word by word."""
    there = [one for one in given if one.start <= at < one.end]
    return min(there, key=lambda one: (one.anchor, one.id)) if there else None


@given(claims)
def test_each_moment_is_that_file_s_whose_run_is_anchored_earliest(given: list[Claim[int]]) -> None:
    parts = share(given)
    assert all(a.end <= b.start for a, b in pairwise(parts))
    assert all(a.start < a.end for a in parts)
    for at in range(145):
        mine = [given[part.number] for part in parts if part.start <= at < part.end]
        wanted = whose(given, at)
        assert [(one.anchor, one.id) for one in mine] == ([] if wanted is None else [(wanted.anchor, wanted.id)])


@given(claims, st.integers(0, 140), st.integers(0, 140))
def test_a_part_of_the_time_says_what_the_whole_says(given: list[Claim[int]], a: int, b: int) -> None:
    start, end = min(a, b), max(a, b)
    near = [one._replace(start=max(one.start, start), end=min(one.end, end)) for one in given]
    for part in share(near):
        for at in range(part.start, part.end):
            wanted = whose(given, at)
            assert wanted is not None
            assert (near[part.number].anchor, near[part.number].id) == (wanted.anchor, wanted.id)


def test_files_that_follow_each_other_stay_whole() -> None:
    assert share([Claim(60, 120, 0, "b"), Claim(0, 60, 0, "a"), Claim(200, 200, 0, "c")]) == [(1, 0, 60), (0, 60, 120)]
