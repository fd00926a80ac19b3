"""Whatever becomes of a camera, its recorder and its disk: files, journal and gaps tell one story of all of it.

Lines that were slow when a run began, pictures that never came, a disk that refuses, kills and restarts, in any order.
Judged by an auditor who knows the files and the journal alone.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import NamedTuple

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.support.camera_rig import UNITS, CameraRig
from tests.support.footage import packet_of, run_of
from tests.support.reckoning import reckon
from vms.media.reading import scan_fragments

#: What the anchor's slewing, and a fragment that was being written, may make of a file's length (seconds).
_ROUNDING_S = 0.05


class Filmed(NamedTuple):
    """One run. ``late``: seconds that its labels are behind; ``hole``: pictures that never come, after some others."""

    late: float
    pictures: int
    hole: tuple[int, int]
    refused: tuple[int, int]  # fragments that the disk takes, and does not take after them
    reason: str


class Pause(NamedTuple):
    seconds: float


class Kill(NamedTuple):
    """``kill -9``, also amid a run; the next recorder begins on what is there."""


class Restart(NamedTuple):
    pass


Event = Filmed | Pause | Kill | Restart

films = st.builds(
    Filmed,
    late=st.sampled_from([0.0, 0.0, 0.3, 1.0, 3.0, 6.0]),
    pictures=st.integers(1, 100),
    hole=st.tuples(st.integers(0, 100), st.sampled_from([0, 0, 1, 20, 60])),
    refused=st.tuples(st.integers(0, 12), st.sampled_from([0, 0, 1, 4])),
    reason=st.sampled_from(["lost", "ended", "timeout", "unreachable", "camera_clock", ""]),
)
pauses = st.builds(Pause, st.sampled_from([0.04, 0.5, 4.0, 70.0]))
events = st.lists(st.one_of(films, films, pauses, st.just(Kill()), st.just(Restart())), min_size=1, max_size=8)


class Life:
    """A camera over any number of recorders, each in a folder of its own: the one before may still hold its files."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._number = folder, 0
        self.rig = CameraRig(folder / "0")

    def happens(self, event: Event) -> None:
        if isinstance(event, Filmed):
            self._film(event)
        elif isinstance(event, Pause):
            self.rig.clock.advance(event.seconds)
        elif isinstance(event, Restart):
            self.rig.recorder.leave("stopped")
            self._next()
        else:
            self._next()

    def _next(self) -> None:
        before, self._number = self.rig, self._number + 1
        before.settle()
        data = self._folder / str(self._number)
        shutil.copytree(before.root, data / "recordings")
        before.close()
        alive_until = before.clock.utc()
        before.clock.advance(1.0)
        self.rig = CameraRig(data, before.clock, alive_until)

    def _film(self, event: Filmed) -> None:
        rig, clock = self.rig, self.rig.clock
        run = run_of("h264", UNITS, clock.utc() + event.late)
        taken = rig.disk.append
        takes, refuses = event.refused
        counted = [0]

        def append(*what: object) -> bool:
            counted[0] += 1
            return not (takes < counted[0] <= takes + refuses) and taken(*what)  # type: ignore[arg-type]

        rig.disk.append = append  # type: ignore[method-assign]
        rig.recorder.begin(run)
        after, missing = event.hole
        missed = 0
        for number, unit in enumerate(UNITS[: event.pictures]):
            clock.advance(1 / 25)
            if after <= number < after + missing:
                missed += 1
                continue
            rig.recorder.packet(run, packet_of(unit, arrival=clock.monotonic())._replace(missed=missed))
            missed = 0
            if number % 5 == 4:
                rig.settle()
        if event.reason:
            rig.recorder.end(run, event.reason)
            rig.disk.append = taken  # type: ignore[method-assign]
        else:  # killed in it
            self._next()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(events)
@example([Filmed(6.0, 100, (0, 0), (0, 0), "lost"), Filmed(0.0, 50, (0, 0), (3, 1), "lost"), Kill()])
@example([Filmed(3.0, 90, (70, 20), (0, 0), "lost"), Filmed(0.0, 60, (0, 0), (0, 0), "")])
async def test_every_moment_is_told_once(history: list[Event]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        life = Life(Path(folder))
        for event in history:
            life.happens(event)
        rig = life.rig
        rig.recorder.leave("stopped")
        rig.settle()
        found = reckon(rig.root, "s", "c")
        rig.close()
        for segment in found.segments:
            with (rig.root / segment.path).open("rb") as file:
                fragments = list(scan_fragments(file))
            length = (fragments[-1].tfdt + fragments[-1].duration - fragments[0].tfdt) / segment.timescale
            assert segment.end is not None
            assert (segment.end - segment.start).total_seconds() <= length + _ROUNDING_S, "footage that does not exist"
