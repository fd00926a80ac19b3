"""Reading what a timeline is made of. A month of a camera has 44 000 segments: numbers as they are kept, no objects."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, CursorResult, Select, case, func, or_, select, type_coerce
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import InstrumentedAttribute, aliased

from vms.domain.clock import rfc3339
from vms.domain.footage import LOOK_BACK_S
from web.alerts.store import Filter, fetch_page
from web.database.schema import CameraFirst, Gap, MinuteCount, Segment, ZoneMinute
from web.reach import EVERYTHING
from web.timeline.assemble import Missing, Recorded, assemble, merge

#: It bounds the search by the index on ``start``.
_LOOK_BACK = timedelta(seconds=LOOK_BACK_S)
#: An unfinished file that is not the newest: its recorder was killed, and tells the end when it starts again.
LIKELY_MS = 60_000
MAX_ALERTS = 2000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_MINUTES = [f"{n // 60:02d}:{n % 60:02d}:" for n in range(1440)]
_SECONDS = [f"{n:02d}." for n in range(60)]
_THOUSANDTHS = [f"{n:03d}Z" for n in range(1000)]
_quoted = json.encoder.encode_basestring_ascii


@dataclass(frozen=True, slots=True)
class _Span:
    """What is asked, in milliseconds since the epoch."""

    start: int
    end: int
    grown_to: int


@dataclass(frozen=True, slots=True)
class _Found:
    """Rows, times in microseconds; moments of the camera's life in milliseconds."""

    segments: Sequence[Any]
    gaps: Sequence[Any]
    counts: Sequence[Any]
    newest: int | None
    configured_at: int | None
    told_from: int | None
    recorded_from: int | None


