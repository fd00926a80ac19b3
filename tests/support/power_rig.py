"""Cameras recorded over midnight while every change to the disk is written down; and what a restart makes of a cut.

The recorder's own parts (writers, journals, outbox, recovery) on a clock that the test owns: a sync takes 10 ms of it.
"""

from __future__ import annotations

import asyncio
import functools
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import av.error

from recorder.camera import CameraRecorder
from recorder.disk import DiskWriter
from recorder.folders import make_folder
from tests.support.clocks import ManualClock
from tests.support.footage import decode_mp4, encode, packet_of, run_of
from tests.support.power import Op, Record, leave
from tests.support.reckoning import reckon
from vms.bus.outbox import Outbox
from vms.bus.watch import WatchDesk
from vms.domain.facility import Camera
from vms.domain.messages import Gap, Segment

FPS = 25
UNITS = encode(size=(320, 180), frames=50)
STEP = UNITS[-1].dts + UNITS[1].dts
BEGIN = 1_800_057_600.0 - 45.0  # 45 s before a midnight, UTC
LASTS_S = 105
CAMERAS = ("c0", "c1", "c2", "c3")
#: c3 is away from shortly before midnight on, c2 just behind it: gaps are journaled into days with and without footage.
AWAY = {"c3": (38.0, 60.0), "c2": (52.0, 57.0)}
SYNC_TAKES_S = 0.01

Told = Segment | Gap


@dataclass(frozen=True, slots=True)
class Sent:
    """A note: what a camera has sent until when (UTC seconds)."""

    camera: str
    until: float


class _Telling(Outbox):
    """Notes what is told, at the moment from which the bus may have it."""

    def __init__(self, path: Path, told: list[Told], record: Record | None) -> None:
        super().__init__(path)
        self._told, self._record = told, record

    def put(self, subject: str, payload: bytes, msg_id: str, *, sync: bool = False) -> None:
        told = _parse(subject, payload)
        self._told.append(told)
        if self._record is not None:
            self._record.note(told)
        super().put(subject, payload, msg_id, sync=sync)

    @property
    def waiting(self) -> list[Told]:
        """What its file held at start: sent again."""
        return [_parse(item.subject, item.payload) for item in self._items]


async def _desk(clock: ManualClock) -> WatchDesk:
    return WatchDesk(None, clock)  # nobody watches


def _parse(subject: str, payload: bytes) -> Told:
    return (Gap if subject.endswith(".gap") else Segment).model_validate_json(payload)


class Station:
    """The recorder of four cameras over one data folder."""

    def __init__(self, data: Path, clock: ManualClock, record: Record | None = None) -> None:
        self.root = data / "recordings"
        make_folder(self.root)
        self.clock = clock
        self.told: list[Told] = []
        self.disk = DiskWriter(clock)
        self.disk.start()
        self.outbox = _Telling(data / "outbox" / "recorder.jsonl", self.told, record)
        self.resent = self.outbox.waiting
        self.cameras = {name: self._camera(name) for name in CAMERAS}
        for one in self.cameras.values():
            one.resume()
        assert self.disk.settled(20)

    def _camera(self, name: str) -> CameraRecorder:
        camera = Camera.model_validate(
            {"id": name, "name": name, "placement": "gate", "streams": {"main": "rtsp://h/x"}}
        )
        return CameraRecorder(
            "s", camera, root=self.root, node="local", disk=self.disk, outbox=self.outbox,
            desk=asyncio.run(_desk(self.clock)), clock=self.clock,
        )  # fmt: skip

    def close(self) -> None:
        assert self.disk.stop(20)
        self.outbox.close()


