"""``vms up`` against GStreamer's RTSP server: good cameras of both codecs beside every kind of bad one."""

from __future__ import annotations

import io
import itertools
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import av
import httpx
import pytest
import yaml

from tests.support.gst_camera import GstServer, gst_server
from tests.support.ports import free_port
from tests.support.service import Service, live_pictures, service

SECRET = "mật@khẩu:bí-mật"
GOOD = {"h264": "h264", "h265": "hevc", "no-sub": "h264"}


def facility(server: GstServer) -> dict[str, Any]:
    def camera(name: str, main: str, sub: str | None = None, **more: Any) -> dict[str, Any]:
        streams = {"main": main} | ({"sub": sub} if sub else {})
        return {"id": name, "name": f"Camera {name}", "placement": "gate", "streams": streams, **more}

    return {
        "facility": {"name": "Thử nghiệm", "timezone": "Asia/Ho_Chi_Minh"},
        "sites": [
            {
                "id": "site-a",
                "name": "Khu A",
                "cameras": [
                    camera("h264", server.url("/h264"), server.url("/h264-sub")),
                    camera("h265", server.url("/h265"), server.url("/h265-sub")),
                    camera("no-sub", server.url("/alone")),
                ],
            },
            {
                "id": "site-b",
                "name": "Khu B",
                "cameras": [
                    camera("dead", "rtsp://${CAM_USER}:${CAM_PASS}@127.0.0.1:9/main"),
                    camera("audio", server.url("/audio")),
                    camera("unknown", server.url("/no-such-mount")),
                    camera("cloud", "rtsp://${CAM_USER}:${CAM_PASS}@0xa9fea9fe/main"),  # 169.254.169.254
                    camera("off", server.url("/h264"), enabled=False),
                ],
            },
        ],
    }


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Service, GstServer]]:
    folder = tmp_path_factory.mktemp("up")
    sub = {"size": [320, 180], "fps": 10, "gop": 10}
    mounts = {
        "/h264": {"codec": "h264"},
        "/h264-sub": sub,
        "/h265": {"codec": "h265"},
        "/h265-sub": {**sub, "codec": "h265"},
        "/alone": {"codec": "h264", "gop": 25},
        "/audio": {"codec": "audio"},
    }
    with gst_server(mounts) as server:
        config = folder / "facility.yaml"
        config.write_text(yaml.safe_dump(facility(server), allow_unicode=True), encoding="utf-8")
        env = {"CAM_USER": "trực", "CAM_PASS": SECRET}
        with service(folder / "data", ["up", "--config", str(config)], env=env) as one:
            yield one, server


def test_good_cameras_record_and_are_analysed(running: tuple[Service, GstServer]) -> None:
    one, _ = running
    for name, codec in GOOD.items():
        one.wait_for(lambda name=name: one.camera(name)["state"] == "recording", 30, f"{name} is recorded")
        one.wait_for(lambda name=name: (one.camera(name)["sampled_fps"] or 0) > 0, 30, f"{name} is analysed")
        camera = one.camera(name)
        assert camera["codec"] == codec
        assert camera["width"] == 640
        assert camera["reason"] is None


def test_a_second_service_on_the_same_folder_is_refused(running: tuple[Service, GstServer]) -> None:
    one, _ = running
    config = one.data.parent / "facility.yaml"
    command = [
        sys.executable,
        "-m",
        "vms",
        "up",
        "--config",
        str(config),
        "--data",
        str(one.data),
        "--port",
        str(free_port()),
    ]
    env = {**os.environ, "CAM_USER": "trực", "CAM_PASS": SECRET}
    second = subprocess.run(command, check=False, capture_output=True, encoding="utf-8", env=env, timeout=60)
    assert second.returncode == 2
    assert one.process is not None
    assert f"is in use by a running service (process {one.process.pid})" in second.stderr
    assert second.stderr.count("\n") == 1
    assert one.camera("h264")["state"] == "recording"


