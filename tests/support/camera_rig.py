"""One camera's recorder on a real disk and outbox, with a clock that the test owns."""

from __future__ import annotations

import threading
from pathlib import Path

from recorder import journal
from recorder.camera import CameraRecorder
from recorder.disk import DiskWriter
from tests.support.clocks import ManualClock
from tests.support.footage import encode, packet_of
from vms.bus.outbox import Outbox
from vms.bus.watch import WatchDesk
from vms.domain.facility import Camera
from vms.domain.messages import Gap, Segment
from vms.ingest.stream import Run

MINUTE = 1_800_000_000.0
UNITS = encode(size=(320, 180), frames=100)
CAMERA = Camera.model_validate(
    {"id": "c", "name": "C", "placement": "gate", "streams": {"main": "rtsp://u:geheim@h/x"}}
)


class CameraRig:
    """Camera ``c`` of site ``s``."""

    def __init__(self, data: Path, clock: ManualClock | None = None, alive_until: float | None = None) -> None:
        self.root = data / "recordings"
        self.clock = clock or ManualClock(MINUTE)
        self.disk = DiskWriter(self.clock)
        self.disk.start()
        self.outbox = Outbox(data / "outbox.jsonl")
        self.recorder = CameraRecorder(
            "s", CAMERA, root=self.root, node="local", disk=self.disk, outbox=self.outbox,
            desk=WatchDesk(None, self.clock), clock=self.clock, alive_until=alive_until,
        )  # fmt: skip
        self.recorder.resume()

    def play(self, run: Run, begin: int = 0, end: int = 100) -> None:
        """At the pace of the footage, by the rig's clock; the disk keeps up."""
        for number, unit in enumerate(UNITS[begin:end]):
            self.clock.advance(1 / 25)
            self.recorder.packet(run, packet_of(unit, arrival=self.clock.monotonic()))
            if number % 5 == 4:
                self.settle()

    def settle(self) -> None:
        done = threading.Event()
        self.disk.call(done.set)
        assert done.wait(20)

    def journal(self) -> list[tuple[str, Segment | Gap]]:
        self.settle()
        return [(e.kind, e.record) for day in journal.days(self.root, "s", "c") for e in journal.read(day)]

    def gaps(self) -> list[Gap]:
        """Each gap as it was told last; where footage came at once there is none."""
        told = [record for kind, record in self.journal() if kind == "gap"]
        return [g for g in {g.id: g for g in told if isinstance(g, Gap)}.values() if g.end is None or g.end > g.start]

    def segments(self) -> list[Segment]:
        return [record for kind, record in self.journal() if kind == "closed" and isinstance(record, Segment)]

    def close(self) -> None:
        self.recorder.close()
        self.disk.stop(5)
        self.outbox.close()
