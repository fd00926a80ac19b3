"""One browser's queue of a live stream: bounded in bytes; who is too slow goes on at the next key frame."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass

from web.live.order import Fragment

#: About 10 s of a 2.5 Mbit/s camera.
MAX_BYTES = 3 * 1024 * 1024
MAX_TEXTS = 64


@dataclass(frozen=True, slots=True)
class Closing:
    """The last item of a queue: say ``error`` and close."""

    error: str


Item = str | bytes | Closing


class Watcher:
    """Filled by the hub without ever waiting, emptied by the socket."""

    def __init__(self) -> None:
        self._items: deque[Item] = deque()
        self._bytes = 0
        self._texts = 0
        self._ready = asyncio.Event()
        self._wants_key = True
        self.skipped = 0

    def start(self, head: str, init: bytes) -> None:
        """A run begins: what is queued of the one before is of no use any more."""
        self._clear()
        self._put(head)
        self._put(init)
        self._wants_key = True

    def fragment(self, fragment: Fragment) -> None:
        """Queues a fragment, or skips it."""
        if self._bytes + len(fragment.data) > MAX_BYTES:
            self._drop_fragments()
        if self._wants_key and not fragment.key:
            self.skipped += 1
            return
        self._wants_key = False
        self._put(fragment.data)

    def text(self, text: str) -> None:
        """Queues what accompanies the video; left out when the browser is behind."""
        if self._texts < MAX_TEXTS:
            self._put(text)

    def close(self, error: str) -> None:
        """Ends the stream with a reason."""
        self._clear()
        self._items.append(Closing(error))
        self._ready.set()

    async def next(self) -> Item:
        """The next thing to send."""
        while not self._items:
            self._ready.clear()
            await self._ready.wait()
        item = self._items.popleft()
        if isinstance(item, bytes):
            self._bytes -= len(item)
        elif isinstance(item, str):
            self._texts -= 1
        return item

    def _put(self, item: str | bytes) -> None:
        self._items.append(item)
        if isinstance(item, bytes):
            self._bytes += len(item)
        else:
            self._texts += 1
        self._ready.set()

    def _clear(self) -> None:
        self._items.clear()
        self._bytes = self._texts = 0

    def _drop_fragments(self) -> None:
        """Takes out the video but for a run's beginning that has not been sent yet."""
        kept: list[str | bytes] = []
        after_head = False
        for item in self._items:
            begins = isinstance(item, str) and item.startswith('{"mime"')
            if (isinstance(item, str) and begins) or (isinstance(item, bytes) and after_head):
                kept.append(item)
            elif isinstance(item, bytes):
                self.skipped += 1
            after_head = begins
        self._clear()
        for item in kept:
            self._put(item)
        self._wants_key = True
