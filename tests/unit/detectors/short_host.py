"""Cameras at a host that is short, in simulated time: real samplers, flows and governor, a scripted model.

The model serves as the batcher does: one slot a camera, the newest picture wins, who has waited longest comes first.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from dataclasses import dataclass, field

from detectors.sampling.flow import Flow
from detectors.sampling.governor import LOOK_S, Demand, Governor
from detectors.sampling.policy import Rates, Sampler

STEP_S = 0.01
FPS, GOP = 10, 20
RATES = Rates(active_fps=4, idle_fps=0.5, min_fps=1)

Busy = Callable[[int, float], bool]  # whether something happens at a camera at a moment
Service = Callable[[int, float], float]  # seconds that a batch of so many pictures takes at a moment


def capacity(pictures_a_second: float) -> Service:
    """A model that does so many, however they come."""
    return lambda count, _: count / pictures_a_second


@dataclass(slots=True)
class Camera:
    """One camera's side, and what it asked for and got."""

    packet: int
    next: float  # moment of the next packet
    sampler: Sampler = field(default_factory=lambda: Sampler(RATES))
    flow: Flow = field(default_factory=lambda: Flow(0.0))
    results: list[float] = field(default_factory=list)
    seen: list[float] = field(default_factory=list)  # moments of the pictures that the model looked at
    active: list[float] = field(default_factory=list)  # moments (of seconds) at which it was active


class Host:
    """Plays on; ``served`` are the moments of all results, ``scales`` what the governor said each second."""

    def __init__(self, cameras: int, service: Service, *, governed: bool = True, seed: int = 1, batch: int = 8) -> None:
        phases = random.Random(seed)
        self.cameras = [Camera(phases.randrange(GOP), phases.random() / FPS) for _ in range(cameras)]
        self.now = 0.0
        self.service = service
        self.scales: list[tuple[float, float]] = []
        self.served: list[float] = []
        self.handed: list[tuple[float, bool]] = []  # moment, whether it replaced one that the model had not seen
        self.wanted: list[tuple[float, float]] = []  # moment, pictures a second that all cameras ask for
        self._governor = Governor() if governed else None
        self.batch = batch
        self._slots: dict[int, float] = {}
        self._last_served: dict[int, float] = {}
        self._in_model: list[tuple[int, float]] = []
        self._free_at = 0.0

    def play(self, seconds: float, busy: Busy) -> Host:
        for _ in range(round(seconds / STEP_S)):
            self.now += STEP_S
            if self._in_model and self.now >= self._free_at:
                self._deliver(busy)
            if not self._in_model and self._slots:
                self._take()
            for index, camera in enumerate(self.cameras):
                if self.now >= camera.next:
                    self._packet(index, camera, busy)
            if int(self.now / LOOK_S) > int((self.now - STEP_S) / LOOK_S):
                self._look()
        return self

    def _packet(self, index: int, camera: Camera, busy: Busy) -> None:
        moment = camera.next
        due = camera.sampler.packet(moment, key=camera.packet % GOP == 0)
        camera.packet += 1
        camera.next += 1 / FPS
        if due.left_out:
            camera.flow.left_out(self.now)
        if not due.look:
            return
        camera.flow.sampled(self.now)
        if camera.sampler.looked(moment, changed=busy(index, moment)):
            camera.flow.hand(self.now, replaced=index in self._slots)
            self.handed.append((self.now, index in self._slots))
            self._slots[index] = moment

    def _take(self) -> None:
        order = sorted(self._slots, key=lambda index: self._last_served.get(index, -1.0))[: self.batch]
        self._in_model = [(index, self._slots.pop(index)) for index in order]
        self._last_served.update(dict.fromkeys(order, self.now))
        self._free_at = max(self._free_at, self.now - STEP_S) + self.service(len(order), self.now)

    def _deliver(self, busy: Busy) -> None:
        for index, moment in self._in_model:
            camera = self.cameras[index]
            camera.flow.inferred(self.now)
            camera.results.append(self.now)
            camera.seen.append(moment)
            self.served.append(self.now)
            if busy(index, moment):
                camera.sampler.persons(moment)
        self._in_model = []

    def _look(self) -> None:
        active = [camera for camera in self.cameras if camera.sampler.active(camera.next)]
        for camera in active:
            camera.active.append(self.now)
        demand = Demand(
            len(active), len(self.cameras) - len(active), RATES.active_fps,
            sum(camera.flow.handed for camera in self.cameras), sum(camera.flow.replaced for camera in self.cameras),
        )  # fmt: skip
        self.wanted.append((self.now, demand.nominal(1.0)))
        if self._governor is None:
            return
        scale = self._governor.look(self.now, demand)
        self.scales.append((self.now, scale))
        for camera in self.cameras:
            camera.sampler.scale = scale

    # --- what came of it ---------------------------------------------------------------------------------------

    def served_share(self, since: float, most: float) -> float:
        """Pictures served of those that a host of ``most`` a second could have served."""
        possible = sum(min(most, wanted) for at, wanted in self.wanted if at > since)
        return sum(at > since for at in self.served) / possible

    def fairness(self, since: float) -> float:
        """Jain's index (R. Jain et al., DEC-TR-301, 1984) of results a second while active; 1: all alike."""
        rates = []
        for camera in self.cameras:
            seconds = {int(at) for at in camera.active if at > since}
            if len(seconds) >= 20:
                rates.append(sum(int(at) in seconds for at in camera.results) / len(seconds))
        return sum(rates) ** 2 / (len(rates) * sum(rate**2 for rate in rates))

    def longest_wait(self) -> float:
        """Most seconds between two pictures of one camera that the model looked at."""
        return max(
            later - earlier for camera in self.cameras for earlier, later in itertools.pairwise([0.0, *camera.seen])
        )

    def wasted(self, since: float) -> float:
        """Share of the pictures decoded for the model that it never saw."""
        handed = [replaced for at, replaced in self.handed if at > since]
        return sum(handed) / len(handed)
