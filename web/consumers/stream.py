"""One durable pull consumer, made anew at the cursor that the database keeps whenever anything was lost on the way.

The database's cursor, not the server's memory of acknowledgements, says where to go on: after a restart of
the server, of the bus or of this process nothing is left out, doubled or out of order.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass

import nats.errors
import nats.js.errors
from nats.aio.msg import Msg
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy
from sqlalchemy import select
from sqlalchemy.exc import StatementError

from vms.bus.connection import Bus
from vms.domain.errors import BusError
from web.database.engine import Change, Database
from web.database.failures import ANY, first_line, passes
from web.database.schema import Cursor
from web.database.upsert import upsert

log = logging.getLogger(__name__)

BATCH = 256
#: Of one transaction, and a message more: nobody else writes meanwhile. A span of an index has half a megabyte.
MOST_BYTES = 512 * 1024
EXPIRES_S = 30
HEARTBEAT_S = 1
RETRY_S = 0.25
INTERRUPTIONS: tuple[type[Exception], ...] = (nats.errors.Error, BusError, TimeoutError, OSError, *ANY)
DATABASE_RETRY_S = 0.5


class Poison(Exception):
    """A message that can never be applied; the text says why."""


#: What one message can do to its transaction: it is no message, or no database takes its values.
UNUSABLE: tuple[type[Exception], ...] = (Poison, StatementError, ValueError, OverflowError)

#: Applies messages inside the transaction; raises ``Poison`` only when it is given a single one.
Apply = Callable[[Change, Sequence[Msg]], Awaitable[None]]


@dataclass(slots=True)
class Counters:
    """For the metrics."""

    applied: int = 0
    refused: int = 0


class StreamConsumer:
    """Reads ``stream`` by the durable consumer ``durable`` and gives batches to ``apply``."""

    def __init__(self, database: Database, stream: str, durable: str, apply: Apply) -> None:
        self._database = database
        self._stream = stream
        self._durable = durable
        self._apply = apply
        self._created = ""
        self._cursor = 0
        self._come: asyncio.Queue[Msg | None] = asyncio.Queue()
        self.counters = Counters()

    async def run(self, bus: Bus) -> None:
        """Reads for ever."""

        async def reconnected() -> None:
            self._come.put_nowait(None)

        bus.on_reconnect(reconnected)
        failing = False
        while True:
            try:
                if await self._session(bus):
                    failing = False
            except INTERRUPTIONS as err:
                if not failing:
                    log.warning("consumer.interrupted stream=%s error=%s", self._stream, type(err).__name__)
                failing = True
            await asyncio.sleep(RETRY_S)

    async def _session(self, bus: Bus) -> bool:
        """From making the consumer to the first thing lost; True when messages were read."""
        await self._position(bus)
        await self._make_consumer(bus)
        inbox = bus.core.new_inbox()
        self._come = asyncio.Queue()
        subscription = await bus.core.subscribe(inbox, cb=self._come.put)
        try:
            expected = 1
            while True:
                left = BATCH
                await self._ask(bus, inbox)
                while left > 0:
                    batch = await self._next()
                    if not batch:
                        return True
                    data = [msg for msg in batch if not _status(msg)]
                    for msg in data:
                        if msg.metadata.sequence.consumer != expected:
                            log.info("consumer.jumped stream=%s", self._stream)
                            return True
                        expected += 1
                    left -= len(data)
                    for some in portions(data):
                        await self._keep(some)
                    ends = {status for status in map(_status, batch) if status not in (None, "100")}
                    if ends - {"404", "408"}:
                        log.info("consumer.ended stream=%s status=%s", self._stream, " ".join(map(str, ends)))
                        return True
                    if ends:
                        break
        finally:
            with contextlib.suppress(nats.errors.Error):
                await subscription.unsubscribe()

    async def _next(self) -> list[Msg]:
        """What has come, one message at least; none after a reconnection: the server forgot what it was asked."""
        async with asyncio.timeout(HEARTBEAT_S * 3):
            batch = [await self._come.get()]
        while not self._come.empty():
            batch.append(self._come.get_nowait())
        return [] if None in batch else [msg for msg in batch if msg is not None]

    async def _ask(self, bus: Bus, inbox: str) -> None:
        request = {
            "batch": BATCH,
            "expires": EXPIRES_S * 1_000_000_000,
            "idle_heartbeat": HEARTBEAT_S * 1_000_000_000,
        }
        subject = f"$JS.API.CONSUMER.MSG.NEXT.{self._stream}.{self._durable}"
        await bus.core.publish(subject, json.dumps(request).encode(), reply=inbox)

    async def _position(self, bus: Bus) -> None:
        """Where to go on; a stream that was made anew is read from its beginning."""
        try:
            info = await bus.js.stream_info(self._stream)
        except nats.js.errors.NotFoundError:  # somebody deleted it
            await bus.ensure_storage()
            info = await bus.js.stream_info(self._stream)
        created = str(info.created)
        async with self._database.read() as connection:
            row = (
                await connection.execute(select(Cursor.created, Cursor.seq).where(Cursor.stream == self._stream))
            ).first()
        known = row is not None and row.created == created and row.seq <= info.state.last_seq
        self._created = created
        self._cursor = int(row.seq) if known and row is not None else 0

    async def _make_consumer(self, bus: Bus) -> None:
        with contextlib.suppress(nats.js.errors.NotFoundError):
            await bus.js.delete_consumer(self._stream, self._durable)
        await bus.js.add_consumer(
            self._stream,
            ConsumerConfig(
                durable_name=self._durable,
                deliver_policy=DeliverPolicy.BY_START_SEQUENCE,
                opt_start_seq=self._cursor + 1,
                ack_policy=AckPolicy.EXPLICIT,
                ack_wait=300,  # the database may be locked for a while; a second delivery would only be dropped
                max_ack_pending=4 * BATCH,
            ),
        )

    async def _keep(self, messages: list[Msg]) -> None:
        """Applies and acknowledges; waits as long as the database is away."""
        failing = False
        while True:
            try:
                await self._apply_all(messages)
            except ANY as err:  # only those that pass come through
                if not failing:
                    log.error("consumer.waiting stream=%s error=%s", self._stream, first_line(err))
                failing = True
                await asyncio.sleep(DATABASE_RETRY_S)
                continue
            break
        for msg in messages:
            with contextlib.suppress(nats.errors.Error):  # the cursor has it: an acknowledgement only tidies up
                await msg.ack()

    async def _apply_all(self, messages: list[Msg]) -> None:
        new = [msg for msg in messages if msg.metadata.sequence.stream > self._cursor]
        if not new:
            return
        try:
            await self._transaction(new)
        except UNUSABLE as err:
            if passes(err):
                raise
            for msg in new:  # one of them is to blame; the others go on
                try:
                    await self._transaction([msg])
                except UNUSABLE as single:
                    if passes(single):
                        raise
                    await self._refuse(msg, single)

    async def _transaction(self, messages: list[Msg]) -> None:
        last = messages[-1].metadata.sequence.stream
        async with self._database.change() as change:
            await self._apply(change, messages)
            await self._advance(change, last)
        self._cursor = last
        self.counters.applied += len(messages)

    async def _refuse(self, msg: Msg, err: Exception) -> None:
        number = msg.metadata.sequence.stream
        async with self._database.change() as change:
            await self._advance(change, number)
        self._cursor = number
        self.counters.refused += 1
        reason = first_line(err)
        log.error("message.refused stream=%s seq=%d subject=%s error=%s", self._stream, number, msg.subject, reason)
        with contextlib.suppress(nats.errors.Error):
            await msg.term()

    async def _advance(self, change: Change, seq: int) -> None:
        row = {"stream": self._stream, "created": self._created, "seq": seq}
        await upsert(change.connection, Cursor, [row], ["stream"])


def portions(messages: Sequence[Msg]) -> Iterator[list[Msg]]:
    """The messages in order; each part ends with the message that fills ``MOST_BYTES``."""
    part: list[Msg] = []
    size = 0
    for msg in messages:
        part.append(msg)
        size += len(msg.data)
        if size >= MOST_BYTES:
            yield part
            part, size = [], 0
    if part:
        yield part


def _status(msg: Msg) -> str | None:
    return msg.headers.get("Status") if msg.headers and not msg.reply.startswith("$JS.ACK") else None
