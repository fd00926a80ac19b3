"""Thumbnails are kept while their footage is there, within their room, oldest removed first."""

from __future__ import annotations

from pathlib import Path

import pytest

from recorder.layout import segment_path, stamp_of
from recorder.render.footage import Footage
from recorder.render.thumbnails import Thumbnail, Thumbnails, slot_of
from vms.domain.clock import from_epoch

MINUTE = 1_800_000_000
JPEG = b"\xff\xd8" + bytes(1000) + b"\xff\xd9"


class Kept:
    """A store beside recordings whose files are empty: only their being there counts."""

    def __init__(self, folder: Path, most_bytes: int = 10**6) -> None:
        self.recordings = folder / "recordings"
        self.folder = folder / "thumbnails"
        self.store = Thumbnails(self.folder, self.recordings, most_bytes)

    def footage(self, minute: int, camera: str = "c") -> Footage:
        start = MINUTE + 60 * minute
        stamp = stamp_of(from_epoch(start))
        path = self.recordings / segment_path("s", camera, stamp)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        return Footage(path, "s", camera, stamp, False, start, start + 60, start, 90_000)

    def keep(self, footage: Footage, late: float = 0) -> int:
        slot = slot_of(footage.start + late)
        self.store.keep(footage, slot, Thumbnail(JPEG, footage.start + late))
        return slot

    def files(self) -> list[Path]:
        return sorted(self.folder.rglob("*.jpg"))


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    return Kept(tmp_path)


def test_a_slot_is_ten_seconds() -> None:
    assert [slot_of(MINUTE + at) - MINUTE for at in (-0.001, 0, 9.999, 10, 59.9)] == [-10, 0, 0, 10, 50]


def test_what_is_kept_is_given_with_its_time(kept: Kept) -> None:
    footage = kept.footage(0)
    assert kept.store.get(footage, MINUTE) is None
    slot = kept.keep(footage, 4.125)
    found = kept.store.get(footage, slot)
    assert found is not None
    assert found.jpeg == JPEG
    assert from_epoch(found.at) == from_epoch(MINUTE + 4.125)
    assert kept.store.get(footage, slot + 10) is None
    assert kept.store.get(kept.footage(0, "another"), slot) is None


def test_one_of_other_footage_of_the_same_slot_is_another(kept: Kept) -> None:
    slot = kept.keep(kept.footage(0))
    later = kept.footage(0)
    object.__setattr__(later, "stamp", later.stamp + "-1")  # a clock was set back: the same slot, another file
    assert kept.store.get(later, slot) is None


def test_a_damaged_one_is_made_again(kept: Kept) -> None:
    footage = kept.footage(0)
    slot = kept.keep(footage)
    (path,) = kept.files()
    for damaged in (b"", JPEG[:-1], bytes(100)):
        path.write_bytes(damaged)
        assert kept.store.get(footage, slot) is None
    kept.keep(footage)
    assert kept.store.get(footage, slot) is not None


def test_none_outlives_its_footage(kept: Kept) -> None:
    gone, there = kept.footage(0), kept.footage(1)
    kept.keep(gone)
    kept.keep(there)
    gone.path.unlink()
    assert kept.store.sweep() == 1
    assert [path.name[7:-4] for path in kept.files()] == [there.stamp]
    there.path.unlink()
    kept.store.sweep()
    kept.store.sweep()
    assert list(kept.folder.rglob("*")) == []  # nor do empty folders stay


def test_what_is_not_ours_is_swept_too(kept: Kept) -> None:
    footage = kept.footage(0)
    kept.keep(footage)
    (path,) = kept.files()
    path.with_suffix(".4711").write_bytes(JPEG)  # the writer died between writing and renaming
    path.with_name("x.jpg").write_bytes(JPEG)
    assert kept.store.sweep() == 2
    assert kept.files() == [path]


def test_the_oldest_go_when_the_room_is_taken(tmp_path: Path) -> None:
    kept = Kept(tmp_path, most_bytes=10 * len(JPEG))
    footage = [kept.footage(minute) for minute in (4, 2, 9, 0, 7, 1, 3, 8, 6, 5)]
    for one in footage:
        kept.keep(one)
    assert not kept.store.full
    assert kept.store.sweep() == 0
    kept.keep(kept.footage(10))
    assert kept.store.full
    assert kept.store.sweep() == 2  # down to nine tenths
    assert not kept.store.full
    stamps = [path.name[7:-4] for path in kept.files()]
    assert stamps == [kept.footage(minute).stamp for minute in range(2, 11)]


def test_a_sweep_ends_when_the_process_does(kept: Kept) -> None:
    gone = kept.footage(0)
    kept.keep(gone)
    gone.path.unlink()
    kept.store.close()
    assert kept.store.sweep() == 0
    assert len(kept.files()) == 1


def test_a_disk_that_refuses_costs_no_picture(tmp_path: Path) -> None:
    kept = Kept(tmp_path)
    kept.folder.write_text("no folder", encoding="utf-8")
    footage = kept.footage(0)
    kept.keep(footage)
    assert kept.store.get(footage, MINUTE) is None
    assert kept.store.sweep() == 0
