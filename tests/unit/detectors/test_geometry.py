from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from detectors.geometry import foot_points, inside, polygon_of

SQUARE = polygon_of([(0.2, 0.2), (0.8, 0.2), (0.8, 0.8), (0.2, 0.8)])
# A U, open at the top: its notch is outside.
U = polygon_of([(0.1, 0.1), (0.3, 0.1), (0.3, 0.7), (0.7, 0.7), (0.7, 0.1), (0.9, 0.1), (0.9, 0.9), (0.1, 0.9)])
FRACTION = st.floats(0, 1, allow_nan=False)


def _inside(x: float, y: float, polygon: np.ndarray) -> bool:
    return bool(inside(np.array([[x, y]]), polygon)[0])


def test_square_notch_border_and_order_of_corners() -> None:
    assert _inside(0.5, 0.5, SQUARE)
    assert not _inside(0.1, 0.5, SQUARE)
    assert _inside(0.2, 0.5, SQUARE)
    assert _inside(0.8, 0.8, SQUARE)
    assert _inside(0.5, 0.8, SQUARE[::-1])
    assert not _inside(0.5, 0.4, U)
    assert _inside(0.2, 0.4, U)


def test_feet_at_the_lower_edge_of_the_picture_count() -> None:
    zone = polygon_of([(0.1, 0.5), (0.9, 0.5), (0.9, 1), (0.1, 1)])
    assert inside(foot_points(np.array([[0.4, 0.3, 0.6, 1.0]], np.float32)), zone).all()


def test_nobody_and_nothing() -> None:
    assert inside(np.zeros((0, 2)), SQUARE).shape == (0,)
    assert not inside(np.array([[0.5, 0.5]]), SQUARE[:2]).any()
    assert foot_points(np.zeros((0, 4), np.float32)).shape == (0, 2)


@given(left=FRACTION, width=FRACTION, top=FRACTION, foot=FRACTION)
def test_a_person_beside_the_zone_is_never_inside(left: float, width: float, top: float, foot: float) -> None:
    """However far a box reaches into the zone: only its foot point counts."""
    box = np.array([[left, min(top, foot), min(1.0, left + width), foot]], np.float32)
    (x, y), *_ = foot_points(box)
    expected = 0.2 <= x <= 0.8 and 0.2 <= y <= 0.8
    near_border = min(abs(x - 0.2), abs(x - 0.8), abs(y - 0.2), abs(y - 0.8)) < 1e-6
    assert near_border or bool(inside(foot_points(box), SQUARE)[0]) == expected


@given(st.lists(st.tuples(FRACTION, FRACTION), min_size=3, max_size=8), FRACTION, FRACTION, st.integers(0, 7))
def test_the_first_corner_does_not_matter(corners: list[tuple[float, float]], x: float, y: float, shift: int) -> None:
    polygon = polygon_of(corners)
    turned = np.roll(polygon, shift, axis=0)
    assert _inside(x, y, polygon) == _inside(x, y, turned)


@given(st.lists(st.tuples(FRACTION, FRACTION), min_size=3, max_size=8), FRACTION, FRACTION)
def test_points_outside_the_bounding_box_are_outside(corners: list[tuple[float, float]], x: float, y: float) -> None:
    polygon = polygon_of(corners)
    low, high = polygon.min(axis=0), polygon.max(axis=0)
    if (np.array([x, y]) < low - 1e-6).any() or (np.array([x, y]) > high + 1e-6).any():
        assert not _inside(x, y, polygon)
