"""A real bus, a real web and real browsers' connections for tests; workers are scripted."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import nats
import websockets
from nats.aio.client import Client

from vms.bus import subjects
from vms.bus.connection import BusAddress
from vms.domain.clock import SystemClock
from vms.domain.facility import Facility
from vms.domain.messages import (
    AlertEvent,
    DetectorState,
    LiveHeader,
    RecorderState,
    Segment,
    WatchReply,
    WatchRequest,
)
from vms.settings.environment import Environment
from web import process

PASSWORD = "correct horse battery"
JPEG = b"\xff\xd8\xff\xe0picture\xff\xd9"


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


class NatsServer:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self.url = f"nats://127.0.0.1:{self.port}"

    def start(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        config = self.folder / "nats.conf"
        config.write_text(
            f'listen: 127.0.0.1:{self.port}\nmax_payload: 8MB\n'
            f'jetstream {{ store_dir: "{self.folder}/js", sync_interval: always }}\n'
        )
        binary = shutil.which("nats-server") or str(Path(sys.executable).parent / "nats-server")
        self.process = subprocess.Popen(
            [binary, "-c", str(config)], stdout=subprocess.DEVNULL, stderr=(self.folder / "log").open("ab")
        )
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 0.2):
                return
            time.sleep(0.02)
        raise RuntimeError("nats-server did not start")

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


@contextlib.contextmanager
def nats_server(folder: Path) -> Iterator[NatsServer]:
    server = NatsServer(folder)
    server.start()
    try:
        yield server
    finally:
        server.kill()


def facility(cameras: int = 2, site: str = "s1") -> Facility:
    return Facility.model_validate(
        {
            "facility": {"name": "Thử"},
            "sites": [
                {
                    "id": site,
                    "name": "Khu 1",
                    "location": [9.7, 105.4],
                    "capacity": 10,
                    "cameras": [
                        {
                            "id": f"cam-{i}",
                            "name": f"Cổng {i}",
                            "placement": "gate",
                            "streams": {"main": "rtsp://u:${P}@h/main", "sub": "rtsp://u:${P}@h/sub"},
                            "zones": [{"id": "z", "kind": "restricted", "polygon": [[0, 0], [1, 0], [1, 1]]}],
                            "rules": [{"id": "breach", "kind": "zone_breach", "zone": "z"}],
                        }
                        for i in range(1, cameras + 1)
                    ],
                }
            ],
        }
    )


class SkippingClock(SystemClock):
    """The host's clocks, whose durations can be skipped."""

    skipped = 0.0

    def monotonic(self) -> float:
        return super().monotonic() + self.skipped


class WebRig:
    """Web on a port of its own over ``data``; can be stopped and started again."""

    def __init__(self, data: Path, bus_url: str, seed: Facility) -> None:
        self.clock = SkippingClock()
        self.data = data
        self.bus_url = bus_url
        self.seed = seed
        self.port = free_port()
        self._stop = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.http = httpx.AsyncClient(base_url=f"http://127.0.0.1:{self.port}", timeout=10)

    async def start(self) -> None:
        self._stop = asyncio.Event()
        environment = Environment.read(self.data, {})
        address = BusAddress(self.bus_url, self.bus_url)
        self._task = asyncio.create_task(
            process.run(environment, address, self.seed, "127.0.0.1", self.port, self._stop, self.clock)
        )
        deadline = time.monotonic() + 15
        while time.monotonic() < deadline:
            if self._task.done():
                self._task.result()
            with contextlib.suppress(httpx.HTTPError):
                if (await self.http.get("/readyz")).status_code == 200:
                    return
            await asyncio.sleep(0.05)
        raise RuntimeError("web did not get ready")

    async def stop(self) -> float:
        """Seconds that stopping took."""
        began = time.monotonic()
        self._stop.set()
        assert self._task is not None
        await asyncio.wait_for(self._task, 10)
        return time.monotonic() - began

    async def close(self) -> None:
        if self._task is not None and not self._task.done():
            await self.stop()
        await self.http.aclose()

    async def login(self) -> None:
        answer = await self.http.post("/api/session", json={"username": "admin", "password": PASSWORD})
        assert answer.status_code == 200, answer.text

    def socket(self, path: str, *, cookie: bool = True, origin: str | None = None) -> Any:
        headers = {}
        if cookie:
            headers["Cookie"] = f"vms_session={self.http.cookies['vms_session']}"
        return websockets.connect(
            f"ws://127.0.0.1:{self.port}{path}", additional_headers=headers, origin=origin, max_size=None
        )


