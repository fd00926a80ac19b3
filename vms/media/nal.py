"""NAL units of H.264 and H.265: splitting Annex B, kinds of units, key frames.

Sources: ITU-T H.264 table 7-1 and annex B, ITU-T H.265 table 7-1 and annex B.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

#: Of a unit in a byte stream; an additional zero byte may stand before it (annex B).
START = b"\x00\x00\x01"

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
    at = data.find(START)
    if at < 0:
        if data:
            yield 0, len(data)
        return
    last = data.rfind(START)  # the last unit is the largest by far, and Python searches backwards twice as fast
    while at >= 0:
        begin = at + 3
        at = data.find(START, begin) if at < last else -1
        end = len(data) if at < 0 else at
        # A NAL unit never ends in a zero byte; zeros before a start code belong to the byte stream (B.1.1).
        while end > begin and data[end - 1] == 0:
            end -= 1
        if end > begin:
            yield begin, end


def between(data: bytes, starts: Sequence[int]) -> Iterator[tuple[int, int]]:
    """As ``places``, where it is known where the units begin, behind start codes of four bytes."""
    for begin, following in zip(starts, (*starts[1:], len(data) + 4), strict=True):
        end = following - 4
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


class Picture(NamedTuple):
    """The first slice of an access unit: alone decodable (IDR; for H.265 any IRAP), and first of its picture."""

    key: bool
    first: bool


_PICTURES = {(key, first): Picture(key, first) for key in (False, True) for first in (False, True)}
#: By the first byte of a unit: whether its slice is alone decodable; units without slice data are not in it.
_SLICES = {
    codec: {
        byte: unit_kind == H264_IDR if codec == "h264" else unit_kind in H265_IRAP
        for byte in range(256)
        if is_picture(codec, unit_kind := kind(codec, bytes((byte,))))
    }
    for codec in ("h264", "hevc")
}


def first_picture(codec: str, data: bytes) -> Picture | None:
    """Looks as far as the first slice, so it costs little on large pictures; None when there is no slice.

    ``first`` is first_mb_in_slice = 0 (H.264, 7.3.3) or first_slice_segment_in_pic_flag (H.265, 7.3.6.1): in
    both the first bit behind the NAL header.
    """
    slices = _SLICES[codec]
    behind = 4 if codec == "h264" else 5
    at = data.find(START)
    last = len(data) - behind
    while 0 <= at < last:
        key = slices.get(data[at + 3])
        if key is not None:
            return _PICTURES[key, data[at + behind] >= 0x80]
        at = data.find(START, at + 3)
    return None


def is_b_picture(data: bytes) -> bool:
    """Whether an H.264 access unit's first slice is a B slice (7.3.3: first_mb_in_slice, slice_type)."""
    for begin, end in places(data):
        if is_picture("h264", data[begin] & 0x1F):
            bits = int.from_bytes(unescape(data[begin + 1 : min(end, begin + 17)]), "big")
            left = 8 * len(unescape(data[begin + 1 : min(end, begin + 17)]))
            values = []
            for _ in range(2):
                zeros = left - (bits & (1 << left) - 1).bit_length()
                if 2 * zeros + 1 > left:
                    return False
                values.append((bits >> left - 2 * zeros - 1 & (1 << zeros + 1) - 1) - 1)
                left -= 2 * zeros + 1
            return values[1] % 5 == 1
    return False


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
