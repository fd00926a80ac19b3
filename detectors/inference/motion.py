"""The backend ``motion``: person-sized blobs that move before a learnt background. The last resort, no model.

It cannot tell a person from a dog or a swaying curtain, nor see one who keeps still: ``fallback`` is set, and
every screen says so. Background: OpenCV's MOG2 (Zivkovic, ICPR 2004) on a small grey picture, one a camera.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np

from detectors.inference.backend import Bytes, Detections, Picture, Scale

WIDTH = 160
#: Plausible persons: shares of the picture's height, and width over height in pixels.
LEAST_HEIGHT, MOST_HEIGHT = 0.12, 0.98
LEAST_ASPECT, MOST_ASPECT = 0.2, 1.2
#: Pictures until the background is learnt; nothing is reported before.
WARM_UP = 4
#: More of the picture than this at once is a change of light, not persons.
MOST_FOREGROUND = 0.6


class MotionBackend:
    """Background subtraction for each camera."""

    name = "motion"
    model = "motion"
    precision = "none"
    scale = Scale(0.5, 0.25)
    fallback = True
    max_batch = 8
    at_once = 2

    def __init__(self) -> None:
        self._backgrounds: dict[str, tuple[Any, int]] = {}

    def picture_size(self, width: int, height: int) -> tuple[int, int]:
        return WIDTH, max(1, round(height * WIDTH / width))

    def shape_key(self, width: int, height: int) -> tuple[int, int]:
        return self.picture_size(width, height)

    def warm(self) -> None:
        """Nothing needs preparing."""

    def forget(self, camera: str) -> None:
        self._backgrounds.pop(camera, None)

    def detect(self, batch: Sequence[Picture]) -> list[Detections]:
        return [self._one(picture.camera, picture.bgr) for picture in batch]

    def _one(self, camera: str, bgr: Bytes) -> Detections:
        size = self.picture_size(bgr.shape[1], bgr.shape[0])
        grey = cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY)
        if (grey.shape[1], grey.shape[0]) != size:
            grey = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
        grey = cv2.GaussianBlur(grey, (5, 5), 0)
        subtractor, seen = self._backgrounds.get(camera, (None, 0))
        if subtractor is None:
            subtractor = cv2.createBackgroundSubtractorMOG2(history=400, varThreshold=25, detectShadows=False)
        mask = subtractor.apply(grey)
        self._backgrounds[camera] = (subtractor, seen + 1)
        if seen < WARM_UP or float(np.count_nonzero(mask)) > MOST_FOREGROUND * mask.size:
            return Detections.none()
        mask = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
        # Tall closing joins head, trunk and legs, which a background of the same colour cuts apart.
        mask = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((15, 5), np.uint8))
        _, _, stats, _ = cv2.connectedComponentsWithStats(mask)
        return blobs_to_persons(np.asarray(stats[1:, :5], np.float32), size)


def blobs_to_persons(stats: np.ndarray[Any, np.dtype[np.float32]], size: tuple[int, int]) -> Detections:
    """Blobs (n, 5) left, top, width, height, area in pixels that have a person's size and stance."""
    width, height = size
    left, top, w, h, area = stats.T
    share = h / height
    aspect = w / np.maximum(h, 1)
    filled = area / np.maximum(w * h, 1)
    fits = (
        (share >= LEAST_HEIGHT)
        & (share <= MOST_HEIGHT)
        & (aspect >= LEAST_ASPECT)
        & (aspect <= MOST_ASPECT)
        & (filled > 0.35)
    )
    boxes = np.stack([left, top, left + w, top + h], axis=1)[fits] / np.array([width, height, width, height])
    return Detections.checked(boxes, np.full(len(boxes), 0.6, np.float32))