def test_those_who_read_what_cameras_send_do_not_know_who_logs_in(running: tuple[Service, GstServer]) -> None:
    one, _ = running
    seen: set[bytes] = set()
    passwords: list[bytes] = []
    for pid in one.children():
        command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        role = next((role for role in (b"recorder", b"detector", b"renderer", b"web") if role in command), None)
        if role is not None:
            seen.add(role)
            environment = Path(f"/proc/{pid}/environ").read_bytes()
            assert (b"VMS_ADMIN_PASSWORD=" in environment) == (role == b"web")
            assert (b"CAM_PASS=" in environment) == (role in (b"recorder", b"detector"))
            # Its own two users of the bus, and no password of another.
            logins = re.findall(rb"nats://([^:]+):([^@]+)@", environment)
            assert {name for name, _ in logins} == {role + b"-bulk"} | ({role} if role != b"renderer" else set())
            assert b"VMS_BUS_" not in environment
            passwords += {password for _, password in logins}
        assert not re.search(rb"nats://|VMS_BUS", b" ".join(command))
    assert len(passwords) == len(set(passwords)) == 7
    assert seen == {b"recorder", b"detector", b"renderer", b"web"}


def test_bad_cameras_say_why(running: tuple[Service, GstServer]) -> None:
    one, _ = running
    expected = {"dead": "unreachable", "audio": "no_video", "unknown": "not_found", "cloud": "configuration"}
    for name, reason in expected.items():
        one.wait_for(lambda name=name, reason=reason: one.camera(name)["reason"] == reason, 20, f"{name}: {reason}")
        assert one.camera(name)["state"] == "offline"
    one.wait_for(lambda: one.camera("off")["state"] == "disabled", 10, "a camera that is switched off says so")


@pytest.mark.parametrize(("name", "profile"), [("h264", "main"), ("h264", "sub"), ("h265", "main")])
async def test_live_picture_decodes(running: tuple[Service, GstServer], name: str, profile: str) -> None:
    one, _ = running
    described, data = await live_pictures(one, name, profile, 30)
    assert described["mime"].startswith('video/mp4; codecs="' + ("hvc1" if name == "h265" else "avc1"))
    with av.open(io.BytesIO(data)) as container:
        pictures = list(container.decode(video=0))
    assert len(pictures) >= 30
    steps = {round(float((b.pts - a.pts) * a.time_base), 2) for a, b in itertools.pairwise(pictures)}
    assert max(steps) < 0.2  # nothing left out between the ring and the stream


def test_snapshot_is_fresh(running: tuple[Service, GstServer]) -> None:
    one, _ = running
    for name in GOOD:
        answer = one.wait_for(
            lambda name=name: (r := one.client.get(f"/api/cameras/{name}/snapshot.jpg")).status_code == 200 and r,
            20,
            name,
        )
        assert answer.headers["content-type"] == "image/jpeg"
        age = datetime.now(UTC) - datetime.fromisoformat(answer.headers["x-frame-at"])
        assert abs(age) < timedelta(seconds=10)


def test_pictures_of_the_past(running: tuple[Service, GstServer]) -> None:
    one, _ = running
    for name in GOOD:
        for path, near in (("snapshot.jpg", 0.1), ("thumbnail.jpg", 20)):
            said = ""

            def taken(name: str = name, path: str = path) -> tuple[datetime, httpx.Response] | None:
                """Of a moment that the timeline says is on the disk; another at each try: that one may lie in a gap."""
                nonlocal said
                now = datetime.now(UTC)
                span = {"start": (now - timedelta(seconds=60)).isoformat(), "end": now.isoformat()}
                found = one.get(f"/api/cameras/{name}/timeline", **span)["segments"]
                if not found:
                    return None
                at = datetime.fromisoformat(found[-1]["end"]) - timedelta(seconds=1)
                answer = one.client.get(f"/api/cameras/{name}/{path}", params={"at": at.isoformat()})
                said = f"{answer.status_code} {answer.text[:300] if answer.status_code != 200 else ''}"
                return (at, answer) if answer.status_code == 200 else None

            try:
                at, answer = one.wait_for(taken, 20, f"{path} of {name}")
            except AssertionError as err:
                raise AssertionError(f"{said}\n{err}") from None
            before = at - datetime.fromisoformat(answer.headers["x-frame-at"])
            assert abs(before) < timedelta(seconds=near)


