"""Access units to CMAF fragments: the service's own muxer, because libav's holds each frame back for the next.

One fragment is one ``moof`` + ``mdat``, written in one piece. Source: ISO/IEC 14496-12, 23000-19 (CMAF).
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import NamedTuple

from vms.media import nal
from vms.media.boxes import TRACK_ID, box, full_box

# ISO/IEC 14496-12, 8.8.3.1: depends on nothing / depends on others and is no sync sample.
_KEY_FLAGS = 0x02000000
_OTHER_FLAGS = 0x01010000

#: By the first byte of a unit.
_LEFT_OUT = {
    codec: frozenset(
        byte
        for byte in range(256)
        if nal.is_parameter_set(codec, nal.kind(codec, bytes((byte,))))
        or nal.is_delimiter(codec, nal.kind(codec, bytes((byte,))))
    )
    for codec in ("h264", "hevc")
}

# tfhd: default-base-is-moof; trun: data-offset, and duration, size, flags, composition offset for each sample.
_TFHD_FLAGS = 0x020000
_TRUN_FLAGS = 0x000F01


class Sample(NamedTuple):
    """One access unit ready for MP4. Times in the track's timescale."""

    data: bytes  # NAL units, each behind its length (4 bytes)
    dts: int
    pts: int
    duration: int
    keyframe: bool


def length_prefixed(codec: str, access_unit: bytes, starts: Sequence[int] = ()) -> bytes:
    """Annex B to the form MP4 wants, without parameter sets and delimiters, which the sample entry replaces.

    ``starts``: where its units begin, behind start codes of four bytes; empty: they are looked for.
    """
    left_out = _LEFT_OUT[codec]
    if len(starts) == 1 and access_unit[4] not in left_out and access_unit[-1]:  # one slice alone: most pictures
        return (len(access_unit) - 4).to_bytes(4, "big") + access_unit[4:]
    parts: list[bytes | memoryview] = []
    view = memoryview(access_unit)  # copied once, by the join
    for begin, end in nal.between(access_unit, starts) if starts else nal.places(access_unit):
        if access_unit[begin] not in left_out:
            parts.append((end - begin).to_bytes(4, "big"))
            parts.append(view[begin:end])
    return b"".join(parts)


def fragment(sequence: int, samples: Sequence[Sample]) -> bytes:
    """``moof`` + ``mdat`` of at least one sample; ``sequence`` counts the fragments of a file or a live run."""
    entries = b"".join(
        struct.pack(">IIIi", s.duration, len(s.data), _KEY_FLAGS if s.keyframe else _OTHER_FLAGS, s.pts - s.dts)
        for s in samples
    )
    # Sizes are fixed, so the offset of the data is known before the box is built:
    # moof 8 + mfhd 16 + traf 8 + tfhd 16 + tfdt 20 + trun 20 + 16 a sample, then mdat's header.
    data_offset = 88 + len(entries) + 8
    moof = box(
        b"moof",
        full_box(b"mfhd", 0, 0, struct.pack(">I", sequence)),
        box(
            b"traf",
            full_box(b"tfhd", 0, _TFHD_FLAGS, struct.pack(">I", TRACK_ID)),
            full_box(b"tfdt", 1, 0, struct.pack(">Q", samples[0].dts)),
            full_box(b"trun", 1, _TRUN_FLAGS, struct.pack(">Ii", len(samples), data_offset), entries),
        ),
    )
    head = struct.pack(">I4s", 8 + sum(len(s.data) for s in samples), b"mdat")
    return b"".join((moof, head, *(s.data for s in samples)))  # in one go: this is most of what is written
