"""A camera that sends no key frame for minutes: its file ends all the same, and what cannot be played is a gap."""

from __future__ import annotations

import asyncio
from pathlib import Path

from recorder.camera import CameraRecorder
from recorder.disk import DiskWriter
from tests.support.clocks import ManualClock
from tests.support.footage import Unit, encode, packet_of, run_of
from tests.support.reckoning import reckon
from vms.bus.outbox import Outbox
from vms.bus.watch import WatchDesk
from vms.domain.clock import from_epoch
from vms.domain.facility import Camera
from vms.domain.footage import LONGEST_S
from vms.ingest.stream import TIMESCALE

MINUTE = 1_800_000_000.0
FPS = 5
KEY, *REST = encode(size=(64, 48), frames=FPS, fps=FPS, gop=FPS)


def stream(seconds: int, key_every_s: int) -> list[Unit]:
    """Pictures at 5 Hz; each second's others follow the key frame's bytes or not: nobody decodes them here."""
    units = []
    for number in range(seconds * FPS):
        key = number % (key_every_s * FPS) == 0
        unit = KEY if key else REST[number % len(REST)]
        units.append(Unit(unit.payload, number * TIMESCALE // FPS, number * TIMESCALE // FPS, key))
    return units


def test_a_file_ends_after_nine_minutes_and_the_next_begins_with_a_key_frame(rig) -> None:  # type: ignore[no-untyped-def]
    units = stream(seconds=700, key_every_s=600)
    rig.record("h264", units, MINUTE)
    rig.settled()
    assert rig.unkeyed == [MINUTE + LONGEST_S]
    assert [(s.start, s.end) for s in rig.closed] == [
        (from_epoch(MINUTE), from_epoch(MINUTE + LONGEST_S)),
        (from_epoch(MINUTE + 600), from_epoch(MINUTE + 700)),
    ]
    assert rig.writer.dropped == (600 - LONGEST_S) * FPS
    assert sum(s.frames for s in rig.closed) == len(units) - rig.writer.dropped
    assert rig.lost == []


async def test_the_gap_says_so_and_ends_with_the_next_key_frame(tmp_path: Path) -> None:
    clock = ManualClock(MINUTE)
    disk = DiskWriter(clock)
    disk.start()
    outbox = Outbox(tmp_path / "outbox.jsonl")
    camera = Camera.model_validate({"id": "c", "name": "C", "placement": "gate", "streams": {"main": "rtsp://h/x"}})
    recorder = CameraRecorder(
        "s", camera, root=tmp_path / "recordings", node="local", disk=disk, outbox=outbox,
        desk=WatchDesk(None, clock), clock=clock,
    )  # fmt: skip
    units = stream(seconds=620, key_every_s=600)
    run = run_of("h264", (KEY,), MINUTE)
    recorder.begin(run)
    said = []
    for number, unit in enumerate(units):
        clock.advance(1 / FPS)
        recorder.packet(run, packet_of(unit, arrival=clock.monotonic()))
        if number % FPS == 0:
            assert await asyncio.to_thread(disk.settled, 20)
            state = recorder.state(1)
            if said[-1:] != [(state.status, state.reason)]:
                said.append((state.status, state.reason))
    recorder.end(run, "stopped")
    assert disk.stop(20)
    outbox.close()
    assert said[1:] == [("recording", None), ("online", "no_keyframe"), ("recording", None)]
    found = reckon(tmp_path / "recordings", "s", "c")
    assert [(g.cause, g.reason, g.start, g.end) for g in found.gaps[:1]] == [
        ("camera", "no_keyframe", from_epoch(MINUTE + LONGEST_S), from_epoch(MINUTE + 600))
    ]
