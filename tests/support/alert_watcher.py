"""A dashboard's end of ``/ws/alerts``: takes down what is told, comes back with its number, notes what is wrong."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import websockets

#: Of the alerts that the worker raises; web's own, of cameras that nobody records, are none of them.
KIND = "zone_breach"
#: What a connection that fails, or is cut, raises.
GONE = (OSError, TimeoutError, websockets.WebSocketException)


@dataclass
class Watcher:
    """One client. ``url`` and ``cookie`` are asked at each connection: a server that was killed may have new ones.

    ``opened``: alerts by id in the order of their telling, with the UTC second; ``wrong``: what no client may see.
    """

    url: Callable[[], str]
    cookie: Callable[[], str]
    site: str | None = None  # the only one that it may know of
    seq: int = 0
    epoch: str | None = None
    opened: dict[str, float] = field(default_factory=dict)
    order: list[tuple[str, int]] = field(default_factory=list)  # camera and number
    wrong: list[str] = field(default_factory=list)
    connections: int = 0
    refused: int = 0
    #: Seconds that it takes to read one message.
    slow_s: float = 0.0

    async def watch(self, restless: random.Random | None = None) -> None:
        """For ever; who is ``restless`` leaves every few seconds, without a word every second time, and comes back."""
        while True:
            leave = None if restless is None else restless.expovariate(1 / 3)
            try:
                async with self.connected() as socket:
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(leave):
                            await self.read(socket)
                    if restless is not None and restless.random() < 0.5:
                        socket.transport.abort()
            except GONE:
                self.refused += 1
            await asyncio.sleep(0.05 if restless is None else restless.uniform(0, 0.3))

    def connected(self) -> Any:
        """A connection that goes on where the last one ended."""
        self.connections += 1
        since = f"?since={self.seq}" + (f"&epoch={self.epoch}" if self.epoch else "")
        return websockets.connect(
            f"{self.url()}/ws/alerts{since}", additional_headers={"Cookie": self.cookie()},
            compression=None, open_timeout=10, close_timeout=2, max_size=None, proxy=None,
        )  # fmt: skip

    async def read(self, socket: Any) -> None:
        """Until the connection ends."""
        async for text in socket:
            self.take(json.loads(text))
            if self.slow_s:
                await asyncio.sleep(self.slow_s)

    def take(self, told: dict[str, Any]) -> None:
        """One message."""
        if told["type"] == "reset":
            self.wrong.append(f"reset at {told['seq']}, had {self.seq}")
        if told["seq"] <= self.seq:
            self.wrong.append(f"{told['type']} {told['seq']} after {self.seq}")
        self.seq, self.epoch = told["seq"], told["epoch"]
        data = told["data"]
        if told["type"] != "alert.opened" or data["kind"] != KIND:
            return
        if data["id"] in self.opened:
            self.wrong.append(f"{data['id']} twice")
        if self.site is not None and data["site"] != self.site:
            self.wrong.append(f"{data['id']} is of {data['site']}")
        self.opened[data["id"]] = time.time()
        self.order.append((data["camera"], data["detail"]["n"]))

    def report(self) -> dict[str, Any]:
        """What was told, for another process; ``digest`` is of all ids in the order of their telling."""
        digest = hashlib.sha256("".join(self.opened).encode()).hexdigest()
        return {
            "told": len(self.opened), "digest": digest, "wrong": [*self.wrong, *self.disorder()],
            "connections": self.connections,
        }  # fmt: skip

    def disorder(self) -> list[str]:
        """Alerts of a camera that came after a later one of it."""
        last: dict[str, int] = {}
        found = []
        for camera, number in self.order:
            if number <= last.get(camera, 0):
                found.append(f"{camera}: {number} after {last[camera]}")
            last[camera] = number
        return found