async def timeline(
    connection: AsyncConnection,
    camera: str,
    start: datetime,
    end: datetime,
    grown_to: datetime,
    *,
    merged: bool = False,
    zone: str | None = None,
    holds: Sequence[dict[str, Any]] = (),
    alerts: bool = True,
) -> bytes:
    """The JSON body of ``/timeline``; ``end`` is not after now, ``grown_to`` how far an open segment reaches.

    ``zone``: the counts are of this zone instead of the whole picture. ``alerts``: whether they are told.
    """
    segments = await connection.execute(
        select(
            Segment.id, _us(Segment.start), _us(Segment.end), Segment.codec, Segment.bytes, _us(Segment.anchor_utc)
        ).where(Segment.camera == camera, Segment.start < end, Segment.start > start - _LOOK_BACK)
    )
    gaps = await connection.execute(
        select(_us(Gap.start), _end_of_gap(camera), Gap.cause, Gap.reason).where(
            Gap.camera == camera, Gap.start < end, or_(Gap.end.is_(None), Gap.end > start)
        )
    )
    counts = await connection.execute(_counts(camera, zone, start - timedelta(minutes=1), end))
    first = await connection.scalar(select(_us(CameraFirst.at)).where(CameraFirst.camera == camera))
    told = [
        await connection.scalar(select(_us(func.min(model.start))).where(model.camera == camera))
        for model in (Segment, Gap)
    ]
    kept = select(_us(Segment.start)).where(Segment.camera == camera, Segment.end > Segment.start)
    found = _Found(
        _plain(segments), gaps.all(), _plain(counts),
        newest=_ms(await connection.scalar(select(_us(func.max(Segment.start))).where(Segment.camera == camera))),
        configured_at=_ms(min((at for at in (first, *told) if at is not None), default=None)),
        told_from=_ms(min((at for at in told if at is not None), default=None)),
        recorded_from=_ms(await connection.scalar(kept.order_by(Segment.start).limit(1))),
    )  # fmt: skip
    found_alerts: list[dict[str, Any]] = []
    if alerts:
        wanted = Filter(camera=camera, start=start, end=end)
        found_alerts, _ = await fetch_page(connection, EVERYTHING, wanted, MAX_ALERTS, None)
    span = _Span(*((moment - _EPOCH) // _MILLISECOND for moment in (start, end, grown_to)))
    rest: dict[str, Any] = {"alerts": found_alerts, "holds": list(holds)}
    # Elsewhere than in the event loop: it must not hold up the sockets.
    return await asyncio.to_thread(_body, span, found, merged, rest)


def _counts(camera: str, zone: str | None, start: datetime, end: datetime) -> Select[int, float, int, float]:
    table: type[MinuteCount | ZoneMinute] = MinuteCount if zone is None else ZoneMinute
    chosen = select(_us(table.at), table.mean, table.max, table.sigma)
    if zone is not None:
        chosen = chosen.where(ZoneMinute.zone == zone)
    return chosen.where(table.camera == camera, table.at >= start, table.at < end).order_by(table.at)


def _plain(result: CursorResult[*tuple[Any, ...]]) -> Sequence[Any]:
    """Rows as the driver gives them, for columns that need no converting: the library's cost as much as the query."""
    if result.cursor is None:
        return result.all()
    rows: Sequence[Any] = result.cursor.fetchall()
    result.close()
    return rows


def _us(column: InstrumentedAttribute[Any] | ColumnElement[Any]) -> ColumnElement[int]:
    return type_coerce(column, BigInteger)


def _end_of_gap(camera: str) -> ColumnElement[int]:
    """A gap that nobody ended (its recorder lost its disk, or its site) ends where anything else begins."""
    later, other = aliased(Segment), aliased(Gap)
    segment = select(func.min(later.start)).where(later.camera == camera, later.start >= Gap.start).scalar_subquery()
    gap = select(func.min(other.start)).where(other.camera == camera, other.start > Gap.start).scalar_subquery()
    least = case((segment.is_(None), gap), (gap.is_(None), segment), (segment < gap, segment), else_=gap)
    return _us(case((Gap.end.is_(None), least), else_=Gap.end))


def _body(span: _Span, found: _Found, merged: bool, rest: dict[str, Any]) -> bytes:
    """The long lists are written as text: as objects they would cost as much again as all the rest."""
    recorded = []
    for name, start, end, codec, size, anchor in found.segments:
        at = start // 1000
        until = None if end is None else end // 1000
        if until is None and found.newest is not None and at < found.newest:
            until = min(found.newest, at + LIKELY_MS)
        recorded.append(Recorded(name, at, until, codec, size, False, None if anchor is None else anchor // 1000))
    cover = assemble(
        span.start,
        span.end,
        recorded,
        [Missing(start // 1000, _ms(end), cause, reason) for start, end, cause, reason in found.gaps],
        grown_to=span.grown_to,
        configured_at=found.configured_at,
        told_from=found.told_from,
    )
    text = _Texts()
    segments = merge(cover.segments) if merged else cover.segments
    short = {
        "start": text(span.start),
        "end": text(span.end),
        "first_at": None if found.configured_at is None else text(found.configured_at),
        "recorded_from": None if found.recorded_from is None else text(found.recorded_from),
        "gaps": [
            {"start": text(gap.start), "end": text(gap.end or 0), "cause": gap.cause, "reason": gap.reason}
            for gap in cover.gaps
        ],
        **rest,
    }
    long = {
        "segments": (_segment(one, text) for one in segments),
        "overlaps": (_segment(one, text) for one in cover.overlaps),
        "counts": (
            f'{{"at":"{text(at // 1000)}","mean":{mean!r},"max":{most},"sigma":{sigma!r}}}'
            for at, mean, most, sigma in found.counts
        ),
    }
    parts = [json.dumps(short)[:-1], *(f'"{name}":[{",".join(items)}]' for name, items in long.items())]
    return (",".join(parts) + "}").encode()


def _segment(one: Recorded, text: _Texts) -> str:
    name = f'"id":{_quoted(one.id)},' if one.id else ""
    return (
        f'{{{name}"start":"{text(one.start)}","end":"{text(one.end or one.start)}","codec":{_quoted(one.codec)},'
        f'"bytes":{one.bytes},"open":{"true" if one.open else "false"}}}'
    )


def _ms(us: int | None) -> int | None:
    return None if us is None else us // 1000


class _Texts:
    """Milliseconds since the epoch as RFC 3339; a day's date is made once. A month has 90 000: no formatting here."""

    def __init__(self) -> None:
        self._days: dict[int, str] = {}

    def __call__(self, ms: int) -> str:
        minute, rest = divmod(ms, 60_000)
        number, of_day = divmod(minute, 1440)
        day = self._days.get(number)
        if day is None:
            day = self._days[number] = rfc3339(_EPOCH + timedelta(days=number))[:11]
        return day + _MINUTES[of_day] + _SECONDS[rest // 1000] + _THOUSANDTHS[rest % 1000]
