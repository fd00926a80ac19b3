"""A camera's whole life by chance: streams that come and go, full disks, kills, switching off. Nothing is missing unsaid."""

from __future__ import annotations

import asyncio
import itertools
import tempfile
import threading
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from recorder import journal
from recorder.camera import CameraRecorder
from recorder.disk import DiskWriter
from recorder.index.cover import complete, union
from tests.support.clocks import ManualClock
from tests.support.footage import encode, packet_of, run_of
from tests.support.full_disk import files_of_at_most
from vms.bus.outbox import Outbox
from vms.bus.watch import WatchDesk
from vms.domain.clock import from_epoch
from vms.domain.facility import Camera
from vms.domain.messages import Gap, Segment
from vms.ingest.stream import Run

UNITS = encode(size=(320, 180), frames=50)
LOOP = 50 * 3600
CAMERA = Camera.model_validate({"id": "c", "name": "C", "placement": "gate", "streams": {"main": "rtsp://h/x"}})
CAUSES = {"unreachable": "network", "unauthorized": "camera", "down": "recorder", "disabled": "disabled"}


@dataclass(frozen=True)
class Probe:
    """What must have been at a moment: the cause of a gap, or footage (None)."""

    at: float
    cause: str | None


async def desk(clock: ManualClock) -> WatchDesk:
    return WatchDesk(None, clock)


