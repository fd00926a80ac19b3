"""After a crash: growing files are cut to whole fragments, closed, hashed and journaled; gaps go on or end."""

from __future__ import annotations

import hashlib
import io
import json
import random
import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from recorder import journal
from recorder.layout import journal_path
from recorder.recovery import recover
from recorder.segment_file import RESERVE_BYTES
from tests.support.footage import decode_mp4, encode, run_of
from vms.domain.clock import from_epoch
from vms.domain.messages import Gap, Segment
from vms.media.reading import scan_fragments

MINUTE = 1_800_000_000.0


class Crashed:
    """A folder as a killed recorder leaves it: one closed segment, one ``.part``, their journal."""

    def __init__(self, root: Path, rig) -> None:  # type: ignore[no-untyped-def]
        self.root = root
        rig.record("h264", encode(), MINUTE)
        run = run_of("h264", encode(), MINUTE + 2)
        rig.writer.begin(run)
        rig.feed(run, encode())
        rig.settled()
        for kind, records in (("opened", rig.opened), ("closed", rig.closed)):
            for record in records:
                journal.append(root, kind, record)  # type: ignore[arg-type]
        self.opened: Segment = rig.opened[-1]
        (self.part,) = rig.parts()
        self.whole = self.part.read_bytes()

    def recover(self):  # type: ignore[no-untyped-def]
        return recover(self.root, "s", "c", now=MINUTE + 3600)

    def journaled(self) -> list[tuple[str, Segment | Gap]]:
        return [(e.kind, e.record) for e in journal.read(journal_path(self.root, "s", "c", MINUTE))]


@pytest.fixture
def crashed(tmp_path: Path, rig) -> Crashed:  # type: ignore[no-untyped-def]
    return Crashed(tmp_path, rig)


def test_mended_whole(crashed: Crashed) -> None:
    found = crashed.recover()
    (segment,) = found.mended
    data = (crashed.root / segment.path).read_bytes()
    assert not crashed.part.exists()
    assert data == crashed.whole
    assert segment.id == crashed.opened.id
    assert segment.start == crashed.opened.start
    assert segment.end == segment.start + timedelta(seconds=45 / 25)
    assert (segment.frames, segment.bytes) == (45, len(data))
    assert segment.sha256 == hashlib.sha256(data).hexdigest()
    assert crashed.journaled()[-1] == ("closed", segment)
    assert found.end == MINUTE + 2 + 45 / 25
    assert found.open_gap is None


def test_what_was_reserved_behind_it_is_given_back(crashed: Crashed) -> None:
    """Cut or not: of a killed recorder's file the size is right as it is, the blocks behind it are not."""
    assert crashed.part.stat().st_blocks * 512 >= RESERVE_BYTES
    (segment,) = crashed.recover().mended
    final = crashed.root / segment.path
    assert final.read_bytes() == crashed.whole
    assert final.stat().st_blocks * 512 < len(crashed.whole) + 64 * 1024


def test_cut_anywhere_what_is_whole_plays(crashed: Crashed, tmp_path: Path) -> None:
    rng = random.Random(7)
    fragments = list(scan_fragments(io.BytesIO(crashed.whole)))
    cuts = [rng.randrange(fragments[0].offset, len(crashed.whole)) for _ in range(25)]
    for number, cut in enumerate(cuts):
        copy = tmp_path / f"copy-{number}"
        shutil.copytree(crashed.root / "s", copy / "s")
        part = copy / crashed.part.relative_to(crashed.root)
        tail = bytes(rng.randrange(5000)) if number % 2 else b""  # a power cut may keep the size, not the data
        part.write_bytes(crashed.whole[:cut] + tail)
        found = recover(copy, "s", "c", now=MINUTE + 3600)
        kept = [f for f in fragments if f.offset + f.size <= cut]
        (segment,) = found.mended
        assert segment.frames == sum(f.samples for f in kept)
        assert list(copy.glob("**/*.part")) == []
        if kept:
            data = (copy / segment.path).read_bytes()
            assert len(decode_mp4(data)) == segment.frames
            assert segment.sha256 == hashlib.sha256(data).hexdigest()


