"""Our MP4 boxes and fragments against libav: same pictures, same times, the right names."""

from __future__ import annotations

import io
import struct

import av
import pytest

from tests.support.footage import Unit, decode_mp4, decode_units, encode
from vms.ingest.stream import TIMESCALE
from vms.media import nal
from vms.media.boxes import Track, init_segment
from vms.media.fragmenter import Sample, fragment, length_prefixed
from vms.media.nal import parameter_sets
from vms.media.reading import scan_fragments

CASES = [
    ("h264", {}),
    ("h264", {"bframes": 2}),
    ("h264", {"size": (642, 362), "fps": 15}),
    ("hevc", {}),
    ("hevc", {"bframes": 3}),
    ("hevc", {"size": (130, 98), "fps": 10}),
]


def track_of(codec: str, units: tuple[Unit, ...]) -> Track:
    return Track.of(codec, parameter_sets(codec, units[0].payload), TIMESCALE)


def samples_of(codec: str, units: tuple[Unit, ...]) -> list[Sample]:
    ends = [u.dts for u in units[1:]] + [2 * units[-1].dts - units[-2].dts]
    return [
        Sample(length_prefixed(codec, u.payload), u.dts, u.pts, end - u.dts, u.key)
        for u, end in zip(units, ends, strict=True)
    ]


def written(codec: str, units: tuple[Unit, ...], per_fragment: int = 7) -> bytes:
    samples = samples_of(codec, units)
    chunks = [samples[i : i + per_fragment] for i in range(0, len(samples), per_fragment)]
    return init_segment(track_of(codec, units)) + b"".join(fragment(i + 1, c) for i, c in enumerate(chunks))


@pytest.mark.parametrize(("codec", "how"), CASES)
def test_the_same_pictures_at_the_same_times(codec: str, how: dict[str, object]) -> None:
    units = encode(codec, **how)  # type: ignore[arg-type]
    source = decode_units(codec, units)
    ours = decode_mp4(written(codec, units))
    assert len(ours) == len(units)
    assert [p.planes for p in ours] == [p.planes for p in source]
    assert [p.pts for p in ours] == sorted(u.pts for u in units)


@pytest.mark.parametrize(("codec", "how"), CASES)
def test_every_packet_keeps_its_times_and_its_key_flag(codec: str, how: dict[str, object]) -> None:
    units = encode(codec, **how)  # type: ignore[arg-type]
    with av.open(io.BytesIO(written(codec, units, per_fragment=1))) as container:
        packets = [p for p in container.demux(video=0) if p.size]
    assert [(p.pts, p.dts, p.is_keyframe) for p in packets] == [(u.pts, u.dts, u.key) for u in units]
    assert {p.duration for p in packets} == {units[1].dts - units[0].dts}


@pytest.mark.parametrize("codec", ["h264", "hevc"])
def test_what_libav_reads_from_the_head(codec: str) -> None:
    units = encode(codec, size=(640, 360))
    with av.open(io.BytesIO(written(codec, units))) as container:
        context = container.streams.video[0].codec_context
        assert context.codec_tag == {"h264": "avc1", "hevc": "hvc1"}[codec]  # Apple's players refuse hev1
        assert (context.width, context.height) == (640, 360)
        assert context.extradata
        assert context.extradata[0] == 1  # avcC or hvcC, not Annex B


def test_mime_codec_of_h264_is_what_libav_finds() -> None:
    units = encode("h264", extra=(("profile", "high"), ("preset", "medium")))
    track = track_of("h264", units)
    with av.open(io.BytesIO(written("h264", units))) as container:
        extradata = container.streams.video[0].codec_context.extradata
    assert track.mime_codec == f"avc1.{extradata[1]:02x}{extradata[2]:02x}{extradata[3]:02x}"
    assert track.mime_codec.startswith("avc1.6400")
    assert track.mime == f'video/mp4; codecs="{track.mime_codec}"'


@pytest.mark.parametrize("size", [(320, 180), (1280, 720)])
def test_mime_codec_of_h265_by_hand(size: tuple[int, int]) -> None:
    """RFC 6381 and ISO/IEC 14496-15 E.3, computed apart from the code under test, from hvcC as libav reads it."""
    units = encode("hevc", size=size, frames=5)
    with av.open(io.BytesIO(written("hevc", units))) as container:
        hvcc = container.streams.video[0].codec_context.extradata
    flags = sum(((struct.unpack(">I", hvcc[2:6])[0] >> i) & 1) << (31 - i) for i in range(32))
    constraints = list(hvcc[6:12])
    while constraints and constraints[-1] == 0:
        constraints.pop()
    tier = "H" if hvcc[1] >> 5 & 1 else "L"
    expected = ".".join([f"hvc1.{hvcc[1] & 31}", f"{flags:x}", f"{tier}{hvcc[12]}", *(f"{c:x}" for c in constraints)])
    assert track_of("hevc", units).mime_codec == expected
    assert expected.startswith("hvc1.1.6.L")


@pytest.mark.parametrize("count", [1, 2, 10])
def test_data_offset_points_at_the_first_byte_of_the_data(count: int) -> None:
    samples = samples_of("h264", encode("h264"))[:count]
    data = fragment(3, samples)
    (size,) = struct.unpack(">I", data[:4])
    trun = data.index(b"trun")
    (offset,) = struct.unpack(">i", data[trun + 12 : trun + 16])
    assert data[size + 4 : size + 8] == b"mdat"
    assert offset == size + 8
    assert data[offset:] == b"".join(s.data for s in samples)


def test_length_prefixed_leaves_parameter_sets_and_delimiters_out() -> None:
    unit = (
        b"\x00\x00\x00\x01\x09\xf0\x00\x00\x01\x67\x42\x00\x00\x01\x68\xce\x00\x00\x01\x06\x05\x01\x00\x00\x01\x65\x88"
    )
    assert length_prefixed("h264", unit) == b"\x00\x00\x00\x03\x06\x05\x01\x00\x00\x00\x02\x65\x88"


@pytest.mark.parametrize("codec", ["h264", "hevc"])
def test_units_whose_places_are_known_are_not_looked_for(codec: str) -> None:
    for unit in encode(codec, (64, 48), frames=30):
        payload, starts = b"", []
        for part in nal.split(unit.payload):
            payload += b"\x00\x00\x00\x01"
            starts.append(len(payload))
            payload += part
        assert length_prefixed(codec, payload, starts) == length_prefixed(codec, unit.payload)
        assert length_prefixed(codec, payload + b"\x00\x00", starts) == length_prefixed(codec, unit.payload)


def test_our_own_reader_finds_every_fragment() -> None:
    units = encode("h264", bframes=2)
    found = list(scan_fragments(io.BytesIO(written("h264", units, per_fragment=10))))
    assert [f.samples for f in found] == [10] * 5
    assert [f.tfdt for f in found] == [u.dts for u in units[::10]]
    assert sum(f.duration for f in found) == 50 * 3600
    assert [f.keyframe for f in found] == [u.key for u in units[::10]]
