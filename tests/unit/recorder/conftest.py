"""A segment writer on a real disk thread and real files, fed with scripted packets."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from recorder.disk import DiskWriter, _Item
from recorder.growing import Place, Told
from recorder.segments import SegmentWriter
from tests.support.footage import Unit, packet_of, run_of
from vms.domain.clock import SystemClock
from vms.domain.messages import Segment
from vms.ingest.stream import Run


class Rig:
    """What the recorder hangs on the writer is written down."""

    def __init__(self, root: Path, max_bytes: int = 96 * 1024 * 1024) -> None:
        self.root = root
        self.disk = DiskWriter(SystemClock(), max_bytes)
        self.opened: list[Segment] = []
        self.closed: list[Segment] = []
        self.lost: list[tuple[OSError | None, float]] = []
        self.unkeyed: list[float] = []
        self.holed: list[float] = []
        self.writer = SegmentWriter(
            root, Place("s", "c", "local"), self.disk,
            Told(
                self.opened.append, self.closed.append, lambda err, _start, end: self.lost.append((err, end)),
                self.unkeyed.append, lambda _start, end: self.holed.append(end),
            ),
        )  # fmt: skip
        self.disk.start()

    def feed(self, run: Run, units: list[Unit] | tuple[Unit, ...], shift: int = 0) -> None:
        for unit in units:
            self.writer.packet(run, packet_of(unit, shift))

    def record(self, codec: str, units: list[Unit] | tuple[Unit, ...], utc: float) -> Run:
        """One whole run; its pts 0 is at ``utc``."""
        run = run_of(codec, tuple(units), utc)
        self.writer.begin(run)
        self.feed(run, units)
        self.writer.end(run)
        return run

    def settled(self) -> None:
        """Everything submitted so far is done."""
        done = threading.Event()
        self.disk.call(done.set)
        assert done.wait(20)

    def hold(self) -> Callable[[], None]:
        """The disk stands still until the answer is called."""
        free = threading.Event()
        self.disk._submit(_Item(lambda: free.wait(60) and None, None))
        return free.set

    def bytes_of(self, segment: Segment) -> bytes:
        return (self.root / segment.path).read_bytes()

    def parts(self) -> list[Path]:
        return sorted(self.root.glob("**/*.part"))


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    one = Rig(tmp_path)
    yield one
    one.disk.stop(5)


@pytest.fixture
def make_rig(tmp_path: Path) -> Iterator[Callable[..., Rig]]:
    made: list[Rig] = []

    def make(root: Path | None = None, **how: int) -> Rig:
        made.append(Rig(root or tmp_path, **how))
        return made[-1]

    yield make
    for one in made:
        one.disk.stop(5)
