"""Which files a span of a camera lies in, as the database knows them."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, or_, select

from vms.domain.footage import LOOK_BACK_S
from web.database.engine import Database
from web.database.schema import Segment

#: It bounds the search by the index on ``start``.
_LOOK_BACK = timedelta(seconds=LOOK_BACK_S)
#: Rows of closed files in memory: about 3 MB.
MOST_ROWS = 4096


@dataclass(frozen=True, slots=True)
class Footage:
    """A recorded file; ``end`` None while nobody has said that it is closed."""

    id: str
    site: str
    camera: str
    run: str
    codec: str
    start: datetime
    end: datetime | None
    bytes: int
    sha256: str | None
    timescale: int
    anchor: datetime  # of pts 0


_COLUMNS = (
    Segment.id, Segment.site, Segment.camera, Segment.run, Segment.codec, Segment.start, Segment.end, Segment.bytes,
    Segment.sha256, Segment.timescale, func.coalesce(Segment.anchor_utc, Segment.start),
)  # fmt: skip


class Catalogue:
    """Finds files by span and by id; rows of closed files are kept, because each seek asks for one."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._closed: OrderedDict[str, Footage] = OrderedDict()

    async def of_span(self, camera: str, start: datetime, end: datetime) -> list[Footage]:
        """The files that touch the span, oldest first."""
        asked = (
            select(*_COLUMNS)
            .where(
                Segment.camera == camera,
                Segment.start < end,
                Segment.start > start - _LOOK_BACK,
                or_(Segment.end.is_(None), Segment.end > start),
            )
            .order_by(Segment.start, Segment.id)
        )
        async with self._database.read() as connection:
            rows = (await connection.execute(asked)).all()
        return [self._keep(_footage(row)) for row in rows]

    async def by_id(self, segment: str) -> Footage | None:
        """One file; None when it is not known. One that was deleted since may still be: its recorder says so."""
        if segment in self._closed:
            return self._keep(self._closed[segment])
        async with self._database.read() as connection:
            row = (await connection.execute(select(*_COLUMNS).where(Segment.id == segment))).first()
        return None if row is None else self._keep(_footage(row))

    def _keep(self, one: Footage) -> Footage:
        if one.end is not None:
            self._closed[one.id] = one
            self._closed.move_to_end(one.id)
            if len(self._closed) > MOST_ROWS:
                self._closed.popitem(last=False)
        return one


def _footage(row: Any) -> Footage:
    return Footage(*row)
