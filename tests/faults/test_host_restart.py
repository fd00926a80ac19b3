"""Row 3: the whole tree of processes killed at once, and started again as the host does at its start."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path

import psutil
import pytest
import yaml

from tests.support.counting_cameras import CountingCameras, counting_cameras
from tests.support.figures import Figures
from tests.support.reckoning import reckon
from tests.support.recorder_rig import camera
from tests.support.service import Service, service
from tests.support.waiting import wait_until

pytestmark = pytest.mark.faults


def facility(cameras: CountingCameras) -> str:
    sites = [{"id": "s", "name": "S", "cameras": [camera(one, cameras.url(one)) for one in cameras.names]}]
    return yaml.safe_dump({"facility": {"name": "F"}, "sites": sites})


def all_record(one: Service, count: int) -> bool:
    states = [c["state"] for c in one.get("/api/cameras")["items"]]
    return len(states) == count and set(states) == {"recording"}


def kill_tree(one: Service) -> None:
    """All of them with SIGKILL, none with time to say a word to another."""
    assert one.process is not None
    tree = [one.process.pid, *(child.pid for child in psutil.Process(one.process.pid).children(recursive=True))]
    assert len(tree) >= 5, "supervisor, bus, web, recorder, detector"
    for pid in tree:
        with contextlib.suppress(ProcessLookupError):  # who is killed takes its children along
            os.kill(pid, signal.SIGKILL)
    one.process.wait(10)
    wait_until(lambda: not any(psutil.pid_exists(pid) for pid in tree), 10, "all of them are gone")


def test_the_tree_killed_and_started_again(tmp_path: Path, figure: Figures, long: bool) -> None:
    count, rounds = (20, 5) if long else (4, 1)
    begun: list[float] = []
    said, written = [], []
    with counting_cameras(count, tmp_path) as cameras:
        config = tmp_path / "facility.yaml"
        config.write_text(facility(cameras), encoding="utf-8")
        data = tmp_path / "data"
        with service(data, ["up", "--config", str(config)]) as one:
            one.wait_for(lambda: all_record(one, count), 60, "every camera is recorded")
            for _ in range(rounds):
                kill_tree(one)
                begun.append(time.time())
                one.start()
                one.wait_for(lambda: all_record(one, count), 60, "every camera is recorded again")
                said.append(time.time() - begun[-1])
            assert one.stop() == 0
        for name in cameras.names:
            found = reckon(data / "recordings", "s", name)
            ends = [g.end.timestamp() for g in found.gaps if g.reason == "crashed" and g.end]
            assert len(ends) == rounds
            written += [end - start for start, end in zip(begun, ends, strict=True)]
    how = f"× {rounds}, {count} cameras"
    figure(3, "the whole tree killed: until every camera records", f"worst {max(written):.1f} s", "≤ 60 s", how)
    figure(3, "the whole tree killed: until the dashboard says so", f"worst {max(said):.1f} s", "≤ 60 s", how)
