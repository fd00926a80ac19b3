"""A camera's day as a plan that is made beforehand, and lived through the real recorder by a clock that the test owns.

The plan is the truth that the timeline is compared with; nothing of the recorder goes into it. Times of the plan are
seconds since the day began, on a clock that nobody sets; labels are what the host's clock said then.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from tests.support.clocks import ManualClock
from tests.support.footage import Unit
from tests.support.scripted_packets import ScriptedPacket
from tests.support.scripted_recording import ScriptedRecording, ScriptedStream
from vms.domain.errors import IngestError
from vms.domain.messages import GapCause
from vms.ingest.stream import TIMESCALE

Kind = Literal["reboot", "network", "disk", "disabled", "restart", "kill"]
CAUSES: dict[Kind, GapCause] = {
    "reboot": "camera", "network": "network", "disk": "disk", "disabled": "disabled", "restart": "recorder",
    "kill": "recorder",
}  # fmt: skip
#: What the reader's attempts say meanwhile.
WORDS: dict[str, str] = {"reboot": "busy", "network": "unreachable"}
CONNECT_S = 1.0
RETRY_S = 2.0
#: The reader's patience with a silent camera.
SILENCE_S = 7.0
#: A clock that is advanced to a moment may stop so little before it: the moment has come all the same.
ROUNDING_S = 1e-6


@dataclass(frozen=True, slots=True)
class Outage:
    """Nothing can be recorded from ``start`` to ``end``."""

    start: float
    end: float
    kind: Kind


@dataclass(frozen=True, slots=True)
class Step:
    """The host's clock is set by ``seconds``."""

    at: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Plan:
    """One camera's day; outages are apart from each other and from the steps by ``apart_s`` at least."""

    length: float
    outages: tuple[Outage, ...]
    steps: tuple[Step, ...]
    interval: float  # seconds a frame
    gop: int
    ppm: float  # by which the camera's clock is fast

    @property
    def tolerance(self) -> float:
        """A stretch begins with a key frame, found by an attempt; its last pictures may be held, or never written."""
        return (self.gop + 3) * self.interval + RETRY_S

    def label(self, moment: float) -> float:
        """What the host's clock says at ``moment``, in seconds since the day's first label."""
        return moment + sum(step.seconds for step in self.steps if step.at <= moment)

    def expected(self) -> list[tuple[float, float, GapCause]]:
        """The gaps of the day, in labels: outages, and what a clock set ahead leaves out."""
        gaps = [(self.label(one.start), self.label(one.end), CAUSES[one.kind]) for one in self.outages]
        for step in self.steps:
            if step.seconds > 0:
                after = self.label(step.at)
                gaps.append((after - step.seconds, after, "recorder"))
        return sorted(gaps)


def make_plan(
    dice: random.Random, length: float, shared: Sequence[Outage], steps: Sequence[Step], outages: int
) -> Plan:
    """A day with the outages that all cameras share and ``outages`` of its own, at random, apart from each other."""
    interval, gop = dice.choice([(1.2, 4), (1.9, 1), (1.9, 2)])
    apart = 60.0
    # Where the clock goes back, what it labels twice stays free of outages: footage of either pass would cover them.
    taken = [(o.start, o.end) for o in shared]
    taken += [(s.at - abs(min(0.0, s.seconds)), s.at + abs(min(0.0, s.seconds))) for s in steps]
    own: list[Outage] = []
    kinds: tuple[Kind, ...] = ("reboot", "network", "disabled")
    for _ in range(outages * 20):
        if len(own) == outages:
            break
        lasts = dice.choice([30, 60, 180, 900, 2400]) * dice.uniform(0.8, 1.2)
        start = dice.uniform(120, length - lasts - 120)
        if all(start + lasts + apart < a or start > b + apart for a, b in taken):
            own.append(Outage(start, start + lasts, dice.choice(kinds)))
            taken.append((start, start + lasts))
    every = tuple(sorted([*shared, *own], key=lambda one: one.start))
    return Plan(length, every, tuple(steps), interval, gop, dice.uniform(-100, 100))


class SimulatedCamera:
    """Lives its plan: what the reader, the process and the disk would do is done here, at its moment."""

    def __init__(self, plan: Plan, recording: ScriptedRecording, clock: ManualClock, footage: Sequence[Unit]) -> None:
        self._plan, self._recording, self._clock = plan, recording, clock
        self._footage = itertools.cycle(footage)
        self._began = clock.monotonic()
        self._steps = list(plan.steps)
        self._outages = list(plan.outages)

    @property
    def now(self) -> float:
        return self._clock.monotonic() - self._began

    def live(self) -> None:
        """The whole day; the recorder still runs at its end."""
        self._recording.start()
        self._until(CONNECT_S)
        while self.now < self._plan.length:
            self._recording.play(ScriptedStream(self._session()))
            if self._outages and self.now >= self._outages[0].start - ROUNDING_S:
                self._suffer(self._outages.pop(0))

    def _until(self, moment: float) -> None:
        """Time goes on; the host's clock is set meanwhile, if it is due."""
        while self._steps and self._steps[0].at <= moment:
            step = self._steps.pop(0)
            self._clock.advance(max(0.0, step.at - self.now))
            self._clock.step(step.seconds)
        self._clock.advance(max(0.0, moment - self.now))

    def _session(self) -> Iterator[ScriptedPacket]:
        """Frames until something ends the session: an outage, or the day."""
        plan, begun, disk = self._plan, self.now, self._recording.disk
        for number in itertools.count():
            due = begun + number * plan.interval
            while self._outages and self._outages[0].start <= due + ROUNDING_S:
                outage = self._outages[0]
                if outage.kind != "disk":
                    self._until(outage.start)
                    self._break(outage)
                    return
                disk.full = outage.end > due
                if disk.full:
                    break
                self._outages.pop(0)
            if due >= plan.length:
                self._until(plan.length)
                return
            self._until(due)
            unit = next(self._footage)
            pts = round((due - begun) * (1 + plan.ppm * 1e-6) * TIMESCALE)
            yield ScriptedPacket(unit.payload, pts)

    def _break(self, outage: Outage) -> None:
        if outage.kind == "network":
            self._until(outage.start + SILENCE_S)
            raise IngestError("timeout")
        if outage.kind == "kill":
            self._recording.kill()
        elif outage.kind in ("restart", "disabled"):
            self._recording.end_session()

    def _suffer(self, outage: Outage) -> None:
        """Between the sessions."""
        if outage.kind in WORDS:
            while self.now + RETRY_S < outage.end:
                self._until(self.now + RETRY_S)
                self._recording.sink.trouble(WORDS[outage.kind], "")
        elif outage.kind != "kill":
            self._recording.stop(disabled=outage.kind == "disabled")
        self._until(outage.end)
        if outage.kind not in WORDS:
            self._recording.start()
