"""Drawn scenes: a fixed camera, persons who come, stay and go, and exactly where they are in every frame.

Belongs here: who walks where and when, composing the picture, the ground truth. Not here: the look of a person
(``figures``) or of a place (``rooms``). The same look and seed give the same pixels; the loop closes without a jump,
because the place is empty where it does. After the visits it may be quiet for a while, and covered amid that.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

from vms.demo.counter import Image
from vms.demo.figures import HEIGHT, STEPS, Sprite, clothes, standing, walking
from vms.demo.plan import SCENE_S, Placement
from vms.demo.rooms import HORIZON, room

SIZE = (1280, 720)
FPS = 10
LOOKS_VERSION = 1
"""Raise it when the same look and seed are to give other pixels."""
_STRIDE = 0.78
"""Length of a walking cycle in body heights."""
_SPEED = 0.75
"""Body heights a second."""
_BODY = {"gate": 0.98, "corridor": 0.92, "sampling_room": 0.88, "patient_room": 0.88}
"""Body height over the foot's distance below the horizon: the camera hangs about this much higher than a person."""


@dataclass(frozen=True, slots=True)
class TruthBox:
    """A person in a frame, in fractions of the picture, cut at its edges. ``visible``: the share that was left."""

    walker: int
    left: float
    top: float
    width: float
    height: float
    visible: float


@dataclass(frozen=True, slots=True)
class _Leg:
    """From one point to another, (x, foot y) in fractions, between two moments in seconds. Equal points: a halt."""

    begin: float
    end: float
    start: tuple[float, float]
    goal: tuple[float, float]


@dataclass(frozen=True, slots=True)
class _Placed:
    sprite: Sprite
    walker: int
    left: int
    bottom: int
    width: int
    height: int
    mirrored: bool


class Scene:
    """One drawn camera. ``frames`` pictures at ``FPS``, of ``SIZE``.

    ``quiet_s``: so long nobody comes after the visits; for ``covered_s`` in its middle a cloth hangs before the lens.
    """

    def __init__(self, look: Placement, seed: int, quiet_s: float = 0.0, covered_s: float = 0.0) -> None:
        self.look, self.seed = look, seed
        self.frames = round((SCENE_S + quiet_s) * FPS)
        begin = round((SCENE_S + (quiet_s - covered_s) / 2) * FPS)
        self._covered = range(begin, begin + round(covered_s * FPS))
        self._rng = np.random.default_rng([seed, len(look)])
        self._paths = self._walks()
        self._who = [clothes(self._rng) for _ in self._paths]
        self._poses: dict[tuple[int, str, int], Sprite] = {}

    @cached_property
    def _room(self) -> Image:
        return room(self.look, self.seed, SIZE)

    @cached_property
    def _cloth(self) -> Image:
        """What little a lens sees of a cloth that touches it: its colour, and where light comes through."""
        width, height = SIZE
        across = np.linspace(0.75, 1.1, width, dtype=np.float32)[None, :, None]
        down = np.linspace(1.1, 0.8, height, dtype=np.float32)[:, None, None]
        return np.asarray(np.clip(across * down * np.array((52, 58, 66), np.float32), 0, 255), np.uint8)

    def covered(self, index: int) -> bool:
        """Whether nothing is to be seen in frame ``index``."""
        return index % self.frames in self._covered

    def truth(self, index: int) -> tuple[TruthBox, ...]:
        """Where persons are in frame ``index``, the nearest last."""
        width, height = SIZE
        boxes = []
        for placed in self._placed(index):
            left, right = max(0, placed.left), min(width, placed.left + placed.width)
            top, bottom = max(0, placed.bottom - placed.height), min(height, placed.bottom)
            if left >= right or top >= bottom:
                continue
            visible = (right - left) * (bottom - top) / (placed.width * placed.height)
            boxes.append(
                TruthBox(
                    placed.walker, left / width, top / height, (right - left) / width, (bottom - top) / height, visible
                )
            )
        return tuple(boxes)

    def draw(self, index: int) -> Image:
        """Frame ``index`` as BGR (720, 1280, 3)."""
        if self.covered(index):
            return self._cloth
        picture = self._room.copy()
        for placed in self._placed(index):
            _shadow(picture, placed)
            _paste(picture, placed)
        return picture

    def _walks(self) -> list[list[_Leg]]:
        """Three visits in a loop; the second of two persons at once. Nobody is there in the first and last second."""
        rng = self._rng
        walks = []
        for begin, end, persons in ((1.2, 7.4, 1), (9.0, 16.4, 2), (17.6, 23.0, 1)):
            for k in range(persons):
                walks.append(
                    self._walk(begin + 0.7 * k, end, float(rng.uniform(0.35, 0.65)) + 0.16 * (k - 0.5) * (persons - 1))
                )
        return walks

    def _walk(self, begin: float, end: float, stop_x: float) -> list[_Leg]:
        rng = self._rng
        foot = float(rng.uniform(0.84, 0.97))
        speed = _SPEED * self._body(foot) * SIZE[1] / SIZE[0]
        side = -0.14 if rng.random() < 0.5 else 1.14
        away = 1 - side if rng.random() < 0.7 else side
        arrive = begin + abs(stop_x - side) / speed
        leave = end - abs(away - stop_x) / speed
        if leave < arrive + 0.4:  # no time to stay: straight through
            return [_Leg(begin, begin + abs(1 - 2 * side) / speed, (side, foot), (1 - side, foot))]
        return [
            _Leg(begin, arrive, (side, foot), (stop_x, foot)),
            _Leg(arrive, leave, (stop_x, foot), (stop_x, foot)),
            _Leg(leave, end, (stop_x, foot), (away, foot)),
        ]

    def _body(self, foot: float) -> float:
        return _BODY[self.look] * (foot - HORIZON[self.look])

    def _placed(self, index: int) -> list[_Placed]:
        moment = index % self.frames / FPS
        found = []
        for walker, path in enumerate(self._paths):
            for leg in path:
                if leg.begin <= moment < leg.end:
                    found.append(self._place(walker, leg, moment))
                    break
        return sorted(found, key=lambda placed: placed.bottom)

    def _place(self, walker: int, leg: _Leg, moment: float) -> _Placed:
        share = (moment - leg.begin) / (leg.end - leg.begin)
        x = leg.start[0] + (leg.goal[0] - leg.start[0]) * share
        foot = leg.start[1] + (leg.goal[1] - leg.start[1]) * share
        body = self._body(foot)
        if leg.start == leg.goal:
            sprite, mirrored = self._pose(walker, "stand", int(moment * 1.5) % 3), False
        else:
            travelled = abs(x - leg.start[0]) * SIZE[0] / SIZE[1] / (body * _STRIDE)
            sprite, mirrored = self._pose(walker, "walk", int(travelled * STEPS) % STEPS), leg.goal[0] < leg.start[0]
        scale = body * SIZE[1] / HEIGHT
        width, height = max(2, round(sprite.alpha.shape[1] * scale)), max(2, round(sprite.alpha.shape[0] * scale))
        anchor = sprite.alpha.shape[1] - sprite.foot if mirrored else sprite.foot
        return _Placed(
            sprite, walker, round(x * SIZE[0] - anchor * scale), round(foot * SIZE[1]), width, height, mirrored
        )

    def _pose(self, walker: int, kind: str, step: int) -> Sprite:
        key = (walker, kind, step)
        if key not in self._poses:
            who, seed = self._who[walker], self.seed * 31 + walker
            if kind == "walk":
                self._poses[key] = walking(who, step, seed)
            else:
                self._poses[key] = standing(who, seed, back=walker % 3 == 1, sway=float(step - 1))
        return self._poses[key]


