"""Scripted detections for tests."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from detectors.inference.backend import Detections


def found(*boxes: Sequence[float], confidence: float = 0.9) -> Detections:
    """Detections from left, top, right, bottom and, if given, a confidence of its own."""
    rows = [tuple(box[:4]) for box in boxes]
    scores = [box[4] if len(box) > 4 else confidence for box in boxes]
    return Detections.checked(np.array(rows, np.float32).reshape(-1, 4), np.array(scores, np.float32))
