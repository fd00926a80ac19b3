"""Reading the service's own fragmented files back: which fragments are whole, where they start, how long they are."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

_HOLE = bytes(64)


@dataclass(frozen=True, slots=True)
class FragmentInfo:
    """One whole ``moof`` + ``mdat``: byte range in the file, decode time and duration in the track's timescale."""

    offset: int
    size: int
    tfdt: int
    duration: int
    samples: int
    keyframe: bool


def scan_fragments(file: BinaryIO) -> Iterator[FragmentInfo]:
    """The whole fragments from the file's start, up to the first that is torn, zero-filled or not ours."""
    offset = 0
    while (head := _box_head(file, offset)) is not None:
        name, size = head
        if name in (b"ftyp", b"moov"):
            offset += size
            continue
        if name != b"moof":
            return
        moof = file.read(size - 8)
        data = _box_head(file, offset + size)
        if len(moof) != size - 8 or data is None or data[0] != b"mdat":
            return
        info = _parse(moof, offset, size + data[1])
        if info is None or not _units_fill(file, offset + size + 8, data[1] - 8):
            return
        yield info
        offset += info.size


def _box_head(file: BinaryIO, offset: int) -> tuple[bytes, int] | None:
    file.seek(offset)
    head = file.read(8)
    if len(head) < 8:
        return None
    size, name = struct.unpack(">I4s", head)
    return (name, size) if size >= 8 else None


def _parse(moof: bytes, offset: int, size: int) -> FragmentInfo | None:
    at = moof.find(b"tfdt"), moof.find(b"trun")
    if min(at) < 0:
        return None
    try:
        (tfdt,) = struct.unpack_from(">Q", moof, at[0] + 8)
        (count,) = struct.unpack_from(">I", moof, at[1] + 8)
        entries = list(struct.iter_unpack(">IIIi", moof[at[1] + 16 : at[1] + 16 + 16 * count]))
    except struct.error:
        return None
    if len(entries) != count or count == 0:
        return None
    return FragmentInfo(offset, size, tfdt, sum(e[0] for e in entries), count, not entries[0][2] & 0x10000)


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
