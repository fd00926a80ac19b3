"""The latest events in memory, read from the table after each commit; older ones come from the table in pages.

A client holds only a number, so that one that sleeps costs nothing and resumes where it was.
"""

from __future__ import annotations

import asyncio
import json
import logging
import uuid
from collections import deque
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, func, insert, select

from vms.domain.clock import Clock, from_epoch
from web.database.engine import Database
from web.database.failures import ANY
from web.database.schema import AlertMessage, Event, Meta

log = logging.getLogger(__name__)

PAGE = 500
#: Of who catches up from the table: however many do and however slowly they read, what is held for each stays small.
CATCH_UP = 100
RING, RING_BYTES = 4096, 16 * 1024 * 1024
#: Besides being told, the feed looks by itself: the command line writes too.
POLL_S = 5.0
#: A client that was away for longer reads its lists anew.
KEPT = timedelta(days=14)
#: As long as a message can come again from the stream.
MESSAGES_KEPT = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class Entry:
    """One event as those get it who may know of it."""

    seq: int
    text: str
    site: str | None  # that it is of; None: of ``node``
    node: str | None
    user: int | None = None  # whose it is besides; None: nobody's in particular
    kind: str = ""


class EventFeed:
    """Create with ``await EventFeed.open(...)``, then keep ``run`` running."""

    def __init__(self, database: Database, epoch: str, head: int) -> None:
        self.epoch = epoch
        self.head = head
        self._database = database
        self._ring: deque[Entry] = deque()
        self._bytes = 0
        self._floor = head  # the ring holds everything above it
        self._written = asyncio.Event()
        self._advanced = asyncio.Event()
        self._reading = asyncio.Lock()
        database.on_commit(self._written.set)

    @classmethod
    async def open(cls, database: Database) -> EventFeed:
        """Reads the epoch and the newest number; a new database gets its epoch here."""
        async with database.change() as change:
            epoch = await change.connection.scalar(select(Meta.value).where(Meta.name == "epoch"))
            if epoch is None:
                epoch = uuid.uuid4().hex
                await change.connection.execute(insert(Meta).values(name="epoch", value=epoch))
            head = await change.connection.scalar(select(func.max(Event.seq))) or 0
        # From some way back: all who were cut off by the end of the process before come at once for the same.
        feed = cls(database, epoch, max(0, head - RING))
        await feed.refresh()
        return feed

    async def run(self) -> None:
        """Follows the table for ever."""
        while True:
            try:
                async with asyncio.timeout(POLL_S):
                    await self._written.wait()
            except TimeoutError:
                pass
            self._written.clear()
            try:
                await self.refresh()
            except ANY as err:
                log.error("events.unread error=%s", type(err).__name__)
                self._written.set()
                await asyncio.sleep(0.5)

    async def refresh(self) -> None:
        """Reads what was committed since."""
        async with self._reading:
            while page := await self._page(self.head):
                self._ring.extend(page)
                self._bytes += sum(len(entry.text) for entry in page)
                self.head = page[-1].seq
                while len(self._ring) > RING or self._bytes > RING_BYTES:
                    oldest = self._ring.popleft()
                    self._floor = oldest.seq
                    self._bytes -= len(oldest.text)
                advanced, self._advanced = self._advanced, asyncio.Event()
                advanced.set()
                if len(page) < PAGE:
                    break

    async def after(self, seq: int) -> list[Entry]:
        """The next events after ``seq``, at most a page; empty when there is none yet."""
        if seq >= self.head:
            return []
        if seq >= self._floor:
            skip = _first_above(self._ring, seq)
            return [self._ring[i] for i in range(skip, min(skip + PAGE, len(self._ring)))]
        return await self._page(seq, CATCH_UP)

    async def wait(self, seq: int) -> None:
        """Returns when there may be events after ``seq``."""
        while seq >= self.head:
            await self._advanced.wait()

    async def can_resume(self, seq: int, epoch: str | None) -> bool:
        """Whether a client that has everything up to ``seq`` can be given the rest."""
        if epoch is not None and epoch != self.epoch:
            return False
        if seq > self.head:
            await self.refresh()
        if seq > self.head:
            return False
        if seq >= self._floor:
            return True
        async with self._database.read() as connection:
            oldest = await connection.scalar(select(func.min(Event.seq)))
        return oldest is None or seq >= oldest - 1

    async def prune(self, clock: Clock) -> None:
        """Deletes what nobody will ask for; the newest stays, for its number."""
        now = from_epoch(clock.utc())
        async with self._database.change() as change:
            await change.connection.execute(
                delete(Event).where(Event.at < now - KEPT, Event.seq < select(func.max(Event.seq)).scalar_subquery())
            )
            await change.connection.execute(delete(AlertMessage).where(AlertMessage.at < now - MESSAGES_KEPT))

    async def _page(self, seq: int, most: int = PAGE) -> list[Entry]:
        async with self._database.read() as connection:
            rows = await connection.execute(
                select(Event.seq, Event.type, Event.data).where(Event.seq > seq).order_by(Event.seq).limit(most)
            )
            return [self._entry(row.seq, row.type, row.data) for row in rows]

    def _entry(self, seq: int, kind: str, data: str) -> Entry:
        told = json.loads(data)
        return Entry(seq, self._text(seq, kind, data), told.get("site"), told.get("node"), told.get("user_id"), kind)

    def _text(self, seq: int, kind: str, data: str) -> str:
        return f'{{"seq":{seq},"epoch":"{self.epoch}","type":"{kind}","data":{data}}}'

    def reset_text(self) -> str:
        """What a client gets that cannot be resumed."""
        return self._text(self.head, "reset", "{}")


def _first_above(ring: deque[Entry], seq: int) -> int:
    low, high = 0, len(ring)
    while low < high:
        middle = (low + high) // 2
        if ring[middle].seq <= seq:
            low = middle + 1
        else:
            high = middle
    return low