def _shadow(picture: Image, placed: _Placed) -> None:
    height, width = picture.shape[:2]
    half = int(placed.height * 0.16)
    centre = placed.left + placed.width // 2
    left, right = max(0, centre - half), min(width, centre + half)
    top, bottom = max(0, placed.bottom - half // 3), min(height, placed.bottom + half // 4)
    if left >= right or top >= bottom:
        return
    part = picture[top:bottom, left:right]
    mask = np.zeros(part.shape[:2], np.uint8)
    cv2.ellipse(mask, (centre - left, placed.bottom - top - 2), (half * 9 // 10, half // 5), 0, 0, 360, 110, -1)
    mask = cv2.GaussianBlur(mask, (0, 0), half / 14 + 0.1)
    part[:] = (part * (1 - mask[..., None] / 255.0)).astype(np.uint8)


def _paste(picture: Image, placed: _Placed) -> None:
    height, width = picture.shape[:2]
    colour = cv2.resize(placed.sprite.colour, (placed.width, placed.height), interpolation=cv2.INTER_AREA)
    alpha = cv2.resize(placed.sprite.alpha, (placed.width, placed.height), interpolation=cv2.INTER_AREA)
    if placed.mirrored:
        colour, alpha = colour[:, ::-1], alpha[:, ::-1]
    left, top = placed.left, placed.bottom - placed.height
    x0, x1, y0, y1 = max(0, left), min(width, left + placed.width), max(0, top), min(height, placed.bottom)
    if x0 >= x1 or y0 >= y1:
        return
    part = picture[y0:y1, x0:x1]
    seen = alpha[y0 - top : y1 - top, x0 - left : x1 - left, None]
    over = colour[y0 - top : y1 - top, x0 - left : x1 - left]
    part[:] = (part + (over.astype(np.float32) - part) * seen).astype(np.uint8)
