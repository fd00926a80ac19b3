"""A worker that raises alerts at a steady rate, as a process: ``python -m tests.support.alert_source``.

They go through the product's own outbox, each on the disk before it is sent. ``announced`` has the id of each before
that, ``acknowledged`` those that the bus said to have stored, in that order; both survive a kill, and who starts again
over the same folder goes on with the next number. It ends when its standard input does, once everything is stored.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from tests.support.alert_watcher import KIND
from vms.bus import subjects
from vms.bus.connection import Bus, BusAddress
from vms.bus.outbox import Outbox
from vms.domain.messages import AlertEvent, Box

JPEG = b"\xff\xd8" + bytes(range(256)) * 40 + b"\xff\xd9"


class _Log:
    """A file of lines; each is the kernel's when ``add`` returns."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("ab", buffering=0)

    def add(self, *words: object) -> None:
        self._file.write((" ".join(map(str, words)) + "\n").encode())


class _Noting:
    """A bus to an outbox, that notes what was acknowledged."""

    def __init__(self, bus: Bus, log: _Log) -> None:
        self._bus, self._log = bus, log

    async def store(self, subject: str, payload: bytes, msg_id: str) -> None:
        await self._bus.store(subject, payload, msg_id)
        self._log.add(msg_id.partition(".")[0])


def alert(number: int, camera: str, site: str, bulk: int) -> AlertEvent:
    """The ``number``-th of all, of that camera."""
    now = datetime.now(UTC)
    return AlertEvent(
        id=f"a{number:07d}", event="opened", at=now, site=site, camera=camera, rule="breach", kind=KIND,
        zone="z", severity="critical", opened_at=now, persons=1, boxes=(Box(x=0.1, y=0.2, w=0.1, h=0.4, track=number),),
        detail={"n": number, "bulk": "." * bulk}, snapshot=JPEG if number % 10 == 0 else None,
    )  # fmt: skip


async def main(folder: Path, url: str, rate: float, cameras: dict[str, str], bulk: int) -> None:
    names = list(cameras)
    announced, acknowledged = _Log(folder / "announced"), _Log(folder / "acknowledged")
    number = sum(1 for _ in (folder / "announced").open("rb"))
    outbox = Outbox(folder / "outbox" / "source.jsonl")
    ended = asyncio.Event()
    asyncio.get_running_loop().add_reader(sys.stdin.fileno(), lambda: os.read(0, 1) or ended.set())
    bus = await Bus.connect(BusAddress(url, url), "source")
    sending = asyncio.create_task(outbox.run(_Noting(bus, acknowledged)))  # type: ignore[arg-type]
    begun, first = time.monotonic(), number
    while not ended.is_set():
        while number < first + (time.monotonic() - begun) * rate and not ended.is_set():
            number += 1
            camera = names[number % len(names)]
            one = alert(number, camera, cameras[camera], bulk)
            announced.add(one.id, camera, time.time())
            await asyncio.to_thread(
                outbox.put, subjects.stored(one.site, camera, "alert"), one.encode(), one.msg_id, sync=True
            )
        await asyncio.sleep(0.002)
    while not await outbox.drained(1):
        pass
    sending.cancel()
    outbox.close()
    await bus.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--bus", required=True)
    parser.add_argument("--rate", type=float, required=True, help="alerts a second")
    parser.add_argument("--cameras", type=json.loads, required=True, help="site by camera")
    parser.add_argument("--bulk", type=int, default=0, help="bytes more in each")
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    asyncio.run(main(asked.folder, asked.bus, asked.rate, asked.cameras, asked.bulk))
