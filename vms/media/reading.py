"""Reading the service's own fragmented files back: which fragments are whole, and where their samples lie.

One walk over the boxes for all who read; the file's head is ``vms.media.head``.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

#: A ``moof`` of ours and the head behind it, for up to 25 samples, in one read.
_PEEK = 512
_TIME, _COUNT = struct.Struct(">Q"), struct.Struct(">I")

_HOLE = bytes(64)

#: A fragment is read whole: 0.4 s of a camera take a few megabytes at most, and its ``moof`` a few kilobytes.
_MOST_DATA, _MOST_HEAD = 64 << 20, 1 << 20

#: Within a file one fragment begins where the one before it ended, to less than this (0.1 s at 90 kHz).
_ABUTS = 9_000
#: A fragment is cut after 0.4 s; one picture may last longer (60 s), and no run goes on for ten years.
_LONGEST, _LATEST = 90_000 * 60, 90_000 * 86_400 * 3652


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


class SampleInfo(NamedTuple):
    """One access unit in a file: byte range, and times in the track's timescale."""

    offset: int
    size: int
    dts: int
    pts: int
    duration: int
    keyframe: bool


class _Place(NamedTuple):
    """Where a ``moof`` stands, and its ``mdat``'s payload."""

    offset: int
    data: int
    length: int


class _Run(NamedTuple):
    """What a ``moof`` says of its samples: four columns in one row each (ISO/IEC 14496-12, 8.8.8)."""

    tfdt: int
    fields: tuple[int, ...]  # duration, size, flags, pts - dts (two's complement) of each sample

    def shift(self, number: int) -> int:
        """``pts - dts`` of a sample."""
        value = self.fields[4 * number + 3]
        return value - (1 << 32) if value >= 1 << 31 else value

    def keyframe(self, number: int) -> bool:
        return not self.fields[4 * number + 2] & 0x10000


def scan_fragments(file: BinaryIO, offset: int = 0, *, verify: bool = True) -> Iterator[FragmentInfo]:
    """The whole fragments from ``offset`` (the file's start, or the end of a fragment) on.

    Ends at the first that is torn, zero-filled, not ours, or of another time than the one before it: a flipped bit must
    not make a minute last for years. Without ``verify`` only the boxes' heads are read, which is
    enough for a file that was closed: its pictures were hashed as they were written.
    """
    for place, run in _walk(file, offset):
        if verify and not _units_fill(file, place.data, place.length):
            return
        size = place.data + place.length - place.offset
        yield FragmentInfo(
            place.offset, size, run.tfdt, sum(run.fields[::4]), len(run.fields) // 4, run.keyframe(0)
        )  # fmt: skip


def walk_samples(file: BinaryIO) -> Iterator[tuple[SampleInfo, ...]]:
    """The samples of each fragment, in order, up to the first that is not wholly in the file or not ours.

    Reads the boxes' heads alone, so that a minute of video costs a millisecond; what is in a sample is not looked at.
    """
    for place, run in _walk(file, 0):
        offset, dts = place.data, run.tfdt
        samples = []
        for number in range(len(run.fields) // 4):
            duration, size = run.fields[4 * number], run.fields[4 * number + 1]
            samples.append(SampleInfo(offset, size, dts, dts + run.shift(number), duration, run.keyframe(number)))
            offset, dts = offset + size, dts + duration
        yield tuple(samples)


def first_sample(moof: bytes) -> tuple[int, int]:
    """``(bytes, pts - dts in ticks)`` of the first sample of a ``moof`` of ours; another one raises ``ValueError``."""
    run = _run(moof)
    if run is None:
        raise ValueError("no fragment of ours")
    return run.fields[1], run.shift(0)


def _walk(file: BinaryIO, offset: int) -> Iterator[tuple[_Place, _Run]]:
    """The fragments from ``offset`` on that lie wholly in the file, and whose samples fill them."""
    length = file.seek(0, os.SEEK_END)
    due: int | None = None
    while True:
        file.seek(offset)
        head = file.read(_PEEK)
        size, name = int.from_bytes(head[:4], "big"), head[4:8]
        if size < 8:
            return
        if name in (b"ftyp", b"moov"):
            offset += size
            continue
        if name != b"moof" or size > _MOST_HEAD or offset + size > length:
            return
        if size + 8 > len(head):
            head += file.read(size + 8 - len(head))
        data = int.from_bytes(head[size : size + 4], "big")
        if head[size + 4 : size + 8] != b"mdat" or not 8 <= data <= _MOST_DATA or offset + size + data > length:
            return
        run = _run(head[8:size])
        if run is None or sum(run.fields[1::4]) != data - 8:
            return
        duration = sum(run.fields[::4])
        if duration > _LONGEST or run.tfdt > _LATEST or (due is not None and abs(run.tfdt - due) > _ABUTS):
            return
        due = run.tfdt + duration
        yield _Place(offset, offset + size + 8, data - 8), run
        offset += size + data


def _run(moof: bytes) -> _Run | None:
    tfdt_at, trun_at = moof.find(b"tfdt"), moof.find(b"trun")
    if tfdt_at < 0 or trun_at < 0:
        return None
    try:
        (tfdt,) = _TIME.unpack_from(moof, tfdt_at + 8)
        (count,) = _COUNT.unpack_from(moof, trun_at + 8)
        fields = struct.unpack_from(f">{4 * count}I", moof, trun_at + 16)
    except struct.error:
        return None
    return _Run(tfdt, fields) if count else None


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
