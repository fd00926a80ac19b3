"""Asking recorders for tables and bytes, with bounds: so much at once for one reader, and for all of them together."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncGenerator, Iterable, Iterator, Sequence

from pydantic import ValidationError

from vms.bus import subjects
from vms.domain.errors import BusError
from vms.domain.messages import ReadRequest
from vms.domain.reading import MOST_SEGMENTS, FragmentsReply, FragmentsRequest, FragmentTable
from web.link import BusLink
from web.playback.footage import Footage

#: A disk that was asleep wakes in this time (seconds).
PATIENCE_S = 6.0
#: One reader has 128 KiB on the way, in two requests, so that the next is under way while one is sent on.
CHUNK = 64 * 1024
AHEAD = 2
#: Requests on the way for all readers; who takes nothing has none, so that a slow client holds up nobody.
MOST_READS = 32
MOST_TABLE_REQUESTS = 4
#: Tables of closed files that are kept: 17 hours of a camera, about 10 MB.
MOST_TABLES = 1024


class Gone(Exception):
    """The file is no longer there."""


class Damaged(Exception):
    """A closed file is not what the index says of it: to try again is of no use."""


class Recorders:
    """The recorders as a disk."""

    def __init__(self, link: BusLink) -> None:
        self._link = link
        self._reads = asyncio.Semaphore(MOST_READS)
        self._asking = asyncio.Semaphore(MOST_TABLE_REQUESTS)
        self._tables: OrderedDict[str, FragmentTable] = OrderedDict()

    def known(self, footage: Footage) -> FragmentTable | None:
        """The table as it was last seen; a growing file may be longer by now."""
        return self._tables.get(footage.id)

    async def table(self, footage: Footage) -> FragmentTable:
        """The table of one file; ``Gone`` when there is no such file, ``BusError`` when it cannot be had."""
        table = (await self.tables([footage]))[footage.id]
        if table.error == "not_found":
            raise Gone
        if table.error is not None:
            raise BusError("the recorder cannot read this file")
        return table

    async def tables(self, wanted: Sequence[Footage]) -> dict[str, FragmentTable]:
        """The tables by id, of closed files from memory; ``BusError`` when a recorder does not answer."""
        found: dict[str, FragmentTable] = {}
        missing: dict[tuple[str, str], list[str]] = {}
        for one in wanted:
            table = self._tables.get(one.id)
            if table is not None and not table.growing:
                self._tables.move_to_end(one.id)
                found[one.id] = table
            else:
                missing.setdefault((one.site, one.camera), []).append(one.id)
        asked = [
            self._ask(site, camera, batch) for (site, camera), ids in missing.items() for batch in _batches(ids)
        ]  # fmt: skip
        for tables in await asyncio.gather(*asked):
            for table in tables:
                found[table.segment] = table
                if table.error is None:
                    self._tables[table.segment] = table
        while len(self._tables) > MOST_TABLES:
            self._tables.popitem(last=False)
        return found

    async def _ask(self, site: str, camera: str, ids: tuple[str, ...]) -> tuple[FragmentTable, ...]:
        async with self._asking:
            reply = await self._link.request(
                subjects.control(site, camera, "fragments"), FragmentsRequest(segments=ids).encode(), PATIENCE_S
            )
        try:
            tables = FragmentsReply.model_validate_json(reply.data).tables
        except ValidationError as err:
            raise BusError("the recorder's answer cannot be read") from err
        if tuple(table.segment for table in tables) != ids:
            raise BusError("the recorder answered something else")
        return tables

    async def read(self, footage: Footage, offset: int, length: int, reach: int = 0) -> bytes:
        """Exactly ``length`` bytes, at most 128 KiB; ``Gone``, ``Damaged`` or ``BusError``.

        ``reach``: how far the file has to go, so that what cannot be had whole is known with its first piece.
        """
        request = ReadRequest(segment=footage.id, offset=offset, length=length)
        async with self._reads:
            reply = await self._link.request(
                subjects.control(footage.site, footage.camera, "read"), request.encode(), PATIENCE_S
            )
        error = (reply.headers or {}).get("Vms-Error")
        if error == "not_found":
            raise Gone
        if error is not None:
            raise BusError("the recorder cannot read this file")
        if len(reply.data) != length or int((reply.headers or {}).get("Vms-Size", reach)) < reach:
            raise Damaged("the file is shorter than it was")
        return reply.data

    async def stream(self, footage: Footage, begin: int, end: int) -> AsyncGenerator[bytes]:
        """The bytes from ``begin`` to before ``end``, ``AHEAD`` chunks on the way at any time."""
        places = ((at, min(CHUNK, end - at)) for at in range(begin, end, CHUNK))
        async for data in self.pieces(footage, places, end):
            yield data

    async def pieces(self, footage: Footage, places: Iterable[tuple[int, int]], reach: int) -> AsyncGenerator[bytes]:
        """The bytes at each ``(offset, length)``, in order, ``AHEAD`` of them on the way; all before ``reach``."""
        coming: deque[asyncio.Task[bytes]] = deque()
        try:
            for offset, length in places:
                coming.append(asyncio.create_task(self.read(footage, offset, length, reach)))
                if len(coming) > AHEAD - 1:
                    yield await coming[0]
                    coming.popleft()
            while coming:
                yield await coming[0]
                coming.popleft()
        finally:
            for task in coming:
                task.cancel()
            await asyncio.gather(*coming, return_exceptions=True)


def _batches(ids: list[str]) -> Iterator[tuple[str, ...]]:
    for at in range(0, len(ids), MOST_SEGMENTS):
        yield tuple(ids[at : at + MOST_SEGMENTS])
