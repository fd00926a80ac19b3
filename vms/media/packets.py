"""A packet for libav's decoders, made of bytes. Decoding itself belongs to who needs pictures.

libav reads up to 64 bytes past a packet's end and wants zeros there (``AV_INPUT_BUFFER_PADDING_SIZE``).
``av.Packet(data)`` lends libav the memory as it is, so it would read whatever lies behind: MPEG-4 pictures then
differ from run to run. A packet that libav allocates is padded.
"""

from __future__ import annotations

from fractions import Fraction
from typing import cast

import av


def padded(payload: bytes, pts: int, dts: int, time_base: Fraction) -> av.Packet[av.VideoStream]:
    """One access unit with its times in ``time_base``."""
    packet = cast("av.Packet[av.VideoStream]", av.Packet(len(payload)))
    packet.update(payload)
    packet.pts, packet.dts, packet.time_base = pts, dts, time_base
    return packet
