"""Reading the head of one of the service's own files back: codec, picture size, timescale, parameter sets.

Fragments are ``vms.media.reading``. Sources: ISO/IEC 14496-12 (boxes), 14496-15 (avcC, hvcC).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO

from vms.media.boxes import Track
from vms.media.nal import ParameterSets

#: ftyp and moov take less than a kilobyte.
MAX_HEAD = 64 * 1024


def read_head(file: BinaryIO) -> Track:
    """The track that the head describes; raises ``ValueError`` where there is none of ours."""
    try:
        timescale, codec, setup = _described(file)
        return Track.of(codec, _avc(setup) if codec == "h264" else _hevc(setup), timescale)
    except (struct.error, IndexError) as err:
        raise ValueError("the head is torn") from err


def decoder_setup(file: BinaryIO) -> tuple[str, bytes]:
    """``("h264" or "hevc", avcC or hvcC)``: what a decoder needs first; raises ``ValueError`` without either."""
    try:
        _, codec, setup = _described(file)
    except struct.error as err:
        raise ValueError("the head is torn") from err
    return codec, setup


def _described(file: BinaryIO) -> tuple[int, str, bytes]:
    """Timescale, codec, and the body of its avcC or hvcC."""
    file.seek(0)
    media = _find(_find(_find(file.read(MAX_HEAD), b"moov"), b"trak"), b"mdia")
    (timescale,) = struct.unpack_from(">I", _find(media, b"mdhd"), 12)
    if not timescale:
        raise ValueError("its time has no scale")
    table = _find(_find(_find(media, b"minf"), b"stbl"), b"stsd")[8:]
    for name, entry in _boxes(table):
        if name == b"avc1":
            return timescale, "h264", _find(entry[78:], b"avcC")
        if name == b"hvc1":
            return timescale, "hevc", _find(entry[78:], b"hvcC")
    raise ValueError("no video track of ours")


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at + 8 <= len(data):
        size, name = struct.unpack_from(">I4s", data, at)
        if size < 8 or at + size > len(data):
            return
        yield name, data[at + 8 : at + size]
        at += size


def _find(data: bytes, wanted: bytes) -> bytes:
    for name, body in _boxes(data):
        if name == wanted:
            return body
    raise ValueError(f"no {wanted.decode()} box")


def _units(data: bytes, at: int, count: int) -> tuple[tuple[bytes, ...], int]:
    units = []
    for _ in range(count):
        (size,) = struct.unpack_from(">H", data, at)
        units.append(data[at + 2 : at + 2 + size])
        at += 2 + size
    return tuple(units), at


def _avc(body: bytes) -> ParameterSets:
    sps, at = _units(body, 6, body[5] & 0x1F)
    pps, _ = _units(body, at + 1, body[at])
    return ParameterSets((), sps, pps)


def _hevc(body: bytes) -> ParameterSets:
    kinds: dict[int, tuple[bytes, ...]] = {}
    at = 23
    for _ in range(body[22]):
        kind, (count,) = body[at] & 0x3F, struct.unpack_from(">H", body, at + 1)
        kinds[kind], at = _units(body, at + 3, count)
    return ParameterSets(kinds.get(32, ()), kinds.get(33, ()), kinds.get(34, ()))
