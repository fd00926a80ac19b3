"""Points, polygons, lines and feet: pure functions of numbers in fractions of the picture, origin top left.

A person is where the middle of the lower edge of its box is. The box is never cut to a zone first: a person
beside a zone, whose box reaches into it, is outside. Not here: time, tracks, rules.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

Point = tuple[float, float]
Box = tuple[float, float, float, float]  # left, top, right, bottom

#: Steps to the picture's width and height: on this grid the side of a line is a matter of whole numbers, so exact.
_GRID = 1 << 24
#: So near to an edge (fractions of the picture) a point lies on it.
_BORDER = 1e-9


def foot_of(box: Box) -> Point:
    """The middle of its lower edge."""
    return (box[0] + box[2]) / 2, box[3]


def inside(point: Point, polygon: Sequence[Point]) -> bool:
    """Whether ``point`` lies in ``polygon``, open or closed; the border counts as inside, of two corners nothing does.

    Winding number with half-open edges (Sunday, "Inclusion of a Point in a Polygon", 2001), so a corner is counted
    once, and all that a page paints is inside, also where a polygon overlaps itself (the canvas fills "nonzero").
    The border is tested apart, because feet cut off by the picture's lower edge lie at 1.0 exactly, as zones do.
    """
    if len(polygon) < 3:
        return False
    x, y = point
    winding = 0
    ax, ay = polygon[-1]
    for bx, by in polygon:
        dx, dy = bx - ax, by - ay
        turn = dx * (y - ay) - (x - ax) * dy
        # Within a hair of the edge's line: only then is the distance to the edge itself worth its cost.
        if abs(turn) <= 2 * _BORDER * (abs(dx) + abs(dy)) + _BORDER**2 and _near(x - ax, y - ay, dx, dy):
            return True
        if ay <= y:
            winding += by > y and turn < 0
        else:
            winding -= by <= y and turn > 0
        ax, ay = bx, by
    return winding != 0


def _near(x: float, y: float, dx: float, dy: float) -> bool:
    """Whether (x, y) lies on the way from the origin to (dx, dy)."""
    length = dx * dx + dy * dy
    share = min(max((x * dx + y * dy) / length, 0.0), 1.0) if length > 0 else 0.0
    return math.hypot(x - share * dx, y - share * dy) <= _BORDER


def crossings(begin: Point, end: Point, line: Sequence[Point]) -> int:
    """Signed crossings of ``line``, within its span, by the straight way from ``begin`` to ``end``: +1 for each time
    from side a to side b, −1 for each time back.

    For one who goes along the line from its first point to its last, a is on the left hand and b on the right, as
    the picture shows it: of a line drawn from left to right a is above and b below.

    Sums over successive ways neither lose nor double a crossing, also where a foot or a corner lies on the other
    exactly: all ways are taken to lie a hair beside where they are, by the same infinitely small step (Edelsbrunner
    and Mücke, "Simulation of Simplicity", 1990).
    """
    px, py = _on_grid(begin)
    qx, qy = _on_grid(end)
    ex, ey = qx - px, qy - py
    net = 0
    for (ux, uy), (vx, vy) in pairwise(_on_grid(point) for point in line):
        dx, dy = vx - ux, vy - uy
        # Signs of cross products; one that is 0 takes the sign that the step (h, h²), 0 < h ≪ 1, gives it.
        before = dx * (py - uy) - dy * (px - ux) or -dy or dx
        after = dx * (qy - uy) - dy * (qx - ux) or -dy or dx
        if (before > 0) == (after > 0):
            continue
        first = ex * (uy - py) - ey * (ux - px) or ey or -ex
        last = ex * (vy - py) - ey * (vx - px) or ey or -ex
        if (first > 0) != (last > 0):
            net += 1 if after > 0 else -1
    return net


def distance_to(point: Point, line: Sequence[Point], unit: Point) -> float:
    """From ``point`` to the nearest point of ``line``, where ``unit`` is the length 1 across and down the picture."""
    x, y = point[0] / unit[0], point[1] / unit[1]
    scaled = [(ax / unit[0], ay / unit[1]) for ax, ay in line]
    nearest = math.inf
    for (ax, ay), (bx, by) in pairwise(scaled):
        dx, dy = bx - ax, by - ay
        length = dx * dx + dy * dy
        share = min(max(((x - ax) * dx + (y - ay) * dy) / length, 0.0), 1.0) if length > 0 else 0.0
        nearest = min(nearest, math.hypot(x - ax - share * dx, y - ay - share * dy))
    return nearest


def _on_grid(point: Point) -> tuple[int, int]:
    return round(point[0] * _GRID), round(point[1] * _GRID)