def test_a_second_start_finds_nothing_to_do(crashed: Crashed) -> None:
    first = crashed.recover()
    lines = crashed.journaled()
    again = crashed.recover()
    assert again.mended == ()
    assert again.end == first.end
    assert crashed.journaled() == lines


@pytest.mark.parametrize("left", [b"", b"\x00" * 4096, b"head only"])
def test_nothing_whole_is_removed_and_its_announcement_taken_back(crashed: Crashed, left: bytes) -> None:
    crashed.part.write_bytes(left if left != b"head only" else crashed.whole[:700])
    found = crashed.recover()
    (segment,) = found.mended
    assert not crashed.part.exists()
    assert not (crashed.root / segment.path).exists()
    assert (segment.bytes, segment.frames, segment.end) == (0, 0, segment.start)
    assert found.end == MINUTE + 2
    assert crashed.recover().mended == ()


def test_killed_between_the_name_and_the_journal(crashed: Crashed) -> None:
    final = crashed.root / crashed.opened.path
    crashed.part.rename(final)
    (segment,) = crashed.recover().mended
    assert segment.frames == 45
    assert segment.sha256 == hashlib.sha256(final.read_bytes()).hexdigest()


def test_the_settled_start_counts(crashed: Crashed) -> None:
    settled = crashed.opened.model_copy(update={"start": from_epoch(MINUTE + 0.5)})
    journal.append(crashed.root, "opened", settled)
    (segment,) = crashed.recover().mended
    assert segment.start == from_epoch(MINUTE + 0.5)
    assert segment.end == segment.start + timedelta(seconds=45 / 25)


def test_a_file_that_nobody_journaled_is_kept(crashed: Crashed) -> None:
    stray = crashed.part.parent.with_name("09") / "20270115T090000000Z.part"
    stray.parent.mkdir()
    stray.write_bytes(crashed.whole)
    lost, found = crashed.recover().mended
    assert (found.id, found.start.isoformat()) == ("c.20270115T090000000Z", "2027-01-15T09:00:00+00:00")
    for name in ("codec", "width", "height", "frames", "bytes", "sha256", "timescale"):
        assert getattr(found, name) == getattr(lost, name)
    assert stray.with_suffix(".mp4").read_bytes() == crashed.whole


def test_a_name_without_a_byte_is_taken_away(crashed: Crashed) -> None:
    """Killed as it began its next file."""
    begun = crashed.part.with_name("20270115T080100000Z.part")
    begun.touch()
    (segment,) = crashed.recover().mended
    assert segment.path == crashed.opened.path
    assert not begun.exists()
    assert not begun.with_suffix(".mp4").exists()
    assert crashed.recover().mended == ()


def test_a_camera_without_a_past(tmp_path: Path) -> None:
    found = recover(tmp_path, "s", "new", now=MINUTE)
    assert (found.end, found.open_gap, found.ended_gaps, found.mended) == (None, None, (), ())


def gap(start: float, end: float | None = None, cause: str = "recorder", name: str = "g") -> Gap:
    return Gap(
        id=name, site="s", camera="c", start=from_epoch(start), end=None if end is None else from_epoch(end),
        cause=cause, reason="stopped",
    )  # fmt: skip


def test_an_open_gap_is_adopted(crashed: Crashed) -> None:
    end = crashed.recover().end
    journal.append(crashed.root, "gap", gap(end))
    found = crashed.recover()
    assert found.open_gap == gap(end)
    assert found.ended_gaps == ()


def test_a_closed_gap_is_not(crashed: Crashed) -> None:
    journal.append(crashed.root, "gap", gap(MINUTE + 10))
    journal.append(crashed.root, "gap", gap(MINUTE + 10, MINUTE + 20))
    found = crashed.recover()
    assert found.open_gap is None
    assert found.end == MINUTE + 20


