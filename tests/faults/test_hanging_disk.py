"""Row 18: one of two disks hangs when the recorder starts already. The others are recorded, and all are told of."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

import pytest

from recorder.layout import PART
from tests.faults.test_stalled_disk import SITES, configure
from tests.support.counting_cameras import counting_cameras
from tests.support.figures import Figures
from tests.support.nats_bus import NatsServer
from tests.support.recorder_rig import recorder
from tests.support.stalling_disk import stalling_disk
from tests.support.waiting import until_async
from vms.bus import subjects
from vms.bus.connection import Bus
from vms.domain.messages import RecorderState

pytestmark = pytest.mark.faults


async def test_one_disk_hangs_at_the_start(nats: NatsServer, bus: Bus, tmp_path: Path, figure: Figures) -> None:
    data = tmp_path / "data"
    root = data / "recordings"

    async def said(site: str) -> list[str]:
        keys = [subjects.state_key(site, one, "recorder") for one in SITES[site]]
        raws = [await bus.get(subjects.BUCKET_STATE, key) for key in keys]
        return [RecorderState.model_validate_json(raw).status for raw in raws if raw]

    async def well() -> bool:
        return await said("well") == ["recording"] * 2 and len(await said("ill")) == 2

    async def all_record() -> bool:
        return [*await said("well"), *await said("ill")] == ["recording"] * 4

    with counting_cameras(4, tmp_path) as cameras, stalling_disk(root / "ill", tmp_path / "disk.img") as disk:
        configure(data, cameras)
        for one in SITES["ill"]:  # what a crash left: to take it away waits for the disk
            left = root / "ill" / one / "2026-11-21" / "03" / f"20261121T033000000Z{PART}"
            left.parent.mkdir(parents=True)
            left.touch()
        with contextlib.ExitStack() as hangs:
            hangs.enter_context(disk.stalled())
            began = time.monotonic()
            async with recorder(data, nats):
                await until_async(well, 20, "the others are recorded, and all are told of")
                after = time.monotonic() - began
                assert await said("ill") == ["offline"] * 2
                hangs.close()
                await until_async(all_record, 20, "all cameras are recorded")
        assert not left.exists()
    figure(
        18, "one of two disks hangs at the start: the others record", f"after {after:.1f} s", "≤ 10 s", "2 + 2 cameras"
    )
