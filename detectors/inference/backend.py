"""What every backend is to the rest: pictures in, persons out. No model and no library in here.

Coordinates are fractions of the picture, origin top left.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Bytes = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Detections:
    """Persons in one picture, as columns: ``xyxy`` (n, 4) left, top, right, bottom; ``confidence`` (n,)."""

    xyxy: Floats
    confidence: Floats

    def __len__(self) -> int:
        return len(self.confidence)

    @classmethod
    def none(cls) -> Detections:
        """An empty picture."""
        return cls(np.zeros((0, 4), np.float32), np.zeros(0, np.float32))

    @classmethod
    def checked(cls, xyxy: NDArray[np.floating], confidence: NDArray[np.floating]) -> Detections:
        """Validates what a model gave, once, at the edge: shapes, finite numbers, boxes with an area.

        Boxes are cut at the picture's border; those that lie outside or hold no area are left out. Raises
        ``ValueError`` when the shapes do not fit each other.
        """
        boxes = np.asarray(xyxy, np.float32).reshape(-1, 4) if np.size(xyxy) else np.zeros((0, 4), np.float32)
        scores = np.asarray(confidence, np.float32).reshape(-1)
        if len(boxes) != len(scores):
            raise ValueError(f"{len(boxes)} boxes and {len(scores)} confidences")
        inside, good = cls.sound(boxes, scores)
        return cls(inside[good], scores[good])

    @staticmethod
    def sound(xyxy: NDArray[np.floating], confidence: NDArray[np.floating]) -> tuple[Floats, NDArray[np.bool_]]:
        """The boxes (n, 4) cut at the picture's border, and which of them are finite and hold an area there."""
        inside = np.asarray(np.clip(xyxy, 0.0, 1.0), np.float32)
        solid = (inside[:, 2] > inside[:, 0]) & (inside[:, 3] > inside[:, 1])
        return inside, solid & np.isfinite(xyxy).all(axis=1) & np.isfinite(confidence)


@dataclass(frozen=True, slots=True)
class Scale:
    """How a model's confidences are to be read: at ``confidence`` a detection is as likely right as wrong.

    Weaker ones than ``keep`` are not reported; how far it lies below says how quickly doubt becomes certainty.
    """

    confidence: float
    keep: float


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture for a backend: ``bgr`` (h, w, 3) in the size of ``Backend.picture_size``, or any other."""

    camera: str
    bgr: Bytes


class Backend(Protocol):
    """Finds persons. ``detect`` is called from several threads, never with the same camera at once."""

    name: str  # "openvino", "ultralytics", "motion"
    model: str
    precision: str
    scale: Scale
    fallback: bool  # True: no person model, counts are a guess

    @property
    def at_once(self) -> int:
        """Calls that gain by running beside each other; more would only hold pictures that grow old."""
        ...

    @property
    def max_batch(self) -> int:
        """Pictures that one call takes best."""
        ...

    def picture_size(self, width: int, height: int) -> tuple[int, int]:
        """The size (width, height) in pixels that a picture of a stream of this size is best handed over in."""
        ...

    def shape_key(self, width: int, height: int) -> tuple[int, int]:
        """Pictures with equal keys may share a batch."""
        ...

    def detect(self, batch: Sequence[Picture]) -> list[Detections]:
        """Persons in each picture, in the batch's order."""
        ...

    def warm(self) -> None:
        """Prepares what the first large batches would wait for; may take seconds, in any thread."""
        ...

    def forget(self, camera: str) -> None:
        """Drops what is kept about a camera that is gone or was interrupted."""
        ...
