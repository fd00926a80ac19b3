"""The index over the bus: a span of a camera told again, whole; days compared by digest; what an audit found.

Both sides make the same digest of the same columns: of what is not empty, by id.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from pydantic import AwareDatetime

from vms.domain.messages import Gap, Message, Segment

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
#: Id, start, end, and a segment's bytes or a gap's cause.
Row = tuple[str, datetime, datetime | None, int | str]
#: Differences that travel; their number is told whole.
MOST_DIFFERENCES = 20


class IndexSpan(Message):
    """Stored as ``vms.v1.<site>.<camera>.index``: what began from ``start`` until before ``end`` is this, nothing else.

    Records that begin later may stand in it as well: they are only added.
    """

    site: str
    camera: str
    start: AwareDatetime
    end: AwareDatetime
    segments: tuple[Segment, ...] = ()
    gaps: tuple[Gap, ...] = ()


class DaySum(Message):
    """What began from ``start`` until before ``end``, as a digest."""

    start: AwareDatetime
    end: AwareDatetime
    digest: str


class CompareRequest(Message):
    """``ctl.v1._node._web.audit``: web answers which of a camera's days it knows otherwise."""

    site: str
    camera: str
    days: tuple[DaySum, ...]


class CompareReply(Message):
    """Places in the request's ``days``."""

    different: tuple[int, ...] = ()


class AuditRequest(Message):
    """``ctl.v1._node.<node>.audit``: begin now."""


class Difference(Message):
    """One thing that is not as it should be.

    ``kind``: ``missing`` (journaled, no file), ``unjournaled``, ``size``, ``hash``, ``left_open``, ``gap`` (a hole, or
    one that overlaps), ``index`` (the database knew otherwise; it was told again), ``future``, ``name`` (the file's
    name is of another time), ``overlap`` (two recordings of one time: a clock was set back), ``unreadable`` (the camera
    could not be looked at).
    """

    camera: str
    kind: str
    path: str = ""
    detail: str = ""


class AuditResult(Message):
    """The last audit of one recorder's cameras."""

    at: AwareDatetime
    finished_at: AwareDatetime
    cameras: int = 0
    files: int = 0
    total: int = 0  # all differences; the first are listed
    differences: tuple[Difference, ...] = ()
    compared: bool = False  # with the database; False: it did not answer


def digest(rows: Iterable[Row]) -> str:
    """Of one camera's segments and gaps, in any order."""
    lines = sorted(f"{name} {_us(start)} {'' if end is None else _us(end)} {more}" for name, start, end, more in rows)
    return hashlib.blake2b("\n".join(lines).encode(), digest_size=16).hexdigest()


def _us(moment: datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND
