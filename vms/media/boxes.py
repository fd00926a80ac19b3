"""ISO base media boxes, written from their fields. Sources: ISO/IEC 14496-12 (boxes), 14496-15 (avcC, hvcC)."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from vms.media.nal import H265_PPS, H265_SPS, H265_VPS, ParameterSets
from vms.media.parameters import Sequence, read_sequence

_MATRIX = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
TRACK_ID = 1


def box(name: bytes, *parts: bytes) -> bytes:
    """A box of ``parts``; ``name`` has four bytes."""
    body = b"".join(parts)
    return struct.pack(">I4s", len(body) + 8, name) + body


def full_box(name: bytes, version: int, flags: int, *parts: bytes) -> bytes:
    """A box with version and flags."""
    return box(name, struct.pack(">I", version << 24 | flags), *parts)


@dataclass(frozen=True, slots=True)
class Track:
    """A video track: codec, parameter sets and what they say."""

    codec: str  # "h264" or "hevc"
    sets: ParameterSets
    sequence: Sequence
    timescale: int

    @classmethod
    def of(cls, codec: str, sets: ParameterSets, timescale: int) -> Track:
        """Reads the first SPS; a broken or missing one raises ``ValueError``."""
        if not sets:
            raise ValueError("the parameter sets are incomplete")
        return cls(codec, sets, read_sequence(codec, sets.sps[0]), timescale)

    @property
    def mime_codec(self) -> str:
        """RFC 6381 name, from the parameter sets: ``avc1.64001f``, ``hvc1.1.6.L93.B0``."""
        if self.codec == "h264":
            return "avc1." + self.sets.sps[0][1:4].hex()
        ptl = self.sequence.profile_tier_level
        space = ("", "A", "B", "C")[ptl[0] >> 6]
        compatibility = int(f"{int.from_bytes(ptl[1:5], 'big'):032b}"[::-1], 2)
        constraints = ptl[5:11].rstrip(b"\x00")
        parts = [f"hvc1.{space}{ptl[0] & 0x1F}", f"{compatibility:x}", f"{'H' if ptl[0] & 0x20 else 'L'}{ptl[11]}"]
        return ".".join([*parts, *(f"{byte:x}" for byte in constraints)])

    @property
    def mime(self) -> str:
        """For MediaSource: ``video/mp4; codecs="avc1.64001f"``."""
        return f'video/mp4; codecs="{self.mime_codec}"'


def _avcc(track: Track) -> bytes:
    sets, seq = track.sets, track.sequence
    body = bytes([1, *sets.sps[0][1:4], 0xFF, 0xE0 | len(sets.sps)])
    body += b"".join(struct.pack(">H", len(unit)) + unit for unit in sets.sps)
    body += bytes([len(sets.pps)]) + b"".join(struct.pack(">H", len(unit)) + unit for unit in sets.pps)
    if sets.sps[0][1] in (100, 110, 122, 144):
        body += bytes([0xFC | seq.chroma_format, 0xF8 | seq.bit_depth_luma - 8, 0xF8 | seq.bit_depth_chroma - 8, 0])
    return box(b"avcC", body)


def _hvcc(track: Track) -> bytes:
    sets, seq = track.sets, track.sequence
    layers = seq.temporal_layers << 3 | int(seq.temporal_nesting) << 2 | 3  # 3: NAL lengths take four bytes
    body = b"\x01" + seq.profile_tier_level
    body += struct.pack(">HBBBBHB", 0xF000, 0xFC, 0xFC | seq.chroma_format, 0xF8 | seq.bit_depth_luma - 8,
                        0xF8 | seq.bit_depth_chroma - 8, 0, layers)  # fmt: skip
    arrays = [(H265_VPS, sets.vps), (H265_SPS, sets.sps), (H265_PPS, sets.pps)]
    body += bytes([sum(1 for _, units in arrays if units)])
    for unit_kind, units in arrays:
        if units:
            body += struct.pack(">BH", 0x80 | unit_kind, len(units))
            body += b"".join(struct.pack(">H", len(unit)) + unit for unit in units)
    return box(b"hvcC", body)


def _sample_entry(track: Track) -> bytes:
    name, configuration = (b"avc1", _avcc(track)) if track.codec == "h264" else (b"hvc1", _hvcc(track))
    return box(
        name,
        struct.pack(">6xH16xHHIIIH32xHh", 1, track.sequence.width, track.sequence.height, 0x480000, 0x480000, 0, 1,
                    24, -1),
        configuration,
    )  # fmt: skip


def init_segment(track: Track) -> bytes:
    """``ftyp`` and ``moov`` of a fragmented file with one video track."""
    width, height = track.sequence.width, track.sequence.height
    empty = struct.pack(">I", 0)
    stbl = box(
        b"stbl",
        full_box(b"stsd", 0, 0, struct.pack(">I", 1), _sample_entry(track)),
        full_box(b"stts", 0, 0, empty),
        full_box(b"stsc", 0, 0, empty),
        full_box(b"stsz", 0, 0, struct.pack(">II", 0, 0)),
        full_box(b"stco", 0, 0, empty),
    )
    minf = box(
        b"minf",
        full_box(b"vmhd", 0, 1, bytes(8)),
        box(b"dinf", full_box(b"dref", 0, 0, struct.pack(">I", 1), full_box(b"url ", 0, 1))),
        stbl,
    )
    mdia = box(
        b"mdia",
        full_box(b"mdhd", 0, 0, struct.pack(">IIIIHH", 0, 0, track.timescale, 0, 0x55C4, 0)),
        full_box(b"hdlr", 0, 0, struct.pack(">I4s12x", 0, b"vide"), b"VideoHandler\x00"),
        minf,
    )
    tkhd = full_box(
        b"tkhd", 0, 7, struct.pack(">IIIII8xHHHH", 0, 0, TRACK_ID, 0, 0, 0, 0, 0, 0), _MATRIX,
        struct.pack(">II", width << 16, height << 16),
    )  # fmt: skip
    moov = box(
        b"moov",
        full_box(b"mvhd", 0, 0, struct.pack(">IIIIIH10x", 0, 0, 1000, 0, 0x10000, 0x100), _MATRIX, bytes(24),
                 struct.pack(">I", TRACK_ID + 1)),
        box(b"trak", tkhd, mdia),
        box(b"mvex", full_box(b"trex", 0, 0, struct.pack(">IIIII", TRACK_ID, 1, 0, 0, 0))),
    )  # fmt: skip
    return box(b"ftyp", b"iso5", struct.pack(">I", 512), b"iso5iso6cmfcmp41") + moov
