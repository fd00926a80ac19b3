"""Reading the service's own fragmented files back: which fragments are whole, where they start, how long they are."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

#: A ``moof`` of ours and the head behind it, for up to 25 samples, in one read.
_PEEK = 512
_TIME, _COUNT = struct.Struct(">Q"), struct.Struct(">I")

_HOLE = bytes(64)


class FragmentInfo(NamedTuple):
    """One whole ``moof`` + ``mdat``: byte range in the file, decode time and duration in the track's timescale.

    A tuple, because two hours of a camera are 18 000 of them, and a frozen dataclass takes ten times as long to make.
    """

    offset: int
    size: int
    tfdt: int
    duration: int
    samples: int
    keyframe: bool


def scan_fragments(file: BinaryIO, offset: int = 0, *, verify: bool = True) -> Iterator[FragmentInfo]:
    """The whole fragments from ``offset`` (the file's start, or the end of a fragment) on.

    Ends at the first that is torn, zero-filled or not ours. Without ``verify`` only the boxes' heads are read, which is
    enough for a file that was closed: its pictures were hashed as they were written.
    """
    length = file.seek(0, os.SEEK_END)
    while True:
        file.seek(offset)
        head = file.read(_PEEK)
        size, name = int.from_bytes(head[:4], "big"), head[4:8]
        if size < 8:
            return
        if name in (b"ftyp", b"moov"):
            offset += size
            continue
        if name != b"moof" or offset + size > length:
            return
        if size + 8 > len(head):
            head += file.read(size + 8 - len(head))
        data = int.from_bytes(head[size : size + 4], "big")
        if head[size + 4 : size + 8] != b"mdat" or data < 8 or offset + size + data > length:
            return
        info = _parse(head[8:size], offset, size + data)
        if info is None or (verify and not _units_fill(file, offset + size + 8, data - 8)):
            return
        yield info
        offset += info.size


def first_sample(moof: bytes) -> tuple[int, int]:
    """``(bytes, pts - dts in ticks)`` of the first sample of a ``moof`` of ours; another one raises ``ValueError``."""
    at = moof.find(b"trun")
    try:
        (_, size, _, offset) = struct.unpack_from(">IIIi", moof, at + 16)
    except struct.error as err:
        raise ValueError("no fragment of ours") from err
    if at < 0:
        raise ValueError("no fragment of ours")
    return size, offset


def _parse(moof: bytes, offset: int, size: int) -> FragmentInfo | None:
    tfdt_at, trun_at = moof.find(b"tfdt"), moof.find(b"trun")
    if tfdt_at < 0 or trun_at < 0:
        return None
    try:
        (tfdt,) = _TIME.unpack_from(moof, tfdt_at + 8)
        (count,) = _COUNT.unpack_from(moof, trun_at + 8)
        fields = struct.unpack_from(f">{4 * count}I", moof, trun_at + 16)
    except struct.error:
        return None
    if count == 0:
        return None
    return FragmentInfo(offset, size, tfdt, sum(fields[::4]), count, not fields[2] & 0x10000)


def _units_fill(file: BinaryIO, offset: int, length: int) -> bool:
    """Whether NAL units fill the ``mdat`` exactly; zeros, a hole amid them or a missing end do not."""
    file.seek(offset)
    data = file.read(length)
    if len(data) != length or data.endswith(b"\x00"):  # no NAL unit ends in a zero byte
        return False
    at = 0
    while at + 4 < length:
        unit = int.from_bytes(data[at : at + 4], "big")
        # Emulation prevention keeps zeros out of a NAL unit: so many are a sector that was never written.
        if unit == 0 or data.find(_HOLE, at + 4, at + 4 + unit) >= 0:
            return False
        at += 4 + unit
    return at == length
