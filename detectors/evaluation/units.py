"""The NAL units of a film's packets: what is wrong with them that a decoder does not say, and which it needs.

Not here: decoding, and what of all this makes a film damaged (``intact``).
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from vms.media import nal
from vms.media.parameters import frame_number, read_sequence

#: Emulation prevention keeps zeros out of a unit: so many are a sector that was lost.
_HOLE = bytes(64)
#: Units of H.265 behind end of sequence and end of stream carry no picture (7.4.2.2, table 7-1).
_H265_LAST_NEEDED = 37
#: Where the size of a unit's length stands (ISO/IEC 14496-15, 5.3.3.1.2 and 8.3.3.1.2).
_SIZE_AT = {"h264": 4, "hevc": 21}


class Units:
    """Of one film, packet by packet; of other codecs than H.264 and H.265 nothing is known, and nothing wrong."""

    def __init__(self, codec: str, extradata: bytes) -> None:
        self._codec = codec
        self._prefix = 0  # bytes that give a unit's length; 0: start codes stand between units
        self._bits = 0  # of frame numbers that can be followed
        self._number: int | None = None
        if codec not in _SIZE_AT:
            return
        size_at = _SIZE_AT[codec]
        if extradata[:1] == b"\x01" and len(extradata) > size_at:
            self._prefix = (extradata[size_at] & 3) + 1
            self._follow(extradata[8 : 8 + int.from_bytes(extradata[6:8], "big")])
        else:
            for sps in nal.parameter_sets(codec, extradata).sps:
                self._follow(sps)

    def wrong(self, packet: bytes) -> str | None:
        """What is wrong with the next packet in decoding order, or None."""
        numbered = False
        why = None
        for unit in self._split(packet):
            filled = unit.rstrip(b"\0")
            if not filled:
                return "zeros stand where data was"
            kind = nal.kind(self._codec, unit)
            if _HOLE in filled and self._without_zeros(kind):
                return "zeros stand where data was"
            if kind == nal.H264_SPS:
                self._follow(unit)
            elif self._bits and not numbered and kind in {1, nal.H264_IDR}:
                numbered = True
                why = self._left_out(unit, key=kind == nal.H264_IDR)
        return why

    def pictured(self, packet: bytes) -> bool:
        """Whether a slice is in it: some packets only tell something. Of other codecs each is a picture."""
        return self._codec not in _SIZE_AT or any(
            nal.is_picture(self._codec, nal.kind(self._codec, unit)) for unit in self._split(packet) if unit
        )

    def forget(self) -> None:
        """From here on other parameters hold, which no packet tells: numbers are not followed before it does."""
        self._bits, self._number = 0, None

    def needed(self, packet: bytes) -> bytes | None:
        """H.265 without what only tells something; None: nothing such is in it."""
        if self._codec != "hevc":
            return None
        units = list(self._split(packet))
        needed = [unit for unit in units if not unit or nal.kind("hevc", unit) <= _H265_LAST_NEEDED]
        if len(needed) == len(units):
            return None
        return b"".join(
            (len(unit).to_bytes(self._prefix, "big") if self._prefix else b"\0\0\0\1") + unit for unit in needed
        )

    def _split(self, packet: bytes) -> Iterator[bytes]:
        if self._codec not in _SIZE_AT:
            return
        if not self._prefix:
            yield from nal.split(packet)
            return
        at = self._prefix
        while at < len(packet):
            length = int.from_bytes(packet[at - self._prefix : at], "big")
            yield packet[at : at + length]
            at += length + self._prefix

    def _without_zeros(self, kind: int) -> bool:
        """Messages and private units may hold many zeros; kind 0 is what is left where zeros lie over the head."""
        return kind == 0 or nal.is_picture(self._codec, kind) or nal.is_parameter_set(self._codec, kind)

    def _follow(self, sps: bytes) -> None:
        if self._codec == "h264":
            with contextlib.suppress(ValueError):
                self._bits = read_sequence("h264", sps).frame_number_bits

    def _left_out(self, slice_: bytes, *, key: bool) -> str | None:
        """H.264, 7.4.3: a number is that of the reference picture before it, or the next one.

        Behind a picture that lets go of all others (memory_management_control_operation 5) it begins anew, and is
        taken for damage: behind a lost key frame it goes on in the same way, and that must be told.
        """
        try:
            number = frame_number(slice_, self._bits)
        except ValueError:
            return None  # the decoder will say so
        before = self._number
        if slice_[0] & 0x60:  # nal_ref_idc: others may refer to it
            self._number = number
        if key or before is None or (number - before) % (1 << self._bits) <= 1:
            return None
        return "pictures are missing"
