"""RTP packets to access units. Sources: RFC 3550 5.1, RFC 6184 5.6-5.8 (H.264), RFC 7798 4.4 (H.265).

Over TCP nothing is lost on the way; a camera whose line is full leaves packets out all the same. A unit that lacks a
part is left out: a decoder makes more of a missing slice than of half of one.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

_START = b"\x00\x00\x00\x01"
_HEAD = struct.Struct(">HI")
# Interleaved: $, channel, size; RTP: first two bytes, sequence, timestamp; the unit's kind; what the fragment is.
_INNER_H264 = struct.Struct(">BBHBBHI4xBB")
_INNER_H265 = struct.Struct(">BBHBBHI4xBxB")

_H264_STAP_A, _H264_FU_A = 24, 28
_H265_AP, _H265_FU = 48, 49
#: No picture is larger; a camera that marks no last packet, and counts no time, must not fill the memory.
MAX_UNITS = 16 * 1024 * 1024


class AccessUnit(NamedTuple):
    """What the camera sent as one picture, or as a part of one: units with start codes (Annex B)."""

    payload: bytes
    timestamp: int  # RTP's, 32 bits
    starts: tuple[int, ...]  # where in ``payload`` the units begin, behind their start codes
    missed: int = 0  # packets that the camera had left out by then, of the whole session


class Depacketizer:
    """Feed it the packets of one session in order; ``missed`` counts those that the camera left out."""

    def __init__(self, codec: str, payload_type: int, donl: bool = False) -> None:
        h264 = codec == "h264"
        self._take = self._h264 if h264 else self._h265
        self._inner = _INNER_H264 if h264 else _INNER_H265
        self._kind_bits, self._fragment_kind = (0x1F, _H264_FU_A) if h264 else (0x7E, _H265_FU << 1)
        self._starts: list[int] = []  # of the units, behind their start codes
        self._payload_type = payload_type
        self._donl = 2 if donl else 0
        self._parts: list[memoryview | bytes] = []  # of the access unit, as they lie in the buffer that was read into
        self._size = 0
        self._fragments_at = -1  # which part begins the unit of which fragments come
        self._timestamp = -1
        self._expected = -1
        self.missed = 0

    def inner(self, data: memoryview, at: int, end: int, channel: int) -> int:
        """Takes interleaved packets that are the middle of a large unit, as most are; returns where another begins."""
        inner, parts = self._inner, self._parts
        if self._fragments_at < 0 or self._size > MAX_UNITS:
            return at
        begun = at
        body, timestamp, expected = inner.size, self._timestamp, self._expected
        payload_type, bits, fragment = self._payload_type, self._kind_bits, self._fragment_kind
        while end - at > body:
            mark, into, size, first, second, sequence, stamp, kind, flags = inner.unpack_from(data, at)
            stop = at + 4 + size
            if (
                stop > end or stop <= at + body or sequence != expected or stamp != timestamp or mark != 0x24
                or into != channel or first != 0x80 or second != payload_type or kind & bits != fragment
                or flags >= 0x40
            ):  # fmt: skip
                break
            parts.append(data[at + body : stop])
            expected = (expected + 1) & 0xFFFF
            at = stop
        self._size += at - begun - body * (expected - self._expected & 0xFFFF)
        self._expected = expected
        return at

    def keep(self) -> None:
        """The buffer is about to be read into again: what has come of an access unit is copied."""
        if self._parts:
            fragments_at = self._fragments_at
            kept = [b"".join(self._parts)] if fragments_at < 0 else [
                b"".join(self._parts[:fragments_at]), b"".join(self._parts[fragments_at:])
            ]  # fmt: skip
            self._parts[:] = kept
            self._fragments_at = -1 if fragments_at < 0 else 1

    def packet(self, data: memoryview, at: int, end: int, done: list[AccessUnit]) -> None:
        """Takes the packet ``data[at:end]`` and appends what it completes to ``done``; a foreign one is passed over."""
        if end - at < 13 or data[at] & 0xC0 != 0x80 or data[at + 1] & 0x7F != self._payload_type:
            return
        sequence, timestamp = _HEAD.unpack_from(data, at + 2)
        if sequence != self._expected and self._expected >= 0:
            self._drop_fragments()
            if timestamp != self._timestamp and self._parts:  # what is missing is missing behind this picture
                self._finish(done)
            jump = (sequence - self._expected) & 0xFFFF
            self.missed += jump if jump < 0x8000 else 0  # a camera that counts anew has left nothing out
        self._expected = (sequence + 1) & 0xFFFF
        if timestamp != self._timestamp:
            if self._parts:  # this camera marks no last packet
                self._finish(done)
            self._timestamp = timestamp
        begin = at + 12
        if data[at] != 0x80:
            begin, end = _without_extras(data, at, end)
        if end - begin > 2:
            self._take(data, begin, end)
        if data[at + 1] & 0x80 and self._parts:
            self._finish(done)
        elif self._size > MAX_UNITS:
            self._forget()

    def _finish(self, done: list[AccessUnit]) -> None:
        self._drop_fragments()
        if self._size:
            done.append(AccessUnit(b"".join(self._parts), self._timestamp, tuple(self._starts), self.missed))
        self._forget()

    def _forget(self) -> None:
        self._parts.clear()
        self._size = 0
        self._starts.clear()
        self._fragments_at = -1

    def _drop_fragments(self) -> None:
        if self._fragments_at >= 0:
            del self._parts[self._fragments_at :]
            self._size = self._starts.pop() - len(_START)
            self._fragments_at = -1

    def _unit(self, data: memoryview, begin: int, end: int) -> None:
        self._drop_fragments()
        self._parts += (_START, data[begin:end])
        self._starts.append(self._size + len(_START))
        self._size += len(_START) + end - begin

    def _fragment(self, flags: int, header: bytes, data: memoryview, begin: int, end: int) -> None:
        if flags & 0x80:
            self._drop_fragments()
            self._fragments_at = len(self._parts)
            self._starts.append(self._size + len(_START))
            self._parts.append(_START + header)
            self._size += len(_START) + len(header)
        if self._fragments_at >= 0:  # else its beginning is missing
            self._parts.append(data[begin:end])
            self._size += end - begin
            if flags & 0x40:
                self._fragments_at = -1

    def _aggregate(self, data: memoryview, at: int, end: int, between: int) -> None:
        while at + 2 < end:
            size = data[at] << 8 | data[at + 1]
            if size == 0 or at + 2 + size > end:
                return
            self._unit(data, at + 2, at + 2 + size)
            at += 2 + size + between

    def _h264(self, data: memoryview, begin: int, end: int) -> None:
        kind = data[begin] & 0x1F
        if kind == _H264_FU_A:
            flags = data[begin + 1]
            self._fragment(flags, bytes((data[begin] & 0xE0 | flags & 0x1F,)), data, begin + 2, end)
        elif kind == _H264_STAP_A:
            self._aggregate(data, begin + 1, end, 0)
        elif 0 < kind < _H264_STAP_A:
            self._unit(data, begin, end)

    def _h265(self, data: memoryview, begin: int, end: int) -> None:
        kind = data[begin] >> 1 & 0x3F
        if kind == _H265_FU:
            flags = data[begin + 2]
            header = bytes((data[begin] & 0x81 | (flags & 0x3F) << 1, data[begin + 1]))
            self._fragment(flags, header, data, begin + 3 + (self._donl if flags & 0x80 else 0), end)
        elif kind == _H265_AP:
            self._aggregate(data, begin + 2 + self._donl, end, self._donl // 2)
        elif kind < _H265_AP:
            if self._donl and end - begin > 4:  # it stands between the unit's header and its payload
                whole = memoryview(bytes(data[begin : begin + 2]) + bytes(data[begin + 4 : end]))
                self._unit(whole, 0, len(whole))
            else:
                self._unit(data, begin, end)


def _without_extras(data: memoryview, at: int, end: int) -> tuple[int, int]:
    """Where the payload lies in a packet with sources, an extension (ONVIF's replay has one) or padding."""
    first = data[at]
    begin = at + 12 + 4 * (first & 0x0F)
    if first & 0x10:
        if begin + 4 > end:
            return end, end
        begin += 4 + 4 * (data[begin + 2] << 8 | data[begin + 3])
    if first & 0x20:
        end -= data[end - 1]
    return begin, end
