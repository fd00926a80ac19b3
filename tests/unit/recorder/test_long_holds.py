"""A long list of holds costs the event loop nothing."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest

from recorder.retention.holds import Holds
from tests.support.clocks import ManualClock
from vms.domain.clock import from_epoch
from vms.domain.holds import Hold, HoldList

NOW = 1_800_000_000.0


async def test_a_list_is_read_once_and_not_by_the_thread_that_serves_cameras(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """45,000 holds, read every 5 s, stopped a recorder for a second each time."""
    holds, readers = Holds(tmp_path / "holds.json", ManualClock(NOW)), []
    parse = HoldList.model_validate_json

    def seen(raw: bytes) -> HoldList:
        readers.append(threading.current_thread())
        return parse(raw)

    monkeypatch.setattr(HoldList, "model_validate_json", seen)
    one = Hold(id="h", cameras=("a",), start=from_epoch(NOW - 10), end=from_epoch(NOW))
    raw = HoldList(revision=5, at=from_epoch(NOW), holds=(one,)).encode()
    await asyncio.gather(holds._offer(raw, read=True), *(holds._offer(raw, read=False) for _ in range(3)))
    assert len(readers) == 1
    assert readers[0] is not threading.main_thread()
    assert holds.held("a", NOW - 10, NOW)
    assert not holds.held("b", NOW - 10, NOW)
