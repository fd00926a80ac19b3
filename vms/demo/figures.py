"""Walking and standing persons as sprites with transparency, drawn from a skeleton.

Belongs here: how a person looks in a pose. Not here: where a person is and when (``scenes``).

Lengths are in shares of body height, after the usual eight-heads figure; angles in radians from straight down.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from vms.demo.counter import Image

HEIGHT = 360
"""Pixels from crown to sole in a sprite; pictures use it smaller."""
STEPS = 12
"""Poses of one walking cycle (two steps)."""
_CANVAS = (int(HEIGHT * 0.9), int(HEIGHT * 1.06))
_TOP = int(HEIGHT * 0.03)
_THIGH, _SHIN, _UPPER_ARM, _FOREARM = 0.245, 0.235, 0.165, 0.15

Colour = tuple[int, int, int]
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Clothes:
    """Colours (BGR) of one person, and the build: 1 is average."""

    skin: Colour
    hair: Colour
    top: Colour
    bottom: Colour
    shoes: Colour
    mask: Colour | None
    gown: bool
    long_hair: bool
    build: float


@dataclass(frozen=True, slots=True)
class Sprite:
    """A pose. ``colour``: (h, w, 3) uint8; ``alpha``: (h, w) float32, 0 … 1; cut to what is visible.

    ``foot``: where the middle of the feet stands, in pixels from the left; the soles are at the lower edge.
    """

    colour: Image
    alpha: npt.NDArray[np.float32]
    foot: float


SKINS: tuple[Colour, ...] = ((140, 172, 215), (120, 155, 200), (105, 140, 188), (150, 182, 224))
HAIRS: tuple[Colour, ...] = ((26, 24, 28), (34, 32, 40), (40, 48, 66), (70, 70, 74))
TOPS: tuple[Colour, ...] = (
    (168, 120, 62), (70, 70, 170), (88, 120, 70), (196, 190, 184), (52, 48, 56), (120, 84, 130), (60, 130, 190),
)  # fmt: skip
BOTTOMS: tuple[Colour, ...] = ((92, 62, 44), (52, 48, 46), (70, 76, 84), (110, 96, 88), (40, 36, 40))


def clothes(rng: np.random.Generator) -> Clothes:
    """Someone, chosen by ``rng``."""
    gown = bool(rng.random() < 0.2)
    white = (226, 224, 218)
    return Clothes(
        skin=SKINS[rng.integers(len(SKINS))],
        hair=HAIRS[rng.integers(len(HAIRS))],
        top=white if gown else TOPS[rng.integers(len(TOPS))],
        bottom=BOTTOMS[rng.integers(len(BOTTOMS))],
        shoes=(36, 36, 40) if rng.random() < 0.7 else (200, 200, 204),
        mask=(214, 190, 150) if rng.random() < 0.6 else None,
        gown=gown,
        long_hair=bool(rng.random() < 0.4),
        build=float(rng.uniform(0.92, 1.12)),
    )


def walking(who: Clothes, step: int, seed: int) -> Sprite:
    """Seen from the side, going right; ``step`` of ``STEPS``."""
    phase = 2 * math.pi * step / STEPS
    pen = _Pen(seed)
    lift = 0.012 * abs(math.sin(phase))
    hip, neck = (0.45, 0.505 - lift), (0.465, 0.165 - lift)
    shoulder = (neck[0] - 0.005, neck[1] + 0.045)
    for side in (math.pi, 0.0):  # the far limbs first
        far = side != 0.0
        swing = math.sin(phase + side)
        pen.shade = 0.72 if far else 1.0
        _arm(pen, who, shoulder, -0.5 * swing, 0.25 + 0.3 * max(0.0, -swing))
        _leg(pen, who, hip, 0.46 * swing, 0.12 + 0.75 * max(0.0, math.cos(phase + side)) ** 1.5, ahead=True)
        if far:
            pen.shade = 1.0
            _torso_side(pen, who, hip, neck)
    _head_side(pen, who, neck)
    pen.shade = 1.0
    return pen.sprite(hip[0])


def standing(who: Clothes, seed: int, *, back: bool, sway: float = 0.0, stride: float = 0.0) -> Sprite:
    """Seen from the front or the back; ``stride`` (−1 … 1) lifts one foot or the other, as in walking to or fro."""
    pen = _Pen(seed)
    hip, neck = (0.45, 0.505), (0.45 + 0.01 * sway, 0.165)
    wide = 0.112 * who.build
    for sign in (-1, 1):
        lifted = max(0.0, stride * sign)
        _leg(pen, who, (hip[0] + 0.05 * sign * who.build, hip[1] - 0.03 * lifted), 0.03 * sign, 0.03, ahead=False)
    if who.long_hair and not back:  # falls behind the shoulders
        pen.limb((neck[0], neck[1] - 0.085), (neck[0], neck[1] + 0.03), 0.064, 0.07, who.hair)
    for sign in (-1, 1):
        _arm(pen, who, (neck[0] + wide * sign * 0.93, neck[1] + 0.05), (0.16 + 0.06 * sway) * sign, -0.16 * sign)
    _torso_front(pen, who, hip, neck, wide)
    _head_front(pen, who, neck, back=back)
    return pen.sprite(hip[0])


def _leg(pen: _Pen, who: Clothes, hip: Point, angle: float, bend: float, *, ahead: bool) -> None:
    knee = _along(hip, angle, _THIGH)
    ankle = _along(knee, angle - bend, _SHIN)
    toe = (ankle[0] + (0.075 if ahead else 0.012 * (1 if angle > 0 else -1)), ankle[1] + 0.018)
    pen.limb(ankle, toe, 0.022, 0.018 if ahead else 0.026, who.shoes)
    pen.limb(knee, ankle, 0.046 * who.build, 0.03, who.bottom)
    pen.limb(hip, knee, 0.07 * who.build, 0.048 * who.build, who.bottom)


def _arm(pen: _Pen, who: Clothes, shoulder: Point, angle: float, bend: float) -> None:
    elbow = _along(shoulder, angle, _UPPER_ARM)
    wrist = _along(elbow, angle + bend, _FOREARM)
    pen.limb(wrist, _along(wrist, angle + bend, 0.045), 0.02, 0.017, who.skin)
    pen.limb(elbow, wrist, 0.031, 0.021, who.top if who.gown else who.skin)
    pen.limb(shoulder, elbow, 0.042 * who.build, 0.032, who.top)


def _torso_side(pen: _Pen, who: Clothes, hip: Point, neck: Point) -> None:
    pen.limb(neck, (neck[0] + 0.004, neck[1] - 0.03), 0.03, 0.03, who.skin)
    hem = hip[1] + (0.2 if who.gown else 0.03)
    x, deep = hip[0], 0.082 * who.build
    pen.shape(
        [
            (neck[0] - 0.035, neck[1] + 0.005), (neck[0] + 0.03, neck[1] + 0.01), (x + deep, neck[1] + 0.12),
            (x + deep * 0.85, hip[1] - 0.08), (x + deep, hem), (x - deep, hem), (x - deep * 0.8, hip[1] - 0.1),
            (x - deep * 0.95, neck[1] + 0.08),
        ],
        who.top,
    )  # fmt: skip


def _torso_front(pen: _Pen, who: Clothes, hip: Point, neck: Point, wide: float) -> None:
    pen.limb(neck, (neck[0], neck[1] - 0.03), 0.033, 0.033, who.skin)
    hem = hip[1] + (0.2 if who.gown else 0.035)
    x, waist = neck[0], wide * 0.82
    pen.shape(
        [
            (x - 0.04, neck[1]), (x + 0.04, neck[1]), (x + wide, neck[1] + 0.035), (x + wide * 1.03, neck[1] + 0.1),
            (hip[0] + waist, hip[1] - 0.1), (hip[0] + wide * 0.95, hem), (hip[0] - wide * 0.95, hem),
            (hip[0] - waist, hip[1] - 0.1), (x - wide * 1.03, neck[1] + 0.1), (x - wide, neck[1] + 0.035),
        ],
        who.top,
    )  # fmt: skip


def _head_side(pen: _Pen, who: Clothes, neck: Point) -> None:
    x, y = neck[0] + 0.012, neck[1] - 0.085
    pen.oval((x - 0.008, y - 0.008), 0.062, 0.076, who.hair)
    if who.long_hair:
        pen.limb((x - 0.035, y), (x - 0.05, y + 0.12), 0.04, 0.03, who.hair)
    pen.oval((x + 0.014, y + 0.012), 0.048, 0.064, who.skin)
    pen.oval((x + 0.062, y + 0.012), 0.012, 0.014, who.skin)
    pen.oval((x - 0.004, y - 0.045), 0.056, 0.034, who.hair)
    pen.oval((x - 0.012, y + 0.012), 0.012, 0.018, _scaled(who.skin, 0.85))
    pen.oval((x + 0.04, y - 0.004), 0.007, 0.006, (40, 36, 36))
    if who.mask is not None:
        pen.oval((x + 0.036, y + 0.042), 0.03, 0.03, who.mask)


def _head_front(pen: _Pen, who: Clothes, neck: Point, *, back: bool) -> None:
    x, y = neck[0], neck[1] - 0.085
    if who.long_hair and back:
        pen.limb((x, y), (x, y + 0.11), 0.064, 0.06, who.hair)
    pen.oval((x, y - 0.006), 0.06, 0.077, who.hair)
    if back:
        return
    pen.oval((x, y + 0.012), 0.051, 0.066, who.skin)
    pen.oval((x, y - 0.05), 0.052, 0.028, who.hair)
    for sign in (-1, 1):
        pen.oval((x + 0.02 * sign, y - 0.002), 0.009, 0.006, (44, 38, 38))
    pen.oval((x, y + 0.05), 0.014, 0.005, (96, 96, 160))
    if who.mask is not None:
        pen.oval((x, y + 0.04), 0.042, 0.034, who.mask)


def _along(start: Point, angle: float, length: float) -> Point:
    return start[0] + math.sin(angle) * length, start[1] + math.cos(angle) * length


def _scaled(colour: Colour, by: float) -> Colour:
    b, g, r = (min(255, int(value * by)) for value in colour)
    return b, g, r


class _Pen:
    """Draws rounded, shaded parts on a transparent canvas; light falls from the upper left."""

    def __init__(self, seed: int) -> None:
        width, height = _CANVAS
        self.shade = 1.0
        self._colour = np.zeros((height, width, 3), np.uint8)
        self._alpha = np.zeros((height, width), np.uint8)
        self._seed = seed

    def limb(self, a: Point, b: Point, wide_a: float, wide_b: float, colour: Colour) -> None:
        """A part that tapers from ``a`` to ``b``; ``wide``: half its thickness."""
        for inset, light, shift in ((1.0, 0.62, 0.0), (0.8, 0.85, -0.16), (0.5, 1.0, -0.28), (0.22, 1.14, -0.4)):
            first, second = self._capsule(a, b, wide_a, wide_b, inset, shift)
            self._fill(np.concatenate([first, second]), _scaled(colour, light * self.shade), edge=inset == 1.0)

    def shape(self, outline: list[Point], colour: Colour) -> None:
        """A part with corners, darker to the right."""
        points = np.array([self._pixel(point) for point in outline], np.float32)
        middle = points.mean(axis=0)
        for inset, light, shift in ((1.0, 0.66, 0.0), (0.86, 0.86, -0.03), (0.62, 1.0, -0.06), (0.3, 1.08, -0.1)):
            scaled = middle + (points - middle) * (inset, 0.5 + inset / 2) + (shift * HEIGHT * 0.3, 0)
            self._fill(scaled.astype(np.float32), _scaled(colour, light * self.shade), edge=inset == 1.0)

    def oval(self, centre: Point, half_width: float, half_height: float, colour: Colour) -> None:
        turn = np.linspace(0, 2 * np.pi, 28, endpoint=False)
        for inset, light, shift in ((1.0, 0.78, 0.0), (0.75, 1.0, -0.12), (0.4, 1.1, -0.25)):
            x, y = self._pixel((centre[0] + shift * half_width, centre[1] + shift * half_height))
            ring = np.stack(
                [x + np.cos(turn) * half_width * inset * HEIGHT, y + np.sin(turn) * half_height * inset * HEIGHT], -1
            )
            self._fill(ring.astype(np.float32), _scaled(colour, light * self.shade), edge=inset == 1.0)

    def sprite(self, foot: float) -> Sprite:
        """What was drawn, softened, with the weave of cloth on it."""
        rng = np.random.default_rng(self._seed)
        height, width = self._alpha.shape
        coarse = cv2.resize(rng.normal(1, 0.07, (height // 14, width // 14)).astype(np.float32), (width, height))
        fine = rng.normal(1, 0.045, (height, width)).astype(np.float32)
        soft = cv2.GaussianBlur(self._colour, (0, 0), 2.2).astype(np.float32)
        # Blurring drags the empty canvas in at the rim: divide it out again.
        share = cv2.GaussianBlur((self._alpha > 0).astype(np.float32), (0, 0), 2.2)[..., None]
        colour = np.clip(soft / np.maximum(share, 0.05) * (coarse * fine)[..., None], 0, 255).astype(np.uint8)
        rows, columns = np.flatnonzero(self._alpha.any(axis=1)), np.flatnonzero(self._alpha.any(axis=0))
        top, bottom, left, right = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
        alpha = self._alpha[top:bottom, left:right].astype(np.float32) / np.float32(255)
        return Sprite(
            np.ascontiguousarray(colour[top:bottom, left:right]), alpha, self._pixel((foot, 0))[0] - float(left)
        )

    def _pixel(self, point: Point) -> Point:
        return point[0] * HEIGHT, _TOP + point[1] * HEIGHT

    def _capsule(
        self, a: Point, b: Point, wide_a: float, wide_b: float, inset: float, shift: float
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        turn = np.linspace(0, np.pi, 9)
        angle = math.atan2(b[1] - a[1], b[0] - a[0])
        ends = []
        for centre, wide, start in ((a, wide_a, angle + np.pi / 2), (b, wide_b, angle - np.pi / 2)):
            x, y = self._pixel((centre[0] + shift * wide, centre[1]))
            radius = wide * inset * HEIGHT
            ends.append(np.stack([x + np.cos(start + turn) * radius, y + np.sin(start + turn) * radius], -1))
        return ends[0].astype(np.float32), ends[1].astype(np.float32)

    def _fill(self, outline: npt.NDArray[np.float32], colour: Colour, *, edge: bool) -> None:
        points = np.round(outline * 16).astype(np.int32)
        cv2.fillPoly(self._colour, [points], colour, cv2.LINE_AA, 4)
        if edge:
            cv2.fillPoly(self._alpha, [points], 255, cv2.LINE_AA, 4)
