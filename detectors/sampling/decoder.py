"""Decoding one camera's packets, no more than is asked for.

Packets of the group of pictures are kept until a picture is due, then decoded up to it; what remains when the
next key frame comes is never decoded. Not here: when a picture is due (``policy``), in which process it is done
(``detectors.decoding``).
"""

from __future__ import annotations

import contextlib
from contextlib import AbstractContextManager
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias, cast

import av
import av.error

from vms.domain.errors import VmsError
from vms.ingest.stream import TIMESCALE, MediaPacket
from vms.media import nal
from vms.media.packets import padded
from vms.media.parameters import read_sequence

#: Packets kept of one group of pictures.
MAX_BYTES = 4 * 1024 * 1024
#: Errors in a row after which the stream is called corrupt, of key frames alone, and packets without a picture.
MOST_ERRORS = 20
MOST_KEY_ERRORS = 4
MOST_BARREN = 60
#: A larger picture is refused before memory is claimed for it: the largest of H.264's highest level (A.3.1, level 6.2).
MOST_PIXELS = 139_264 * 256
_TIME_BASE = Fraction(1, TIMESCALE)


#: Entered around each call of libav with bytes of the camera, in whatever thread.
Door: TypeAlias = AbstractContextManager[object]
OPEN_DOOR: Door = contextlib.nullcontext()


class CorruptStream(VmsError):
    """The decoder finds nothing that it can use in so many packets in a row, or a picture is too large."""


@dataclass(frozen=True, slots=True)
class Group:
    """The newest group of pictures, for decoding it elsewhere; empty when it was too long to keep."""

    codec: str
    extradata: bytes
    packets: tuple[MediaPacket, ...]
    door: Door = OPEN_DOOR


def open_decoder(codec: str, extradata: bytes) -> av.VideoCodecContext:
    """A decoder with one thread: cameras are many, and a thread pool for each would be a hundred."""
    context = cast("av.VideoCodecContext", av.CodecContext.create(codec, "r"))
    if extradata:
        context.extradata = extradata
    context.thread_count = 1
    context.flags |= av.codec.context.Flags.low_delay
    context.options = {"max_pixels": str(MOST_PIXELS)}
    return context


class GopDecoder:
    """Belongs to the reading thread, but for ``group``. ``errors`` counts packets that did not decode."""

    def __init__(self, codec: str, extradata: bytes, door: Door = OPEN_DOOR) -> None:
        self._codec = codec
        self._extradata = extradata
        self._door = door
        self._context = open_decoder(codec, extradata)
        self._packets: list[MediaPacket] = []
        self._bytes = 0
        self._decoded = 0
        self._whole = False  # the list holds the group from its key frame on
        self._stale = False  # the decoder's references are not those of the group's decoded part
        self._errors_in_row = 0
        self._key_errors_in_row = 0
        self._barren = 0
        self.errors = 0

    def feed(self, packet: MediaPacket) -> None:
        """Keeps one packet; a key frame begins a new group."""
        if packet.keyframe:
            self._stale = True
            self._packets, self._bytes, self._decoded, self._whole = [], 0, 0, True
        elif not self._packets and not self._whole and self._decoded == 0:
            return  # no key frame yet
        self._packets.append(packet)
        self._bytes += len(packet.payload)
        if self._bytes > MAX_BYTES:
            self.picture()
            self._packets, self._bytes, self._decoded, self._whole = [], 0, 1, False

    def picture(self) -> av.VideoFrame | None:
        """Decodes what waits; the newest picture of it, or None. Raises ``CorruptStream``."""
        newest: av.VideoFrame | None = None
        if self._whole and self._stale:
            self._decoded = 0
        waiting = self._packets[self._decoded :] if self._whole else self._packets
        for packet in waiting:
            if packet.keyframe and self._stale and self._context.is_open:
                with self._door:
                    self._context.flush_buffers()
            self._stale = False
            frames = self._decode(packet)
            newest = frames[-1] if frames else newest
        if self._whole:
            self._decoded = len(self._packets)
        else:
            self._packets, self._bytes, self._decoded = [], 0, 1
        if newest is None and len(waiting) == len(self._packets) == 1:
            newest = self._drained()
        return newest

    def group(self) -> Group:
        """The newest group; from any thread."""
        return Group(self._codec, self._extradata, tuple(self._packets) if self._whole else (), self._door)

    def _decode(self, packet: MediaPacket) -> list[av.VideoFrame]:
        unit = padded(packet.payload, packet.pts, packet.dts, _TIME_BASE)
        try:
            with self._door:
                frames = self._context.decode(unit)
        except (av.error.FFmpegError, ValueError) as err:
            self.errors += 1
            self._errors_in_row += 1
            if packet.keyframe:
                _refuse_giant(self._codec, self._extradata + packet.payload)
                self._key_errors_in_row += 1
            if self._errors_in_row > MOST_ERRORS or self._key_errors_in_row > MOST_KEY_ERRORS:
                raise CorruptStream(type(err).__name__) from err
            return []
        self._barren = 0 if frames else self._barren + 1
        if frames:
            self._errors_in_row = self._key_errors_in_row = 0
        elif self._barren > MOST_BARREN:
            raise CorruptStream("no picture")
        return frames

    def _drained(self) -> av.VideoFrame | None:
        """A decoder that reorders holds a lone key frame back; asked to finish, it gives it."""
        self._stale = True  # finishing loses the references: the group is decoded anew if more of it is wanted
        try:
            with self._door:
                frames = self._context.decode(None)
        except (av.error.FFmpegError, ValueError):
            return None
        return frames[-1] if frames else None


def _refuse_giant(codec: str, units: bytes) -> None:
    """Raises ``CorruptStream`` where the parameter sets claim a picture that is not decoded for its size."""
    sets = nal.parameter_sets(codec, units)
    for sps in sets.sps:
        with contextlib.suppress(ValueError):
            sequence = read_sequence(codec, sps)
            if sequence.width * sequence.height > MOST_PIXELS:
                raise CorruptStream(f"pictures of {sequence.width} × {sequence.height} are too large")


def newest_picture(group: Group) -> av.VideoFrame | None:
    """Decodes a whole group by itself, in any thread; its last picture."""
    if not group.packets:
        return None
    context = open_decoder(group.codec, group.extradata)
    newest: av.VideoFrame | None = None
    try:
        for packet in group.packets:
            unit = padded(packet.payload, packet.pts, packet.dts, _TIME_BASE)
            with group.door:
                frames = context.decode(unit)
            newest = frames[-1] if frames else newest
        with group.door:
            frames = context.decode(None)
        newest = frames[-1] if frames else newest
    except (av.error.FFmpegError, ValueError, EOFError):
        pass
    return newest
