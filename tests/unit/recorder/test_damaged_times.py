"""Times that a flipped bit, or a foreign hand, made absurd: what is missing is told all the same."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from recorder import journal
from recorder.index.rebuild import Rebuilt, rebuild
from recorder.recovery import recover
from tests.support.life import Life
from vms.domain.clock import from_epoch
from vms.domain.messages import Segment
from vms.media.reading import FragmentInfo, scan_fragments


@pytest.fixture
def life(tmp_path: Path) -> Iterator[Life]:
    """A camera that was killed four seconds into a file, and is down since."""
    one = Life(tmp_path)
    one.play(100)
    one.kill()
    one.clock.advance(60)
    yield one
    one.close()


def part_of(life: Life) -> Path:
    (part,) = (life.data / "recordings").glob("**/*.part")
    return part


def fragments(path: Path) -> list[FragmentInfo]:
    with path.open("rb") as file:
        return list(scan_fragments(file))


def put(path: Path, box: bytes, skip: int, data: bytes, *, after: int = 0) -> None:
    """Overwrites bytes of the first such box from ``after`` on."""
    raw = bytearray(path.read_bytes())
    at = raw.index(box, after) + 4 + skip
    raw[at : at + len(data)] = data
    path.write_bytes(raw)


def crash_is_told(life: Life) -> None:
    life.again()
    assert [gap.reason for gap in life.told()[1] if gap.end is None] == ["crashed"]
    (gap,) = [gap for gap in life.told()[1] if gap.end is None]
    assert life.alive_until is not None
    assert abs(gap.start.timestamp() - life.alive_until) < 4.5


@pytest.mark.parametrize("bit", [24, 30, 40, 47, 55, 63])
@pytest.mark.parametrize("place", [0, 4, -1])
def test_a_flipped_bit_in_a_fragments_time(life: Life, bit: int, place: int) -> None:
    part = part_of(life)
    whole = fragments(part)
    one = whole[place]
    put(part, b"tfdt", 4, struct.pack(">Q", one.tfdt ^ (1 << bit)), after=one.offset)
    crash_is_told(life)
    (segment,) = life.told()[0]
    assert segment.end is not None
    assert timedelta() <= segment.end - segment.start <= timedelta(seconds=4.1)
    assert segment.bytes in {0, *(fragment.offset + fragment.size for fragment in whole)}


def test_a_flipped_bit_in_a_pictures_duration(life: Life) -> None:
    part = part_of(life)
    one = fragments(part)[3]
    put(part, b"trun", 12, struct.pack(">I", 1 << 31), after=one.offset)
    crash_is_told(life)
    (segment,) = life.told()[0]
    assert segment.bytes == one.offset


@pytest.mark.parametrize("timescale", [0, 1])
def test_a_file_that_nobody_journaled_and_whose_scale_is_damaged(life: Life, timescale: int) -> None:
    part = part_of(life)
    stray = part.with_name("20270115T080030000Z.part")
    stray.write_bytes(part.read_bytes())
    put(stray, b"mdhd", 12, struct.pack(">I", timescale))
    crash_is_told(life)
    assert len(life.told()[0]) == 1, "the other one"
    *_, done = rebuild(life.data / "recordings", "s", "c", "local", now=from_epoch(life.clock.utc()), alone=True)
    assert isinstance(done, Rebuilt)
    assert [path.rpartition("/")[2] for path, _ in done.unmended] == ["20270115T080030000Z.mp4"]


def test_a_line_without_a_scale_is_none(life: Life) -> None:
    root = life.data / "recordings"
    (day,) = journal.days(root, "s", "c")
    day.write_bytes(day.read_bytes().replace(b'"timescale": 90000', b'"timescale": 0'))
    refused: list[bytes] = []
    assert [entry for entry in journal.read(day, refused) if isinstance(entry.record, Segment)] == []
    assert len(refused) >= 1
    crash_is_told(life)


def test_where_nothing_can_be_mended_the_crash_is_told_from_the_last_sign_of_life(life: Life) -> None:
    (day,) = journal.days(life.data / "recordings", "s", "c")
    lines = day.read_bytes()
    day.unlink()
    day.mkdir()
    with pytest.raises(OSError, match="no regular file"):
        recover(life.data / "recordings", "s", "c", now=life.clock.utc())
    life.again()
    assert life.recorder is not None
    gap = life.recorder._gaps.open
    assert gap is not None
    assert (gap.reason, gap.start) == ("crashed", from_epoch(life.alive_until or 0.0))
    day.rmdir()
    day.write_bytes(lines)
