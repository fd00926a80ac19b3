"""What each kind of rule looks at: pure functions from tracks to whether it holds now, and who is concerned.

A new kind is one function in ``CONDITIONS``. Kinds that are not in there are not the detector's
(``camera_offline`` is raised by ``web``). Not here: time (``machine``), schedules (``schedule``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from detectors.geometry import foot_points, inside, polygon_of
from detectors.tracking import Track
from vms.domain.facility import Rule, RuleKind, Zone


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the rule's condition holds for one picture, and the persons it concerns."""

    holds: bool
    persons: tuple[Track, ...] = ()
    detail: dict[str, int | float | str] = field(default_factory=dict)


Condition = Callable[[Rule, Zone | None, Sequence[Track]], Verdict]


def persons_in(zone: Zone, tracks: Sequence[Track]) -> tuple[Track, ...]:
    """Those whose foot point lies in the zone's polygon."""
    if not tracks or zone.polygon is None:
        return ()
    feet = foot_points(np.array([track.box for track in tracks], np.float32))
    return tuple(track for track, within in zip(tracks, inside(feet, polygon_of(zone.polygon)), strict=True) if within)


def zone_breach(_rule: Rule, zone: Zone | None, tracks: Sequence[Track]) -> Verdict:
    """Somebody is in the zone."""
    persons = persons_in(zone, tracks) if zone is not None else ()
    return Verdict(bool(persons), persons)


def occupancy(rule: Rule, zone: Zone | None, tracks: Sequence[Track]) -> Verdict:
    """More than ``max`` or fewer than ``min`` persons in the zone, or in the whole picture without one."""
    persons = persons_in(zone, tracks) if zone is not None else tuple(tracks)
    count = len(persons)
    if rule.max is not None and count > rule.max:
        return Verdict(True, persons, {"max": rule.max})
    if rule.min is not None and count < rule.min:
        return Verdict(True, persons, {"min": rule.min})
    return Verdict(False, persons)


CONDITIONS: dict[RuleKind, Condition] = {"zone_breach": zone_breach, "occupancy": occupancy}
