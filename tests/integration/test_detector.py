"""The detector as a process: real NATS, real RTSP from the demo cameras' drawn rooms, a real person model."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import pytest_asyncio
from detector_rig import Rig, camera, of_demo, on_a_bus
from nats.aio.msg import Msg

from detectors.weights import __main__ as weights
from vms.bus import subjects
from vms.domain.clock import from_epoch, rfc3339
from vms.domain.messages import (
    Boxes,
    LiveHeader,
    SnapshotRequest,
    WatchReply,
    WatchRequest,
)

ASSETS = weights.TARGET.parents[2] / "web/ui/node_modules/@mediapipe/objectron/objectron_solution_packed_assets.data"
pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def cameras(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, dict[str, Any]]]:
    """Two drawn rooms: three visits in 24 s each, the first from 1.2 s to 7.4 s."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("VMS_DEMO")}
    command = [sys.executable, "-m", "vms.demo", "--cameras", "2", "--data", str(tmp_path_factory.mktemp("demo"))]
    demo = subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8", env=environment)
    assert demo.stdout is not None
    ready: dict[str, dict[str, Any]] = {}
    try:
        for line in demo.stdout:
            event = json.loads(line)
            if event["event"] == "ready":
                ready[event["camera"]] = event
            elif event["event"] == "all_ready":
                break
        yield ready
    finally:
        demo.terminate()
        demo.wait(10)
        demo.stdout.close()


@pytest.fixture(scope="module")
def models_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    if weights.TARGET.is_file():
        shutil.copy(weights.TARGET, folder)
    elif ASSETS.is_file():
        weights.extract(ASSETS, folder / weights.TARGET.name)
    else:
        pytest.skip("needs npm ci in web/ui")
    return folder


@pytest_asyncio.fixture
async def rig(tmp_path: Path, models_dir: Path) -> AsyncIterator[Rig]:
    async with on_a_bus(tmp_path, models_dir) as rig:
        yield rig


async def test_visits_become_alerts_and_watchers_are_served(rig: Rig, cameras: dict[str, dict[str, Any]]) -> None:
    first, second = cameras
    bad = [
        camera("lacks-secret", {"main": "rtsp://h/main", "sub": "rtsp://${DETECTOR_TEST_NONE}@127.0.0.1/sub"}),
        camera("dead", {"main": "rtsp://h/main", "sub": "rtsp://127.0.0.1:9/sub"}),
        camera("off", {"main": "rtsp://h/main", "sub": "rtsp://h/sub"}, enabled=False),
    ]
    await rig.configure(1, [*map(of_demo, cameras.values()), *bad])
    rig.start()
    await rig.until(lambda: len(rig.states) == 5 and all(rig.states[one].status == "online" for one in cameras))
    assert (rig.states["lacks-secret"].status, rig.states["lacks-secret"].reason) == ("offline", "configuration")
    assert "DETECTOR_TEST_NONE" in rig.states["lacks-secret"].detail
    await rig.until(lambda: rig.states["dead"].reason == "unreachable")
    assert rig.states["off"].status == "disabled"

    reply = await rig.watch(first, "sub")
    rig.keep_watching(first, "sub", "jpeg", "boxes")
    assert reply.error is None
    assert reply.mime
    assert "avc1" in reply.mime
    await rig.until(lambda: all(rig.live.get(f"{first}.{profile}") for profile in ("sub", "jpeg", "boxes")), 40)
    await rig.until(lambda: len(rig.live[f"{first}.jpeg"]) >= 6, 10)
    tiles = rig.live[f"{first}.jpeg"]
    assert tiles[-1][0][LiveHeader.SIZE] == "480x270"
    assert tiles[-1][1][:2] == b"\xff\xd8"
    assert Boxes.model_validate_json(rig.live[f"{first}.boxes"][-1][1]).at
    assert f"{second}.jpeg" not in rig.live

    # The first visit may have been under way already: the second is seen whole.
    await rig.until(lambda: rig.words(first)[:4] == ["opened", "ended"] * 2, 90)
    opened, ended = (
        [a for a in rig.alerts if a.camera == first and a.event == word][1] for word in ("opened", "ended")
    )
    assert opened.id == ended.id
    assert opened.snapshot is not None
    assert opened.snapshot[:2] == b"\xff\xd8"
    assert opened.persons == len(opened.boxes) in {1, 2}
    assert ended.ended_at is not None
    assert 3 < (ended.ended_at - opened.opened_at).total_seconds() < 9
    assert rig.states[first].model == "ssd-mobilenet-v2"
    assert rig.states[first].revision == 1

    request = SnapshotRequest(width=320).encode()
    snapshot = await rig.bus.core.request(subjects.control("s", first, "snapshot"), request, timeout=3)
    assert snapshot.headers is not None
    assert snapshot.headers[LiveHeader.SIZE] == "320x180"
    age = datetime.now(UTC) - datetime.fromisoformat(snapshot.headers[LiveHeader.AT])
    assert timedelta() <= age < timedelta(seconds=10)  # of now, not of the last alert
    nothing = await rig.bus.core.request(subjects.control("s", "dead", "snapshot"), b"{}", timeout=3)
    assert nothing.data == b""
    assert nothing.headers == {"Vms-Error": "unreachable"}
    await rig.stop()


