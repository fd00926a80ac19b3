"""A real bus and a detector process for tests, and everything that is heard on the bus."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nats.aio.msg import Msg

from detectors import process
from tests.support.ports import free_port
from tests.support.waiting import PATIENCE
from vms.bus import subjects
from vms.bus.connection import Bus, BusAddress
from vms.domain.messages import (
    AlertEvent,
    ConfigRevision,
    DetectorState,
    WatchReply,
    WatchRequest,
)
from vms.settings.environment import Environment


class Rig:
    """A bus, a detector, and everything heard on the bus."""

    def __init__(self, folder: Path, models: Path) -> None:
        self.folder = folder
        self.port = free_port()
        url = f"nats://127.0.0.1:{self.port}"
        self.address = BusAddress(url, url)
        self.environment = Environment(folder / "data", "local", None, None, None, models, None)
        self.states: dict[str, DetectorState] = {}
        self.alerts: list[AlertEvent] = []
        self.live: dict[str, list[tuple[dict[str, str], bytes]]] = {}
        self._nats: subprocess.Popen[bytes] | None = None
        self._stop = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._watching: asyncio.Task[None] | None = None
        self.bus: Bus

    def start_nats(self) -> None:
        config = self.folder / "nats.conf"
        store = f'jetstream {{ store_dir: "{self.folder}/js", sync_interval: always }}'
        config.write_text(f"listen: 127.0.0.1:{self.port}\nmax_payload: 8MB\n{store}\n", encoding="utf-8")
        binary = shutil.which("nats-server") or str(Path(sys.executable).parent / "nats-server")
        self._nats = subprocess.Popen([binary, "-c", str(config)], stderr=subprocess.DEVNULL)

    def stop_nats(self) -> None:
        if self._nats is not None:
            self._nats.terminate()
            self._nats.wait(10)
            self._nats = None

    async def connect(self) -> None:
        self.bus = await Bus.connect(self.address, "test")
        await self.bus.keep_storage()

        async def state(msg: Msg) -> None:
            one = DetectorState.model_validate_json(msg.data)
            self.states[one.camera] = one

        async def alert(msg: Msg) -> None:
            one = AlertEvent.model_validate_json(msg.data)
            if all(one.msg_id != known.msg_id for known in self.alerts):  # stored again after a cut: JetStream drops it
                self.alerts.append(one)

        async def live(msg: Msg) -> None:
            self.live.setdefault(msg.subject.split(".", 3)[3], []).append((dict(msg.headers or {}), msg.data))

        await self.bus.follow(subjects.BUCKET_STATE, state)
        await self.bus.core.subscribe("vms.v1.*.*.alert", cb=alert)
        for profile in ("jpeg", "boxes", "sub"):
            await self.bus.bulk.subscribe(f"live.v1.*.*.{profile}", cb=live)

    async def configure(self, revision: int, cameras: list[dict[str, Any]], **detector: object) -> None:
        facility = {
            "facility": {"name": "T"},
            "detector": detector,
            "sites": [{"id": "s", "name": "S", "cameras": cameras}],
        }
        message = ConfigRevision(revision=revision, at=datetime.now(UTC), facility=facility)
        await self.bus.put_synced(subjects.BUCKET_CONFIG, subjects.CONFIG_KEY, message.encode())

    def start(self) -> None:
        self._stop = asyncio.Event()
        self._task = asyncio.create_task(process.run(self.environment, self.address, None, self._stop))

    async def stop(self) -> None:
        if self._watching is not None:
            self._watching.cancel()
        self._stop.set()
        if self._task is not None:
            await self._task
            self._task = None

    async def watch(self, camera: str, profile: str) -> WatchReply:
        request = WatchRequest.model_validate({"profile": profile, "fps": 2})
        answer = await self.bus.bulk.request(subjects.control("s", camera, "watch"), request.encode(), timeout=3)
        return WatchReply.model_validate_json(answer.data)

    def keep_watching(self, camera: str, *profiles: str) -> None:
        """Renews leases as a watcher does, until the test ends."""

        async def renew() -> None:
            while True:
                for profile in profiles:
                    await self.watch(camera, profile)
                await asyncio.sleep(4)

        self._watching = asyncio.create_task(renew())

    async def until(self, true: Callable[[], object], seconds: float = 60.0) -> None:
        end = time.monotonic() + seconds * PATIENCE
        while not true():
            if self._task is not None and self._task.done():
                self._task.result()
            assert time.monotonic() < end, (
                f"not within {seconds * PATIENCE} s: {self.states}, {len(self.alerts)} alerts"
            )
            await asyncio.sleep(0.05)

    async def stored(self) -> list[AlertEvent]:
        """The alerts that JetStream holds, in order: each message once."""
        info = await self.bus.js.stream_info(subjects.STREAM_ALERTS)
        numbers = range(info.state.first_seq, info.state.last_seq + 1)
        messages = [await self.bus.js.get_msg(subjects.STREAM_ALERTS, number) for number in numbers]
        kept = [message.data or b"" for message in messages if str(message.subject).endswith(".alert")]
        return [AlertEvent.model_validate_json(data) for data in kept]

    def words(self, camera: str) -> list[str]:
        return [alert.event for alert in self.alerts if alert.camera == camera and alert.event != "updated"]


def camera(id_: str, streams: dict[str, str], **more: object) -> dict[str, Any]:
    return {
        "id": id_,
        "name": id_,
        "placement": "corridor",
        "streams": streams,
        "zones": [{"id": "all", "kind": "restricted", "polygon": [[0, 0], [1, 0], [1, 1], [0, 1]]}],
        "rules": [{"id": "breach", "kind": "zone_breach", "zone": "all", "dwell_s": 0.5, "rearm_s": 0.5}],
        **more,
    }


def of_demo(ready: dict[str, Any], **more: object) -> dict[str, Any]:
    return camera(ready["camera"], {"main": ready["main"], "sub": ready["sub"]}, **more)


@contextlib.asynccontextmanager
async def on_a_bus(folder: Path, models: Path) -> AsyncIterator[Rig]:
    """One with its bus started; both are gone afterwards, the bus also where it was killed meanwhile."""
    rig = Rig(folder, models)
    rig.start_nats()
    await rig.connect()
    try:
        yield rig
    finally:
        await rig.stop()
        with contextlib.suppress(Exception):
            await rig.bus.close()
        rig.stop_nats()
