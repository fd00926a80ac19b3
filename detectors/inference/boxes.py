"""Arithmetic on boxes that more than one model needs: letterboxing and non-maximum suppression.

Not here: anything that knows a model.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from detectors.inference.backend import Bytes, Detections, Floats

#: Persons in a picture; a model that has gone mad must not drown the tracker.
MOST = 100


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
        return fractions(np.zeros(len(xyxy), np.intp), xyxy, [self])


def fractions(rows: NDArray[np.intp], xyxy: NDArray[np.floating], boxes: Sequence[Letterbox]) -> Floats:
    """Boxes (n, 4) in input pixels as fractions of their pictures; box i lies in picture ``rows[i]`` of ``boxes``."""
    shift = np.array([[box.left, box.top] * 2 for box in boxes], np.float32).reshape(-1, 4)
    size = np.array([[box.inner_width, box.inner_height] * 2 for box in boxes], np.float32).reshape(-1, 4)
    return np.asarray((xyxy - shift[rows]) / size[rows], np.float32)


def iou_matrix(a: Floats, b: Floats) -> Floats:
    """Intersection over union of every box of ``a`` (n, 4) with every box of ``b`` (m, 4): (n, m)."""
    if not len(a) or not len(b):
        return np.zeros((len(a), len(b)), np.float32)
    (left, top, right, bottom), (left_b, top_b, right_b, bottom_b) = a.T[:, :, None], b.T[:, None, :]
    # Side by side instead of as a third axis: numpy is three times faster on two.
    wide = np.maximum(np.minimum(right, right_b) - np.maximum(left, left_b), 0)
    high = np.maximum(np.minimum(bottom, bottom_b) - np.maximum(top, top_b), 0)
    inner = wide * high
    union = (right - left) * (bottom - top) + (right_b - left_b) * (bottom_b - top_b) - inner
    return np.asarray(inner / np.maximum(union, 1e-12), np.float32)


def suppress(xyxy: Floats, confidence: Floats, iou: float) -> NDArray[np.intp]:
    """Greedy non-maximum suppression, OpenCV's: indices that stay, most confident first, at most ``MOST``.

    Of two that overlap by more than ``iou`` the more confident one stays; only the first ``4 * MOST`` are compared.
    """
    if not len(xyxy):
        return np.zeros(0, np.intp)
    sides = np.concatenate([xyxy[:, :2], xyxy[:, 2:] - xyxy[:, :2]], axis=1)  # left, top, width, height
    return np.asarray(cv2.dnn.NMSBoxes(sides, confidence, 0.0, iou, top_k=4 * MOST)[:MOST], np.intp)  # type: ignore[arg-type]


def persons_of(
    rows: NDArray[np.intp], xyxy: Floats, confidence: NDArray[np.floating], boxes: Sequence[Letterbox], iou: float
) -> list[Detections]:
    """A batch's candidates as persons by picture: checked at once, then suppressed picture by picture.

    Candidate i, (n, 4) in input pixels, lies in picture ``rows[i]``; ``rows`` ascends.
    """
    inside, good = Detections.sound(fractions(rows, xyxy, boxes), confidence)
    kept, scores = inside[good], np.asarray(confidence[good], np.float32)
    edges = np.searchsorted(rows[good], np.arange(len(boxes) + 1))
    found = []
    for start, end in itertools.pairwise(edges.tolist()):
        mine = start + suppress(kept[start:end], scores[start:end], iou)
        found.append(Detections(kept[mine], scores[mine]))
    return found
