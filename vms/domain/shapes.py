"""Whether a polygon says clearly what is inside it. Pure.

``web/ui/src/camera/geometry.ts`` decides alike while one draws.
Not here: where a person stands (``detectors.geometry``).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

Point = tuple[float, float]
Edge = tuple[Point, Point]

#: Twice the area of three corners, in shares of the picture, below which they lie in one line.
_IN_LINE = 1e-9


def outline(corners: Sequence[Point]) -> tuple[Point, ...]:
    """The corners of a closed polygon without what is said twice in a row, or again at the end."""
    return tuple(point for index, point in enumerate(corners) if point != corners[(index + 1) % len(corners)])


def polygon_fault(corners: Sequence[Point]) -> str | None:
    """What is wrong with a closed polygon's outline, in words; None when it nowhere meets itself.

    The first corner may be said again at the end, and any corner twice in a row.
    """
    points = outline(corners)
    if len(points) < 3:
        return "it has fewer than 3 different corners"
    edges = list(zip(points, points[1:] + points[:1], strict=True))
    for (i, one), (j, other) in combinations(enumerate(edges), 2):
        if j == i + 1:
            at = _doubled_back(one, other)
        elif i == 0 and j == len(edges) - 1:
            at = _doubled_back(other, one)
        else:
            at = _meeting(one, other)
        if at is not None:
            return (
                f"its edges cross or touch at [{at[0]:.3g}, {at[1]:.3g}]; name its corners in the order of a walk round"
            )
    return None


def _turn(a: Point, b: Point, c: Point) -> float:
    """Twice the signed area of the three; 0 where they lie in one line."""
    twice = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
    return 0.0 if abs(twice) < _IN_LINE else twice


def _meeting(one: Edge, other: Edge) -> Point | None:
    """Where two edges that are no neighbours meet, ends included."""
    (a, b), (c, d) = one, other
    side_c, side_d, side_a, side_b = _turn(a, b, c), _turn(a, b, d), _turn(c, d, a), _turn(c, d, b)
    if side_c * side_d < 0 and side_a * side_b < 0:
        share = side_a / (side_a - side_b)
        return a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share
    ends = ((side_c, a, b, c), (side_d, a, b, d), (side_a, c, d, a), (side_b, c, d, b))
    return next((end for side, start, stop, end in ends if side == 0 and _between(start, stop, end)), None)


def _between(a: Point, b: Point, c: Point) -> bool:
    """Whether ``c``, on the line through ``a`` and ``b``, lies on the stretch between them."""
    return min(a[0], b[0]) <= c[0] <= max(a[0], b[0]) and min(a[1], b[1]) <= c[1] <= max(a[1], b[1])


def _doubled_back(one: Edge, following: Edge) -> Point | None:
    """The corner between two neighbours that run back over each other."""
    (a, b), (_, d) = one, following
    back = (d[0] - b[0]) * (b[0] - a[0]) + (d[1] - b[1]) * (b[1] - a[1]) < 0
    return b if back and _turn(a, b, d) == 0 else None
