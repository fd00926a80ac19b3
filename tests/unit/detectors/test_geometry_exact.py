"""Polygons and lines against exact rational arithmetic, with the corners and feet that lie on each other."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from detectors.geometry import crossings, distance_to, inside

Place = tuple[float, float]
#: Eighths meet each other often; any other fraction seldom.
EIGHTH = st.integers(0, 8).map(lambda eighths: eighths / 8)
COORDINATE = st.one_of(EIGHTH, st.floats(0, 1, width=32))
PLACE = st.one_of(st.tuples(EIGHTH, EIGHTH), st.tuples(COORDINATE, COORDINATE))
CORNERS = st.one_of(
    st.lists(PLACE, min_size=3, max_size=9), st.lists(st.tuples(EIGHTH, EIGHTH), min_size=3, max_size=9)
)
LINE = st.lists(PLACE, min_size=2, max_size=16)
TINY = Fraction(1, 10**7)


def exactly(corners: list[Place], x: float, y: float) -> tuple[int, bool]:
    """How often ``corners`` go around the point, clockwise on the screen, and whether it is (nearly) on their border.

    Another way than the one under test: quadrants that the corners pass, in rational numbers.
    """
    around = [(Fraction(cx) - Fraction(x), Fraction(cy) - Fraction(y)) for cx, cy in corners]
    quarters, border = 0, False
    for (ax, ay), (bx, by) in pairwise([*around, around[0]]):
        turn = ax * by - ay * bx
        length = (bx - ax) ** 2 + (by - ay) ** 2
        forward = -(ax * (bx - ax) + ay * (by - ay))
        near = min(ax**2 + ay**2, bx**2 + by**2) <= TINY**2
        if near or (0 <= forward <= length and turn**2 <= TINY**2 * length):
            border = True
        step = (quadrant(bx, by) - quadrant(ax, ay)) % 4
        if step == 2:  # across: by which side says the turn
            quarters += 2 if turn > 0 else -2
        elif step:
            quarters += 1 if step == 1 else -1
    return quarters // 4, border


def quadrant(x: Fraction, y: Fraction) -> int:
    if y >= 0:
        return 0 if x > 0 else 1
    return 2 if x <= 0 else 3


@settings(max_examples=1000, deadline=None)
@given(CORNERS, PLACE)
def test_inside_agrees_with_exact_arithmetic(corners: list[Place], place: Place) -> None:
    """Also where a polygon overlaps itself: whatever a page paints is inside."""
    winding, border = exactly(corners, *place)
    assert border or inside(place, corners) == (winding != 0)


@settings(deadline=None)
@given(CORNERS, st.integers(0, 8), st.floats(0, 1))
def test_corners_and_edges_are_inside(corners: list[Place], edge: int, share: float) -> None:
    (ax, ay), (bx, by) = corners[edge % len(corners)], corners[(edge + 1) % len(corners)]
    on_edge = (ax + share * (bx - ax), ay + share * (by - ay))
    assert inside((ax, ay), corners)
    assert inside(on_edge, corners)


def test_the_heart_of_a_star_is_inside_as_it_is_painted() -> None:
    star = [(0.5, 0.0), (0.8, 1.0), (0.0, 0.4), (1.0, 0.4), (0.2, 1.0)]
    assert [inside(place, star) for place in ((0.5, 0.55), (0.5, 0.1), (0.5, 0.9))] == [True, True, False]


@settings(deadline=None)
@given(CORNERS, PLACE, PLACE)
def test_a_way_into_a_ring_crosses_it_as_it_gets_deeper(corners: list[Place], begin: Place, end: Place) -> None:
    """Going clockwise along the ring its inside is on the right hand: side b."""
    (outer, on_ring), (inner, on_ring_too) = exactly(corners, *begin), exactly(corners, *end)
    assume(not on_ring and not on_ring_too)
    assert crossings(begin, end, [*corners, corners[0]]) == inner - outer


@settings(deadline=None)
@given(CORNERS, st.lists(PLACE, min_size=3, max_size=6))
def test_crossings_of_a_ring_do_not_depend_on_the_way(corners: list[Place], way: list[Place]) -> None:
    """Nothing is lost or doubled where feet and corners lie on each other."""
    ring = [*corners, corners[0]]
    assert sum(crossings(a, b, ring) for a, b in pairwise(way)) == crossings(way[0], way[-1], ring)


@settings(deadline=None)
@given(LINE, PLACE, PLACE)
def test_the_way_back_and_the_line_turned_round_count_backwards(line: list[Place], begin: Place, end: Place) -> None:
    there = crossings(begin, end, line)
    assert crossings(end, begin, line) == -there
    assert crossings(begin, end, line[::-1]) == -there


@settings(deadline=None)
@given(st.lists(PLACE, min_size=2, max_size=12), COORDINATE, COORDINATE)
def test_parity_of_crossings_is_a_change_of_sides(way: list[Place], left: float, right: float) -> None:
    """The line leaves the picture at both ends, so nobody goes around it."""
    line = [(-1.0, left), (2.0, right)]
    sides = [
        (Fraction(y) - Fraction(left)) * 3 - (Fraction(right) - Fraction(left)) * (Fraction(x) + 1) for x, y in way
    ]
    assume(abs(sides[0]) > TINY and abs(sides[-1]) > TINY)
    steps = [crossings(a, b, line) for a, b in pairwise(way)]
    assert set(steps) <= {-1, 0, 1}
    below = [int(side > 0) for side in sides]
    assert sum(steps) == below[-1] - below[0]


def test_sides_and_span() -> None:
    line = [(0.2, 0.5), (0.8, 0.5)]
    assert crossings((0.5, 0.4), (0.5, 0.6), line) == 1  # drawn from left to right: a above, b below
    assert crossings((0.5, 0.6), (0.5, 0.4), line) == -1
    assert crossings((0.9, 0.4), (0.9, 0.6), line) == 0  # beside its end
    assert crossings((0.5, 0.4), (0.5, 0.4), line) == 0
    assert crossings((0.5, 0.4), (0.5, 0.6), [(0.5, 0.5), (0.5, 0.5)]) == 0  # a line without length


@settings(deadline=None)
@given(PLACE, LINE)
def test_the_distance_is_that_to_the_nearest_of_many_points(place: Place, line: list[Place]) -> None:
    unit = (0.2, 0.4)
    shares = np.linspace(0, 1, 201)[:, None]
    points = np.concatenate([np.array(a) + shares * (np.array(b) - np.array(a)) for a, b in pairwise(line)])
    nearest = np.linalg.norm((points - np.array(place)) / np.array(unit), axis=1).min()
    step = max(np.linalg.norm((np.array(b) - np.array(a)) / np.array(unit)) for a, b in pairwise(line)) / 200
    assert nearest - step <= distance_to(place, line, unit) <= nearest + 1e-9
