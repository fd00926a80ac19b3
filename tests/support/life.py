"""One camera's recorder over one folder, played, killed and started as often as wanted, by a clock of its own."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass
from pathlib import Path

from recorder import journal
from recorder.camera import CameraRecorder
from recorder.disk import DiskWriter
from tests.support.clocks import ManualClock
from tests.support.footage import encode, packet_of, run_of
from tests.support.full_disk import files_of_at_most
from vms.bus.outbox import Outbox
from vms.bus.watch import WatchDesk
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
        with files_of_at_most(30_000):
            self.play(frames, kept=False)
            self.settle()

    def lose(self, reason: str) -> None:
        if self.recorder is None or self.state == "disabled":
            return
        if self.run is not None:
            self.recorder.end(self.run, "ended")
            self.run = None
        self.recorder.trouble(reason, "")
        if self.state not in ("unreachable", "unauthorized"):  # the first clear word on an outage stays
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
        if self.recorder is None:
            return
        self.settle()
        self.recorder, self.run = None, None
        self.state = "disabled" if self.state == "disabled" else "down"
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
        self.recorder = None
        self.state = "disabled" if "disabled" in (self.state, reason) else "down"

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
