"""Where the samples of the service's own fragmented files lie, without reading them; and what a decoder needs first."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

#: Ours have a few hundred bytes; whatever claims more is no box of ours.
_MAX_HEAD = 1 << 20


@dataclass(frozen=True, slots=True)
class SampleInfo:
    """One access unit in a file: byte range, and times in the track's timescale."""

    offset: int
    size: int
    dts: int
    pts: int
    duration: int
    keyframe: bool


def walk_samples(file: BinaryIO) -> Iterator[tuple[SampleInfo, ...]]:
    """The samples of each fragment, in order, up to the first that is not wholly in the file or not ours.

    Reads the boxes' heads alone, so that a minute of video costs a millisecond; what is in a sample is not looked at.
    """
    end = os.fstat(file.fileno()).st_size
    offset = 0
    while (head := _head(file, offset)) is not None:
        name, size = head
        if name not in (b"ftyp", b"moov"):
            moof = file.read(size - 8) if name == b"moof" and size <= _MAX_HEAD else b""
            data = _head(file, offset + size)
            if data is None or data[0] != b"mdat" or offset + size + data[1] > end:
                return
            samples = _samples(moof, offset + size + 8, data[1] - 8)
            if not samples:
                return
            yield samples
            size += data[1]
        offset += size


def decoder_setup(file: BinaryIO) -> tuple[str, bytes] | None:
    """``("h264" or "hevc", avcC or hvcC)`` from the file's beginning; None where it has neither."""
    file.seek(0)
    start = file.read(_MAX_HEAD)
    start = start[: start.find(b"moof")] if b"moof" in start else start
    for codec, name in (("h264", b"avcC"), ("hevc", b"hvcC")):
        at = start.find(name)
        if at >= 4:
            return codec, start[at + 4 : at - 4 + int.from_bytes(start[at - 4 : at], "big")]
    return None


def _head(file: BinaryIO, offset: int) -> tuple[bytes, int] | None:
    file.seek(offset)
    head = file.read(8)
    if len(head) < 8:
        return None
    size, name = struct.unpack(">I4s", head)
    return (name, size) if size >= 8 else None


def _samples(moof: bytes, offset: int, length: int) -> tuple[SampleInfo, ...]:
    at = moof.find(b"tfdt"), moof.find(b"trun")
    if min(at) < 0:
        return ()
    try:
        (dts,) = struct.unpack_from(">Q", moof, at[0] + 8)
        (count,) = struct.unpack_from(">I", moof, at[1] + 8)
        entries = list(struct.iter_unpack(">IIIi", moof[at[1] + 16 : at[1] + 16 + 16 * count]))
    except struct.error:
        return ()
    if len(entries) != count or sum(size for _, size, _, _ in entries) != length:
        return ()
    samples = []
    for duration, size, flags, shift in entries:
        samples.append(SampleInfo(offset, size, dts, dts + shift, duration, not flags & 0x10000))
        offset, dts = offset + size, dts + duration
    return tuple(samples)
