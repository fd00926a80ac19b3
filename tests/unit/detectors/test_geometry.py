from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from detectors.geometry import foot_of, inside

SQUARE = [(0.2, 0.2), (0.8, 0.2), (0.8, 0.8), (0.2, 0.8)]
# A U, open at the top: its notch is outside.
U = [(0.1, 0.1), (0.3, 0.1), (0.3, 0.7), (0.7, 0.7), (0.7, 0.1), (0.9, 0.1), (0.9, 0.9), (0.1, 0.9)]
FRACTION = st.floats(0, 1, allow_nan=False)


def test_square_notch_border_and_order_of_corners() -> None:
    assert inside((0.5, 0.5), SQUARE)
    assert not inside((0.1, 0.5), SQUARE)
    assert inside((0.2, 0.5), SQUARE)
    assert inside((0.8, 0.8), SQUARE)
    assert inside((0.5, 0.8), SQUARE[::-1])
    assert not inside((0.5, 0.4), U)
    assert inside((0.2, 0.4), U)


def test_feet_at_the_lower_edge_of_the_picture_count() -> None:
    assert inside(foot_of((0.4, 0.3, 0.6, 1.0)), [(0.1, 0.5), (0.9, 0.5), (0.9, 1), (0.1, 1)])


def test_nothing_is_inside_of_two_corners() -> None:
    assert not inside((0.5, 0.2), SQUARE[:2])
    assert not inside((0.5, 0.5), [])


@given(left=FRACTION, width=FRACTION, top=FRACTION, foot=FRACTION)
def test_a_person_beside_the_zone_is_never_inside(left: float, width: float, top: float, foot: float) -> None:
    """However far a box reaches into the zone: only its foot point counts."""
    x, y = foot_of((left, min(top, foot), min(1.0, left + width), foot))
    expected = 0.2 <= x <= 0.8 and 0.2 <= y <= 0.8
    near_border = min(abs(x - 0.2), abs(x - 0.8), abs(y - 0.2), abs(y - 0.8)) < 1e-6
    assert near_border or inside((x, y), SQUARE) == expected


@given(st.lists(st.tuples(FRACTION, FRACTION), min_size=3, max_size=8), FRACTION, FRACTION, st.integers(0, 7))
def test_the_first_corner_does_not_matter(corners: list[tuple[float, float]], x: float, y: float, shift: int) -> None:
    turned = [*corners[shift:], *corners[:shift]]
    assert inside((x, y), corners) == inside((x, y), turned)


@given(st.lists(st.tuples(FRACTION, FRACTION), min_size=3, max_size=8), FRACTION, FRACTION)
def test_points_outside_the_bounding_box_are_outside(corners: list[tuple[float, float]], x: float, y: float) -> None:
    polygon = np.array(corners)
    low, high = polygon.min(axis=0), polygon.max(axis=0)
    if (np.array([x, y]) < low - 1e-6).any() or (np.array([x, y]) > high + 1e-6).any():
        assert not inside((x, y), corners)