def record_over_midnight(data: Path) -> list[Op]:
    """Everything that happened to the disk meanwhile, with notes of what was sent and told."""
    data.mkdir()
    clock = ManualClock(BEGIN)
    with Record(data, clock.utc, lambda: clock.advance(SYNC_TAKES_S)) as record:
        station = Station(data, clock, record)
        runs = {}
        for number in range(LASTS_S * FPS):
            clock.advance(max(0.0, BEGIN + number / FPS - clock.utc()))
            for name, camera in station.cameras.items():
                leaves, returns = AWAY.get(name, (LASTS_S + 1, 0))
                if leaves <= number / FPS < returns:
                    if name in runs:
                        camera.end(runs.pop(name), "timeout")
                    continue
                unit = UNITS[number % len(UNITS)]
                if name not in runs and unit.key:
                    runs[name] = run_of("h264", UNITS, BEGIN)
                    camera.begin(runs[name])
                if name in runs:
                    packet = packet_of(unit, number // len(UNITS) * STEP, clock.monotonic())
                    camera.packet(runs[name], packet)
                    record.note(Sent(name, BEGIN + (number + 1) / FPS))
            assert station.disk.settled(20)
        station.close()
    return record.ops


def verify(ops: Sequence[Op], folder: Path, rng: random.Random, *, strict: bool) -> dict[str, float]:
    """Cuts behind the last of ``ops``, starts again and reckons up; seconds lost of each camera.

    Raises ``AssertionError`` where a row has no file, a file or a moment no row, or a picture does not decode. Now and
    then the power goes a second time, in the middle of the mending.
    """
    left, moment = folder / "left", ops[-1].at
    leave(ops, left, None if strict else rng)
    if rng.random() < 0.3:
        with Record(left, lambda: moment) as record:
            _start(left, moment)
        ops = [*ops, *(op for op in record.ops if op.what == "note")]
        again = folder / "again"
        leave(record.ops[: rng.randint(_there_at_first(record.ops), len(record.ops))], again, None if strict else rng)
        left = again
    station = _start(left, moment)
    sent: dict[str, list[float]] = {name: [] for name in CAMERAS}
    for op in ops:
        if isinstance(op.note, Sent):
            sent[op.note.camera].append(op.note.until)
    told = [op.note for op in ops if isinstance(op.note, Segment | Gap)]
    # The bus has got any beginning of what was told; the rest waits in the outbox, or is told again from the journal.
    rows = _rows([*told[: rng.randint(0, len(told))], *station.resent, *station.told])
    lost = {}
    for name, times in sent.items():
        found = reckon(station.root, "s", name)
        assert {s.id for s in found.segments} == {i for i, s in rows.items() if _is_footage(s, name)}, "rows and files"
        for one in found.segments:
            assert rows.get(one.id) == one
            assert _pictures((station.root / one.path).read_bytes()) == one.frames
        for gap in found.gaps:
            assert rows.get(gap.id) == gap
        assert all(row.end for row in rows.values() if isinstance(row, Segment)), "nothing is said to grow"
        last = max((s.end.timestamp() for s in found.segments if s.end), default=BEGIN)
        lost[name] = sum(until > last + 0.001 for until in times) / FPS
    return lost


def _start(left: Path, moment: float) -> Station:
    station = Station(left, ManualClock(moment))
    station.close()
    return station


def _there_at_first(ops: Sequence[Op]) -> int:
    """How many of ``ops`` only tell what was there when the record began."""
    ends = [n for n, op in enumerate(ops) if op.what == "sync" and not op.path]
    return ends[-1] + 1 if ends else 0


def _rows(told: Sequence[Told]) -> dict[str, Told]:
    """As the database takes them: what was closed stays closed, whoever repeats an older word."""
    rows: dict[str, Told] = {}
    for one in told:
        if one.end is not None or one.id not in rows or rows[one.id].end is None:
            rows[one.id] = one
    return rows


def _is_footage(row: Told, camera: str) -> bool:
    return isinstance(row, Segment) and row.camera == camera and bool(row.bytes)


@functools.lru_cache(maxsize=4096)
def _pictures(data: bytes) -> int:
    try:
        return len(decode_mp4(data))
    except av.error.InvalidDataError as err:
        raise AssertionError("what is left does not decode") from err
