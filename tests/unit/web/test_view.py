"""Since when a camera is in its state."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from vms.domain.messages import RecorderState
from web.cameras.view import Report, begun

KNOWN = datetime(2026, 11, 22, 6, 18, tzinfo=UTC)
AGAIN = KNOWN + timedelta(minutes=40)


def report(since: datetime, *, fresh: bool = True) -> Report[RecorderState]:
    return Report(RecorderState(site="s", camera="c", at=AGAIN, since=since, status="recording"), fresh)


def test_recording_that_began_anew_while_nobody_watched_counts_from_there() -> None:
    assert begun("recording", KNOWN, report(AGAIN)) == AGAIN
    assert begun("recording", KNOWN, report(KNOWN - timedelta(hours=1))) == KNOWN
    assert begun("recording", KNOWN, report(AGAIN, fresh=False)) == KNOWN
    assert begun("recording", KNOWN, None) == KNOWN
    assert begun("offline", KNOWN, report(AGAIN)) == KNOWN
