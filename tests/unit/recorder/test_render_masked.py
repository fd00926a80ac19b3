"""Requests with masks: what is kept stays bare and is given painted; what killed the process is not touched again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from recorder.render.desk import Desk
from recorder.render.frames import NoPicture
from recorder.render.suspects import Suspects
from recorder.render.thumbnails import Thumbnails
from tests.support.clocks import ManualClock
from tests.support.recorded import CAMERA, SITE, Recordings
from tests.support.unmasked import LEFT, noisy, seen_beneath
from vms.domain.clock import from_epoch
from vms.domain.rendering import REQUEST

START = 1_800_000_010.0
SIZE = (704, 574)  # its thumbnail has an odd height
NOISE = np.random.default_rng(2).integers(0, 256, (SIZE[1] // 16 + 1, SIZE[0] // 16, 3), np.uint8)
COARSE = NOISE.repeat(16, 0).repeat(16, 1)[: SIZE[1]]


@pytest.fixture
def recordings(tmp_path: Path) -> Iterator[Recordings]:
    one = Recordings(tmp_path / "recordings")
    one.record("h264", noisy([COARSE] * 50), START, SIZE)
    yield one
    one.close()


def desk_of(tmp_path: Path, clock: ManualClock) -> Desk:
    thumbnails = Thumbnails(tmp_path / "thumbnails", tmp_path / "recordings")
    return Desk(tmp_path / "recordings", thumbnails, Suspects(tmp_path / "suspects", clock), clock, 1)


async def asked(desk: Desk, what: str, **more: Any) -> bytes:
    made, _ = await desk.answer(SITE, CAMERA, REQUEST.validate_python({"what": what, **more}))
    return made


@pytest.mark.parametrize("what", ["frame", "key", "thumbnail"])
async def test_a_picture_is_painted_for_who_asks_and_no_other(
    tmp_path: Path, recordings: Recordings, what: str
) -> None:
    desk = desk_of(tmp_path, ManualClock())
    moment = {"at": from_epoch(START + 0.5)}
    for _ in range(2):  # made, and kept
        for masks, bare in (((), True), (LEFT, False), ((), True)):
            (alike,) = seen_beneath(await asked(desk, what, **moment, masks=masks), COARSE)
            assert (alike > 0.8, alike < 0.05) == (bare, not bare)
    for kept in (tmp_path / "thumbnails").rglob("*.jpg"):
        assert min(seen_beneath(kept.read_bytes(), COARSE)) > 0.8
    small = await asked(desk, "frame", **moment, masks=LEFT, width=200)
    assert max(seen_beneath(small, COARSE)) < 0.05
    desk.close()


async def test_a_given_picture_is_painted(tmp_path: Path, recordings: Recordings) -> None:
    desk = desk_of(tmp_path, ManualClock())
    jpeg = cv2.imencode(".jpg", COARSE)[1].tobytes()
    (alike,) = seen_beneath(await asked(desk, "given", jpeg=jpeg, masks=LEFT), COARSE)
    assert alike < 0.05
    desk.close()


async def test_what_is_no_file_of_the_camera_is_refused(tmp_path: Path, recordings: Recordings) -> None:
    desk = desk_of(tmp_path, ManualClock())
    for segment in ("cam-2.20270115T080010000Z", "../cam-1", "cam-1.x", "", f"{CAMERA}.20270115T080010000Z/../x"):
        for what in ("init", "clip"):
            with pytest.raises(NoPicture, match="bad_request"):
                await asked(desk, what, segment=segment, end=1)
    desk.close()


async def test_a_file_that_killed_the_process_is_left_alone_in_clips_as_well(
    tmp_path: Path, recordings: Recordings
) -> None:
    clock = ManualClock()
    (segment,) = (one.id for one in recordings.closed)
    (tmp_path / "suspects").mkdir()
    deaths = tmp_path / "suspects" / "deaths.json"
    deaths.write_text(json.dumps({segment: [clock.utc()] * 2}), encoding="utf-8")
    desk = desk_of(tmp_path, clock)
    for what in ("clip", "keys"):
        with pytest.raises(NoPicture, match="undecodable"):
            await asked(desk, what, segment=segment, end=90_000)
    desk.close()
    deaths.unlink()
    desk = desk_of(tmp_path, clock)
    assert (await asked(desk, "clip", segment=segment, end=90_000))[4:8] == b"moof"
    desk.close()
