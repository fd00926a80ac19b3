"""Row 1: a recorder that stands still (SIGSTOP: a host without memory, a hypervisor's pause) and goes on.

What cameras sent meanwhile waits in the kernel, as far as it has room, and is recorded. A camera that keeps little
itself leaves pictures out, and that they are missing is the recorder's fault on the timeline, not the camera's.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.figures import Figures
from tests.support.filming import Filming
from tests.support.footage import encode
from tests.support.gst_camera import gst_server
from tests.support.reckoning import reckon
from tests.support.recorder_rig import camera
from tests.support.scripted_rtsp import ScriptedCamera
from tests.support.service import Service, service
from tests.support.waiting import wait_until
from vms.domain.clock import rfc3339

pytestmark = pytest.mark.faults

FROZEN_S = 15.0
BUFFER = 64 * 1024
LOOSE_S = 10.0  # so much waits in buffers, and a crowded machine sends and receives late


def all_record(one: Service) -> bool:
    return {c["state"] for c in one.get("/api/cameras")["items"]} == {"recording"}


def freeze(one: Service) -> tuple[float, float]:
    """The recorder stands still; when that began and ended (UTC seconds)."""
    recorder = one.child("recorder")
    os.kill(recorder, signal.SIGSTOP)
    state = Path(f"/proc/{recorder}/stat")
    wait_until(
        lambda: state.read_text(encoding="utf-8").rpartition(")")[2].split()[0] == "T", 5, "the recorder stands still"
    )
    begun, until = time.time(), time.monotonic() + FROZEN_S
    wait_until(lambda: time.monotonic() >= until, FROZEN_S + 5, "the time of the stop")
    os.kill(recorder, signal.SIGCONT)
    return begun, time.time()


def timeline(one: Service, name: str, start: float) -> dict[str, Any]:
    begun = datetime.fromtimestamp(start, UTC)
    span = {"start": rfc3339(begun), "end": rfc3339(begun + timedelta(minutes=5))}
    found: dict[str, Any] = one.get(f"/api/cameras/{name}/timeline", **span)
    return found


def test_a_recorder_that_stood_still_says_so(tmp_path: Path, gstreamer: None, figure: Figures, long: bool) -> None:
    rounds = 5 if long else 1
    frozen: list[tuple[float, float]] = []
    film = Filming(encode("h264", (640, 360), gop=10, extra=(("qp", "6"),)), BUFFER)  # 3 Mbit/s
    with gst_server({"/patient": {"gop": 25}}) as gst, contextlib.closing(ScriptedCamera(film)) as scripted:
        cameras = [camera("patient", gst.url("/patient")), camera("hasty", scripted.url)]
        config = tmp_path / "facility.yaml"
        config.write_text(
            yaml.safe_dump({"facility": {"name": "F"}, "sites": [{"id": "s", "name": "S", "cameras": cameras}]}),
            encoding="utf-8",
        )
        data = tmp_path / "data"
        with service(data, ["up", "--config", str(config)]) as one:
            one.wait_for(lambda: all_record(one), 60, "both are recorded")
            recorder = one.child("recorder")
            for _ in range(rounds):
                settled = time.time() + LOOSE_S / 2
                one.wait_for(lambda settled=settled: time.time() > settled, LOOSE_S, "there is footage before")  # type: ignore[misc]
                frozen.append(freeze(one))

                def over() -> bool:
                    went_on = rfc3339(datetime.fromtimestamp(frozen[-1][1] + LOOSE_S / 2, UTC))
                    bodies = [timeline(one, name, frozen[-1][0]) for name in ("patient", "hasty")]
                    ends = [body["segments"][-1]["end"] for body in bodies if body["segments"]]
                    return all_record(one) and len(ends) == 2 and min(ends) > went_on

                one.wait_for(over, 40, "both are recorded again, and what was missing is over")
            assert one.child("recorder") == recorder, "it went on, it was not started again"
            for name in ("patient", "hasty"):
                body = timeline(one, name, frozen[0][0])
                spans = sorted((part["start"], part["end"]) for part in [*body["segments"], *body["gaps"]])
                assert all(before[1] == after[0] for before, after in pairwise(spans)), body
                assert body["overlaps"] == []
                assert {(gap["cause"], gap["reason"]) for gap in body["gaps"]} <= {("recorder", "stalled")}
            assert one.stop() == 0
    missing = {}
    for name in ("patient", "hasty"):
        found = reckon(data / "recordings", "s", name)
        assert {gap.reason for gap in found.gaps} <= {"starting", "stalled", "stopped"}
        stalls = [
            (gap.start.timestamp(), gap.end.timestamp()) for gap in found.gaps if gap.reason == "stalled" and gap.end
        ]
        missing[name] = max((end - start for start, end in stalls), default=0.0)
    assert stalls, "more came than the kernel keeps"  # of later stops it keeps more: its buffers have grown
    broke = [max(stop for stop in frozen if stop[0] - LOOSE_S <= begin) for begin, _ in stalls]
    assert len(set(broke)) == len(stalls), "each stop is at most one gap"
    begins = [gap[0] - stop for gap, (stop, _) in zip(stalls, broke, strict=True)]
    ends = [gap[1] - go for gap, (_, go) in zip(stalls, broke, strict=True)]
    assert all(begin < FROZEN_S for begin in begins)
    assert all(-1.0 <= end <= 2 * LOOSE_S for end in ends)
    assert missing["patient"] <= missing["hasty"], "what waited in the kernel was recorded"
    figure(
        1, f"recorder stands still {FROZEN_S:g} s",
        f"{len(stalls)} gaps, recorder: stalled, from {min(begins):+.1f} s of the stop to {max(ends):+.1f} s of its "
        f"end; of a camera that keeps what it could not send {missing['patient']:.2f} s missing",
        "one gap with its cause", f"× {rounds}",
    )  # fmt: skip
