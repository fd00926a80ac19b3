"""Points, polygons and feet: pure functions of numbers in fractions of the picture, origin top left.

A person is where the middle of the lower edge of its box is. The box is never cut to a zone first: a person
beside a zone, whose box reaches into it, is outside. Not here: time, tracks, rules.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from detectors.inference.backend import Floats

Polygon = NDArray[np.float64]  # (n, 2)


def polygon_of(points: Sequence[tuple[float, float]]) -> Polygon:
    """``points`` as an array (n, 2), n ≥ 3, open or closed."""
    return np.asarray(points, np.float64).reshape(-1, 2)


def foot_points(xyxy: Floats) -> NDArray[np.float64]:
    """(n, 2): the middle of the lower edge of boxes (n, 4)."""
    boxes = np.asarray(xyxy, np.float64).reshape(-1, 4)
    return np.stack([(boxes[:, 0] + boxes[:, 2]) / 2, boxes[:, 3]], axis=1)


def inside(points: NDArray[np.float64], polygon: Polygon) -> NDArray[np.bool_]:
    """For each of ``points`` (n, 2) whether it lies in ``polygon``; the border counts as inside.

    Crossing number with half-open edges (Franklin's pnpoly), so a corner is crossed once; the border is
    tested apart, because feet cut off by the picture's lower edge lie at 1.0 exactly, as zones do.
    """
    pts = np.asarray(points, np.float64).reshape(-1, 2)
    if not len(pts) or len(polygon) < 3:
        return np.zeros(len(pts), bool)
    x, y = pts[:, 0, None], pts[:, 1, None]
    ax, ay = polygon[:, 0], polygon[:, 1]
    bx, by = np.roll(ax, -1), np.roll(ay, -1)
    spans = (ay > y) != (by > y)
    # (x − ax) / (bx − ax) < (y − ay) / (by − ay) without the divisions, which overflow on flat edges.
    left = (x - ax) * (by - ay) < (bx - ax) * (y - ay)
    crossed = spans & (left == (by > ay))
    return np.asarray((crossed.sum(axis=1) % 2 == 1) | _on_border(pts, polygon), bool)


def _on_border(points: NDArray[np.float64], polygon: Polygon, tolerance: float = 1e-9) -> NDArray[np.bool_]:
    """Whether each point is within ``tolerance`` of an edge."""
    start = polygon[None, :, :]
    edge = np.roll(polygon, -1, axis=0)[None, :, :] - start
    offset = points[:, None, :] - start
    length = np.maximum((edge**2).sum(axis=2), 1e-18)
    along = np.clip((offset * edge).sum(axis=2) / length, 0, 1)[..., None]
    return np.asarray((((offset - along * edge) ** 2).sum(axis=2) <= tolerance**2).any(axis=1), bool)
