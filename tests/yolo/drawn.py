"""The pictures that the toy learns from and is asked about."""

from __future__ import annotations

import cv2
import numpy as np

SIDE = 160
Box = tuple[float, float, float, float]  # left, top, width, height in pixels


def draw(width: int, height: int, figures: list[Box], seed: int = 0) -> np.ndarray:
    """Figures of about 25–55 pixels' height, the size that the toy learns, on a noisy wall; BGR."""
    wall = np.random.default_rng(seed).integers(85, 110, (height, width, 3)).astype(np.uint8)
    for left, top, wide, tall in figures:
        cv2.rectangle(wall, (int(left), int(top)), (int(left + wide), int(top + tall)), (40, 60, 220), -1)
        cv2.circle(wall, (int(left + wide / 2), int(top + wide / 2)), int(wide / 2.5), (200, 220, 240), -1)
    return wall
