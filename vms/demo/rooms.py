"""The empty rooms of the drawn scenes, one per kind of camera place.

Belongs here: walls, floors, furniture. Not here: persons.
"""

from __future__ import annotations

import cv2
import numpy as np

from vms.demo.counter import Image
from vms.demo.plan import Placement

Colour = tuple[int, int, int]

HORIZON = {"gate": 0.3, "corridor": 0.22, "sampling_room": 0.16, "patient_room": 0.16}
"""Where parallel lines on the floor meet, from the top."""
FLOOR = {"gate": 0.46, "corridor": 0.46, "sampling_room": 0.5, "patient_room": 0.5}
"""Where the floor begins, from the top."""


def room(look: Placement, seed: int, size: tuple[int, int]) -> Image:
    """A picture (h, w, 3), BGR, of an empty place; ``seed`` varies its colours and noise."""
    rng = np.random.default_rng(seed)
    width, height = size
    picture = np.zeros((height, width, 3), np.uint8)
    tint = rng.integers(-12, 13, 3)
    {"gate": _gate, "corridor": _corridor, "sampling_room": _sampling, "patient_room": _patient}[look](picture, tint)
    light = np.linspace(1.06, 0.9, height, dtype=np.float32)[:, None] * (
        1.04 - 0.18 * np.abs(np.linspace(-1, 1, width, dtype=np.float32)) ** 2
    )
    coarse = cv2.resize(rng.normal(1, 0.02, (height // 24, width // 24)).astype(np.float32), size)
    grain = rng.normal(0, 1.5, (height, width)).astype(np.float32)
    shaded = cv2.GaussianBlur(picture, (0, 0), 0.9).astype(np.float32) * (light * coarse)[..., None] + grain[..., None]
    return np.asarray(np.clip(shaded, 0, 255), np.uint8)


def _tinted(colour: Colour, tint: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Colour:
    b, g, r = (int(np.clip(value + shift, 0, 255)) for value, shift in zip(colour, tint, strict=True))
    return b, g, r


Tint = np.ndarray[tuple[int], np.dtype[np.int64]]


def _box(picture: Image, left: float, top: float, right: float, bottom: float, colour: Colour) -> None:
    height, width = picture.shape[:2]
    cv2.rectangle(
        picture, (int(left * width), int(top * height)), (int(right * width), int(bottom * height)), colour, -1
    )


def _area(picture: Image, points: list[tuple[float, float]], colour: Colour) -> None:
    height, width = picture.shape[:2]
    cv2.fillPoly(
        picture, [np.array([(int(x * width), int(y * height)) for x, y in points], np.int32)], colour, cv2.LINE_AA
    )


def _line(picture: Image, a: tuple[float, float], b: tuple[float, float], colour: Colour, thick: int = 1) -> None:
    height, width = picture.shape[:2]
    ends = [(int(x * width), int(y * height)) for x, y in (a, b)]
    cv2.line(picture, ends[0], ends[1], colour, thick, cv2.LINE_AA)


def _tiles(picture: Image, look: str, colour: Colour, joint: Colour, rows: int, columns: int) -> None:
    horizon, floor = HORIZON[look], FLOOR[look]
    _box(picture, 0, floor, 1, 1, colour)
    for k in range(-columns, 2 * columns + 1):
        x = k / columns
        at_floor = 0.5 + (x - 0.5) * (floor - horizon) / (1 - horizon)
        _line(picture, (at_floor, floor), (x, 1), joint)
    for k in range(rows):
        y = horizon + (floor - horizon) / (1 - k / rows * (1 - (floor - horizon) / (1 - horizon)))
        _line(picture, (0, y), (1, y), joint)


def _gate(picture: Image, tint: Tint) -> None:
    _box(picture, 0, 0, 1, 0.3, (226, 208, 186))
    _box(picture, 0, 0.18, 1, 0.46, _tinted((120, 150, 128), tint))
    for k in range(9):
        _box(picture, k / 8 - 0.01, 0.16, k / 8 + 0.012, 0.46, (96, 104, 108))
    _tiles(picture, "gate", (150, 152, 154), (134, 136, 139), 9, 7)
    _box(picture, 0.04, 0.1, 0.24, 0.62, _tinted((176, 192, 200), tint))
    _box(picture, 0.07, 0.18, 0.21, 0.36, (104, 88, 72))
    _box(picture, 0.02, 0.07, 0.26, 0.12, (84, 70, 150))
    _box(picture, 0.93, 0.34, 0.96, 0.72, (70, 70, 74))
    for k in range(5):
        _box(picture, 0.72 + k * 0.045, 0.43, 0.72 + (k + 1) * 0.045, 0.46, (60, 60, 205) if k % 2 else (232, 232, 232))


def _corridor(picture: Image, tint: Tint) -> None:
    _box(picture, 0, 0, 1, 1, _tinted((206, 214, 216), tint))
    _tiles(picture, "corridor", (150, 166, 172), (128, 142, 150), 10, 8)
    _area(picture, [(0, 0), (0.3, 0.14), (0.3, 0.46), (0, 0.86)], _tinted((192, 202, 206), tint))
    _area(picture, [(1, 0), (0.7, 0.14), (0.7, 0.46), (1, 0.86)], _tinted((182, 193, 198), tint))
    _area(picture, [(0, 0), (1, 0), (0.7, 0.14), (0.3, 0.14)], (226, 228, 228))
    _box(picture, 0.44, 0.2, 0.56, 0.46, (120, 132, 140))
    for left, right in ((0.05, 0.12), (0.2, 0.25)):
        for mirror in (False, True):
            a, b = (1 - left, 1 - right) if mirror else (left, right)
            slope = 0.4 / 0.3
            points = [
                (a, 0.18 + left * 0.1),
                (b, 0.18 + right * 0.1),
                (b, 0.86 - right * slope),
                (a, 0.86 - left * slope),
            ]
            _area(picture, points, (96, 122, 142))
    for k in range(3):
        _box(
            picture, 0.46 - 0.05 * k, 0.015 + 0.035 * (2 - k), 0.54 + 0.05 * k, 0.03 + 0.035 * (2 - k), (250, 250, 250)
        )


def _sampling(picture: Image, tint: Tint) -> None:
    _box(picture, 0, 0, 1, 0.5, _tinted((212, 216, 214), tint))
    _tiles(picture, "sampling_room", (152, 160, 164), (134, 142, 147), 8, 7)
    _box(picture, 0, 0.485, 1, 0.5, (120, 126, 130))
    _box(picture, 0.06, 0.05, 0.26, 0.3, (96, 84, 76))
    _box(picture, 0.07, 0.065, 0.25, 0.285, (224, 206, 186))
    _box(picture, 0.4, 0.08, 0.52, 0.26, (90, 140, 84))
    _box(picture, 0.415, 0.1, 0.505, 0.24, (228, 232, 230))
    _area(picture, [(0.7, 0.5), (0.96, 0.5), (1.0, 0.58), (0.68, 0.58)], (206, 212, 216))
    _box(picture, 0.68, 0.58, 1.0, 0.61, (150, 158, 164))
    _box(picture, 0.7, 0.61, 0.72, 0.8, (110, 116, 122))
    _box(picture, 0.78, 0.44, 0.86, 0.53, (214, 226, 232))
    _box(picture, 0.89, 0.46, 0.92, 0.53, (200, 160, 90))


def _patient(picture: Image, tint: Tint) -> None:
    _box(picture, 0, 0, 1, 0.5, _tinted((204, 214, 208), tint))
    _tiles(picture, "patient_room", (142, 156, 164), (124, 138, 147), 8, 7)
    _box(picture, 0, 0.485, 1, 0.5, (110, 122, 126))
    _box(picture, 0.38, 0.04, 0.6, 0.3, (110, 104, 100))
    _box(picture, 0.39, 0.055, 0.59, 0.285, (230, 218, 204))
    for left in (0.02, 0.72):
        _area(picture, [(left, 0.52), (left + 0.26, 0.52), (left + 0.3, 0.72), (left - 0.02, 0.72)], (226, 228, 226))
        _box(picture, left - 0.02, 0.72, left + 0.3, 0.77, (150, 150, 146))
        _box(picture, left, 0.36, left + 0.26, 0.52, (168, 156, 140))
        _box(picture, left + 0.04, 0.5, left + 0.22, 0.56, (240, 240, 240))
