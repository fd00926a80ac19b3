"""A real bus, a real web and real browsers' connections for tests."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import websockets

from tests.support.nats_bus import NatsServer, nats_server
from tests.support.ports import free_port
from tests.support.waiting import PATIENCE
from vms.bus.connection import BusAddress
from vms.domain.clock import SystemClock
from vms.domain.facility import Facility
from vms.settings.environment import Environment
from web import process

__all__ = ["PASSWORD", "NatsServer", "WebRig", "nats_server", "web_rig"]

PASSWORD = "correct horse battery"


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

    async def hurry(self, seconds: float) -> None:
        """So much passes, four times as fast as it does: a leap is taken for a process that stood still."""
        end = self.monotonic() + seconds
        while self.monotonic() < end:
            await asyncio.sleep(0.1)
            self.skipped += 0.3


class WebRig:
    """Web on a port of its own over ``data``; can be stopped and started again."""

    def __init__(self, data: Path, bus_url: str, seed: Facility, env: Mapping[str, str] | None = None) -> None:
        self.clock = SkippingClock()
        self.data = data
        self.bus_url = bus_url
        self.seed = seed
        self.env = env or {}
        self.port = free_port()
        self._stop = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.http = httpx.AsyncClient(base_url=f"http://127.0.0.1:{self.port}", timeout=10)

    async def start(self) -> None:
        self._stop = asyncio.Event()
        environment = Environment.read(self.data, self.env)
        address = BusAddress(self.bus_url, self.bus_url)
        self._task = asyncio.create_task(
            process.run(environment, address, self.seed, "127.0.0.1", self.port, self._stop, self.clock)
        )
        deadline = time.monotonic() + 15 * PATIENCE
        while time.monotonic() < deadline:
            if self._task.done():
                self._task.result()
            with contextlib.suppress(httpx.HTTPError):
                if (await self.http.get("/readyz")).status_code == 200:
                    return
            await asyncio.sleep(0.05)
        raise RuntimeError("web did not get ready")

    async def stop(self) -> None:
        self._stop.set()
        assert self._task is not None
        await asyncio.wait_for(self._task, 10 * PATIENCE)

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


async def close_code(socket: Any) -> int:
    """The code with which the server closes the socket."""
    try:
        async with asyncio.timeout(10):
            while True:
                await socket.recv()
    except websockets.ConnectionClosed as closed:
        return 1006 if closed.rcvd is None else closed.rcvd.code
