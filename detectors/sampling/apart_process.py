"""The process that decodes for suspects: ``python -m detectors.sampling.apart_process DESCRIPTOR``.

It has nothing but the socket that it was given: a request is a head in JSON (the camera, its packets' lengths and
times) and the packets; an answer is a head of numbers and the picture's planes (4:2:0, 8 bits, no padding). It ends
with the socket, and by itself when a request takes too long. Not here: numpy, OpenCV, the bus, any secret.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import signal
import socket
import struct
import sys
from typing import Any, BinaryIO

import av

from detectors.sampling.decoder import CorruptStream, GopDecoder
from vms.ingest.stream import MediaPacket

#: A request that takes longer hangs in the decoder (seconds).
ANSWER_S = 5
#: Address space (bytes): libraries, and the pictures that a decoder refers to at the largest size.
SPACE = 3 << 30
NICE = 5

#: Its first word: what comes from here on is the matter of who is served.
READY = b"+"
LENGTH = struct.Struct("!I")
#: Kind, width, height, full range, pts, errors so far, length of what follows.
ANSWER = struct.Struct("!BII?qII")
NOTHING, PICTURE, CORRUPT = range(3)

_PLANAR = ("yuv420p", "yuvj420p")
_FULL_RANGE = 2  # AVCOL_RANGE_JPEG
#: Streams that are remembered; who is forgotten begins anew with a key frame.
_MOST_STREAMS = 256


class _Streams:
    def __init__(self) -> None:
        self._decoders: dict[str, tuple[str, GopDecoder]] = {}

    def of(self, head: dict[str, Any]) -> GopDecoder:
        """The decoder that the request means, new where there is none of that name."""
        opened, decoder = self._decoders.pop(head["camera"], ("", None))
        if decoder is None or opened != head["opened"]:
            decoder = GopDecoder(head["codec"], bytes.fromhex(head["extradata"]))
        self._decoders[head["camera"]] = (head["opened"], decoder)
        if len(self._decoders) > _MOST_STREAMS:
            del self._decoders[next(iter(self._decoders))]
        return decoder


def main(descriptor: int) -> None:
    """Serves until the socket is closed."""
    av.logging.set_level(None)
    os.nice(NICE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (SPACE if most == resource.RLIM_INFINITY else min(SPACE, most), most))
    with socket.socket(fileno=descriptor) as link, link.makefile("rb") as requests, contextlib.suppress(OSError):
        streams = _Streams()
        link.sendall(READY)
        while (head := requests.read(LENGTH.size)) and len(head) == LENGTH.size:
            signal.alarm(ANSWER_S)  # its default is to end the process, also out of libav
            for part in _answer(streams, json.loads(requests.read(LENGTH.unpack(head)[0])), requests):
                link.sendall(part)
            signal.alarm(0)


def _answer(streams: _Streams, head: dict[str, Any], requests: BinaryIO) -> list[bytes]:
    packets = [MediaPacket(requests.read(length), pts, dts, key, 0.0) for length, pts, dts, key in head["packets"]]
    decoder = streams.of(head)
    try:
        for packet in packets:
            decoder.feed(packet)
        frame = decoder.picture() if head["wanted"] else None
    except CorruptStream as err:
        text = str(err).encode()[:4096]
        return [ANSWER.pack(CORRUPT, 0, 0, False, 0, decoder.errors, len(text)), text]
    if frame is None:
        return [ANSWER.pack(NOTHING, 0, 0, False, 0, decoder.errors, 0)]
    full = frame.format.name == "yuvj420p" or frame.color_range == _FULL_RANGE
    if frame.format.name not in _PLANAR:
        pts, frame = frame.pts, frame.reformat(format="yuv420p")
        frame.pts = pts
    planes = [_packed(plane) for plane in frame.planes]
    size = sum(map(len, planes))
    return [ANSWER.pack(PICTURE, frame.width, frame.height, full, frame.pts or 0, decoder.errors, size), *planes]


def _packed(plane: av.video.plane.VideoPlane) -> bytes:
    """The plane's rows without what stands behind each."""
    data, line, width, height = memoryview(plane), plane.line_size, plane.width, plane.height
    if line == width:
        return bytes(data[: width * height])
    return b"".join(data[line * row : line * row + width] for row in range(height))


if __name__ == "__main__":
    main(int(sys.argv[1]))