def test_timeline_covers_the_whole_span(running: tuple[Service, GstServer]) -> None:
    one, _ = running
    end = datetime.now(UTC)
    start = end - timedelta(minutes=10)
    timeline = one.get("/api/cameras/h264/timeline", start=start.isoformat(), end=end.isoformat())
    spans = sorted((s["start"], s["end"]) for s in [*timeline["segments"], *timeline["gaps"]])
    assert timeline["segments"]
    assert spans[0][0] == timeline["start"]
    assert spans[-1][1] == timeline["end"]
    assert all(a[1] == b[0] for a, b in itertools.pairwise(spans))


def test_killed_recorder_comes_back_and_says_what_is_missing(running: tuple[Service, GstServer]) -> None:
    one, _ = running
    one.wait_for(lambda: one.camera("h264")["state"] == "recording", 20, "recording")
    before = datetime.now(UTC)
    pid = one.child("recorder")
    os.kill(pid, signal.SIGKILL)
    one.wait_for(lambda: one.child("recorder") not in (0, pid), 10, "started again")
    one.wait_for(
        lambda: (one.camera("h264")["last_frame_at"] or "") > datetime.now(UTC).isoformat()[:19], 20, "records"
    )

    def gap() -> Any:
        now = datetime.now(UTC)
        found = one.get("/api/cameras/h264/timeline", start=before.isoformat(), end=now.isoformat())["gaps"]
        return [g for g in found if g["cause"] == "recorder" and g["reason"] in ("crashed", "stopped")]

    gaps = one.wait_for(gap, 20, "the gap is reported")
    lost = sum((datetime.fromisoformat(g["end"]) - datetime.fromisoformat(g["start"])).total_seconds() for g in gaps)
    print(f"recorder killed: {lost:.2f} s without footage, restart included")
    assert lost < 10


def test_camera_lost_and_found(running: tuple[Service, GstServer]) -> None:
    one, server = running
    one.wait_for(lambda: one.camera("h264")["state"] == "recording", 20, "recording")
    server.kill()
    one.wait_for(lambda: one.camera("h264")["state"] == "offline", 15, "offline is said")
    one.wait_for(
        lambda: [a for a in one.get("/api/alerts")["items"] if a["kind"] in ("camera_offline", "site_unreachable")],
        20,
        "an alert is raised",
    )
    server.start()
    started = time.monotonic()
    one.wait_for(lambda: one.camera("h264")["state"] == "recording", 15, "recording again")
    print(f"camera back: recording again after {time.monotonic() - started:.1f} s")


def test_stops_and_leaves_good_files(running: tuple[Service, GstServer]) -> None:
    one, _ = running
    begun = time.monotonic()
    assert one.stop() == 0
    print(f"stopped in {time.monotonic() - begun:.1f} s")
    recordings = one.data / "recordings"
    assert not list(recordings.rglob("*.part"))
    files = list(recordings.rglob("*.mp4"))
    assert len(files) >= 3
    for file in files:
        with av.open(str(file)) as container:
            assert sum(1 for _ in container.decode(video=0)) > 0
    log = one.log.read_text(encoding="utf-8")
    assert SECRET not in log
    assert "bí-mật" not in log
    assert "Traceback" not in log


def test_nothing_secret_in_process_list_or_journal(running: tuple[Service, GstServer]) -> None:
    one, _ = running
    for path in [*one.data.rglob("*.jsonl"), *Path(one.data / "cache").glob("*.json")]:
        assert SECRET not in path.read_text(encoding="utf-8")
