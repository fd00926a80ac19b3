"""Arithmetic on boxes that more than one model needs: letterboxing and non-maximum suppression.

Pure numpy on small arrays. Not here: anything that knows a model.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from detectors.inference.backend import Bytes, Floats


@dataclass(frozen=True, slots=True)
class Letterbox:
    """How a picture of ``width`` × ``height`` lies in an input of ``to_width`` × ``to_height`` (pixels).

    The picture is scaled by ``scale`` without changing its aspect and put at (``left``, ``top``).
    """

    width: int
    height: int
    to_width: int
    to_height: int
    scale: float
    inner_width: int
    inner_height: int
    left: int
    top: int

    @classmethod
    def fit(cls, width: int, height: int, to_width: int, to_height: int, *, centred: bool) -> Letterbox:
        """The largest fit; at the top left corner (YOLOX) or centred (Ultralytics)."""
        scale = min(to_width / width, to_height / height)
        inner_width = min(to_width, max(1, round(width * scale)))
        inner_height = min(to_height, max(1, round(height * scale)))
        left = (to_width - inner_width) // 2 if centred else 0
        top = (to_height - inner_height) // 2 if centred else 0
        return cls(width, height, to_width, to_height, scale, inner_width, inner_height, left, top)

    def place(self, bgr: Bytes, into: Bytes) -> None:
        """Writes the picture into one input (to_height, to_width, 3); the border is the caller's."""
        inner = into[self.top : self.top + self.inner_height, self.left : self.left + self.inner_width]
        if bgr.shape[:2] == inner.shape[:2]:
            inner[:] = bgr
        else:
            inner[:] = cv2.resize(bgr, (self.inner_width, self.inner_height), interpolation=cv2.INTER_LINEAR)

    def to_fractions(self, xyxy: NDArray[np.floating]) -> Floats:
        """Boxes (n, 4) in input pixels as fractions of the picture."""
        shift = np.array([self.left, self.top, self.left, self.top], np.float32)
        size = np.array([self.inner_width, self.inner_height, self.inner_width, self.inner_height], np.float32)
        return np.asarray((xyxy - shift) / size, np.float32)


def iou_matrix(a: Floats, b: Floats) -> Floats:
    """Intersection over union of every box of ``a`` (n, 4) with every box of ``b`` (m, 4): (n, m)."""
    if not len(a) or not len(b):
        return np.zeros((len(a), len(b)), np.float32)
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    inner = np.clip(high - low, 0, None).prod(axis=2)
    area_a = (a[:, 2:] - a[:, :2]).prod(axis=1)
    area_b = (b[:, 2:] - b[:, :2]).prod(axis=1)
    union = area_a[:, None] + area_b[None, :] - inner
    return np.asarray(inner / np.maximum(union, 1e-12), np.float32)


def suppress(xyxy: Floats, confidence: Floats, iou: float, limit: int = 100) -> NDArray[np.intp]:
    """Greedy non-maximum suppression: indices that stay, most confident first, at most ``limit``."""
    order = np.argsort(-confidence, kind="stable")[: 4 * limit]
    overlaps = iou_matrix(xyxy[order], xyxy[order]) > iou
    alive = np.ones(len(order), bool)
    kept: list[int] = []
    for position in range(len(order)):
        if not alive[position]:
            continue
        kept.append(position)
        if len(kept) == limit:
            break
        alive &= ~overlaps[position]
    return np.asarray(order[kept], np.intp)
