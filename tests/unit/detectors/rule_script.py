"""Persons at places and times for tests of rules, and what a camera's rules tell of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

from detectors.rules.camera_rules import CameraRules, RuleEvent
from detectors.rules.conditions import Scene
from detectors.rules.open_alerts import OpenAlert
from detectors.sampling.tamper import Tamper
from detectors.tracking import Track
from vms.domain.facility import Camera

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
AT = datetime(2026, 11, 22, 12, 0, tzinfo=ZONE).timestamp()
HALF = [[0.5, 0.0], [1.0, 0.0], [1.0, 1.0], [0.5, 1.0]]
#: From left to right across the middle: side a is above, side b below.
LINE = [[0.2, 0.5], [0.8, 0.5]]

Place = tuple[float, float]


def camera(*rules: dict[str, object], line: Sequence[Sequence[float]] = LINE) -> Camera:
    """A camera with the zones ``right`` (the right half) and ``whole``, the line ``line``, and ``rules``."""
    return Camera.model_validate(
        {
            "id": "gate",
            "name": "Gate",
            "placement": "gate",
            "streams": {"main": "rtsp://camera/main"},
            "zones": [
                {"id": "right", "kind": "restricted", "polygon": HALF},
                {"id": "whole", "kind": "area", "polygon": [[0, 0], [1, 0], [1, 1], [0, 1]]},
                {"id": "line", "kind": "line", "points": line},
            ],
            "rules": list(rules),
        }
    )


def rules_of(*rules: dict[str, object], opened: Sequence[OpenAlert] = ()) -> CameraRules:
    """The rules at work."""
    return CameraRules("site", camera(*rules), ZONE, opened)


def person(
    foot: Place, number: int = 1, moment: float = 0.0, born: float = 0.0, height: float = 0.3, speed: Place = (0.0, 0.0)
) -> Track:
    """Somebody who stands at ``foot``, found last at ``moment``."""
    x, y = foot
    width = 0.4 * height * 9 / 16
    return Track(number, (x - width / 2, y - height, x + width / 2, y), speed, 0.9, born, moment, 1, True)


def look(
    rules: CameraRules, moment: float, *tracks: Track, at: float = AT, tamper: Tamper | None = None
) -> list[RuleEvent]:
    """One picture ``moment`` seconds after ``at``."""
    return rules.look(Scene(tracks, tamper), moment, at + moment)


def words(
    rules: CameraRules, script: Iterable[tuple[float, Sequence[Place]]], at: float = AT
) -> list[tuple[float, str, int]]:
    """When, what and of how many is told while persons 1, 2, … stand at the script's places."""
    told = []
    for moment, places in script:
        tracks = [person(place, number, moment) for number, place in enumerate(places, 1)]
        told += [(moment, e.word, e.alert.persons) for e in look(rules, moment, *tracks, at=at)]
    return told


def every(step: float, start: float, end: float, places: Sequence[Place]) -> list[tuple[float, Sequence[Place]]]:
    """The same places from ``start`` to before ``end``, a picture each ``step`` seconds."""
    return [(start + i * step, places) for i in range(round((end - start) / step))]


def walk(step: float, start: float, way: Sequence[Place], speed: float = 0.2) -> list[tuple[float, Sequence[Place]]]:
    """One person along ``way`` with ``speed`` in pictures a second, a picture each ``step`` seconds."""
    script: list[tuple[float, Sequence[Place]]] = []
    moment = start
    for (ax, ay), (bx, by) in pairwise(way):
        length = ((bx - ax) ** 2 + (by - ay) ** 2) ** 0.5
        steps = max(1, round(length / speed / step))
        for i in range(steps):
            script.append((moment, [(ax + (bx - ax) * i / steps, ay + (by - ay) * i / steps)]))
            moment += step
    return [*script, (moment, [way[-1]])]
