"""Real access units, damaged in every way that a seed says: what no decoder may take its process down for.

Each case has its own generator, seeded by the run's seed and its number, so that one case can be played alone.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.support.footage import Unit, encode
from vms.ingest.stream import MediaPacket
from vms.media import nal

START = b"\0\0\0\1"
SIDE = 16384


@dataclass(frozen=True, slots=True)
class Source:
    """One stream: its codec and access units, the first of which is a key frame with its parameter sets."""

    codec: str
    units: tuple[Unit, ...]


def sources() -> list[Source]:
    """Streams of both codecs: with and without B-frames, in slices, interlaced, with another entropy coder."""
    made = [
        ("h264", (320, 180), 0, ()),
        ("h264", (640, 360), 2, (("preset", "medium"),)),
        ("h264", (176, 144), 1, (("preset", "fast"), ("flags", "+ildct+ilme"), ("slices", "4"))),
        ("hevc", (320, 180), 0, ()),
        ("hevc", (416, 240), 2, (("preset", "medium"),)),
    ]
    return [
        Source(codec, encode(codec, size, frames=30, gop=15, bframes=bframes, extra=extra))
        for codec, size, bframes, extra in made
    ]


@dataclass(frozen=True, slots=True)
class _Case:
    """What a damage may use: the unit's NAL units, and those of any other unit of any stream."""

    codec: str
    parts: list[bytes]
    others: list[bytes]
    dice: random.Random


Damage = Callable[[_Case], list[bytes]]


def _flipped(case: _Case, *, first: int = 0, last: int | None = None, most: int = 40) -> list[bytes]:
    at = case.dice.randrange(len(case.parts))
    part = bytearray(case.parts[at])
    end = min(len(part), last or len(part))
    for _ in range(case.dice.randint(1, most)):
        part[case.dice.randrange(min(first, end - 1), end)] ^= 1 << case.dice.randrange(8)
    return [*case.parts[:at], bytes(part), *case.parts[at + 1 :]]


def _zeroed(case: _Case) -> list[bytes]:
    part = bytearray(case.parts[-1])
    begin = case.dice.randrange(len(part))
    length = case.dice.randint(1, len(part) - begin)
    part[begin : begin + length] = bytes(length)
    return [*case.parts[:-1], bytes(part)]


def _spliced(case: _Case) -> list[bytes]:
    at = case.dice.randrange(len(case.parts))
    part, other = case.parts[at], case.dice.choice(case.others)
    cut = case.dice.randrange(1, len(part) + 1)
    return [*case.parts[:at], part[:cut] + other[min(cut, len(other) - 1) :], *case.parts[at + 1 :]]


def _swapped(case: _Case) -> list[bytes]:
    return case.dice.sample(case.parts, len(case.parts))


def _retyped(case: _Case) -> list[bytes]:
    at = case.dice.randrange(len(case.parts))
    part = bytearray(case.parts[at])
    part[0] = case.dice.randrange(128) if case.codec == "h264" else case.dice.randrange(64) << 1
    return [*case.parts[:at], bytes(part), *case.parts[at + 1 :]]


def _strangers_sets(case: _Case) -> list[bytes]:
    """Another stream's parameter sets in front of our slices."""
    theirs = [one for one in case.others if nal.is_parameter_set(case.codec, nal.kind(case.codec, one))]
    return [*case.dice.sample(theirs, min(len(theirs), 3)), *case.parts]


def _resized(case: _Case) -> list[bytes]:
    """Parameter sets that claim another size: a small one, one as large as is decoded, and a giant's."""
    slices = [one for one in case.parts if not nal.is_parameter_set(case.codec, nal.kind(case.codec, one))]
    side = case.dice.choices((64, 1024, 5888, SIDE), (6, 6, 1, 6))[0]
    return [*sets_of_a_giant(case.codec, side), *slices]


def _garbage(case: _Case) -> list[bytes]:
    at = case.dice.randrange(len(case.parts))
    return [*case.parts[:at], case.parts[at][:2] + case.dice.randbytes(case.dice.randint(1, 2000))]


