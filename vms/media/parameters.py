"""What a sequence parameter set says: size, profile, level, chroma; and a slice's frame number. Pure bit reading.

Sources: ITU-T H.264 7.3.2.1.1 and 7.3.3, ITU-T H.265 7.3.2.2 and 7.3.3.
"""

from __future__ import annotations

from dataclasses import dataclass

from vms.media.nal import unescape

#: What MP4 can say (16 bits), and more than any level of either standard allows.
MAX_SIDE = 65535
#: Bytes of an SPS; real ones have a tenth. Reading takes time with the square of it, in a thread of many cameras.
MAX_LENGTH = 4096
#: Bytes of a slice in which its number lies.
_SLICE_HEAD = 24
_H264_BASELINE = 66
_H264_HIGH_PROFILES = frozenset((100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135))


@dataclass(frozen=True, slots=True)
class Sequence:
    """Of one SPS: picture size in pixels, sample format, and H.265's general profile-tier-level bytes."""

    width: int
    height: int
    chroma_format: int
    bit_depth_luma: int
    bit_depth_chroma: int
    profile_tier_level: bytes  # 12 bytes for H.265, empty for H.264
    temporal_layers: int = 1
    temporal_nesting: bool = True
    reorders: bool | None = None  # whether pictures may be shown in another order than they are sent; None: not said
    frame_number_bits: int = 0  # of H.264's frame_num; 0: no number tells what is missing, some may be left out


class _Bits:
    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data, "big")
        self._left = len(data) * 8

    def read(self, count: int) -> int:
        if count > self._left:
            raise ValueError("the parameter set ends early")
        self._left -= count
        return (self._value >> self._left) & ((1 << count) - 1)

    def exp_golomb(self) -> int:
        zeros = 0
        while self.read(1) == 0:
            zeros += 1
            if zeros > 32:
                raise ValueError("no Exp-Golomb code")
        return (1 << zeros) - 1 + (self.read(zeros) if zeros else 0)

    def signed(self) -> int:
        code = self.exp_golomb()
        return (code + 1) // 2 if code % 2 else -(code // 2)


def read_sequence(codec: str, sps: bytes) -> Sequence:
    """Reads an SPS unit (with its NAL header); a broken one raises ``ValueError``."""
    if len(sps) > MAX_LENGTH:
        raise ValueError(f"the parameter set has {len(sps)} bytes")
    sequence = _h264(sps) if codec == "h264" else _h265(sps)
    if not (0 < sequence.width <= MAX_SIDE and 0 < sequence.height <= MAX_SIDE):
        raise ValueError(f"no picture is {sequence.width} by {sequence.height} pixels")
    if sequence.chroma_format > 3 or max(sequence.bit_depth_luma, sequence.bit_depth_chroma) > 16:
        raise ValueError("no such sample format")
    return sequence


def _h264(sps: bytes) -> Sequence:
    bits = _Bits(unescape(sps)[1:])
    profile = bits.read(8)
    bits.read(16)
    reorders = False if profile == _H264_BASELINE else None
    bits.exp_golomb()  # seq_parameter_set_id
    chroma, luma_depth, chroma_depth, planes = 1, 8, 8, 0
    if profile in _H264_HIGH_PROFILES:
        chroma = bits.exp_golomb()
        if chroma == 3:
            planes = bits.read(1)  # a slice names its plane before its number; no camera does this
        luma_depth, chroma_depth = 8 + bits.exp_golomb(), 8 + bits.exp_golomb()
        bits.read(1)
        if bits.read(1):
            for index in range(8 if chroma != 3 else 12):
                if bits.read(1):
                    _skip_scaling_list(bits, 16 if index < 6 else 64)
    number_bits = bits.exp_golomb() + 4
    order = bits.exp_golomb()
    if order == 0:
        bits.exp_golomb()
    elif order == 1:
        bits.read(1)
        bits.signed()
        bits.signed()
        for _ in range(bits.exp_golomb()):
            bits.signed()
    elif order == 2:  # the order of output is that of decoding (8.2.1.3)
        reorders = False
    bits.exp_golomb()  # max_num_ref_frames
    if bits.read(1) or planes or number_bits > 16:  # gaps_in_frame_num_value_allowed_flag
        number_bits = 0
    width = (bits.exp_golomb() + 1) * 16
    height_units = bits.exp_golomb() + 1
    frames_only = bits.read(1)
    height = height_units * 16 * (2 - frames_only)
    if not frames_only:
        bits.read(1)
    bits.read(1)
    if bits.read(1):
        left, right, top, bottom = (bits.exp_golomb() for _ in range(4))
        unit_x = 2 if chroma in (1, 2) else 1
        unit_y = (2 if chroma == 1 else 1) * (2 - frames_only)
        width -= (left + right) * unit_x
        height -= (top + bottom) * unit_y
    return Sequence(
        width, height, chroma, luma_depth, chroma_depth, b"", reorders=reorders, frame_number_bits=number_bits
    )


def frame_number(slice_: bytes, bits: int) -> int:
    """frame_num of an H.264 slice (with its NAL header), of so many ``bits``; a broken one raises ``ValueError``."""
    head = _Bits(unescape(slice_[:_SLICE_HEAD])[1:])
    for _ in ("first_mb_in_slice", "slice_type", "pic_parameter_set_id"):
        head.exp_golomb()
    return head.read(bits)


def _skip_scaling_list(bits: _Bits, size: int) -> None:
    last, following = 8, 8
    for _ in range(size):
        if following:
            following = (last + bits.signed() + 256) % 256
        last = following or last


def _h265(sps: bytes) -> Sequence:
    payload = unescape(sps)[2:]
    bits = _Bits(payload)
    bits.read(4)
    layers_minus1 = bits.read(3)
    nesting = bool(bits.read(1))
    general = payload[1:13]
    for _ in range(12):
        bits.read(8)
    _skip_sub_layers(bits, layers_minus1)
    bits.exp_golomb()  # sps_seq_parameter_set_id
    chroma = bits.exp_golomb()
    if chroma == 3:
        bits.read(1)
    width, height = bits.exp_golomb(), bits.exp_golomb()
    if bits.read(1):
        left, right, top, bottom = (bits.exp_golomb() for _ in range(4))
        width -= (left + right) * (2 if chroma in (1, 2) else 1)
        height -= (top + bottom) * (2 if chroma == 1 else 1)
    luma_depth, chroma_depth = 8 + bits.exp_golomb(), 8 + bits.exp_golomb()
    bits.exp_golomb()  # log2_max_pic_order_cnt_lsb_minus4
    reorders = False
    for _ in range(layers_minus1 + 1 if bits.read(1) else 1):
        bits.exp_golomb()  # sps_max_dec_pic_buffering_minus1
        reorders = bits.exp_golomb() > 0  # sps_max_num_reorder_pics: the highest layer's counts
        bits.exp_golomb()  # sps_max_latency_increase_plus1
    return Sequence(width, height, chroma, luma_depth, chroma_depth, general, layers_minus1 + 1, nesting, reorders)


def _skip_sub_layers(bits: _Bits, layers_minus1: int) -> None:
    if layers_minus1 == 0:
        return
    present = [(bits.read(1), bits.read(1)) for _ in range(layers_minus1)]
    for _ in range(layers_minus1, 8):
        bits.read(2)
    for profile, level in present:
        if profile:
            for _ in range(11):
                bits.read(8)
        if level:
            bits.read(8)