@contextlib.asynccontextmanager
async def web_rig(data: Path, bus_url: str, seed: Facility | None = None) -> AsyncIterator[WebRig]:
    rig = WebRig(data, bus_url, seed or facility())
    try:
        await rig.start()
        await rig.login()
        yield rig
    finally:
        await rig.close()


class Worker:
    """A scripted recorder and detector."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.js = client.jetstream()
        self.run = "run-1"
        self.error: str | None = None
        self.gop: list[tuple[int, bool, bytes]] = []
        self.watched: list[WatchRequest] = []

    @classmethod
    async def connect(cls, url: str) -> Worker:
        return cls(await nats.connect(url, reconnect_time_wait=0.1, max_reconnect_attempts=-1))

    async def alert(self, alert_id: str, event: str, camera: str = "cam-1", **more: Any) -> AlertEvent:
        now = datetime.now(UTC)
        made = AlertEvent(
            **{
                "id": alert_id,
                "event": event,
                "at": now,
                "site": "s1",
                "camera": camera,
                "rule": "breach",
                "kind": "zone_breach",
                "zone": "z",
                "severity": "critical",
                "opened_at": now,
                "ended_at": now if event == "ended" else None,
                **more,
            }
        )
        await self.store(made, "alert", made.msg_id)
        return made

    async def store(self, message: Any, kind: Any, msg_id: str) -> None:
        subject = subjects.stored(message.site, message.camera, kind)
        await self.js.publish(subject, message.encode(), headers={"Nats-Msg-Id": msg_id})

    async def segment(self, segment_id: str, start: datetime, end: datetime | None, **more: Any) -> None:
        made = Segment(
            id=segment_id, site="s1", camera="cam-1", run="r", start=start, end=end, path="p", codec="avc1.64001f",
            width=1920, height=1080, **more,
        )  # fmt: skip
        await self.store(made, "segment", f"{segment_id}.{end}")

    async def beat(self, camera: str = "cam-1", status: str = "recording", **more: Any) -> None:
        now = datetime.now(UTC)
        recorder = RecorderState(
            site="s1", camera=camera, at=now, since=now, status=status, fps=25, bitrate=2e6, last_frame_at=now, **more
        )
        await self.client.publish(f"$KV.state.s1.{camera}.recorder", recorder.encode())
        if status == "recording":
            detector = DetectorState(
                site="s1", camera=camera, at=now, since=now, status="online", person_count=2, model="m", sampled_fps=4
            )
            await self.client.publish(f"$KV.state.s1.{camera}.detector", detector.encode())
        await self.client.flush()

    async def answer_watches(self, profile: str, camera: str = "cam-1") -> None:
        async def asked(msg: Any) -> None:
            request = WatchRequest.model_validate_json(msg.data)
            if request.profile != profile:
                return
            self.watched.append(request)
            reply = WatchReply(
                profile=request.profile,
                error=self.error,
                mime='video/mp4; codecs="avc1.64001f"',
                run=self.run,
                anchor_utc=datetime(2026, 1, 1, tzinfo=UTC),
                init=b"init of " + self.run.encode(),
            )
            await msg.respond(reply.encode())
            if request.inbox and not self.error:
                for seq, key, data in self.gop:
                    await self.fragment(seq, key, data, subject=request.inbox)

        await self.client.subscribe(subjects.control("s1", camera, "watch"), cb=asked)
        await self.client.flush()

    async def fragment(
        self, seq: int, key: bool, data: bytes, *, subject: str | None = None, camera: str = "cam-1"
    ) -> None:
        headers = {LiveHeader.RUN: self.run, LiveHeader.SEQ: str(seq), LiveHeader.KEY: "1" if key else "0"}
        await self.client.publish(subject or subjects.live("s1", camera, "main"), data, headers=headers)

    async def picture(self, camera: str, data: bytes = JPEG, persons: str = "3") -> None:
        headers = {
            LiveHeader.AT: "2026-01-01T00:00:00.000Z",
            LiveHeader.PERSONS: persons,
            LiveHeader.SIZE: "640x360",
        }
        await self.client.publish(subjects.live("s1", camera, "jpeg"), data, headers=headers)
        await self.client.flush()

    async def close(self) -> None:
        await self.client.close()


async def eventually(check: Any, timeout_s: float = 10) -> Any:
    """The first truthy answer of the async ``check``."""
    deadline = time.monotonic() + timeout_s
    while True:
        answer = await check()
        if answer or time.monotonic() > deadline:
            assert answer
            return answer
        await asyncio.sleep(0.05)
