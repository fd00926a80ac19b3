"""Pictures depend on nothing but the packets: what lies in memory behind them is not read."""

from __future__ import annotations

import hashlib
import io
from fractions import Fraction

import av
import numpy as np
import pytest
from av.video.stream import VideoStream

from vms.media.packets import padded


@pytest.fixture(scope="module")
def film() -> list[tuple[bytes, int, int]]:
    """MPEG-4 whose last bits a decoder looks past; payload, pts, dts."""
    made, random = io.BytesIO(), np.random.default_rng(1)
    with av.open(made, "w", format="mp4") as output:
        stream = output.add_stream("mpeg4", rate=25)
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt, stream.gop_size = 320, 240, "yuv420p", 12
        for number in range(60):
            picture = random.integers(0, 40, (240, 320, 3), np.uint8)
            picture[40:200, number : number + 60] += 150
            output.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        output.mux(stream.encode(None))
    made.seek(0)
    with av.open(made) as container:
        setup = container.streams.video[0].codec_context.extradata or b""
        units = [(bytes(one), one.pts or 0, one.dts or 0) for one in container.demux(video=0) if one.size]
    return [(setup, 0, 0), *units]


def pictures(film: list[tuple[bytes, int, int]]) -> list[str]:
    decoder = av.CodecContext.create("mpeg4", "r")
    decoder.extradata, decoder.thread_count = film[0][0], 1
    digests = []
    for payload, pts, dts in film[1:]:
        packet = padded(payload, pts, dts, Fraction(1, 90000))
        assert (bytes(packet), packet.pts, packet.dts) == (payload, pts, dts)
        digests += [hashlib.sha256(frame.to_ndarray().tobytes()).hexdigest() for frame in decoder.decode(packet)]
    return digests


def test_the_same_packets_give_the_same_pictures(film: list[tuple[bytes, int, int]]) -> None:
    first = pictures(film)
    assert len(first) > 50
    for _ in range(3):
        litter = [bytes([255]) * len(payload) for payload, _, _ in film]  # other memory behind each packet
        assert pictures(film) == first
        del litter


def test_behind_a_packet_there_are_zeros() -> None:
    import ctypes

    packet = padded(b"\xff" * 1000, 0, 0, Fraction(1, 90000))
    behind = ctypes.string_at(packet.buffer_ptr + 1000, 64)
    assert behind == bytes(64)
