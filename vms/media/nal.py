"""NAL units of H.264 and H.265: splitting Annex B, kinds of units, key frames.

Sources: ITU-T H.264 table 7-1 and annex B, ITU-T H.265 table 7-1 and annex B.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

_START = b"\x00\x00\x01"

H264_IDR = 5
H264_SPS = 7
H264_PPS = 8
H264_AUD = 9
H265_IRAP = range(16, 24)
H265_VPS = 32
H265_SPS = 33
H265_PPS = 34
H265_AUD = 35


@dataclass(frozen=True, slots=True)
class ParameterSets:
    """What a decoder needs before the first picture; ``vps`` is empty for H.264."""

    vps: tuple[bytes, ...]
    sps: tuple[bytes, ...]
    pps: tuple[bytes, ...]

    def __bool__(self) -> bool:
        return bool(self.sps and self.pps)

    def annex_b(self) -> bytes:
        """All of them with start codes."""
        return b"".join(b"\x00\x00\x00\x01" + unit for unit in (*self.vps, *self.sps, *self.pps))


def split(data: bytes) -> Iterator[bytes]:
    """The NAL units of an Annex B access unit, without start codes and trailing zero bytes.

    Data without any start code is taken as one unit; empty units are left out.
    """
    return (data[begin:end] for begin, end in places(data))


def places(data: bytes) -> Iterator[tuple[int, int]]:
    """Where in ``data`` the units of ``split`` begin and end."""
    at = data.find(_START)
    if at < 0:
        if data:
            yield 0, len(data)
        return
    last = data.rfind(_START)  # the last unit is the largest by far, and Python searches backwards twice as fast
    while at >= 0:
        begin = at + 3
        at = data.find(_START, begin) if at < last else -1
        end = len(data) if at < 0 else at
        # A NAL unit never ends in a zero byte; zeros before a start code belong to the byte stream (B.1.1).
        while end > begin and data[end - 1] == 0:
            end -= 1
        if end > begin:
            yield begin, end


def kind(codec: str, unit: bytes | memoryview) -> int:
    """nal_unit_type of ``unit``; codec is ``h264`` or ``hevc``."""
    return unit[0] & 0x1F if codec == "h264" else (unit[0] >> 1) & 0x3F


def is_picture(codec: str, unit_kind: int) -> bool:
    """Whether the unit carries slice data (VCL)."""
    return 1 <= unit_kind <= 5 if codec == "h264" else unit_kind < 32


def is_parameter_set(codec: str, unit_kind: int) -> bool:
    """SPS, PPS or VPS."""
    return unit_kind in (H264_SPS, H264_PPS) if codec == "h264" else H265_VPS <= unit_kind <= H265_PPS


def is_delimiter(codec: str, unit_kind: int) -> bool:
    """An access unit delimiter, which MP4 does not need."""
    return unit_kind == (H264_AUD if codec == "h264" else H265_AUD)


@dataclass(frozen=True, slots=True)
class Picture:
    """The first slice of an access unit: alone decodable (IDR; for H.265 any IRAP), and first of its picture."""

    key: bool
    first: bool


_PICTURES = {(key, first): Picture(key, first) for key in (False, True) for first in (False, True)}


def first_picture(codec: str, data: bytes) -> Picture | None:
    """Looks as far as the first slice, so it costs little on large pictures; None when there is no slice.

    ``first`` is first_mb_in_slice = 0 (H.264, 7.3.3) or first_slice_segment_in_pic_flag (H.265, 7.3.6.1): in
    both the first bit behind the NAL header.
    """
    at = data.find(_START)
    header = 1 if codec == "h264" else 2
    while 0 <= at < len(data) - 3 - header:
        unit_kind = kind(codec, data[at + 3 : at + 4])
        if is_picture(codec, unit_kind):
            key = unit_kind == H264_IDR if codec == "h264" else unit_kind in H265_IRAP
            return _PICTURES[key, bool(data[at + 3 + header] & 0x80)]
        at = data.find(_START, at + 3)
    return None


def parameter_sets(codec: str, data: bytes) -> ParameterSets:
    """The parameter sets inside ``data`` (SDP's, or a key frame's), possibly none, each once, in order."""
    wanted = (-1, H264_SPS, H264_PPS) if codec == "h264" else (H265_VPS, H265_SPS, H265_PPS)
    found: dict[int, list[bytes]] = {unit_kind: [] for unit_kind in wanted}
    for unit in split(data):
        unit_kind = kind(codec, unit)
        if unit_kind in found and unit not in found[unit_kind]:
            found[unit_kind].append(unit)
        elif is_picture(codec, unit_kind):
            break  # they stand before the slices
    vps, sps, pps = (tuple(found[unit_kind]) for unit_kind in wanted)
    return ParameterSets(vps, sps, pps)


def unescape(unit: bytes) -> bytes:
    """The unit's payload without emulation prevention bytes (7.3.1 in both standards)."""
    return unit.replace(b"\x00\x00\x03", b"\x00\x00") if b"\x00\x00\x03" in unit else unit
