"""The peer of ``vms bench alerts``: what comes over plain NATS is told to every websocket, and kept nowhere.

``python -m vms.bench.relay --bus URL`` prints ``{"port": P}``. No login, no database, no order after a restart, nothing
for who was away: the least that a websocket server between a bus and browsers does.
"""

from __future__ import annotations

import argparse
import asyncio

import nats
import uvloop
from nats.aio.msg import Msg
from websockets.asyncio.server import ServerConnection, broadcast, serve

from vms.bench.streams import print_line

SUBJECT = "bench.alert"


async def main(url: str) -> None:
    """For ever."""
    clients: set[ServerConnection] = set()

    async def talk(socket: ServerConnection) -> None:
        clients.add(socket)
        try:
            await socket.wait_closed()
        finally:
            clients.discard(socket)

    async def tell(msg: Msg) -> None:
        broadcast(clients, msg.data.decode())

    async with serve(talk, "127.0.0.1", 0, compression=None) as server:
        bus = await nats.connect(url)
        await bus.subscribe(SUBJECT, cb=tell)
        await bus.flush()
        print_line({"port": next(iter(server.sockets)).getsockname()[1]})
        await asyncio.Event().wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m vms.bench.relay")
    parser.add_argument("--bus", required=True)
    uvloop.run(main(parser.parse_args().bus))
