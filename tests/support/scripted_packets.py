"""What a demuxer hands on, scripted: a session asks no more of libav's packets than this."""

from __future__ import annotations

import struct
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ScriptedPacket:
    """Times in ticks; ``camera_utc`` is what libav makes of a sender report (AVProducerReferenceTime)."""

    payload: bytes
    pts: int | None
    dts: int | None
    camera_utc: float | None = None

    @property
    def size(self) -> int:
        return len(self.payload)

    def __bytes__(self) -> bytes:
        return self.payload

    def get_sidedata(self, dtype: str) -> bytes:
        assert dtype == "prft"
        return b"" if self.camera_utc is None else struct.pack("=qi", round(self.camera_utc * 1e6), 24)
