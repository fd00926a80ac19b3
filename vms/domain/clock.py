"""The two clocks of the service, passed in wherever time is read, so that tests own it.

Durations and liveness use ``monotonic``; labels use ``utc``. Nothing else in the code base asks the time.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """What the service asks of time."""

    def monotonic(self) -> float:
        """Seconds since an arbitrary point; never steps."""
        ...

    def utc(self) -> float:
        """Seconds since 1970-01-01T00:00:00Z; may step when the host's clock is set."""
        ...


class SystemClock:
    """The host's clocks."""

    monotonic = staticmethod(time.monotonic)
    utc = staticmethod(time.time)


def from_epoch(seconds: float) -> datetime:
    """An aware UTC datetime for ``seconds`` since the epoch, to the microsecond."""
    return datetime.fromtimestamp(round(seconds * 1e6) / 1e6, tz=UTC)


def rfc3339(moment: datetime) -> str:
    """``2026-11-22T02:20:42.125Z``: RFC 3339 in UTC with milliseconds."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
