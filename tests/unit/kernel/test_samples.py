"""Where samples lie: the same as a scan of the whole file finds, wherever a growing file happens to end."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from test_reading import file_and_ends

from tests.support.footage import encode
from vms.ingest.stream import TIMESCALE
from vms.media.boxes import Track, init_segment
from vms.media.fragmenter import Sample, fragment, length_prefixed
from vms.media.head import decoder_setup
from vms.media.nal import parameter_sets
from vms.media.reading import SampleInfo, scan_fragments, walk_samples


def walked(path: Path, data: bytes) -> list[tuple[SampleInfo, ...]]:
    path.write_bytes(data)
    with path.open("rb") as file:
        return list(walk_samples(file))


def test_the_samples_are_those_that_were_written(tmp_path: Path) -> None:
    units = encode("h264", size=(64, 48), frames=20, bframes=2)
    samples = [Sample(length_prefixed("h264", u.payload), u.dts, u.pts, 3600, u.key) for u in units]
    data = init_segment(Track.of("h264", parameter_sets("h264", units[0].payload), TIMESCALE))
    data += fragment(1, samples[:7]) + fragment(2, samples[7:])
    found = walked(tmp_path / "f", data)
    assert [len(one) for one in found] == [7, 13]
    for written, read in zip(samples, [*found[0], *found[1]], strict=True):
        assert (read.dts, read.pts, read.duration, read.keyframe) == (written.dts, written.pts, 3600, written.keyframe)
        assert data[read.offset : read.offset + read.size] == written.data


def test_wherever_a_growing_file_ends_the_whole_fragments_are_found(tmp_path: Path) -> None:
    data, ends = file_and_ends()
    for cut in sorted({*range(0, len(data), 97), *ends, *(end - 1 for end in ends), *(end + 9 for end in ends)}):
        assert len(walked(tmp_path / "f", data[:cut])) == sum(end <= cut for end in ends), cut


def test_what_is_no_fragment_ends_the_walk(tmp_path: Path) -> None:
    data, ends = file_and_ends()
    whole = list(scan_fragments(io.BytesIO(data)))
    assert len(walked(tmp_path / "f", data[: ends[3]] + bytes(4096))) == 4
    assert len(walked(tmp_path / "f", data[: ends[3]] + b"\xff" * 4096)) == 4
    torn = bytearray(data)
    torn[whole[4].offset + 95] ^= 0x40  # the first sample's size: they no longer fill the data
    assert len(walked(tmp_path / "f", bytes(torn))) == 4
    assert len(list(scan_fragments(io.BytesIO(torn), verify=False))) == 4, "whoever reads them says the same"
    assert walked(tmp_path / "f", b"") == []


@pytest.mark.parametrize("codec", ["h264", "hevc"])
def test_what_a_decoder_needs_first(tmp_path: Path, codec: str) -> None:
    units = encode(codec, frames=5)
    head = init_segment(Track.of(codec, parameter_sets(codec, units[0].payload), TIMESCALE))
    path = tmp_path / "f"
    path.write_bytes(head + fragment(1, [Sample(b"avcChvcC", 0, 0, 1, True)]))
    with path.open("rb") as file:
        setup = decoder_setup(file)
    assert setup[0] == codec
    assert head.count(setup[1]) == 1
    assert setup[1][0] == 1  # configurationVersion
    path.write_bytes(b"\x00\x00\x00\x08moof")
    with path.open("rb") as file, pytest.raises(ValueError, match="no moov"):
        decoder_setup(file)