DAMAGES: dict[str, Damage] = {
    "bits flipped": _flipped,
    "slice header flipped": lambda case: _flipped(case, first=1, last=12, most=6),
    "one bit flipped": lambda case: _flipped(case, most=1),
    "truncated": lambda case: [*case.parts[:-1], case.parts[-1][: case.dice.randint(1, len(case.parts[-1]))]],
    "zeroed": _zeroed,
    "spliced": _spliced,
    "units swapped": _swapped,
    "unit left out": lambda case: [one for one in case.parts if case.dice.random() < 0.6] or case.parts[:1],
    "unit doubled": lambda case: [one for one in case.parts for _ in range(case.dice.randint(1, 3))],
    "unit of another type": _retyped,
    "sets of another stream": _strangers_sets,
    "garbage": _garbage,
    "sets of a giant": _resized,
}


def damaged(source: Source, others: list[bytes], dice: random.Random) -> Iterator[tuple[str, MediaPacket]]:
    """A piece of ``source`` with some units damaged, as ingest would hand it on, and the name of each damage."""
    begin = dice.choice((0, 0, 15))
    share = dice.choice((0.1, 0.5, 1.0))
    for unit in source.units[begin : begin + dice.randint(1, 25)]:
        name, parts = "", list(nal.split(unit.payload))
        if dice.random() < share:
            name = dice.choice(list(DAMAGES))
            parts = DAMAGES[name](_Case(source.codec, parts, others, dice))
        payload = b"".join(START + part for part in parts if part)
        picture = nal.first_picture(source.codec, payload)
        if picture is not None or dice.random() < 0.1:
            yield name, MediaPacket(payload, unit.pts, unit.dts, picture is not None and picture.key, unit.dts / 9e4)


def poisoned(units: tuple[Unit, ...], seed: int) -> list[Unit]:
    """An H.264 stream that no ingest refuses (sets and types stay) and no decoder likes, from its first picture on."""
    dice = random.Random(seed)
    sick = []
    for unit in units:
        parts = [bytearray(part) for part in nal.split(unit.payload)]
        for part in parts:
            if nal.is_picture("h264", part[0] & 0x1F):
                part[4:] = dice.randbytes(len(part) - 4)
        sick.append(Unit(b"".join(START + bytes(part) for part in parts), unit.pts, unit.dts, unit.key))
    return sick


def giant(codec: str, side: int = SIDE) -> bytes:
    """A key frame whose parameter sets claim a picture of ``side`` × ``side`` pixels."""
    parts = list(nal.split(encode(codec)[0].payload))
    slices = [part for part in parts if nal.is_picture(codec, nal.kind(codec, part))]
    return b"".join(START + part for part in [*sets_of_a_giant(codec, side), *slices])


def sets_of_a_giant(codec: str, side: int = SIDE) -> list[bytes]:
    """Parameter sets of a real stream, but for the size of the picture."""
    sets = nal.parameter_sets(codec, encode(codec)[0].payload)
    if codec == "h264":
        # 7.3.2.1.1: Baseline, level 6.2, id 0, frame numbers of 4 bits, order of decoding, one reference
        head = f"{66:08b}{0:08b}{62:08b}" + _ue(0) + _ue(0) + _ue(2) + _ue(1) + "0"
        sps = b"\x67" + _bytes(head + _ue(side // 16 - 1) * 2 + "1" + "1" + "0" + "0" + "1")
    else:
        # 7.3.2.2.1: one layer, so the size stands behind header, profile, id and chroma format
        bits = "".join(f"{byte:08b}" for byte in nal.unescape(sets.sps[0]))
        at = 16 + 8 + 96
        for _ in range(2):
            at = _behind(bits, at)
        begin, end = at, _behind(bits, _behind(bits, at))
        sps = _bytes(bits[:begin] + _ue(side) * 2 + bits[end:])
    return [*sets.vps, _escaped(sps), *sets.pps]


def _ue(value: int) -> str:
    """Exp-Golomb (9.1 in H.264, 9.2 in H.265)."""
    bits = f"{value + 1:b}"
    return "0" * (len(bits) - 1) + bits


def _behind(bits: str, at: int) -> int:
    """Where the Exp-Golomb code at ``at`` ends."""
    zeros = bits.index("1", at) - at
    return at + 2 * zeros + 1


def _bytes(bits: str) -> bytes:
    bits += "0" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8, "big")


def _escaped(unit: bytes) -> bytes:
    """With emulation prevention bytes (7.3.1 in both standards)."""
    out = bytearray()
    for byte in unit:
        if byte <= 3 and out[-2:] == b"\0\0":
            out.append(3)
        out.append(byte)
    return bytes(out)
