"""What the stream SEGMENTS carries (segments, gaps, minute counts), kept by id."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nats.aio.msg import Msg
from pydantic import ValidationError
from sqlalchemy import ColumnElement, Table, case, delete

from vms.domain import messages as wire
from web.consumers.stream import Poison
from web.consumers.subject import check_sender
from web.database.engine import Change
from web.database.schema import Gap, MinuteCount, Segment
from web.database.upsert import upsert

DURABLE = "web-segments"
_BIG = 2**62


async def apply(change: Change, messages: Sequence[Msg]) -> None:
    """Keeps the newest word on each; ``Poison`` when one cannot be read."""
    segments: dict[str, dict[str, Any]] = {}
    gaps: dict[str, dict[str, Any]] = {}
    minutes: dict[tuple[str, Any], dict[str, Any]] = {}
    for msg in messages:
        kind = msg.subject.rsplit(".", 1)[-1]
        try:
            if kind == "segment":
                segment = wire.Segment.model_validate_json(msg.data)
                check_sender(msg.subject, segment.site, segment.camera, "segment")
                _check_segment(segment)
                if segment.end is not None or segments.get(segment.id, {}).get("end") is None:
                    segments[segment.id] = segment.model_dump(exclude={"v"})
            elif kind == "gap":
                gap = wire.Gap.model_validate_json(msg.data)
                check_sender(msg.subject, gap.site, gap.camera, "gap")
                if gap.end is not None or gaps.get(gap.id, {}).get("end") is None:
                    gaps[gap.id] = gap.model_dump(exclude={"v"})
            elif kind == "minute":
                minute = wire.MinuteCount.model_validate_json(msg.data)
                check_sender(msg.subject, minute.site, minute.camera, "minute")
                key = (minute.camera, minute.at)
                minutes[key] = _together(minutes.get(key), minute.model_dump(exclude={"v"}))
            else:
                raise Poison(f"the subject {msg.subject} is not known")
        except ValidationError as err:
            one = err.errors(include_input=False, include_url=False)[0]
            raise Poison(f"{'.'.join(str(part) for part in one['loc'])}: {one['msg']}") from err
    # What was closed stays closed, whoever repeats an older word.
    for model, rows in ((Segment, segments), (Gap, gaps)):
        await upsert(
            change.connection,
            model,
            list(rows.values()),
            ["id"],
            lambda table, new: new.end.is_not(None) | table.c.end.is_(None),
        )
    for gap_row in gaps.values():
        if gap_row["cause"] == "deleted" and gap_row["end"] is not None:
            await change.connection.execute(
                delete(Segment).where(
                    Segment.camera == gap_row["camera"],
                    Segment.start >= gap_row["start"],
                    Segment.end <= gap_row["end"],
                )
            )
    await upsert(change.connection, MinuteCount, list(minutes.values()), ["camera", "at"], merge=_merged)


def _together(known: dict[str, Any] | None, new: dict[str, Any]) -> dict[str, Any]:
    """Two parts of one minute: the detector was restarted, or the stream changed, in the middle of it."""
    if known is None:
        return new
    samples = known["samples"] + new["samples"]
    mean = (known["mean"] * known["samples"] + new["mean"] * new["samples"]) / max(1, samples)
    return {**new, "samples": samples, "mean": mean, "max": max(known["max"], new["max"])}


def _merged(table: Table, new: Any) -> dict[str, ColumnElement[Any]]:
    """The same in SQL, for a part that is in the table already."""
    old = table.c
    samples = old.samples + new.samples
    return {
        "samples": samples,
        "mean": case((samples > 0, (old.mean * old.samples + new.mean * new.samples) / samples), else_=old.mean),
        "max": case((new.max > old.max, new.max), else_=old.max),
    }


def _check_segment(segment: wire.Segment) -> None:
    numbers = (segment.bytes, segment.frames, segment.first_tfdt, segment.width, segment.height, segment.timescale)
    if any(not 0 <= number < _BIG for number in numbers):
        raise Poison("a number is out of range")
    if segment.end is not None and segment.end < segment.start:
        raise Poison("it ends before it starts")
