"""One camera's way from detections to counts and rule events, without threads, clocks or I/O.

The service runs it behind the batcher; ``detectors.replay`` runs the same over a file.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from detectors.counting import Counter, Estimate
from detectors.inference.backend import Detections, Scale
from detectors.minutes import MinuteCounter
from detectors.rules.camera_rules import CameraRules, RuleEvent
from detectors.rules.conditions import Scene
from detectors.rules.open_alerts import OpenAlert
from detectors.sampling.tamper import BLIND, Tamper
from detectors.tracking import Track, Tracker
from vms.domain.facility import Camera
from vms.domain.messages import MinuteCount


@dataclass(frozen=True, slots=True)
class Observation:
    """What one analysed picture amounts to."""

    at: float  # UTC seconds
    persons: tuple[Track, ...]
    estimate: Estimate
    zones: Mapping[str, Estimate]
    events: tuple[RuleEvent, ...]
    attentive: bool  # a rule is armed that must see the next one who comes at once
    minute: MinuteCount | None = None
    counted: bool = True  # False: the picture shows nobody, whoever is there

    @property
    def count(self) -> int:
        """Persons in the picture, short occlusions bridged."""
        return self.estimate.persons


class Analysis:
    """Tracks, counts, rules and minutes of one camera.

    Hold ``lock`` for every use: results and changed plans meet here.
    """

    def __init__(self, site: str, camera: Camera, zone_info: ZoneInfo, opened: Sequence[OpenAlert] = ()) -> None:
        self.lock = threading.Lock()
        self._tracker: Tracker | None = None
        self._size = (0, 0)
        self._counter = Counter(camera.zones)
        self.rules = CameraRules(site, camera, zone_info, opened)
        self.minutes = MinuteCounter(site, camera.id)

    def observe(
        self, found: Detections, scale: Scale, size: tuple[int, int], at: float, moment: float,
        tamper: Tamper | None = None,
    ) -> Observation:  # fmt: skip
        """Takes in one picture's persons; ``size`` is the stream's, ``at`` UTC and ``moment`` monotonic seconds."""
        if self._tracker is None or size != self._size:
            first = self._tracker.next_id if self._tracker is not None else 1
            self._tracker, self._size = Tracker(scale, size[0] / size[1], first_id=first), size
        self._tracker.read_as(scale)
        persons = self._tracker.update(found, moment)
        estimate, zones = self._counter.add(self._tracker.hypotheses, moment)
        events = self.rules.look(Scene(persons, tamper), moment, at)
        counted = tamper not in BLIND
        minute = self.minutes.add(at, estimate, zones) if counted else self.minutes.roll(at)
        return Observation(at, persons, estimate, zones, tuple(events), self.rules.attentive(at), minute, counted)

    def change(self, camera: Camera, zone_info: ZoneInfo, at: float) -> list[RuleEvent]:
        """Takes other zones and rules; what is to be told of alerts that end by it."""
        self._counter.change(camera.zones)
        return self.rules.change(camera, zone_info, at)
