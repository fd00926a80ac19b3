"""One camera's way from detections to counts and rule events, without threads, clocks or I/O.

The service runs it behind the batcher; ``detectors.replay`` runs the same over a file.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from detectors.inference.backend import Detections
from detectors.minutes import MinuteCounter
from detectors.rules.camera_rules import CameraRules, RuleEvent
from detectors.rules.conditions import Scene
from detectors.rules.open_alerts import OpenAlert
from detectors.sampling.tamper import Tamper
from detectors.tracking import Track, Tracker
from vms.domain.facility import Camera
from vms.domain.messages import MinuteCount


@dataclass(frozen=True, slots=True)
class Observation:
    """What one analysed picture amounts to."""

    at: float  # UTC seconds
    persons: tuple[Track, ...]
    events: tuple[RuleEvent, ...]
    minute: MinuteCount | None = None

    @property
    def count(self) -> int:
        """Persons in the picture, short occlusions bridged."""
        return len(self.persons)


class Analysis:
    """Tracks, rules and minutes of one camera. Hold ``lock`` for every use: results and changed plans meet here."""

    def __init__(self, site: str, camera: Camera, zone_info: ZoneInfo, opened: Sequence[OpenAlert] = ()) -> None:
        self.lock = threading.Lock()
        self._tracker: Tracker | None = None
        self._size = (0, 0)
        self.rules = CameraRules(site, camera, zone_info, opened)
        self.minutes = MinuteCounter(site, camera.id)

    def observe(
        self, found: Detections, confidence: float, size: tuple[int, int], at: float, moment: float,
        tamper: Tamper | None = None,
    ) -> Observation:  # fmt: skip
        """Takes in one picture's persons; ``size`` is the stream's, ``at`` UTC and ``moment`` monotonic seconds."""
        if self._tracker is None or size != self._size:
            self._tracker, self._size = Tracker(size[0] / size[1]), size
        persons = self._tracker.update(found, confidence, moment)
        events = self.rules.look(Scene(persons, tamper), moment, at)
        return Observation(at, persons, tuple(events), self.minutes.add(at, len(persons)))
