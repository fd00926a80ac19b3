"""The demo cameras as users get them: a process, real RTSP, PyAV at the other end."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from aio_rtsp_toolkit.server_media import MediaSource, MediaTrackInfo

from vms.demo.camera import LiveCamera
from vms.demo.counter import read_counter
from vms.demo.packets import AccessUnit, Track
from vms.demo.renditions import Rendition
from vms.demo.server import CameraServer
from vms.domain.clock import SystemClock

LOOP_FRAMES = 36  # 3 s at 12 fps: sub has every second frame, the last GOP is shorter than the others
USER, PASSWORD = "viewer", "s3cret-of-the-demo"


@dataclass
class Demo:
    process: subprocess.Popen[str]
    port: int = 0
    ready: dict[str, dict[str, object]] = field(default_factory=dict)


@contextmanager
def _demo(data: Path, *arguments: str, cameras: int, password: str | None = None) -> Iterator[Demo]:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("VMS_DEMO")}
    if password is not None:
        environment |= {"VMS_DEMO_USER": USER, "VMS_DEMO_PASS": password}
    command = [sys.executable, "-m", "vms.demo", "--cameras", str(cameras), "--data", str(data), *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8", env=environment)
    assert process.stdout is not None
    demo = Demo(process)
    try:
        for line in process.stdout:
            event = json.loads(line)
            if event["event"] == "listening":
                demo.port = event["port"]
            elif event["event"] == "ready":
                demo.ready[event["camera"]] = event
            elif event["event"] == "all_ready":
                break
        assert len(demo.ready) == cameras
        yield demo
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=20)
        process.stdout.close()
    assert process.returncode == 0


@dataclass
class Pulled:
    counters: list[int | None] = field(default_factory=list)
    pts: list[int] = field(default_factory=list)
    at: list[float] = field(default_factory=list)
    codec: str = ""


def _pull(url: str, seconds: float) -> Pulled:
    pulled = Pulled()
    options = {"rtsp_transport": "tcp", "analyzeduration": "100000", "probesize": "32768"}
    with av.open(url, options=options) as container:
        pulled.codec = container.streams.video[0].codec_context.name
        end = None
        for packet in container.demux(video=0):
            now = time.monotonic()
            end = end or now + seconds
            if packet.pts is not None:
                pulled.pts.append(packet.pts)
            for frame in packet.decode():
                pulled.counters.append(read_counter(frame.to_ndarray(format="bgr24")))
                pulled.at.append(now)
            if now > end:
                break
    return pulled


def _pull_all(urls: list[str], seconds: float) -> list[Pulled]:
    found: dict[str, Pulled] = {}
    threads = [threading.Thread(target=lambda url=url: found.update({url: _pull(url, seconds)})) for url in urls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [found[url] for url in urls]


def _check(pulled: Pulled, frames: int, step: int) -> None:
    assert len(pulled.counters) > 20
    assert None not in pulled.counters
    pairs = list(zip(pulled.counters, pulled.counters[1:], strict=False))
    # No hole: each counter follows the one before, and after the loop's last comes its first.
    assert all(after == (before + step if before + step < frames else 0) for before, after in pairs), pulled.counters
    assert all(after > before for before, after in zip(pulled.pts, pulled.pts[1:], strict=False))


def _in_step(main: Pulled, sub: Pulled, frames: int) -> None:
    """What main shows when a sub frame arrives is that frame or its neighbour, some late reads aside."""
    apart = []
    for counter, at in zip(sub.counters[5:], sub.at[5:], strict=True):
        if main.at[5] < at < main.at[-5]:
            nearest = main.counters[int(np.abs(np.array(main.at) - at).argmin())]
            difference = abs((counter or 0) - (nearest or 0))
            apart.append(min(difference, frames - difference))
    assert len(apart) > 10
    assert np.median(apart) <= 1


@pytest.fixture(scope="session")
def short_video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """3 s of a moving gradient, 640 × 360 at 12 fps, with B-frames as footage from elsewhere has them."""
    path = tmp_path_factory.mktemp("video") / "short.mp4"
    with av.open(str(path), "w") as output:
        stream = output.add_stream("libx264", rate=12)
        stream.width, stream.height, stream.pix_fmt = 640, 360, "yuv420p"
        stream.options = {"preset": "veryfast", "bf": "3"}
        ramp = np.add.outer(np.arange(360), np.arange(640))
        for index in range(LOOP_FRAMES):
            picture = np.stack([(ramp + index * shift) % 256 for shift in (3, 5, 7)], -1).astype(np.uint8)
            output.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        output.mux(stream.encode(None))
    return path


def test_no_hole_across_the_loop_and_both_streams_in_step(tmp_path: Path, short_video: Path) -> None:
    arguments = ("--video", str(short_video), "--min-loop", "0", "--h265", "1")
    with _demo(tmp_path, *arguments, cameras=2) as demo:
        urls = [str(event[profile]) for event in demo.ready.values() for profile in ("main", "sub")]
        assert all(event["frames"] == LOOP_FRAMES for event in demo.ready.values())
        main, sub, main265, sub265 = _pull_all(urls, 5.0)
    assert (main.codec, main265.codec, sub265.codec) == ("h264", "hevc", "hevc")
    for one, step in ((main, 1), (main265, 1), (sub, 2), (sub265, 2)):
        _check(one, LOOP_FRAMES, step)
    _in_step(main, sub, LOOP_FRAMES)
    _in_step(main265, sub265, LOOP_FRAMES)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with _demo(tmp_path_factory.mktemp("drawn"), cameras=2, password=PASSWORD) as demo:
        yield demo


def _with_login(url: object, password: str) -> str:
    return str(url).replace("rtsp://", f"rtsp://{USER}:{password}@")


def test_drawn_cameras(drawn: Demo) -> None:
    event = next(iter(drawn.ready.values()))
    main, sub = _pull_all([_with_login(event[profile], PASSWORD) for profile in ("main", "sub")], 4.0)
    for one in (main, sub):
        _check(one, 240, 1)
    _in_step(main, sub, 240)


def test_wrong_or_no_credentials(drawn: Demo) -> None:
    url = next(iter(drawn.ready.values()))["main"]
    for wrong in (str(url), _with_login(url, "wrong")):
        with pytest.raises(av.FFmpegError, match="401"):
            _pull(wrong, 0.1)


def _ask(port: int, text: str) -> str:
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(text.encode())
        return connection.recv(4096).decode()


def test_requests_that_cannot_be_served(tmp_path: Path, short_video: Path) -> None:
    with _demo(tmp_path, "--video", str(short_video), "--min-loop", "0", cameras=1) as demo:
        base = f"rtsp://127.0.0.1:{demo.port}"
        camera = next(iter(demo.ready))
        for path in ("nobody/main", f"{camera}/other", "../../etc/passwd", ""):
            answer = _ask(demo.port, f"DESCRIBE {base}/{path} RTSP/1.0\r\nCSeq: 1\r\n\r\n")
            assert answer.startswith("RTSP/1.0 404"), path
        assert _ask(demo.port, "nonsense\r\n\r\n").startswith("RTSP/1.0 400")
        assert _ask(demo.port, f"PLAY {base}/{camera}/main RTSP/1.0\r\nCSeq: 1\r\n\r\n").startswith("RTSP/1.0 454")
        _check(_pull(f"{base}/{camera}/main", 2.5), LOOP_FRAMES, 1)


async def test_a_reader_that_stops_reading_is_dropped_and_disturbs_nobody() -> None:
    # 300 kB a frame at 20 fps fill the kernel's buffers and ours in a second.
    unit = AccessUnit(True, _INTERLEAVED_RTP * 300, tuple(range(0, 300_000, 1000)), 295_000)
    info = MediaTrackInfo("video", "track1", "h264", 96, 90000)
    track = Track(MediaSource(Path("x"), [info], "x"), (unit,) * 20)
    rendition = Rendition("cam", "h264", Path("m"), Path("s"), 20, Fraction(20), 1, (640, 360), (640, 360))
    server = await CameraServer("127.0.0.1", 0).start()
    server.add(LiveCamera(rendition, track, track, SystemClock()))
    (_, lazy), (reader, keen) = await _play(server.port), await _play(server.port)
    assert len(server.sessions) == 2
    while_both, since = 0, 0
    while since < 10 * 300_000:  # the keen one goes on when the lazy one is gone
        some = len(await asyncio.wait_for(reader.read(1 << 20), 15))
        while_both, since = (while_both + some, 0) if len(server.sessions) == 2 else (while_both, since + some)
    assert len(server.sessions) == 1, "the lazy one is gone"
    assert while_both > 10 * 300_000, "and did not hold up the other while it was there"
    keen.close()
    lazy.close()
    await server.close()


_INTERLEAVED_RTP = b"$\x00\x03\xe4" + bytes(996)


async def _play(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)

    async def ask(text: str) -> str:
        writer.write(text.encode())
        answer = await reader.readuntil(b"\r\n\r\n")
        length = int(answer.split(b"Content-Length: ")[1].split(b"\r\n")[0])
        await reader.readexactly(length)
        return answer.decode()

    url = f"rtsp://127.0.0.1:{port}/cam/main"
    await ask(f"DESCRIBE {url} RTSP/1.0\r\nCSeq: 1\r\n\r\n")
    transport = "Transport: RTP/AVP/TCP;unicast;interleaved=0-1"
    answer = await ask(f"SETUP {url}/track1 RTSP/1.0\r\nCSeq: 2\r\n{transport}\r\n\r\n")
    session = answer.split("Session: ")[1].split(";")[0]
    answer = await ask(f"PLAY {url} RTSP/1.0\r\nCSeq: 3\r\nSession: {session}\r\n\r\n")
    assert "RTP-Info: url=" in answer
    return reader, writer


def test_second_start_takes_its_renditions_from_the_cache(tmp_path: Path, short_video: Path) -> None:
    arguments = ("--video", str(short_video), "--min-loop", "0")
    with _demo(tmp_path, *arguments, cameras=1):
        files = {path: path.stat().st_mtime_ns for path in (tmp_path / "demo").iterdir()}
    assert len(files) == 3
    with _demo(tmp_path, *arguments, cameras=1):
        assert {path: path.stat().st_mtime_ns for path in (tmp_path / "demo").iterdir()} == files


def test_stops_while_it_prepares_and_leaves_nothing_half_done(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "vms.demo", "--cameras", "4", "--data", str(tmp_path)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8")
    assert process.stdout is not None
    while json.loads(process.stdout.readline())["event"] != "progress":
        pass
    process.terminate()
    process.wait(timeout=20)
    process.stdout.close()
    assert process.returncode == 0
    assert not list((tmp_path / "demo").glob("*.part"))


@pytest.mark.parametrize(
    "arguments",
    [
        ["--cameras", "0"],
        ["--cameras", "x"],
        ["--cameras", "2", "--sites", "3"],
        ["--video", "/nowhere/none.mp4"],
        ["--video", __file__],
        ["--rtsp-port", "70000"],
        ["--rtsp-port", "BUSY"],
    ],
)
def test_wrong_usage_is_one_clear_line(arguments: list[str], tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = str(busy.getsockname()[1])
        given = [port if word == "BUSY" else word for word in arguments]
        done = subprocess.run(
            [sys.executable, "-m", "vms.demo", "--data", str(tmp_path), *given],
            capture_output=True,
            encoding="utf-8",
            timeout=30,
            check=False,
        )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "error: " in done.stderr.splitlines()[-1]
