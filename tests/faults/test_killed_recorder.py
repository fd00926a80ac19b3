"""Row 1: a recorder of twenty cameras (in short: six) killed at random times, and started again as the supervisor does.

Each camera burns a number into its pictures, so that the loss is known to the frame: last sent − last on the disk.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import pytest

from recorder.layout import PART, stamp_of
from tests.support.counting_cameras import FPS, FRAMES, CountingCameras, counting_cameras, numbers
from tests.support.figures import Figures
from tests.support.nats_bus import NatsServer
from tests.support.reckoning import reckon
from tests.support.recorder_rig import ROOT, camera, revision
from tests.support.waiting import wait_until
from vms.media.reading import scan_fragments
from vms.supervisor.child import FIRST_RESTART_S

pytestmark = pytest.mark.faults

SEED = 20261122


class Recorder:
    """``vms recorder`` over one data folder: started, killed, started again."""

    def __init__(self, data: Path, nats: NatsServer, cameras: CountingCameras) -> None:
        self.data, self.root = data, data / "recordings"
        self._nats = nats
        self.cameras = cameras.names
        cache = data / "cache" / "config-recorder.json"
        cache.parent.mkdir(parents=True)
        cache.write_bytes(revision(1, *(camera(name, cameras.url(name)) for name in cameras.names)))
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with (self.data / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "vms", "recorder", "--data", str(self.data)], cwd=ROOT, stderr=log,
                env={**os.environ, "VMS_NATS_URL": self._nats.url},
            )  # fmt: skip

    def growing(self) -> dict[str, Path]:
        """The newest growing file of each camera that has footage in one."""
        found = {}
        for name in self.cameras:
            for part in sorted((self.root / "s" / name).glob(f"*/*/*{PART}")):
                # Closed in between, at a minute's end or while it is mended: the next one counts.
                with contextlib.suppress(FileNotFoundError), part.open("rb") as file:
                    if next(scan_fragments(file), None) is not None:
                        found[name] = part
        return found

    def until_all_record(self, before: set[Path]) -> dict[str, Path]:
        """Until every camera has footage in a file that was not there ``before``."""

        def all_of_them() -> dict[str, Path] | None:
            assert self.process
            assert self.process.poll() is None, (self.data / "log").read_text(encoding="utf-8")[-2000:]
            found = self.growing()
            return found if len(found) == len(self.cameras) and not before & set(found.values()) else None

        found = wait_until(all_of_them, 30, "every camera is recorded")
        assert found
        return found

    def end(self, how: signal.Signals) -> float:
        """Sends it; the moment when that was done (monotonic, s), after the process has gone."""
        assert self.process
        self.process.send_signal(how)
        at = time.monotonic()
        self.process.wait(30)
        return at


@pytest.fixture
def cameras(tmp_path: Path, long: bool) -> Iterator[CountingCameras]:
    with counting_cameras(20 if long else 6, tmp_path) as some:
        yield some


def test_killed_at_random_times(
    nats: NatsServer, cameras: CountingCameras, tmp_path: Path, figure: Figures, long: bool
) -> None:
    rng = random.Random(SEED)
    rounds = 50 if long else 2
    recorder = Recorder(tmp_path / "data", nats, cameras)
    recorder.start()
    growing = recorder.until_all_record(set())
    losses, again, holes = [], [], []
    try:
        for _ in range(rounds):
            moment = time.monotonic() + rng.uniform(0.5, 8 if long else 3)
            wait_until(lambda moment=moment: time.monotonic() >= moment, 10)  # type: ignore[misc]
            growing = recorder.growing()  # a minute may have passed
            killed = recorder.end(signal.SIGKILL)
            sent = cameras.sent_by(killed)
            wait_until(lambda killed=killed: time.monotonic() >= killed + FIRST_RESTART_S)  # type: ignore[misc]
            begun = stamp_of(datetime.now(UTC))
            recorder.start()
            fresh = recorder.until_all_record(set(growing.values()))
            again.append(time.monotonic() - killed)
            for name in cameras.names:
                closed = (recorder.root / "s" / name).glob("*/*/*.mp4")  # a fresh one too, at a minute's end
                kept = numbers(max(one for one in closed if one.stem < begun))
                assert kept == [(kept[0] + n) % FRAMES for n in range(len(kept))], "each picture, in order"
                losses.append((sent[name] - kept[-1]) % FRAMES / FPS)
            growing = fresh
    finally:
        recorder.end(signal.SIGTERM)
    for name in cameras.names:
        found = reckon(recorder.root, "s", name)
        # A virtual machine's clock is set now and then, by seconds: then that is told as well.
        assert {g.reason for g in found.gaps} <= {"starting", "crashed", "stopped", "clock"}
        crashed = [g for g in found.gaps if g.reason == "crashed"]
        assert len(crashed) == rounds
        holes += [(g.end - g.start).total_seconds() for g in crashed if g.end]
    print(f"seed {SEED}: worst loss {max(losses):.2f} s, holes up to {max(holes):.2f} s")
    times = f"× {rounds}, {len(cameras.names)} cameras"
    figure(1, "recorder killed: loss", f"worst {max(losses):.2f} s, median {median(losses):.2f} s", "≤ 0.5 s", times)
    figure(
        1, "recorder killed: until all record again", f"worst {max(again):.1f} s, median {median(again):.1f} s",
        "≤ 5 s", times,
    )  # fmt: skip
    figure(
        1, "recorder killed: footage missing", f"worst {max(holes):.1f} s, median {median(holes):.1f} s", "≤ 5 s",
        f"{times}; a key frame every 2 s",
    )  # fmt: skip
    # A fragment and a picture, by construction; crowded by a whole suite, also what the queue had not yet written.
    assert max(losses) <= (0.5 if long else 2.0)
