"""The service without a demo: web, a recorder and one camera that is switched off, whose past a test makes."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx

from tests.integration.web.rig import WebRig, web_rig
from tests.integration.web.worker import Worker
from tests.support.nats_bus import NatsServer
from tests.support.past import Past
from tests.support.recorder_rig import Viewer, recorder
from tests.support.waiting import until_async, wait_until
from vms.bus.connection import Bus
from vms.domain.clock import SystemClock, from_epoch, rfc3339
from vms.domain.facility import Facility
from vms.settings.environment import Environment
from web.configuration import revisions
from web.database.engine import Database

CAMERA = {"id": "c", "name": "C", "placement": "gate", "enabled": False, "streams": {"main": "rtsp://127.0.0.1/x"}}
SEED = {"facility": {"name": "F"}, "sites": [{"id": "s", "name": "S", "cameras": [CAMERA]}]}
SIZE = (640, 360)
HOUR = 1_790_000_000 // 3600 * 3600


class Running:
    """The service in a loop of a thread of its own: Playwright has this one's."""

    def __init__(self, data: Path, server: NatsServer) -> None:
        self.past = Past(data / "recordings", "s", "c")
        self._data, self.server = data, server
        self._loop = asyncio.new_event_loop()
        self._ready, self._stop = threading.Event(), asyncio.Event()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._run(),))
        self.rig: WebRig
        self._bus: Bus

    async def _run(self) -> None:
        async with self._parts():
            self._ready.set()
            await self._stop.wait()

    @contextlib.asynccontextmanager
    async def _parts(self) -> AsyncIterator[None]:
        seed = Facility.model_validate(SEED)
        async with web_rig(self._data, self.server.url, seed) as self.rig, recorder(self._data, self.server):
            self._bus = await Bus.connect(self.server.address, "past")
            viewer = Viewer(self._bus)
            await until_async(lambda: viewer.gaps("c"), 20, "the recorder has looked at the camera's folder")
            yield
            await self._bus.close()

    def start(self) -> None:
        self._thread.start()
        assert self._ready.wait(60)

    def publish(self) -> None:
        asyncio.run_coroutine_threadsafe(self.past.publish(self._bus), self._loop).result(20)

    def alert(self, name: str, **more: Any) -> None:
        """One of the camera's, as a detector tells of it; returns when it can be read."""

        async def tell() -> None:
            worker = await Worker.connect(self.server.url)
            await worker.alert(name, "opened", camera="c", site="s", **more)
            await worker.close()

        asyncio.run_coroutine_threadsafe(tell(), self._loop).result(20)
        wait_until(lambda: self.get(f"/api/alerts/{name}").status_code == 200, 20, f"the alert {name} is written down")

    def get(self, path: str) -> httpx.Response:
        token = {"Authorization": f"Bearer {self.rig.http.cookies['vms_session']}"}
        return httpx.get(f"http://127.0.0.1:{self.rig.port}{path}", headers=token)

    def configure(self, facility: dict[str, Any]) -> None:
        """As ``vms config import`` does it; returns when web goes by it."""

        async def put() -> None:
            database = await Database.open(Environment.read(self._data, {}), SystemClock())
            await revisions.import_facility(database, SystemClock(), Facility.model_validate(facility))
            await database.close()

        asyncio.run_coroutine_threadsafe(put(), self._loop).result(20)
        token = {"Authorization": f"Bearer {self.rig.http.cookies['vms_session']}"}
        address = f"http://127.0.0.1:{self.rig.port}/api/cameras/c"
        wait_until(lambda: httpx.get(address, headers=token).status_code == 404, 20, "web goes by it")

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(30)
        self.past.close()

    def address(self, start: float, end: float, known: str = "") -> str:
        """Of a playlist, once it can be had and holds ``known``."""
        asked = httpx.QueryParams({"start": rfc3339(from_epoch(start)), "end": rfc3339(from_epoch(end))})
        address = f"/api/cameras/c/playback.m3u8?{asked}"
        token = {"Authorization": f"Bearer {self.rig.http.cookies['vms_session']}"}

        def there() -> bool:
            answer = httpx.get(f"http://127.0.0.1:{self.rig.port}{address}", headers=token)
            return answer.status_code == 200 and known in answer.text

        wait_until(there, 20, f"a playlist with {known}")
        return address
