"""How many persons there are, as an estimate with its uncertainty: in the picture and in each zone.

Each track is there with a probability (``evidence``), so their number is a sum of unlike coin tosses: its mean is
Σp, its variance Σp(1 − p) (Poisson binomial). Shown is the median of the last second's most likely numbers, because
one picture in which two stand behind each other is no change. Not here: the tracks, the minutes.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from detectors.geometry import Point, foot_of, inside
from detectors.tracking import Track
from vms.domain.facility import Zone

#: Pictures of so many seconds are looked at together. Longer would make the first person late.
WINDOW_S = 1.0


@dataclass(frozen=True, slots=True)
class Estimate:
    """``persons`` is what is said; ``mean`` expects, ``sigma`` is its standard deviation, in persons."""

    persons: int
    mean: float
    sigma: float


class _Window:
    """The numbers of the last ``WINDOW_S`` of one place."""

    def __init__(self) -> None:
        self._numbers: deque[tuple[float, int]] = deque()

    def add(self, tracks: Sequence[Track], moment: float) -> Estimate:
        self._numbers.append((moment, sum(track.present for track in tracks)))
        while self._numbers[0][0] <= moment - WINDOW_S or self._numbers[0][0] > moment:
            self._numbers.popleft()
        numbers = sorted(number for _, number in self._numbers)
        usual = sum(numbers) / len(numbers)
        variance = sum((number - usual) ** 2 for number in numbers) / len(numbers)
        variance += sum(track.presence * (1 - track.presence) for track in tracks)
        mean = sum(track.presence for track in tracks)
        return Estimate(numbers[len(numbers) // 2], round(mean, 2), round(math.sqrt(variance), 2))


class Counter:
    """One camera's counts; ``moment`` is monotonic seconds."""

    def __init__(self, zones: Sequence[Zone] = ()) -> None:
        self._all = _Window()
        self._polygons: dict[str, tuple[Point, ...]] = {}
        self._zones: dict[str, _Window] = {}
        self.change(zones)

    def change(self, zones: Sequence[Zone]) -> None:
        """Counts in other zones from now on; one whose shape stays goes on."""
        polygons = {zone.id: zone.polygon for zone in zones if zone.polygon is not None}
        self._zones = {
            id_: self._zones[id_] if self._polygons.get(id_) == polygon else _Window()
            for id_, polygon in polygons.items()
        }
        self._polygons = polygons

    def add(self, tracks: Sequence[Track], moment: float) -> tuple[Estimate, dict[str, Estimate]]:
        """Takes in one picture's tracks, unlikely ones included; in the whole picture, and by zone id."""
        feet = [foot_of(track.box) for track in tracks]
        zones = {
            id_: window.add(
                [track for track, foot in zip(tracks, feet, strict=True) if inside(foot, self._polygons[id_])], moment
            )
            for id_, window in self._zones.items()
        }
        return self._all.add(tracks, moment), zones
