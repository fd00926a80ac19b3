"""Row 17: the disk is full, out of inodes, read-only, gone. Real small disks, a real recorder process, real cameras."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.figures import Figures
from tests.support.gst_camera import GstServer
from tests.support.nats_bus import NatsServer
from tests.support.recorder_rig import Viewer, killable
from tests.support.small_disk import FailingDisk, SmallDisk, need_root, small_disk
from tests.support.storage_rig import FILE, StorageRig
from tests.support.waiting import until, until_async

pytestmark = pytest.mark.faults

AIM = "≤ 10 s"
CAMERAS = ("a", "b")
RESERVE = 16 * 2**20


@pytest.fixture
def data(tmp_path: Path) -> Path:
    need_root()
    return tmp_path / "data"


@pytest.fixture
def make_disk(tmp_path: Path, data: Path) -> Iterator[Callable[[str], SmallDisk]]:
    made = []

    def make(options: str) -> SmallDisk:
        context = small_disk(tmp_path / "mounts", data / "recordings", options)
        made.append(context)
        return context.__enter__()

    yield make
    for context in made:
        context.__exit__(None, None, None)


@pytest.fixture
def gst(gst_rtsp: Callable[..., GstServer]) -> GstServer:
    return gst_rtsp({f"/{name}": {"gop": 25, "kbit": 300, "size": [320, 180]} for name in CAMERAS})


async def recording(viewer: Viewer) -> None:
    for name in CAMERAS:
        await viewer.until_state(name, "recording")


async def test_a_full_disk_gives_up_its_oldest_and_nothing_that_is_held(
    nats: NatsServer, viewer: Viewer, gst: GstServer, data: Path, make_disk: Callable[[str], SmallDisk],
    figure: Figures, long: bool,
) -> None:  # fmt: skip
    files = 120 if long else 60
    disk = make_disk(f"size={80 + 2 * files * FILE // 2**20}m")
    rig = StorageRig(data / "recordings", viewer)
    rig.old_footage(*CAMERAS, files=files)
    await rig.hold(("a", 0, 10 * 60))
    held = rig.files("a", last=10)
    await rig.configure(gst, *CAMERAS, retention={"reserve_gib": RESERVE / 2**30})
    with killable(data, nats):
        await recording(viewer)
        before = {name: rig.files(name) for name in CAMERAS}
        assert len(before["a"]) == len(before["b"]) == files

        disk.fill(0)
        seconds = await rig.until_alarm("full", "pressure")
        figure(17, "disk full: alarm", f"{seconds:.1f} s", AIM)
        await until(lambda: disk.free >= 1.2 * RESERVE, 20, "room is made")
        await recording(viewer)
        for name, first in (("a", 11), ("b", 0)):  # the neighbour of what is held may stay
            left = sorted(one for one in map(rig.minute, map(stem, rig.files(name, first=first))) if one is not None)
            assert left == list(range(files - len(left), files)), "the oldest went, in order"
        assert abs(len(rig.files("b")) - len(rig.files("a", first=11))) <= 20, "fairly"
        assert rig.files("a", last=10) == held
        assert not [path for path in disk.home.glob("**/*.part") if path.stat().st_size == 0]

        async def told() -> bool:
            gaps = [gap for gap in await viewer.gaps("b") if gap.cause == "deleted"]
            return bool(gaps) and {gap.reason for gap in gaps} == {"pressure"}

        await until_async(told, 10, "what was deleted is told")

        async def stated() -> bool:
            state = await rig.storage()
            return state is not None and state.deleted_because == "pressure" and state.deleted_at is not None

        await until_async(stated, 10, "the node says what it deleted")

        # All that is left is held, and somebody takes the rest.
        await rig.hold(("a", 0, 3 * 86400), ("b", 0, 3 * 86400))
        kept = {name: rig.files(name) for name in CAMERAS}
        hog = asyncio.create_task(go_on_filling(disk))
        seconds = await rig.until_alarm("held_only", "full")
        figure(17, "disk full of held footage: alarm", f"{seconds:.1f} s", AIM)
        await rig.until_alarm("full")
        for name in CAMERAS:
            await viewer.until_state(name, "online", "disk", timeout=40)  # its file has room reserved until the minute
        hog.cancel()
        assert {name: rig.files(name) for name in CAMERAS} == kept
        disk.hog.unlink()
        await recording(viewer)
        await rig.until_well()
        assert rig.files("a", last=10) == held


async def go_on_filling(disk: SmallDisk) -> None:
    """What a file that is given up lets go of is taken as well."""
    while True:
        disk.fill(0)
        await asyncio.sleep(0.1)


def stem(name: str) -> str:
    return name.removesuffix(".mp4")


async def test_a_disk_without_inodes_makes_room_for_files(
    nats: NatsServer, viewer: Viewer, gst: GstServer, data: Path, make_disk: Callable[[str], SmallDisk],
    figure: Figures,
) -> None:  # fmt: skip
    disk = make_disk("size=300m,nr_inodes=300")
    rig = StorageRig(data / "recordings", viewer)
    rig.old_footage(*CAMERAS, files=30)
    await rig.hold(("a", 0, 5 * 60))
    held = rig.files("a", last=5)
    await rig.configure(gst, *CAMERAS, retention={"reserve_gib": 0.001})
    with killable(data, nats):
        await recording(viewer)
        taken = []
        while (free := os.statvfs(disk.home).f_favail) > 0:
            taken += [disk.home / f"somebody-{len(taken) + number}" for number in range(free)]
            for path in taken[-free:]:
                path.touch()
        seconds = await rig.until_alarm("full", "pressure")
        figure(17, "inodes gone: alarm", f"{seconds:.1f} s", AIM)
        await until(lambda: os.statvfs(disk.home).f_favail >= 30, 20, "room for files is made")
        assert rig.files("a", last=5) == held
        assert len(rig.files("a")) + len(rig.files("b")) < 60
        await recording(viewer)
        for path in taken:
            path.unlink()
        await rig.until_well()


async def test_a_disk_that_turns_read_only_is_told_and_written_to_again(
    nats: NatsServer, viewer: Viewer, gst: GstServer, data: Path, make_disk: Callable[[str], SmallDisk],
    figure: Figures, long: bool, tmp_path: Path,
) -> None:  # fmt: skip
    disk = make_disk("size=200m")
    rig = StorageRig(data / "recordings", viewer)
    await rig.hold()
    await rig.configure(gst, *CAMERAS, retention={"reserve_gib": 0.001})
    with killable(data, nats):
        await recording(viewer)
        gst.kill()  # nobody may be writing when a kernel is asked for it
        await until(lambda: not list(disk.home.glob("**/*.part")), 20, "the files are closed")
        disk.remount("ro")
        seconds = await rig.until_alarm("read_only")
        figure(17, "read-only: alarm", f"{seconds:.1f} s", AIM)
        gst.start()
        for name in CAMERAS:
            await viewer.until_state(name, "online", "disk")
        disk.remount("rw")
        await recording(viewer)
        await rig.until_well()
        for name in CAMERAS:
            await rested(rig, name)
    if long:
        disk = FailingDisk(tmp_path / "failing", tmp_path / "other" / "recordings", "256m")
        try:
            await fails_beneath_open_files(nats, rig, disk, figure)
        finally:
            disk.remove()


async def fails_beneath_open_files(nats: NatsServer, rig: StorageRig, disk: FailingDisk, figure: Figures) -> None:
    """As ``read-only``, but as it happens: the kernel gives the file system up while it is written to."""
    with killable(disk.place.parent, nats):
        await until(lambda: len(list(disk.home.glob("**/*.part"))) == len(CAMERAS), 20, "this recorder writes")
        disk.fail()
        seconds = await rig.until_alarm("read_only")
        figure(17, "disk fails while written to: alarm", f"{seconds:.1f} s", AIM)
        for name in CAMERAS:
            await rig.viewer.until_state(name, "online", "disk")
        disk.remove()
        await rig.until_alarm("missing")
        disk.mount()
        await recording(rig.viewer)
        await rig.until_well()


async def test_a_mount_that_vanishes_is_never_written_beneath(
    nats: NatsServer, viewer: Viewer, gst: GstServer, data: Path, make_disk: Callable[[str], SmallDisk],
    figure: Figures, long: bool,
) -> None:  # fmt: skip
    disk = make_disk("size=200m")
    rig = StorageRig(data / "recordings", viewer)
    rig.old_footage(*CAMERAS, files=5)
    await rig.hold()
    await rig.configure(gst, *CAMERAS, retention={"reserve_gib": 0.001})
    worst = 0.0
    with killable(data, nats):
        for _ in range(10 if long else 1):
            await recording(viewer)
            disk.detach()
            worst = max(worst, await rig.until_alarm("missing"))
            for name in CAMERAS:
                await viewer.until_state(name, "online", "disk")
            assert os.listdir(data / "recordings") == [], "the folder beneath the mount stays as it was"
            disk.attach()
            await recording(viewer)
            await rig.until_well()
    figure(17, "mount vanished: alarm", f"{worst:.1f} s at worst", AIM, str(10 if long else 1))
    disk.detach()
    with killable(data, nats):  # a start without the disk
        for name in CAMERAS:
            await viewer.until_state(name, "online", "disk")
        assert os.listdir(data / "recordings") == []
        await rig.until_alarm("missing")
        disk.attach()
        await recording(viewer)
        for name in CAMERAS:
            await rested(rig, name)
    disk.detach()
    assert os.listdir(data / "recordings") == []
    disk.attach()


async def rested(rig: StorageRig, name: str) -> None:
    """Every moment of the camera is in a segment or a gap."""

    async def whole() -> bool:
        return not await rig.holes(name)

    await until_async(whole, 20, f"{name} has no hole: {await rig.holes(name)}")
