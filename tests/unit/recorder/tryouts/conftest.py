"""Two minutes of recordings, and who tries rules on them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.support.clocks import ManualClock
from tests.support.footage import encode, looped
from tests.support.recorded import Recordings
from tests.support.tryout_desk import START, Desk


@pytest.fixture
def recordings(tmp_path: Path) -> Iterator[Recordings]:
    one = Recordings(tmp_path / "recordings")
    yield one
    one.close()


@pytest_asyncio.fixture
async def desk(tmp_path: Path, recordings: Recordings) -> AsyncIterator[Desk]:
    recordings.record("h264", looped(encode(size=(64, 48)), 60), START)  # two minutes, two files
    made = Desk(tmp_path, recordings, ManualClock())
    running = asyncio.create_task(made.tryouts.run())
    yield made
    made.tryouts.close()
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    assert not made.at_work()
