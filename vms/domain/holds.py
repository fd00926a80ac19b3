"""Holds as they travel on the bus: footage that is not deleted. ``web`` writes them, recorders follow."""

from __future__ import annotations

from pydantic import AwareDatetime

from vms.domain.messages import Message


class Hold(Message):
    """Footage of ``cameras`` from ``start`` to ``end`` is kept, until ``until`` (None: until it is released)."""

    id: str
    cameras: tuple[str, ...]
    start: AwareDatetime
    end: AwareDatetime
    until: AwareDatetime | None = None


class HoldList(Message):
    """Every hold in force: the one message in the bucket ``holds``. An empty list says that nothing is held."""

    revision: int
    at: AwareDatetime
    holds: tuple[Hold, ...] = ()
