"""A request to a picture: what a group too long to be decoded gives, and that nobody keeps it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from recorder.render.desk import JOB_S, Desk
from recorder.render.suspects import Suspects
from recorder.render.thumbnails import Thumbnails
from tests.support.clocks import ManualClock
from tests.support.footage import encode
from tests.support.recorded import CAMERA, SITE, Recordings, counter_of
from vms.domain.clock import from_epoch
from vms.domain.rendering import RenderHeader, RenderRequest

START = 1_800_000_010.0
SIZE = (480, 270)


class Running(ManualClock):
    """A second goes by with each look at it."""

    def monotonic(self) -> float:
        self.advance(1)
        return super().monotonic()


@pytest.fixture
def recordings(tmp_path: Path) -> Iterator[Recordings]:
    one = Recordings(tmp_path / "recordings")
    one.record("h264", encode(size=SIZE, frames=100, gop=100, counter=True), START, SIZE)
    yield one
    one.close()


async def asked(desk: Desk, at: float) -> tuple[int | None, datetime, str]:
    """The frame's number, when it was taken, and what the reply says of its lasting."""
    jpeg, headers = await desk.answer(SITE, CAMERA, RenderRequest(at=from_epoch(at)))
    return counter_of(jpeg), datetime.fromisoformat(headers[RenderHeader.AT]), headers[RenderHeader.GROWING]


@pytest.mark.parametrize(("clock", "number", "passing"), [(Running(), int(JOB_S), "1"), (ManualClock(), 90, "0")])
async def test_a_group_that_takes_too_long_gives_a_frame_of_it(
    tmp_path: Path, recordings: Recordings, clock: ManualClock, number: int, passing: str
) -> None:
    thumbnails = Thumbnails(tmp_path / "thumbnails", recordings.root)
    desk = Desk(recordings.root, thumbnails, Suspects(tmp_path / "suspects", clock), clock, 1)
    found, at, lasting = await asked(desk, START + 90 / 25)
    assert found is not None
    assert abs(found - number) <= 2
    assert abs(at.timestamp() - START - found / 25) < 0.002
    assert lasting == passing
    desk.close()
    thumbnails.close()
