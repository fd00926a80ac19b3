"""Which files a span of a camera lies in, as the database knows them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from web.database.schema import Segment

#: No file is longer than this, so that the index on ``start`` bounds the search.
_LONGEST = timedelta(minutes=10)


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


_COLUMNS = (
    Segment.id, Segment.site, Segment.camera, Segment.run, Segment.codec, Segment.start, Segment.end, Segment.bytes,
    Segment.sha256, Segment.timescale,
)  # fmt: skip


async def of_span(connection: AsyncConnection, camera: str, start: datetime, end: datetime) -> list[Footage]:
    """The files that touch the span, oldest first."""
    rows = await connection.execute(
        select(*_COLUMNS)
        .where(
            Segment.camera == camera,
            Segment.start < end,
            Segment.start > start - _LONGEST,
            or_(Segment.end.is_(None), Segment.end > start),
        )
        .order_by(Segment.start, Segment.id)
    )
    return [_footage(row) for row in rows]


async def by_id(connection: AsyncConnection, segment: str) -> Footage | None:
    """One file; None when it is not known, or deleted."""
    row = (await connection.execute(select(*_COLUMNS).where(Segment.id == segment))).first()
    return None if row is None else _footage(row)


def _footage(row: Any) -> Footage:
    return Footage(*row)
