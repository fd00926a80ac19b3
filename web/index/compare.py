"""Answers a node that audits: which of a camera's days are otherwise in the database."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import nats.errors
from nats.aio.msg import Msg
from pydantic import ValidationError
from sqlalchemy import select

from vms.bus import subjects
from vms.bus.connection import Bus
from vms.domain.index import CompareReply, CompareRequest, DaySum, Row, digest
from vms.domain.node import NODE_SITE
from web.database.engine import Database
from web.database.failures import ANY, first_line
from web.database.schema import Gap, Segment

log = logging.getLogger(__name__)

#: So many questions at a time: an audit waits, a browser does not.
AT_ONCE = 1


class IndexDesk:
    """Answers ``ctl.v1._node._web.audit``; says nothing while the database does not answer."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._turn = asyncio.Semaphore(AT_ONCE)
        self._tasks: set[asyncio.Task[None]] = set()

    async def serve(self, bus: Bus) -> None:
        """Subscribes."""

        async def asked(msg: Msg) -> None:
            task = asyncio.create_task(self._answer(bus, msg))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

        await bus.bulk.subscribe(subjects.control(NODE_SITE, subjects.WEB, "audit"), cb=asked)

    async def _answer(self, bus: Bus, msg: Msg) -> None:
        try:
            request = CompareRequest.model_validate_json(msg.data)
            async with self._turn:
                different = [
                    place for place, day in enumerate(request.days) if await self._digest(request, day) != day.digest
                ]
            await bus.bulk.publish(msg.reply, CompareReply(different=tuple(different)).encode())
        except ANY as err:
            log.warning("index.uncompared error=%s", first_line(err))
        except (ValidationError, nats.errors.Error) as err:
            log.debug("index.uncompared error=%s", type(err).__name__)

    async def _digest(self, of: CompareRequest, day: DaySum) -> str:
        rows: list[Row] = []
        async with self._database.read() as connection:
            for model in (Segment, Gap):
                last: Any = Segment.bytes if model is Segment else Gap.cause
                found = await connection.execute(
                    select(model.id, model.start, model.end, last).where(
                        model.site == of.site, model.camera == of.camera, model.start >= day.start,
                        model.start < day.end, model.end.is_not(None), model.end > model.start,
                    )
                )  # fmt: skip
                rows += [(name, start, end, more) for name, start, end, more in found]
        return await asyncio.to_thread(digest, rows)
