"""Recordings as the recorder writes them, files and journal, at times of one's choice; and pictures read back."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np

from recorder import journal
from recorder.disk import DiskWriter
from recorder.growing import Place, Told
from recorder.segments import SegmentWriter
from tests.support.footage import Unit, packet_of, run_of
from vms.demo.counter import read_counter
from vms.domain.clock import SystemClock
from vms.domain.messages import Segment
from vms.ingest.stream import Run

SITE, CAMERA = "s1", "cam-1"


class Recordings:
    """Writes into ``root`` through the recorder's own writer and disk thread. ``close`` it."""

    def __init__(self, root: Path, site: str = SITE, camera: str = CAMERA) -> None:
        self.root = root
        self.closed: list[Segment] = []
        self._disk = DiskWriter(SystemClock())
        self._disk.start()

        def opened(segment: Segment) -> None:
            journal.append(root, "opened", segment)

        def closed(segment: Segment) -> None:
            journal.append(root, "closed", segment)
            self.closed.append(segment)

        self._writer = SegmentWriter(
            root, Place(site, camera, "local"), self._disk,
            Told(opened, closed, lambda _err, _start, _end: None, lambda _end: None, lambda _start, _end: None),
        )  # fmt: skip

    def record(self, codec: str, units: Iterable[Unit], utc: float, size: tuple[int, int] = (320, 180)) -> None:
        """A whole run; its pts 0 is at ``utc``."""
        self.end(self.grow(codec, units, utc, size))

    def grow(self, codec: str, units: Iterable[Unit], utc: float, size: tuple[int, int] = (320, 180)) -> Run:
        """The beginning of a run, whose last file stays open."""
        units = tuple(units)
        run = run_of(codec, units, utc, size)
        self._writer.begin(run)
        for unit in units:
            self._writer.packet(run, packet_of(unit))
            assert not self._disk.congested or self._disk.settled(60)
        assert self._disk.settled(20)
        return run

    def end(self, run: Run) -> None:
        """The end of a run that was begun."""
        self._writer.end(run)
        assert self._disk.settled(20)

    def files(self) -> list[Path]:
        """Closed and growing ones, in order."""
        return sorted(path for path in self.root.glob("*/*/*/*/*") if path.suffix in (".mp4", ".part"))

    def close(self) -> None:
        self._disk.stop(5)


def poison(path: Path) -> None:
    """Random bytes in the place of every picture; the boxes stay whole."""
    data = bytearray(path.read_bytes())
    noise = np.random.default_rng(7)
    at = 0
    while at < len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        if data[at + 4 : at + 8] == b"mdat":
            data[at + 8 : at + size] = noise.bytes(size - 8)
        at += size
    path.write_bytes(data)


def counter_of(jpeg: bytes) -> int | None:
    """The number in the picture."""
    return read_counter(cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_GRAYSCALE))


def width_of(jpeg: bytes) -> int:
    """Of the picture, in pixels."""
    return int(cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_GRAYSCALE).shape[1])
