"""A polygon is refused where it meets itself, and only there."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vms.domain.shapes import Point, polygon_fault

#: Corners are kept to a ten-thousandth of the picture.
FRACTIONS = st.integers(0, 10_000).map(lambda whole: whole / 10_000)
SQUARE = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)]


@pytest.mark.parametrize(
    ("corners", "said"),
    [
        ([(0, 0), (1, 1), (1, 0), (0, 1)], "at [0.5, 0.5]"),
        ([(0, 0), (1, 0), (0.5, 0), (0.5, 1)], "at [1, 0]"),  # runs back over its first edge
        ([(0, 0), (1, 0), (1, 1), (0.5, 0), (0, 1)], "at [0.5, 0]"),  # touches it
        ([(0, 0), (0.5, 0.5), (1, 0), (1, 1), (0.5, 0.5), (0, 1)], "at [0.5, 0.5]"),  # two that meet in a corner
        ([(0.2, 0.2), (0.4, 0.4), (0.6, 0.6)], "cross or touch"),
        ([(0.2, 0.2), (0.2, 0.2), (0.6, 0.6)], "fewer than 3 different corners"),
    ],
)
def test_outlines_that_meet_themselves(corners: list[Point], said: str) -> None:
    assert said in (polygon_fault(corners) or "")


@pytest.mark.parametrize(
    "corners",
    [
        SQUARE,
        [*SQUARE, SQUARE[0]],
        [SQUARE[0], *SQUARE],
        [(0, 0), (0.5, 0), (1, 0), (1, 1)],  # a corner on a straight edge
        [(0.3, 0.05), (0.95, 0.05), (0.95, 0.95), (0.85, 0.95), (0.85, 0.2), (0.3, 0.2)],
    ],
)
def test_outlines_that_do_not(corners: list[Point]) -> None:
    assert polygon_fault(corners) is None


@given(st.integers(3, 64), st.randoms(use_true_random=False))
def test_a_walk_round_a_centre_never_meets_itself(corners: int, chance: random.Random) -> None:
    angles = [2 * math.pi * (index + 0.8 * chance.random()) / corners for index in range(corners)]
    radii = [0.1 + 0.4 * chance.random() for _ in angles]
    walk = [(0.5 + r * math.cos(a), 0.5 + r * math.sin(a)) for a, r in zip(angles, radii, strict=True)]
    assert polygon_fault(walk) is None
    assert polygon_fault(walk[::-1]) is None


@given(st.lists(st.tuples(FRACTIONS, FRACTIONS), min_size=3, max_size=8), st.integers(0, 7))
def test_it_matters_neither_where_the_walk_begins_nor_which_way_it_goes(corners: list[Point], first: int) -> None:
    turned = corners[first % len(corners) :] + corners[: first % len(corners)]
    faults = [polygon_fault(one) is None for one in (corners, turned, corners[::-1])]
    assert len(set(faults)) == 1
