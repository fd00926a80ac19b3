"""What the stream SEGMENTS carries (segments, gaps, minute counts, whole spans of the index), kept by id."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from nats.aio.msg import Msg
from pydantic import ValidationError
from sqlalchemy import ColumnElement, Table, case, delete, exists, select

from vms.domain import messages as wire
from vms.domain.index import IndexSpan
from web.consumers.stream import Poison
from web.consumers.subject import check_sender
from web.database.engine import Change
from web.database.schema import Gap, MinuteCount, Segment, ZoneMinute
from web.database.upsert import upsert

DURABLE = "web-segments"
#: A gap ``deleted`` is of one day's files.
LONGEST_DELETED = timedelta(days=2)
_BIG = 2**62
#: Of one statement: fewer than any database's bound.
MOST_PARAMETERS = 500


@dataclass(slots=True)
class _Kept:
    """The newest word on each, not yet written."""

    segments: dict[str, dict[str, Any]] = field(default_factory=dict)
    gaps: dict[str, dict[str, Any]] = field(default_factory=dict)
    minutes: dict[tuple[str, Any], dict[str, Any]] = field(default_factory=dict)
    zones: dict[tuple[str, str, Any], dict[str, Any]] = field(default_factory=dict)

    def minute(self, minute: wire.MinuteCount) -> None:
        key = (minute.camera, minute.at)
        self.minutes[key] = _together(self.minutes.get(key), minute.model_dump(exclude={"v", "zones"}))
        for zone, count in minute.zones.items():
            row = {"camera": minute.camera, "zone": zone[:63], "at": minute.at, "samples": minute.samples}
            part = (*key[:1], zone[:63], minute.at)
            self.zones[part] = _together(self.zones.get(part), row | count.model_dump(exclude={"v"}))

    def segment(self, segment: wire.Segment) -> None:
        _check_segment(segment)
        if segment.end is not None or self.segments.get(segment.id, {}).get("end") is None:
            self.segments[segment.id] = segment.model_dump(exclude={"v"})

    def gap(self, gap: wire.Gap) -> None:
        if gap.end is not None or self.gaps.get(gap.id, {}).get("end") is None:
            self.gaps[gap.id] = gap.model_dump(exclude={"v"})


async def apply(change: Change, messages: Sequence[Msg]) -> None:
    """Keeps the newest word on each; ``Poison`` when one cannot be read."""
    kept = _Kept()
    for msg in messages:
        kind = msg.subject.rsplit(".", 1)[-1]
        try:
            if kind == "segment":
                segment = wire.Segment.model_validate_json(msg.data)
                check_sender(msg.subject, segment.site, segment.camera, "segment")
                kept.segment(segment)
            elif kind == "gap":
                gap = wire.Gap.model_validate_json(msg.data)
                check_sender(msg.subject, gap.site, gap.camera, "gap")
                kept.gap(gap)
            elif kind == "minute":
                minute = wire.MinuteCount.model_validate_json(msg.data)
                check_sender(msg.subject, minute.site, minute.camera, "minute")
                kept.minute(minute)
            elif kind == "index":
                span = IndexSpan.model_validate_json(msg.data)
                check_sender(msg.subject, span.site, span.camera, "index")
                await _write(change, kept)  # in the order of the messages
                kept = _Kept()
                await _replace(change, span)
            else:
                raise Poison(f"the subject {msg.subject} is not known")
        except ValidationError as err:
            one = err.errors(include_input=False, include_url=False)[0]
            raise Poison(f"{'.'.join(str(part) for part in one['loc'])}: {one['msg']}") from err
    await _write(change, kept)


async def _replace(change: Change, span: IndexSpan) -> None:
    """The span is as its recorder's journals say: what is not in it is gone."""
    kept = _Kept()
    records: list[wire.Segment | wire.Gap] = [*span.segments, *span.gaps]
    if any((one.site, one.camera) != (span.site, span.camera) for one in records):
        raise Poison("a record of another camera")
    for segment in span.segments:
        kept.segment(segment)
    for gap in span.gaps:
        kept.gap(gap)
    for model, known in ((Segment, kept.segments), (Gap, kept.gaps)):
        within = (
            model.site == span.site, model.camera == span.camera,
            model.start >= span.start, model.start < span.end,
        )  # fmt: skip
        gone = sorted(set(await change.connection.scalars(select(model.id).where(*within))) - known.keys())
        for at in range(0, len(gone), MOST_PARAMETERS):
            await change.connection.execute(delete(model).where(model.id.in_(gone[at : at + MOST_PARAMETERS])))
    await _write(change, kept)


async def _write(change: Change, kept: _Kept) -> None:
    # What was closed stays closed, whoever repeats an older word.
    for model, rows in ((Segment, kept.segments), (Gap, kept.gaps)):
        await upsert(
            change.connection,
            model,
            list(rows.values()),
            ["id"],
            lambda table, new: new.end.is_not(None) | table.c.end.is_(None),
        )
    if segments := kept.segments:  # told late, or again, after it was deleted
        await change.connection.execute(
            delete(Segment).where(
                Segment.id.in_(segments),
                exists().where(
                    Gap.site == Segment.site,
                    Gap.camera == Segment.camera,
                    Gap.cause == "deleted",
                    Gap.start <= Segment.start,
                    Gap.start > min(row["start"] for row in segments.values()) - LONGEST_DELETED,
                    Gap.end >= Segment.end,
                ),
            )
        )
    for gap_row in kept.gaps.values():
        if gap_row["cause"] == "deleted" and gap_row["end"] is not None:
            await change.connection.execute(
                delete(Segment).where(
                    Segment.site == gap_row["site"],
                    Segment.camera == gap_row["camera"],
                    Segment.start >= gap_row["start"],
                    Segment.end <= gap_row["end"],
                )
            )
    await upsert(change.connection, MinuteCount, list(kept.minutes.values()), ["camera", "at"], merge=_merged)
    await upsert(change.connection, ZoneMinute, list(kept.zones.values()), ["camera", "zone", "at"], merge=_merged)


def _together(known: dict[str, Any] | None, new: dict[str, Any]) -> dict[str, Any]:
    """Two parts of one minute: the detector was restarted, or the stream changed, in the middle of it."""
    if known is None:
        return new
    samples = known["samples"] + new["samples"]
    means: dict[str, Any] = {
        name: (known[name] * known["samples"] + new[name] * new["samples"]) / max(1, samples)
        for name in ("mean", "sigma")
        if name in new
    }
    return {**new, **means, "samples": samples, "max": max(known["max"], new["max"])}


def _merged(table: Table, new: Any) -> dict[str, ColumnElement[Any]]:
    """The same in SQL, for a part that is in the table already."""
    old = table.c
    samples = old.samples + new.samples
    means: dict[str, ColumnElement[Any]] = {
        name: case((samples > 0, (old[name] * old.samples + new[name] * new.samples) / samples), else_=old[name])
        for name in ("mean", "sigma")
        if name in old
    }
    return {
        "samples": samples,
        **means,
        "max": case((new.max > old.max, new.max), else_=old.max),
    }


def _check_segment(segment: wire.Segment) -> None:
    numbers = (segment.bytes, segment.frames, segment.first_tfdt, segment.width, segment.height, segment.timescale)
    if any(not 0 <= number < _BIG for number in numbers):
        raise Poison("a number is out of range")
    if segment.end is not None and segment.end < segment.start:
        raise Poison("it ends before it starts")
