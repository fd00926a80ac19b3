"""Cameras that nobody pulls: why is journaled, also when the disk was away; what a crash left of them is closed."""

from __future__ import annotations

import fcntl
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from recorder import journal
from recorder.recorder import Recorder
from recorder.retention.leftovers import mend
from tests.support.clocks import ManualClock
from tests.support.footage import encode, run_of
from tests.support.waiting import until
from vms.bus.outbox import Outbox
from vms.domain.facility import Facility
from vms.domain.messages import Gap
from vms.settings.environment import Environment


def facility(**change: Any) -> Facility:
    camera = {"id": "c", "name": "C", "placement": "gate", "streams": {"main": "rtsp://${NOBODY_SET_THIS}/x"}, **change}
    return Facility.model_validate(
        {"facility": {"name": "F"}, "sites": [{"id": "s", "name": "S", "cameras": [camera]}]}
    )


@pytest.fixture
async def recorder(tmp_path: Path) -> AsyncIterator[Recorder]:
    one = Recorder(Environment.read(tmp_path / "data", {}), "recorder", None, ManualClock())
    one.storage.open()
    yield one
    one._disks.stop(5)
    one.outbox.close()


async def at_rest(recorder: Recorder) -> None:
    """Every camera has been found, and every line of work is done."""
    cameras = recorder._cameras
    await until(lambda: not cameras._sought)
    for disk in {one.disk for one in cameras._left.values()}:
        done = threading.Event()
        cameras._menders.call(disk, done.set)
        await until(done.is_set)
    assert recorder._disks.settled(5)


async def gaps(recorder: Recorder) -> list[tuple[str | None, bool]]:
    """Reason, and whether it lasts, as the journal says last."""
    await at_rest(recorder)
    found = {
        entry.record.id: entry.record
        for day in journal.days(recorder.root, "s", "c")
        for entry in journal.read(day)
        if isinstance(entry.record, Gap)
    }
    return [(gap.reason, gap.end is None) for gap in found.values() if gap.end is None or gap.end > gap.start]


async def test_another_reason_is_journaled_and_the_same_is_not_again(recorder: Recorder) -> None:
    clock = recorder._clock
    assert isinstance(clock, ManualClock)
    await recorder.apply(1, facility(enabled=False))
    assert await gaps(recorder) == [("disabled", True)]
    clock.advance(60)
    await recorder.apply(2, facility())
    assert await gaps(recorder) == [("disabled", False), ("configuration", True)]
    lines = len(list(journal.read(journal.days(recorder.root, "s", "c")[0])))
    clock.advance(60)
    await recorder.apply(3, facility())
    assert await gaps(recorder) == [("disabled", False), ("configuration", True)]
    assert len(list(journal.read(journal.days(recorder.root, "s", "c")[0]))) == lines


async def test_what_was_refused_while_the_disk_was_away_is_journaled_when_it_is_back(recorder: Recorder) -> None:
    recorder.storage._back = recorder._rejoin
    place = recorder.storage.root.place
    place.rename(place.with_name("away"))
    recorder.storage._look()
    await recorder.apply(1, facility(enabled=False))
    place.with_name("away").rename(place)
    assert await gaps(recorder) == []
    recorder.storage._look()
    assert await gaps(recorder) == [("disabled", True)]


def test_what_a_crash_left_of_a_camera_that_is_gone_is_closed(tmp_path: Path, rig) -> None:  # type: ignore[no-untyped-def]
    run = run_of("h264", encode(), 1_800_000_000.0)
    rig.writer.begin(run)
    rig.feed(run, encode())
    rig.settled()
    journal.append(rig.root, "opened", rig.opened[0])
    (part,) = rig.parts()
    left = tmp_path / "after" / part.relative_to(rig.root)
    left.parent.mkdir(parents=True)
    left.write_bytes(part.read_bytes())
    root, outbox = tmp_path / "after", Outbox(tmp_path / "outbox.jsonl")
    nobody = Facility.model_validate({"facility": {"name": "F"}})
    try:
        mend(root, facility(), node="local", outbox=outbox, clock=ManualClock())
        assert left.exists(), "who records it mends it"
        with left.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            mend(root, nobody, node="local", outbox=outbox, clock=ManualClock())
            assert left.exists(), "it is being written"
        mend(root, nobody, node="local", outbox=outbox, clock=ManualClock())
        assert not left.exists()
        assert left.with_suffix(".mp4").read_bytes()
        assert [item.subject.rpartition(".")[2] for item in outbox._items] == ["segment"]
    finally:
        outbox.close()