def test_killed_before_a_gap_was_said_to_have_ended(crashed: Crashed) -> None:
    """Footage came back, but the anchor had not settled: the gap ends where the mended segment starts."""
    journal.append(crashed.root, "gap", gap(MINUTE - 9, cause="camera"))
    found = crashed.recover()
    assert found.open_gap is None
    assert found.ended_gaps == (gap(MINUTE - 9, MINUTE, cause="camera"),)


def test_of_several_open_gaps_the_latest_goes_on(crashed: Crashed) -> None:
    crashed.recover()
    journal.append(crashed.root, "gap", gap(MINUTE - 500, name="old"))
    journal.append(crashed.root, "gap", gap(MINUTE + 10, name="new"))
    found = crashed.recover()
    assert found.open_gap == gap(MINUTE + 10, name="new")
    old, hole = found.ended_gaps
    assert (hole.cause, hole.reason, hole.end) == ("unknown", "unexplained", from_epoch(MINUTE + 10))
    assert (old.id, old.start) == ("old", from_epoch(MINUTE - 500))
    assert old.end == from_epoch(MINUTE), "footage came after it"


def test_what_was_journaled_last_is_told_again(crashed: Crashed) -> None:
    """The journal is synced before the outbox is: a power cut may leave the bus knowing less."""
    journal.append(crashed.root, "gap", gap(MINUTE - 3600, MINUTE - 700, name="long-ago"))
    journal.append(crashed.root, "gap", gap(MINUTE - 700, MINUTE, name="lately"))
    mended = crashed.recover().mended
    found = crashed.recover()
    assert found.mended == ()
    assert {one.id for one in found.recent} == {"lately", *(segment.id for segment in mended)} | {
        entry.record.id
        for day in journal.days(crashed.root, "s", "c")
        for entry in journal.read(day)
        if entry.kind == "closed"
    }


def test_a_hostile_journal_neither_stops_the_mending_nor_leads_out_of_the_folder(crashed: Crashed) -> None:
    outside = crashed.root.parent / "victim.mp4"
    outside.write_bytes(crashed.whole)
    (day,) = journal.days(crashed.root, "s", "c")
    lines = [json.loads(line) for line in day.read_text(encoding="utf-8").splitlines()]
    opened = next(line for line in lines if line["type"] == "opened")
    with day.open("a") as file:
        file.write("[" * 200_000 + "\n")
        file.write(json.dumps({**opened, "type": "nonsense"}) + "\n")
        for path in ("../victim.mp4", "s/c/../../../victim.mp4", str(outside)):
            file.write(json.dumps({**opened, "id": "c.x", "path": path}) + "\n")
    size = outside.stat().st_size
    assert len(crashed.recover().mended) == 1
    assert outside.stat().st_size == size


def test_a_hole_amid_a_picture_ends_what_is_whole(crashed: Crashed) -> None:
    """A power cut: the sectors behind it were written, it was not. The lengths of the units do not show it."""
    fragments = list(scan_fragments(io.BytesIO(crashed.whole)))
    key = next(f for f in fragments[1:] if f.keyframe)  # its first picture spans several sectors
    hole = key.offset + 1024
    crashed.part.write_bytes(crashed.whole[:hole] + bytes(512) + crashed.whole[hole + 512 :])
    (segment,) = crashed.recover().mended
    assert segment.bytes == key.offset
    assert len(decode_mp4((crashed.root / segment.path).read_bytes())) == segment.frames


def test_what_was_deleted_is_neither_mended_nor_footage(crashed: Crashed) -> None:
    """Of two files one was closed, of the other the journal was refused its end; then retention took both."""
    (first,) = [one for kind, one in crashed.journaled() if kind == "closed"]
    end = crashed.opened.start + timedelta(seconds=60)
    gap = Gap(id="d", site="s", camera="c", start=first.start, end=end, cause="deleted", reason="pressure")
    journal.append(crashed.root, "gap", gap)
    assert isinstance(first, Segment)
    (crashed.root / first.path).unlink()
    crashed.part.unlink()
    before = crashed.journaled()
    found = crashed.recover()
    assert found.mended == found.ended_gaps == ()
    assert [one for one in found.recent if isinstance(one, Segment)] == []
    assert found.end == end.timestamp()
    assert crashed.journaled() == before
