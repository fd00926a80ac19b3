"""Points, polygons, lines and feet: pure functions of numbers in fractions of the picture, origin top left.

A person is where the middle of the lower edge of its box is. The box is never cut to a zone first: a person
beside a zone, whose box reaches into it, is outside. Not here: time, tracks, rules.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from detectors.inference.backend import Floats

Polygon = NDArray[np.float64]  # (n, 2)
Point = tuple[float, float]

#: Steps to the picture's width and height: on this grid the side of a line is a matter of whole numbers, so exact.
_GRID = 1 << 24


def polygon_of(points: Sequence[Point]) -> Polygon:
    """``points`` as an array (n, 2), n ≥ 3, open or closed."""
    return np.asarray(points, np.float64).reshape(-1, 2)


def foot_points(xyxy: Floats) -> NDArray[np.float64]:
    """(n, 2): the middle of the lower edge of boxes (n, 4)."""
    boxes = np.asarray(xyxy, np.float64).reshape(-1, 4)
    return np.stack([(boxes[:, 0] + boxes[:, 2]) / 2, boxes[:, 3]], axis=1)


def inside(points: NDArray[np.float64], polygon: Polygon) -> NDArray[np.bool_]:
    """For each of ``points`` (n, 2) whether it lies in ``polygon``; the border counts as inside.

    Winding number with half-open edges (Sunday, "Inclusion of a Point in a Polygon", 2001), so a corner is counted
    once, and all that a page paints is inside, also where a polygon overlaps itself (the canvas fills "nonzero").
    The border is tested apart, because feet cut off by the picture's lower edge lie at 1.0 exactly, as zones do.
    """
    pts = np.asarray(points, np.float64).reshape(-1, 2)
    if not len(pts) or len(polygon) < 3:
        return np.zeros(len(pts), bool)
    x, y = pts[:, 0, None], pts[:, 1, None]
    ax, ay = polygon[:, 0], polygon[:, 1]
    bx, by = np.concatenate((polygon[1:], polygon[:1])).T  # np.roll takes five times as long
    turn = (bx - ax) * (y - ay) - (x - ax) * (by - ay)
    down = (ay <= y) & (by > y) & (turn < 0)
    up = (ay > y) & (by <= y) & (turn > 0)
    winding = down.sum(axis=1) - up.sum(axis=1)
    return np.asarray((winding != 0) | _on_border(pts, polygon), bool)


def _on_border(points: NDArray[np.float64], polygon: Polygon, tolerance: float = 1e-9) -> NDArray[np.bool_]:
    """Whether each point is within ``tolerance`` of an edge."""
    start = polygon[None, :, :]
    edge = np.roll(polygon, -1, axis=0)[None, :, :] - start
    offset = points[:, None, :] - start
    length = np.maximum((edge**2).sum(axis=2), 1e-18)
    along = np.clip((offset * edge).sum(axis=2) / length, 0, 1)[..., None]
    return np.asarray((((offset - along * edge) ** 2).sum(axis=2) <= tolerance**2).any(axis=1), bool)


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
