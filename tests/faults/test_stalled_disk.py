"""Row 18: one of two disks stands still for five seconds. Its cameras' loss is counted; the others lose nothing."""

from __future__ import annotations

import functools
import time
from pathlib import Path

import pytest

from recorder import disks
from recorder.layout import PART
from tests.support.counting_cameras import FPS, FRAMES, CountingCameras, counting_cameras, numbers
from tests.support.figures import Figures
from tests.support.nats_bus import NatsServer
from tests.support.reckoning import Reckoning, reckon
from tests.support.recorder_rig import camera, recorder
from tests.support.stalling_disk import stalling_disk
from tests.support.waiting import until, until_async
from vms.bus import subjects
from vms.bus.connection import Bus
from vms.domain.messages import ConfigRevision, RecorderState

pytestmark = pytest.mark.faults

STALL_S = 5.0
SITES = {"well": ["c0", "c1"], "ill": ["c2", "c3"]}


def configure(data: Path, cameras: CountingCameras) -> None:
    sites = [
        {"id": site, "name": site, "cameras": [camera(one, cameras.url(one)) for one in names]}
        for site, names in SITES.items()
    ]
    raw = ConfigRevision.model_validate(
        {"revision": 1, "at": "2026-11-22T00:00:00Z", "facility": {"facility": {"name": "F"}, "sites": sites}}
    ).encode()
    cache = data / "cache" / "config-recorder.json"
    cache.parent.mkdir(parents=True)
    cache.write_bytes(raw)


def sizes(root: Path, site: str) -> dict[str, int]:
    """What of each camera is on the disk, finished files included."""
    return {
        one: sum(p.stat().st_size for p in (root / site / one).glob("*/*/*") if p.suffix in (PART, ".mp4"))
        for one in SITES[site]
    }


def grown(root: Path, site: str, before: dict[str, int]) -> bool:
    return all(size > before[one] for one, size in sizes(root, site).items())


@pytest.mark.parametrize("room", ["enough", "little"])
async def test_one_disk_stalls(
    nats: NatsServer, bus: Bus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, figure: Figures, room: str
) -> None:
    if room == "little":  # less than two cameras send in five seconds (0.4 MB/s each)
        monkeypatch.setattr(disks, "MAX_QUEUED_BYTES", 2_000_000)
    monkeypatch.setattr("recorder.segments.SEGMENT_S", 86_400.0)  # no file is cut at a minute
    data = tmp_path / "data"
    root = data / "recordings"

    async def state(site: str, name: str) -> RecorderState | None:
        raw = await bus.get(subjects.BUCKET_STATE, subjects.state_key(site, name, "recorder"))
        return RecorderState.model_validate_json(raw) if raw else None

    async def all_record() -> bool:
        states = [await state(site, one) for site, names in SITES.items() for one in names]
        return all(one is not None and one.status == "recording" for one in states)

    with counting_cameras(4, tmp_path) as cameras, stalling_disk(root / "ill", tmp_path / "disk.img") as disk:
        configure(data, cameras)
        async with recorder(data, nats):
            await until_async(all_record, 20, "all cameras are recorded")
            with disk.stalled():
                thaw, before = time.monotonic() + STALL_S, sizes(root, "ill")
                seen = sizes(root, "well")
                while time.monotonic() < thaw:  # the others go on all the time, second by second
                    await until(functools.partial(grown, root, "well", seen), 10)
                    seen = sizes(root, "well")
                assert sizes(root, "ill") == before
            await until(functools.partial(grown, root, "ill", before), 20, "it goes on")
            await until_async(all_record, 20, "all cameras are recorded again")
            dropped = {one: (await state(site, one)).packets_dropped for site, names in SITES.items() for one in names}  # type: ignore[union-attr]
        found = {one: reckon(root, site, one) for site, names in SITES.items() for one in names}
        whole = {one for one in found if in_order(root, found[one])}
    assert {"c0", "c1"} <= whole
    assert dropped["c0"] == dropped["c1"] == 0
    missing = [(g.end - g.start).total_seconds() for r in found.values() for g in r.gaps if g.end and g.cause == "disk"]
    if room == "enough":
        assert whole == set(found), "what waited was written afterwards"
        assert set(dropped.values()) == {0}
        assert missing == []
        return
    assert [len([g for g in found[one].gaps if g.cause == "disk"]) for one in ("c2", "c3")] == [1, 1]
    for seconds, count in zip(missing, (dropped["c2"], dropped["c3"]), strict=True):
        assert abs(seconds - count / FPS) <= 0.1, "what is missing is what was counted"
    figure(
        18, "one of two disks stalls 5 s, its queue overflows",
        f"its cameras miss {max(missing):.1f} s, counted; the others 0 s", "others 0 s", "2 + 2 cameras, ext4 frozen",
    )  # fmt: skip


def in_order(root: Path, found: Reckoning) -> bool:
    """Whether no picture is missing from the first to the last."""
    seen = [number for one in found.segments for number in numbers(root / one.path)]
    return bool(seen) and seen == [((seen[0] or 0) + n) % FRAMES for n in range(len(seen))]
