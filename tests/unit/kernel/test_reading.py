"""Scanning a file that a crash left: whole fragments only, wherever it was cut and whatever stands behind."""

from __future__ import annotations

import functools
import io
import os
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.footage import decode_mp4, encode
from vms.ingest.stream import TIMESCALE
from vms.media.boxes import Track, box, init_segment
from vms.media.fragmenter import Sample, fragment, length_prefixed
from vms.media.nal import parameter_sets
from vms.media.reading import FragmentInfo, first_sample, scan_fragments, walk_samples


@functools.cache
def file_and_ends() -> tuple[bytes, list[int]]:
    """A small file of ten fragments, and where each ends."""
    units = encode("h264", size=(64, 48), frames=50)
    data = init_segment(Track.of("h264", parameter_sets("h264", units[0].payload), TIMESCALE))
    ends = []
    for i in range(0, 50, 5):
        samples = [Sample(length_prefixed("h264", u.payload), u.dts, u.pts, 3600, u.key) for u in units[i : i + 5]]
        data += fragment(i // 5 + 1, samples)
        ends.append(len(data))
    return data, ends


def scan(data: bytes) -> list[FragmentInfo]:
    return list(scan_fragments(io.BytesIO(data)))


def whole(cut: int) -> int:
    return sum(end <= cut for end in file_and_ends()[1])


def test_cut_at_every_byte_leaves_the_whole_fragments() -> None:
    data, ends = file_and_ends()
    for cut in range(len(data) + 1):
        found = scan(data[:cut])
        assert len(found) == whole(cut), cut
        if found:
            assert found[-1].offset + found[-1].size == ends[len(found) - 1]


def test_what_is_left_plays() -> None:
    data, ends = file_and_ends()
    for cut in (ends[0], ends[4], len(data)):
        assert len(decode_mp4(data[:cut])) == 5 * whole(cut)


@given(cut=st.integers(min_value=0), zeros=st.integers(min_value=1, max_value=5000))
def test_a_tail_of_zeros_is_no_footage(cut: int, zeros: int) -> None:
    """A power cut may keep a file's size and lose its data."""
    data, _ = file_and_ends()
    cut %= len(data) + 1
    assert len(scan(data[:cut] + bytes(zeros))) == whole(cut)


@given(cut=st.integers(min_value=0))
def test_zeros_up_to_the_old_size_are_no_footage(cut: int) -> None:
    data, ends = file_and_ends()
    cut %= len(data)
    assert len(scan(data[:cut] + bytes(len(data) - cut))) == whole(max([e for e in ends if e <= cut], default=0))


@given(noise=st.binary(min_size=1, max_size=200), kept=st.integers(min_value=0, max_value=10))
def test_garbage_behind_the_last_fragment_ends_the_scan(noise: bytes, kept: int) -> None:
    data, ends = file_and_ends()
    end = ends[kept - 1] if kept else 0
    assert len(scan(data[:end] + noise)) == kept


@pytest.mark.parametrize(
    "tail",
    [
        box(b"mdat", b"\x00\x00\x00\x01\x65"),
        box(b"moof"),
        box(b"moof", b"tfdttrun"),
        box(b"moof", b"tfdt" + bytes(12) + b"trun" + bytes(12)) + box(b"mdat"),
        b"\xff\xff\xff\xffmoof" + bytes(100),
        b"\x00\x00\x00\x04moof" + bytes(100),
    ],
)
def test_boxes_that_are_not_ours_end_the_scan(tail: bytes) -> None:
    data, _ = file_and_ends()
    assert len(scan(data + tail)) == 10


def test_a_flipped_length_is_found() -> None:
    data, ends = file_and_ends()
    first = scan(data)[3]
    at = data.index(b"mdat", first.offset) + 4
    broken = data[: at + 3] + bytes([data[at + 3] ^ 1]) + data[at + 4 :]
    assert len(scan(broken)) == 3
    assert ends[2] == first.offset


@given(st.binary(max_size=300))
def test_noise_raises_nothing(noise: bytes) -> None:
    assert scan(noise) == []


@given(cut=st.integers(min_value=0), begin=st.integers(min_value=0, max_value=10))
def test_heads_alone_find_the_same_in_a_whole_file(cut: int, begin: int) -> None:
    data, ends = file_and_ends()
    cut %= len(data) + 1
    assert list(scan_fragments(io.BytesIO(data[:cut]), verify=False)) == scan(data[:cut])
    at = ends[begin - 1] if begin else 0
    assert list(scan_fragments(io.BytesIO(data), at)) == scan(data)[begin:]


def test_the_first_sample_of_a_fragment() -> None:
    data, ends = file_and_ends()
    units = encode("h264", size=(64, 48), frames=50)
    for i, one in enumerate(scan(data)):
        size, shift = first_sample(data[one.offset : one.offset + one.size])
        unit = units[i * 5]
        assert (size, shift) == (len(length_prefixed("h264", unit.payload)), unit.pts - unit.dts)
    for broken in (b"", b"moof", b"trun", data[: ends[0]].replace(b"trun", b"nurt")):
        with pytest.raises(ValueError, match="no fragment of ours"):
            first_sample(broken)


@pytest.mark.parametrize("giant", ["mdat", "moof"])
def test_a_giant_is_no_fragment_and_not_read(tmp_path: Path, giant: str) -> None:
    """It says that it is a gigabyte, and takes no room: a sparse file."""
    data, ends = file_and_ends()
    one = scan(data)[-1]
    at = data.index(b"mdat", one.offset) - 4
    if giant == "mdat":
        # A second sample fills it, so that every length agrees.
        first = data.index(b"trun", one.offset) + 16
        size = int.from_bytes(data[first + 4 : first + 8], "big")
        more = (1 << 30) - (len(data) - at)
        head = bytearray(data)
        head[first + 4 : first + 8] = (size + more).to_bytes(4, "big")
        head[at : at + 4] = (1 << 30).to_bytes(4, "big")
        length = at + (1 << 30)
    else:
        head, length = bytearray(data[: one.offset] + (1 << 30).to_bytes(4, "big") + b"moof"), one.offset + (1 << 30)
        length += 8
    path = tmp_path / "giant.part"
    path.write_bytes(head)
    os.truncate(path, length)
    tracemalloc.start()
    with path.open("rb", buffering=0) as file:
        assert len(list(scan_fragments(file))) == 9
        assert len(list(walk_samples(file))) == 9
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 8 << 20
    assert ends[-2] == one.offset


@given(place=st.integers(min_value=1, max_value=9), bit=st.integers(min_value=14, max_value=63))
def test_a_fragment_of_another_time_ends_the_scan(place: int, bit: int) -> None:
    """Also for who reads heads alone; a tenth of a second is let pass."""
    data = bytearray(file_and_ends()[0])
    one = scan(bytes(data))[place]
    at = data.index(b"tfdt", one.offset) + 8
    data[at : at + 8] = (one.tfdt ^ (1 << bit)).to_bytes(8, "big")
    assert len(scan(bytes(data))) == place
    assert len(list(scan_fragments(io.BytesIO(data), verify=False))) == place
