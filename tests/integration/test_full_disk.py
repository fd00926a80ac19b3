"""A disk that is really full: a small tmpfs shared by several cameras and somebody who takes the rest of it.

The disk's thread survives although even the journal is refused, gaps say `disk`, and recording resumes by itself.
"""

from __future__ import annotations

import logging
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from recorder.camera import CameraRecorder
from recorder.disk import DiskWriter
from recorder.refusals import QUIET_S
from tests.support.clocks import ManualClock
from tests.support.footage import encode, packet_of, run_of
from vms.bus.outbox import Outbox
from vms.bus.watch import WatchDesk
from vms.domain.facility import Camera
from vms.domain.messages import Gap

pytestmark = pytest.mark.faults

MINUTE = 1_800_000_000.0
UNITS = encode(size=(320, 180), frames=50)
STEP = UNITS[-1].dts + (UNITS[1].dts - UNITS[0].dts)
CAMERAS = 4


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    if os.geteuid() != 0 and not os.environ.get("CI"):
        pytest.skip("mounting needs root")
    folder = tmp_path / "disk"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=100m", "tmpfs", str(folder)], check=True)
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


async def test_recording_resumes_when_there_is_space_again(
    small_disk: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    clock = ManualClock(MINUTE)
    disk = DiskWriter(clock)
    disk.start()
    outbox = Outbox(tmp_path / "outbox.jsonl")
    root = small_disk / "recordings"
    recorders = []
    for number in range(CAMERAS):
        camera = Camera.model_validate(
            {"id": f"c{number}", "name": "C", "placement": "gate", "streams": {"main": "rtsp://h/x"}}
        )
        recorders.append(
            CameraRecorder(
                "s", camera, root=root, node="local", disk=disk, outbox=outbox, desk=WatchDesk(None, clock), clock=clock
            )
        )
    run = run_of("h264", tuple(UNITS), MINUTE)
    for one in recorders:
        one.begin(run)
    rounds = 0

    def play() -> None:
        nonlocal rounds
        for unit in UNITS:
            clock.advance(1 / 25)
            for one in recorders:
                one.packet(run, packet_of(unit, shift=rounds * STEP, arrival=clock.monotonic()))
        rounds += 1
        assert disk.settled(20), "the disk's thread lives"

    def statuses() -> set[tuple[str, str | None]]:
        return {(s.status, s.reason) for s in (one.state(1) for one in recorders)}

    play()
    play()
    assert statuses() == {("recording", None)}
    hog = (small_disk / "somebody-else").open("wb", buffering=0)
    for _ in range(400):
        try:
            while True:
                hog.write(bytes(65536))
        except OSError:
            play()
        if statuses() == {("online", "disk")}:
            break
    assert statuses() == {("online", "disk")}
    hog.truncate(0)
    hog.close()
    for _ in range(3):
        play()
    assert statuses() == {("recording", None)}
    for _ in range(int(QUIET_S / 2) + 1):
        play()
    told = [one.getMessage().split()[0] for one in caplog.records if one.name in ("recorder.disk", "recorder.refusals")]
    assert told == ["disk.failed", "disk.restored"], "once each, not once a file"
    for one in recorders:
        one.end(run, "stopped")
    assert disk.stop(10)
    gaps = [Gap.model_validate_json(item.payload) for item in outbox._items if item.subject.endswith(".gap")]
    lost = [gap for gap in gaps if gap.cause == "disk" and gap.end is not None]
    assert {gap.camera for gap in lost} == {f"c{number}" for number in range(CAMERAS)}
    outbox.close()
