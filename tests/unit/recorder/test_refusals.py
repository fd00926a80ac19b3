"""A disk's errors in the log: once when they begin, once when they are over."""

from __future__ import annotations

import errno
import logging
import os

import pytest

from recorder.refusals import QUIET_S, Refusals
from tests.support.clocks import ManualClock


def refusal(number: int) -> OSError:
    return OSError(number, os.strerror(number))


def test_a_disk_that_refuses_each_file_is_told_once_and_once_when_it_works_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    clock = ManualClock()
    refusals = Refusals(clock)
    refusals.worked()
    for number in range(100):
        refusals.failed(refusal(errno.ENOSPC), f"{number}.part")
        clock.advance(QUIET_S / 2)
        refusals.worked()  # a full disk takes a little now and then
    assert [one.getMessage() for one in caplog.records] == ["disk.failed file=0.part error=No space left on device"]
    assert refusals.last == (errno.ENOSPC, clock.monotonic() - QUIET_S / 2)
    refusals.failed(refusal(errno.EIO), "-")  # another matter
    clock.advance(QUIET_S)
    refusals.worked()
    refusals.worked()
    assert [one.getMessage() for one in caplog.records[1:]] == [
        "disk.failed file=- error=Input/output error",
        f"disk.restored failures=101 seconds={51 * QUIET_S:.0f}",
    ]
    refusals.failed(refusal(errno.ENOSPC), "b.part")
    assert caplog.records[-1].getMessage() == "disk.failed file=b.part error=No space left on device"
