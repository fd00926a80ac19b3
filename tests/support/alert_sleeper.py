"""Dashboards in a process of their own, so that they can be stopped: ``python -m tests.support.alert_sleeper URL N``.

It reads the cookie, as JSON, and then for each line on its standard input prints what its clients were told so far.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

from tests.support.alert_watcher import Watcher


async def main(url: str, clients: int) -> None:
    lines = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    cookie = json.loads(await lines.readline())
    watchers = [Watcher(lambda: url, lambda: cookie) for _ in range(clients)]
    tasks = [asyncio.create_task(one.watch()) for one in watchers]
    while await lines.readline():
        found: list[dict[str, Any]] = [one.report() for one in watchers]
        print(json.dumps(found), flush=True)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
