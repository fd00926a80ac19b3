"""Sequence parameter sets: what encoders wrote is read right; what nobody wrote raises ``ValueError`` alone."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.support.footage import encode
from vms.media.boxes import Track, init_segment
from vms.media.nal import H264_IDR, ParameterSets, kind, parameter_sets, split
from vms.media.parameters import frame_number, read_sequence


def sps_of(codec: str, **how: object) -> bytes:
    units = encode(codec, frames=2, **how)  # type: ignore[arg-type]
    return parameter_sets(codec, units[0].payload).sps[0]


@pytest.mark.parametrize("codec", ["h264", "hevc"])
@pytest.mark.parametrize("size", [(320, 180), (640, 360), (704, 576), (1280, 720), (1920, 1080), (642, 362), (130, 98)])
def test_sizes(codec: str, size: tuple[int, int]) -> None:
    """Sizes that are no multiple of 16 (8) are coded larger and cropped."""
    sequence = read_sequence(codec, sps_of(codec, size=size))
    assert (sequence.width, sequence.height) == size
    assert (sequence.chroma_format, sequence.bit_depth_luma, sequence.bit_depth_chroma) == (1, 8, 8)


@pytest.mark.parametrize(("profile", "first"), [("baseline", 66), ("main", 77), ("high", 100)])
def test_profiles_of_h264(profile: str, first: int) -> None:
    sps = sps_of("h264", extra=(("profile", profile), ("preset", "medium")))
    assert sps[1] == first
    assert read_sequence("h264", sps).profile_tier_level == b""


def test_profile_tier_level_of_h265() -> None:
    sequence = read_sequence("hevc", sps_of("hevc"))
    assert len(sequence.profile_tier_level) == 12
    assert sequence.profile_tier_level[0] & 0x1F == 1  # Main
    assert sequence.profile_tier_level[11] in range(30, 187)  # general_level_idc, 30 a level
    assert sequence.temporal_layers >= 1


def test_interlaced_h264_counts_both_fields() -> None:
    sps = sps_of("h264", size=(704, 576), extra=(("flags", "+ildct+ilme"),))
    sequence = read_sequence("h264", sps)
    assert (sequence.width, sequence.height) == (704, 576)


@pytest.mark.parametrize("codec", ["h264", "hevc"])
def test_cut_anywhere_in_its_head_raises_value_error(codec: str) -> None:
    sps = sps_of(codec)
    for length in range(6):
        with pytest.raises(ValueError, match="ends early"):
            read_sequence(codec, sps[:length])


REAL = {codec: sps_of(codec) for codec in ("h264", "hevc")}


@given(codec=st.sampled_from(["h264", "hevc"]), data=st.binary(max_size=80))
@example(codec="h264", data=b"\x67\x42\x00\x1f" + b"\x00" * 40)
@example(codec="hevc", data=b"\x42\x01" + b"\xff" * 60)
def test_noise_raises_value_error_alone(codec: str, data: bytes) -> None:
    check(codec, data)


@given(
    codec=st.sampled_from(["h264", "hevc"]),
    at=st.integers(min_value=1, max_value=60),
    value=st.integers(min_value=0, max_value=255),
    cut=st.integers(min_value=2, max_value=80),
)
def test_damaged_sets_raise_value_error_alone(codec: str, at: int, value: int, cut: int) -> None:
    sps = bytearray(REAL[codec])
    sps[at % len(sps)] = value
    check(codec, bytes(sps[:cut]))


def check(codec: str, sps: bytes) -> None:
    """What is read can be written into a file's head; what cannot is refused when it is read."""
    with contextlib.suppress(ValueError):
        sequence = read_sequence(codec, sps)
        assert 1 <= sequence.width <= 65535
        assert 1 <= sequence.height <= 65535
        track = Track(codec, ParameterSets((b"\x40\x01",), (sps,), (b"\x68",)), sequence, 90000)
        assert init_segment(track)[4:8] == b"ftyp"
        assert track.mime_codec


def test_a_set_that_would_take_seconds_to_read_is_refused_for_its_length() -> None:
    order_of_output = "1" + "1" + "011" + "1" + "1" + "0" * 31 + "1" + "0" * 31  # of a cycle of 2^31 - 1 frames
    bits = f"{66:08b}{0:08b}{62:08b}{order_of_output}" + "1" * 8 * 60_000
    sps = b"\x67" + int(bits.ljust(-(-len(bits) // 8) * 8, "1"), 2).to_bytes(-(-len(bits) // 8), "big")
    with pytest.raises(ValueError, match="bytes"):
        read_sequence("h264", sps)


def test_a_slice_says_its_number() -> None:
    units = encode("h264", frames=40, gop=30)
    bits = read_sequence("h264", parameter_sets("h264", units[0].payload).sps[0]).frame_number_bits
    slices = [next(unit for unit in split(unit.payload) if kind("h264", unit) in {1, H264_IDR}) for unit in units]
    assert [frame_number(slice_, bits) for slice_ in slices] == [n % 30 % (1 << bits) for n in range(40)]
    with pytest.raises(ValueError, match="ends early"):
        frame_number(slices[1][:2], bits)


@pytest.mark.parametrize(("gaps", "bits"), [(0, 4), (1, 0)])
def test_numbers_that_may_be_left_out_tell_nothing(gaps: int, bits: int) -> None:
    head, size = f"{66:08b}{0:08b}{30:08b}" + "1" + "1" + "011" + "010", "0001010" * 2 + "1" + "1" + "0" + "0" + "1"
    text = f"{head}{gaps}{size}"
    sequence = read_sequence("h264", b"\x67" + int(text.ljust(64, "0"), 2).to_bytes(8, "big"))
    assert (sequence.width, sequence.height, sequence.frame_number_bits) == (160, 160, bits)
