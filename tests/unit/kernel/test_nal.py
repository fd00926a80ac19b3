"""NAL units: splitting Annex B, kinds, key frames, parameter sets; scripted bytes, and footage as the truth."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.footage import encode
from vms.media import nal

H264_SPS = b"\x67\x64\x00\x1f\xac"
H264_PPS = b"\x68\xee\x3c\x80"
H264_IDR = b"\x65\x88\x84\x00\x33"
H264_P = b"\x41\x9a\x24\x6c"
H264_AUD = b"\x09\xf0"
H265_VPS, H265_SPS, H265_PPS = b"\x40\x01\x0c\x01", b"\x42\x01\x01\x01", b"\x44\x01\xc1\x72"
H265_CRA = b"\x2a\x01\xaf\x10"
H265_IDR = b"\x26\x01\xaf\x10"
H265_P = b"\x02\x01\xd0\x10"
LONG, SHORT = b"\x00\x00\x00\x01", b"\x00\x00\x01"


@pytest.mark.parametrize(
    ("data", "units"),
    [
        (b"", []),
        (H264_P, [H264_P]),  # no start code at all: one unit
        (SHORT + H264_P, [H264_P]),
        (LONG + H264_P, [H264_P]),
        (LONG + H264_SPS + SHORT + H264_PPS + LONG + H264_IDR, [H264_SPS, H264_PPS, H264_IDR]),
        (LONG + H264_P + b"\x00\x00\x00", [H264_P]),  # trailing_zero_8bits
        (LONG + H264_P + b"\x00\x00" + LONG + H264_P, [H264_P, H264_P]),  # zeros before a start code
        (LONG + LONG + H264_P, [H264_P]),  # an empty unit is left out
        (b"\x00\x00" + LONG + H264_P, [H264_P]),  # leading_zero_8bits
        (LONG + H264_P + SHORT, [H264_P]),  # a start code at the very end
    ],
)
def test_split(data: bytes, units: list[bytes]) -> None:
    assert list(nal.split(data)) == units


@given(
    st.lists(st.tuples(st.sampled_from([SHORT, LONG, b"\x00" + LONG]), st.binary(min_size=1, max_size=40)), max_size=8)
)
def test_split_gives_back_what_was_put_together(parts: list[tuple[bytes, bytes]]) -> None:
    # A unit as the standards allow it: no three zero bytes, no start code in it, no zero at its end.
    parts = [(start, body.replace(b"\x00", b"\x07")) for start, body in parts]
    assert list(nal.split(b"".join(start + body for start, body in parts))) == [body for _, body in parts]


@pytest.mark.parametrize(
    ("codec", "data", "key"),
    [
        ("h264", LONG + H264_IDR, True),
        ("h264", LONG + H264_AUD + LONG + H264_SPS + LONG + H264_PPS + SHORT + H264_IDR, True),
        ("h264", LONG + H264_P, False),
        ("h264", LONG + H264_SPS + LONG + H264_PPS, None),
        ("h264", LONG + H264_AUD, None),
        ("h264", b"", None),
        ("h264", LONG + b"\x65", None),  # cut behind the header: no slice to speak of
        ("hevc", LONG + H265_IDR, True),
        ("hevc", LONG + H265_VPS + LONG + H265_SPS + LONG + H265_PPS + LONG + H265_CRA, True),
        ("hevc", LONG + H265_P, False),
        ("hevc", LONG + H265_VPS + LONG + H265_SPS + LONG + H265_PPS, None),
    ],
)
def test_key_frames(codec: str, data: bytes, key: bool | None) -> None:
    picture = nal.first_picture(codec, data)
    assert (None if picture is None else picture.key) is key


def test_first_slice_of_a_picture_is_told_from_its_later_ones() -> None:
    first, later = nal.first_picture("h264", LONG + b"\x65\x88"), nal.first_picture("h264", LONG + b"\x65\x33")
    assert first == nal.Picture(key=True, first=True)
    assert later == nal.Picture(key=True, first=False)
    assert nal.first_picture("hevc", LONG + b"\x02\x01\x40") == nal.Picture(key=False, first=False)


@pytest.mark.parametrize("codec", ["h264", "hevc"])
def test_key_frames_of_real_footage(codec: str) -> None:
    units = encode(codec, bframes=2)
    pictures = [nal.first_picture(codec, u.payload) for u in units]
    assert [picture is not None and picture.key for picture in pictures] == [u.key for u in units]
    assert sum(u.key for u in units) == 2


def test_parameter_sets_are_found_once_and_in_order() -> None:
    data = b"".join(LONG + unit for unit in (H264_AUD, H264_SPS, H264_PPS, H264_SPS, b"\x68\xff", H264_IDR, H264_PPS))
    sets = nal.parameter_sets("h264", data)
    assert (sets.vps, sets.sps, sets.pps) == ((), (H264_SPS,), (H264_PPS, b"\x68\xff"))
    assert sets.annex_b() == LONG + H264_SPS + LONG + H264_PPS + LONG + b"\x68\xff"
    assert nal.parameter_sets("h264", sets.annex_b()) == sets


def test_parameter_sets_are_complete_only_with_both() -> None:
    assert not nal.parameter_sets("h264", LONG + H264_SPS)
    assert not nal.parameter_sets("h264", b"")
    assert nal.parameter_sets("hevc", LONG + H265_VPS + LONG + H265_SPS + LONG + H265_PPS)


@pytest.mark.parametrize(
    ("escaped", "payload"),
    [
        (b"\x01\x02", b"\x01\x02"),
        (b"\x00\x00\x03\x01", b"\x00\x00\x01"),
        (b"\x00\x00\x03\x00\x00\x03\x01", b"\x00\x00\x00\x00\x01"),
        (b"\x00\x00\x03", b"\x00\x00"),
        (b"\x00\x03\x00\x00\x03\x03", b"\x00\x03\x00\x00\x03"),
    ],
)
def test_emulation_prevention(escaped: bytes, payload: bytes) -> None:
    assert nal.unescape(escaped) == payload