class Life:
    """One camera's recorder, killed and started as often as wanted, over one folder."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.clock = ManualClock()
        self.probes: list[Probe] = []
        self.run: Run | None = None
        self.sent = 0
        self.state = "down"
        self.disks: list[DiskWriter] = []
        self.outboxes: list[Outbox] = []
        self.recorder: CameraRecorder | None = None
        self.alive_until: float | None = None
        self.start()
        self.begun = self.clock.utc()

    def start(self, left_for: str | None = None) -> None:
        disk, outbox = DiskWriter(self.clock), Outbox(self.data / f"outbox-{len(self.disks)}.jsonl")
        disk.start()
        self.disks.append(disk)
        self.outboxes.append(outbox)
        self.recorder = CameraRecorder(
            "s", CAMERA, root=self.data / "recordings", node="local", disk=disk, outbox=outbox,
            desk=asyncio.run(desk(self.clock)), clock=self.clock, alive_until=self.alive_until,
        )  # fmt: skip
        self.recorder.resume(left_for)
        self.settle()
        self.state = "connecting" if left_for is None else left_for

    def settle(self) -> None:
        done = threading.Event()
        self.disks[-1].call(done.set)
        assert done.wait(20)

    def play(self, frames: int, kept: bool = True) -> None:
        if self.recorder is None or self.state == "disabled":
            return
        if self.run is None:
            self.clock.advance(0.2)
            self.run, self.sent = run_of("h264", UNITS, self.clock.utc()), 0
            self.recorder.begin(self.run)
        self.state = "playing"
        begun = self.clock.utc()
        for _ in range(frames):
            loops, number = divmod(self.sent, len(UNITS))
            self.clock.advance(1 / 25)
            packet = packet_of(UNITS[number], loops * LOOP, self.clock.monotonic())
            self.recorder.packet(self.run, packet)
            self.sent += 1
            if self.sent % 5 == 4:
                self.settle()
        if kept and frames > 50:  # what is not surely on the disk yet is not asked for
            self.probes.append(Probe((begun + self.clock.utc()) / 2, None))

    def play_on_a_full_disk(self, frames: int) -> None:
        with files_of_at_most(2_000):
            self.play(frames, kept=False)
            self.settle()

    def lose(self, reason: str) -> None:
        if self.recorder is None or self.state == "disabled":
            return
        if self.run is not None:
            self.recorder.end(self.run, "ended")
            self.run = None
        self.recorder.trouble(reason, "")
        self.state = reason

    def wait(self, seconds: float) -> None:
        if self.run is not None:
            return
        if self.state in CAUSES:
            self.probes.append(Probe(self.clock.utc() + seconds / 2, CAUSES[self.state]))
        self.clock.advance(seconds)
        if self.recorder is not None and self.state in ("unreachable", "unauthorized"):
            self.recorder.trouble(self.state, "")

    def kill(self) -> None:
        self.settle()
        self.recorder, self.run, self.state = None, None, "down"
        self.alive_until = self.clock.utc()

    def stop(self, reason: str = "stopped") -> None:
        if self.recorder is None:
            return
        if self.run is not None:
            self.recorder.end(self.run, "stopped")
            self.run = None
        if self.state != "disabled":
            self.recorder.leave(reason)
        self.settle()
        self.recorder.close()
        self.recorder, self.state = None, "down" if reason == "stopped" else reason

    def again(self, left_for: str | None = None) -> None:
        if self.recorder is None:
            self.start(left_for)

    def close(self) -> None:
        for disk, outbox in zip(self.disks, self.outboxes, strict=True):
            disk.stop(5)
            outbox.close()

    def told(self) -> tuple[list[Segment], list[Gap]]:
        segments: dict[str, Segment] = {}
        gaps: dict[str, Gap] = {}
        for day in journal.days(self.data / "recordings", "s", "c"):
            for entry in journal.read(day):
                if isinstance(entry.record, Gap):
                    gaps[entry.record.id] = entry.record
                elif entry.kind == "closed":
                    segments[entry.record.id] = entry.record
        return list(segments.values()), list(gaps.values())


def check(life: Life) -> None:
    life.stop()
    segments, gaps = life.told()
    footage = [(one.start, one.end) for one in segments if one.end is not None]
    assert complete(footage, gaps, lambda *_: gaps[0]) == [], "the journal alone is whole"
    (last,) = [gap for gap in gaps if gap.end is None]
    closed = [(gap.start, gap.end) for gap in gaps if gap.end is not None and gap.end > gap.start]
    spans = sorted([*union(footage), *closed, (last.start, from_epoch(life.clock.utc()))])
    assert spans[0][0] == from_epoch(life.begun)
    assert all(one[1] == following[0] for one, following in pairwise(spans)), spans
    for probe in life.probes:
        at = from_epoch(probe.at)
        causes = [gap.cause for gap in gaps if gap.start <= at and (gap.end is None or at < gap.end)]
        recorded = any(start <= at < end for start, end in footage)
        assert (causes, recorded) == ([], True) if probe.cause is None else ([probe.cause], False), (probe, gaps)


ACTIONS = st.one_of(
    st.tuples(st.just("play"), st.integers(1, 150)),
    st.tuples(st.just("play_on_a_full_disk"), st.integers(1, 80)),
    st.tuples(st.just("lose"), st.sampled_from(["unreachable", "unauthorized"])),
    st.tuples(st.just("wait"), st.floats(30, 4000)),
    st.tuples(st.just("kill")),
    st.tuples(st.just("stop"), st.sampled_from(["stopped", "disabled"])),
    st.tuples(st.just("again"), st.sampled_from([None, None, "disabled"])),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(ACTIONS, max_size=14))
def test_segments_and_gaps_cover_every_life(actions: list[tuple[str, object]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        life = Life(Path(folder))
        try:
            for name, *arguments in actions:
                getattr(life, name)(*arguments)
            life.again()
            check(life)
        finally:
            life.close()


def test_every_pair_of_faults(tmp_path: Path) -> None:
    faults = [
        ("lose", "unreachable"), ("lose", "unauthorized"), ("play_on_a_full_disk", 40), ("kill",), ("stop", "stopped"),
        ("stop", "disabled"),
    ]  # fmt: skip
    for number, (one, other) in enumerate(itertools.product(faults, faults)):
        life = Life(tmp_path / str(number))
        try:
            for name, *arguments in (
                ("play", 80),
                one,
                ("wait", 100.0),
                ("again",),
                other,
                ("wait", 100.0),
                ("again",),
            ):
                getattr(life, name)(*arguments)
            life.play(80)
            check(life)
        finally:
            life.close()
