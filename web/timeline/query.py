"""Reading what a timeline is made of."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from vms.domain.clock import rfc3339
from web.alerts.store import Filter, fetch_page
from web.database.schema import CameraFirst, Gap, MinuteCount, Segment
from web.timeline.assemble import Missing, Recorded, assemble

#: No segment is longer than this, so that the index on ``start`` bounds the search.
LONGEST_SEGMENT = timedelta(minutes=10)
MAX_ALERTS = 2000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


async def timeline(
    connection: AsyncConnection, camera: str, start: datetime, end: datetime, grown_to: datetime
) -> bytes:
    """The JSON body of ``/timeline``; ``end`` is not after now, ``grown_to`` how far an open segment reaches."""
    segments = await connection.execute(
        select(Segment.id, Segment.start, Segment.end, Segment.codec, Segment.bytes, Segment.run).where(
            Segment.camera == camera, Segment.start < end, Segment.start > start - LONGEST_SEGMENT
        )
    )
    # An unfinished segment is the growing one only if none came after it, also after the span.
    newest = await connection.scalar(select(func.max(Segment.start)).where(Segment.camera == camera))
    gaps = await connection.execute(
        select(Gap.start, Gap.end, Gap.cause, Gap.reason).where(
            Gap.camera == camera, Gap.start < end, or_(Gap.end.is_(None), Gap.end > start)
        )
    )
    told = [Missing(_ms(row.start), await _end_of(connection, camera, row), row.cause, row.reason) for row in gaps]
    first = await connection.scalar(select(CameraFirst.at).where(CameraFirst.camera == camera))
    counts = await connection.execute(
        select(MinuteCount.at, MinuteCount.mean, MinuteCount.max)
        .where(MinuteCount.camera == camera, MinuteCount.at >= start - timedelta(minutes=1), MinuteCount.at < end)
        .order_by(MinuteCount.at)
    )
    alerts, _ = await fetch_page(connection, Filter(camera=camera, start=start, end=end), MAX_ALERTS, None)
    found = (segments.all(), counts.all())

    def work() -> bytes:
        """A month of a camera has 44 000 segments: this must not hold up the sockets."""
        return json.dumps(_body(start, end, grown_to, first, newest, found, told, alerts)).encode()

    return await asyncio.to_thread(work)


async def _end_of(connection: AsyncConnection, camera: str, gap: Any) -> int | None:
    """A gap that nobody ended (its recorder lost its disk, or its site) ends where anything else begins."""
    if gap.end is not None:
        return _ms(gap.end)
    segment = await connection.scalar(
        select(func.min(Segment.start)).where(Segment.camera == camera, Segment.start >= gap.start)
    )
    other = await connection.scalar(select(func.min(Gap.start)).where(Gap.camera == camera, Gap.start > gap.start))
    return min((_ms(moment) for moment in (segment, other) if moment is not None), default=None)


def _body(
    start: datetime,
    end: datetime,
    grown_to: datetime,
    first: datetime | None,
    newest: datetime | None,
    found: tuple[Sequence[Any], Sequence[Any]],
    told: Sequence[Missing],
    alerts: list[dict[str, Any]],
) -> dict[str, Any]:
    segments, counts = found
    cover = assemble(
        _ms(start),
        _ms(end),
        [
            Recorded(row.id, _ms(row.start), _end_ms(row.start, row.end, newest), row.codec, row.bytes, run=row.run)
            for row in segments
        ],
        told,
        grown_to=_ms(grown_to),
        configured_at=None if first is None else _ms(first),
    )
    return {
        "start": rfc3339(start),
        "end": rfc3339(end),
        "segments": [_segment(one) for one in cover.segments],
        "overlaps": [_segment(one) for one in cover.overlaps],
        "gaps": [
            {"start": _text(gap.start), "end": _text(gap.end), "cause": gap.cause, "reason": gap.reason}
            for gap in cover.gaps
        ],
        "counts": [{"at": rfc3339(row.at), "mean": row.mean, "max": row.max} for row in counts],
        "alerts": alerts,
    }


def _segment(one: Recorded) -> dict[str, Any]:
    return {
        "id": one.id,
        "start": _text(one.start),
        "end": _text(one.end),
        "codec": one.codec,
        "bytes": one.bytes,
        "open": one.open,
    }


def _end_ms(start: datetime, end: datetime | None, newest: datetime | None) -> int | None:
    if end is not None:
        return _ms(end)
    # The recorder was killed: its next start mends the file and tells the end. Until then a minute is likely.
    return None if newest is None or start >= newest else _ms(min(newest, start + timedelta(seconds=60)))


def _ms(moment: datetime) -> int:
    return (moment - _EPOCH) // _MILLISECOND


def _text(ms: int | None) -> str:
    return rfc3339(_EPOCH + (ms or 0) * _MILLISECOND)
