"""What escalation asks of those who write messages and carry them (``web.channels``), and by when it gives one up."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol

from web.channels.push import Answer, Push
from web.channels.store import ChannelRow
from web.duty.on_duty import OnDuty

#: A channel that has not answered by then has failed (seconds).
HANG_S = 20.0
#: After the first and the second failure of a channel it is tried again so much later; then the next one is.
RETRIES_S = (3.0, 10.0)
#: From the first try over a channel to the first over the next one at most (RELIABILITY.md, 23).
NEXT_CHANNEL_S = 60.0


class Courier(Protocol):
    """Carries."""

    async def send(self, channel: ChannelRow, push: Push, /) -> Answer:
        """Whatever goes wrong is the answer."""


class Composer(Protocol):
    """Writes."""

    async def push(
        self, alert_id: str, person: OnDuty, language: str, *, silent: bool = False, taken_by: str | None = None
    ) -> Push | None:
        """The message for him; None: he may not see the alert."""


def again_at(attempt: int, first: datetime, now: datetime) -> datetime | None:
    """When a channel is tried again whose ``attempt`` (from 1) has failed ``now``; None: it is the next one's turn.

    Also where another try could hang beyond ``NEXT_CHANNEL_S``.
    """
    if attempt > len(RETRIES_S):
        return None
    at = now + timedelta(seconds=RETRIES_S[attempt - 1])
    latest = first + timedelta(seconds=NEXT_CHANNEL_S - HANG_S)
    return at if at <= latest else None
