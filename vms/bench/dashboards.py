"""Many dashboards as one process: websockets that note the moment in which each alert came. Nothing else is done.

``python -m vms.bench.dashboards --port P --path /ws/alerts --clients N`` reads the cookies for the clients to share, a
JSON list, from its standard input and prints ``{"open": N}`` once all are connected; at the next line, or the end, it
prints ``{id: [moments]}``, seconds of the monotonic clock, one for each time that any client was told of that alert.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import os
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from typing import cast

import uvloop

from vms.bench.streams import print_line

_OPENED, _ID, _CAMERA = b'"type":"alert.opened"', b'"id":"', b'"camera":"'
_TEXT, _CLOSE, _PING, _PONG = 1, 8, 9, 10
#: So many ask at once to be let in.
AT_ONCE = 20
Moments = dict[str, list[float]]


class Dashboard(asyncio.Protocol):
    """One client's end, of RFC 6455 what a server that neither masks nor splits its messages makes needful.

    ``moments``: of each alert, by its camera and id.
    """

    def __init__(self, request: bytes, moments: Moments) -> None:
        self._request = request
        self._moments = moments
        self._data = b""
        self._transport: asyncio.Transport | None = None
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Asks for the websocket."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is no subclass
        self._transport.write(self._request)

    def connection_lost(self, exc: Exception | None) -> None:
        """A client that was cut off is seen by what it misses."""
        del exc
        self._transport = None
        if not self.opened.done():
            self.opened.set_exception(ConnectionError("the websocket was refused"))

    def data_received(self, data: bytes) -> None:
        """Some frames, the last perhaps in part."""
        at = time.monotonic()
        self._data = data = self._data + data if self._data else data
        if not self.opened.done():
            head, found, rest = data.partition(b"\r\n\r\n")
            if not found:
                return
            if not head.startswith(b"HTTP/1.1 101 "):
                self.opened.set_exception(ConnectionError(head.partition(b"\r\n")[0].decode("latin-1")))
                return
            self.opened.set_result(None)
            data = rest
        begin = 0
        while len(data) - begin >= 2:
            length, payload = data[begin + 1], begin + 2
            if length >= 126:
                wide = 2 if length == 126 else 8
                if len(data) < payload + wide:
                    break
                length = int.from_bytes(data[payload : payload + wide], "big")
                payload += wide
            if len(data) < payload + length:
                break
            self._frame(data[begin] & 15, data[payload : payload + length], at)
            begin = payload + length
        self._data = data[begin:]

    def _frame(self, kind: int, payload: bytes, at: float) -> None:
        if kind == _TEXT and payload.find(_OPENED, 0, 160) >= 0:
            name = f"{_value(payload, _CAMERA)} {_value(payload, _ID)}"
            self._moments[name].append(at)
        elif kind == _PING and self._transport is not None:
            mask = os.urandom(4)
            masked = bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))
            self._transport.write(bytes((0x80 | _PONG, 0x80 | len(payload))) + mask + masked)


def _value(payload: bytes, key: bytes) -> str:
    begin = payload.find(key) + len(key)
    return payload[begin : payload.find(b'"', begin)].decode()


def _request(port: int, path: str, cookie: str) -> bytes:
    key = base64.b64encode(os.urandom(16)).decode()
    lines = [f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", "Upgrade: websocket", "Connection: Upgrade"]
    lines += [f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13", f"Cookie: {cookie}"]
    return "".join(f"{line}\r\n" for line in [*lines, ""]).encode()


async def watch(port: int, path: str, clients: int, cookies: Sequence[str], requests: asyncio.StreamReader) -> Moments:
    """Opens ``clients`` websockets, says so, and gives what they were told until the next line comes."""
    loop, moments, gate = asyncio.get_running_loop(), defaultdict[str, list[float]](list), asyncio.Semaphore(AT_ONCE)

    async def one(number: int) -> None:
        request = _request(port, path, cookies[number % len(cookies)])
        async with gate:
            _, dashboard = await loop.create_connection(lambda: Dashboard(request, moments), "127.0.0.1", port)
            async with asyncio.timeout(30):
                await dashboard.opened

    await asyncio.gather(*(one(number) for number in range(clients)))
    print_line({"open": clients})
    await requests.readline()
    return moments


async def main(port: int, path: str, clients: int) -> None:
    """Standard input is the only way to talk to it."""
    requests = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(requests), sys.stdin)
    print_line(await watch(port, path, clients, json.loads(await requests.readline()), requests))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m vms.bench.dashboards")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--path", required=True)
    parser.add_argument("--clients", type=int, required=True)
    given = parser.parse_args()
    uvloop.run(main(given.port, given.path, given.clients))