async def test_a_revision_touches_only_what_it_changes(rig: Rig, cameras: dict[str, dict[str, Any]]) -> None:
    first, second = cameras
    await rig.configure(1, [of_demo(cameras[first]), of_demo(cameras[second])])
    rig.start()
    await rig.until(lambda: len(rig.states) == 2 and all(state.status == "online" for state in rig.states.values()))
    since = rig.states[first].since
    run = (await rig.watch(first, "sub")).run
    await rig.until(lambda: "opened" in rig.words(first), 40)
    await rig.configure(2, [of_demo(cameras[first], rules=[], zones=[])], model="no-such-model")
    await rig.until(lambda: rig.states[first].revision == 2 and "ended" in rig.words(first), 20)
    await rig.until(lambda: rig.states[first].reason == "configuration", 20)
    assert "no-such-model" in rig.states[first].detail
    assert rig.states[first].since == since
    assert (await rig.watch(first, "sub")).run == run
    ended = next(alert for alert in rig.alerts if alert.camera == first and alert.event == "ended")
    assert ended.detail["cause"] == "rule_removed"
    second_alerts = [alert for alert in rig.alerts if alert.camera == second and alert.event == "ended"]
    assert all("cause" not in a.detail or a.detail["cause"] == "camera_removed" for a in second_alerts)


async def test_alerts_wait_out_a_lost_bus_and_a_restart(rig: Rig, cameras: dict[str, dict[str, Any]]) -> None:
    first = next(iter(cameras))
    await rig.configure(1, [of_demo(cameras[first], rules=[
        {"id": "breach", "kind": "zone_breach", "zone": "all", "dwell_s": 0.5, "rearm_s": 30},
    ])])  # fmt: skip
    rig.start()
    await rig.until(lambda: rig.states.get(first) is not None and rig.states[first].status == "online")
    await rig.until(lambda: rig.states[first].person_count == 0, 40)
    open_file = rig.environment.data / "state" / "open-alerts" / f"{first}.json"
    if not open_file.exists():  # else the first visit was under way already: the alert is open, which does as well
        rig.stop_nats()
        await rig.until(open_file.exists, 40)
    await rig.stop()
    if rig._nats is None:
        rig.start_nats()
    (alert,) = json.loads(open_file.read_text(encoding="utf-8"))
    rig.start()  # from the cached configuration
    rig.states.clear()
    await rig.until(lambda: first in rig.states and rig.states[first].person_count is not None, 60)
    await rig.configure(2, [of_demo(cameras[first], enabled=False)])
    await rig.until(lambda: "ended" in rig.words(first), 20)
    told = [(one.id, one.event) for one in await rig.stored() if one.event != "updated"]
    assert told == [(alert["id"], "opened"), (alert["id"], "ended")]
    assert not open_file.exists()


def key_frame(brightness: int) -> bytes:
    """One H.264 key frame with its parameter sets."""
    encoder = av.CodecContext.create("libx264", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt, encoder.time_base = 320, 180, "yuv420p", Fraction(1, 1)
    encoder.options = {"preset": "ultrafast", "tune": "zerolatency"}
    picture = np.full((180, 320, 3), brightness, np.uint8)
    frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
    return b"".join(bytes(packet) for packet in [*encoder.encode(frame), *encoder.encode(None)])


async def test_a_camera_without_sub_stream_is_analysed_from_its_recorders_key_frames(rig: Rig) -> None:
    asked: list[WatchRequest] = []

    async def recorder(msg: Msg) -> None:
        asked.append(WatchRequest.model_validate_json(msg.data))
        await msg.respond(WatchReply(profile="key", run="r1").encode())

    await rig.bus.bulk.subscribe(subjects.control("s", "main-only", "watch"), cb=recorder)
    await rig.configure(1, [camera("main-only", {"main": "rtsp://h/main"})])
    rig.start()
    await rig.until(lambda: any(one.profile == "key" for one in asked))
    for n in range(12):
        headers = {LiveHeader.RUN: "r1", LiveHeader.AT: rfc3339(from_epoch(time.time())), "Vms-Codec": "h264"}
        payload = key_frame(60 + 10 * n)
        await rig.bus.bulk.publish(subjects.live("s", "main-only", "key"), payload, headers=headers)
        await asyncio.sleep(0.5)
    await rig.until(
        lambda: rig.states["main-only"].status == "online" and rig.states["main-only"].person_count == 0, 10
    )
    assert rig.states["main-only"].sampled_fps > 0
    await rig.until(lambda: len([one for one in asked if one.profile == "key"]) >= 2, 10)
    snapshot = await rig.bus.core.request(subjects.control("s", "main-only", "snapshot"), b"{}", timeout=3)
    assert snapshot.data[:2] == b"\xff\xd8"
