"""The recorder process in this one, or as one of its own that can be killed; and what a viewer asks it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nats.aio.msg import Msg

from recorder import process
from tests.support.nats_bus import NatsServer
from tests.support.waiting import PATIENCE, until_async
from vms.bus import subjects
from vms.bus.connection import Bus
from vms.domain.messages import ConfigRevision, Gap, ReadRequest, RecorderState, Segment, WatchReply, WatchRequest
from vms.settings.environment import Environment

ROOT = Path(__file__).parents[2]
SCRIPT = """
import asyncio, pathlib, sys
from recorder import process
from vms.bus.connection import BusAddress
from vms.settings.environment import Environment
asyncio.run(process.run(
    Environment.read(pathlib.Path(sys.argv[1])), BusAddress(sys.argv[2], sys.argv[2]), None, asyncio.Event()))
"""


async def room_in_the_minute(seconds: float = 15.0) -> None:
    """Waits until no file is cut for so long: a test that counts files must not meet a minute's end.

    For a recorder of its own process; in this one ``SEGMENT_S`` may be a day.
    """

    async def early() -> bool:
        return time.time() % 60 < 60 - seconds

    await until_async(early, seconds + 1)


def camera(name: str, url: str, **more: Any) -> dict[str, Any]:
    return {"id": name, "name": name, "placement": "gate", "streams": {"main": url}, **more}


def revision(number: int, *cameras: dict[str, Any]) -> bytes:
    facility = {"facility": {"name": "F"}, "sites": [{"id": "s", "name": "S", "cameras": list(cameras)}]}
    return ConfigRevision(revision=number, at=datetime.now(UTC), facility=facility).encode()


@contextlib.asynccontextmanager
async def recorder(data: Path, server: NatsServer) -> AsyncIterator[asyncio.Event]:
    """Runs in this process; setting the event, or leaving, stops it cleanly."""
    stop = asyncio.Event()
    task = asyncio.create_task(process.run(Environment.read(data), server.address, None, stop))
    try:
        yield stop
    finally:
        stop.set()
        await asyncio.wait_for(task, 5 * PATIENCE)


@contextlib.contextmanager
def killable(data: Path, server: NatsServer):  # type: ignore[no-untyped-def]
    """A process of its own; leaving kills it (SIGKILL). What it said is printed: a test that fails shows it."""
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as said:
        one = subprocess.Popen(
            [sys.executable, "-c", SCRIPT, str(data), server.url], cwd=ROOT, stderr=said,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        try:
            yield one
        finally:
            one.send_signal(signal.SIGKILL)
            one.wait()
            said.seek(0)
            print(said.read())


class Viewer:
    """Asks on the bus as the rest of the service does."""

    def __init__(self, bus: Bus) -> None:
        self.bus = bus

    async def configure(self, raw: bytes) -> None:
        await self.bus.put_synced(subjects.BUCKET_CONFIG, subjects.CONFIG_KEY, raw)

    async def state(self, name: str) -> RecorderState | None:
        raw = await self.bus.get(subjects.BUCKET_STATE, subjects.state_key("s", name, "recorder"))
        return RecorderState.model_validate_json(raw) if raw else None

    async def until_state(
        self, name: str, status: str, reason: str | None = None, timeout: float = 20
    ) -> RecorderState:
        async def there() -> RecorderState | None:
            state = await self.state(name)
            return state if state and (state.status, state.reason) == (status, reason) else None

        found = await until_async(there, timeout, f"{name} is {status} ({reason})")
        assert found
        return found

    async def records(self, name: str) -> list[Segment | Gap]:
        """What the stream holds of one camera, in order."""
        info = await self.bus.js.stream_info(subjects.STREAM_SEGMENTS)
        found: list[Segment | Gap] = []
        for seq in range(max(1, info.state.first_seq), info.state.last_seq + 1):
            msg = await self.bus.js.get_msg(subjects.STREAM_SEGMENTS, seq)
            kind = (msg.subject or "").split(".")
            if kind[3] == name:
                model = Gap if kind[4] == "gap" else Segment
                found.append(model.model_validate_json(msg.data or b""))
        return found

    async def segments(self, name: str) -> list[Segment]:
        """Each segment as it was told last."""
        told = {r.id: r for r in await self.records(name) if isinstance(r, Segment)}
        return sorted(told.values(), key=lambda s: s.start)

    async def gaps(self, name: str) -> list[Gap]:
        told = {r.id: r for r in await self.records(name) if isinstance(r, Gap)}
        return sorted(told.values(), key=lambda g: g.start)

    async def read(self, name: str, segment: str, offset: int = 0, length: int = 131072) -> Msg:
        request = ReadRequest(segment=segment, offset=offset, length=length)
        return await self.bus.bulk.request(subjects.control("s", name, "read"), request.encode(), timeout=3)

    async def whole(self, name: str, segment: str) -> tuple[bytes, bool]:
        """A recording's bytes up to its size at the first answer, and whether it grows."""
        first = await self.read(name, segment)
        assert first.headers
        size, data = int(first.headers["Vms-Size"]), first.data
        while len(data) < size:
            data += (await self.read(name, segment, len(data))).data
        return data[:size], first.headers["Vms-Growing"] == "1"

    async def watch(self, name: str, inbox: str, ttl_s: float = 10) -> WatchReply:
        request = WatchRequest(profile="main", ttl_s=ttl_s, inbox=inbox)
        msg = await self.bus.bulk.request(subjects.control("s", name, "watch"), request.encode(), timeout=3)
        return WatchReply.model_validate_json(msg.data)
