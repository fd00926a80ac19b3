"""Labels of a sequence in MOT format: who is where in which frame. Reading only; nothing is scored here.

Lines are ``frame,id,left,top,width,height,confidence,…`` in pixels, frames from 1 (motchallenge.net, "Instructions").
A confidence of 0 marks a region that counts for nothing: neither missed nor falsely found.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from detectors.inference.backend import Floats
from vms.domain.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Labels:
    """Persons of one frame: ``ids`` and ``xyxy`` (n, 4) in fractions of the picture; ``ignored`` (m, 4) regions."""

    ids: tuple[int, ...]
    xyxy: Floats
    ignored: Floats

    @property
    def count(self) -> int:
        """Persons in the frame."""
        return len(self.ids)


Truth = dict[int, Labels]
#: A box may hang over the border, not over the next village (pixels).
_FARTHEST = 100_000.0


def read(path: Path, width: int, height: int) -> Truth:
    """The labels of ``path`` by frame number; a frame without a line has none. Size in pixels.

    Raises ``ConfigurationError`` that names the line which is not in the format, or names a person a second time.
    """
    lines: dict[tuple[int, int], int] = {}  # frame and id → where they stand
    persons: dict[int, list[tuple[int, tuple[float, ...]]]] = defaultdict(list)
    regions: dict[int, list[tuple[float, ...]]] = defaultdict(list)
    scale = (width, height, width, height)
    try:
        # Spreadsheets set a byte order mark before it. Nothing in the format is quoted.
        with path.open(encoding="utf-8-sig") as file:
            for number, line in enumerate(file, 1):
                if not line.strip() or line.lstrip().startswith("#"):
                    continue
                where = f"{path}, line {number}"
                frame, person, box, counts = _line(line.split(","), where)
                fractions = tuple(edge / size for edge, size in zip(box, scale, strict=True))
                if counts:
                    if (first := lines.setdefault((frame, person), number)) != number:
                        raise ConfigurationError(
                            f"{where}: id {person} stands in frame {frame} already, in line {first}: give each person "
                            "one line a frame and an id of their own, the same throughout"
                        )
                    persons[frame].append((person, fractions))
                else:
                    regions[frame].append(fractions)
    except (OSError, UnicodeDecodeError) as err:
        raise ConfigurationError(f"labels {path} cannot be read: {getattr(err, 'strerror', None) or err}") from err
    if not persons:
        raise ConfigurationError(f"labels {path} name no person")
    return {
        frame: Labels(
            tuple(person for person, _ in persons.get(frame, ())),
            _boxes([box for _, box in persons.get(frame, ())]),
            _boxes(regions.get(frame, ())),
        )
        for frame in {*persons, *regions}
    }


def _line(row: list[str], where: str) -> tuple[int, int, tuple[float, float, float, float], bool]:
    try:
        frame, person = int(float(row[0])), int(float(row[1]))
        left, top, width, height = (float(value) for value in row[2:6])
        confidence = float(row[6]) if len(row) > 6 and row[6].strip() else 1.0
    except (ValueError, OverflowError):
        raise ConfigurationError(f"{where}: expected frame,id,left,top,width,height[,confidence…]") from None
    numbers = (left, top, width, height, confidence)
    # NaN is not within any bound.
    if frame < 1 or not all(abs(value) <= _FARTHEST for value in numbers) or width <= 0 or height <= 0:
        raise ConfigurationError(
            f"{where}: frames count from 1, a box has a width and a height, and lies within {_FARTHEST:,.0f} pixels"
        )
    return frame, person, (left, top, left + width, top + height), confidence != 0


def _boxes(boxes: list[tuple[float, ...]] | tuple[()]) -> Floats:
    return np.asarray(boxes, np.float32).reshape(-1, 4)
