"""Small encoded streams for tests, as the service's packets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from vms.ingest.stream import MediaPacket


def packets(pictures: Iterable[np.ndarray], *, fps: int = 10, gop: int = 20, bframes: int = 0) -> Iterator[MediaPacket]:
    """H.264 access units in Annex B with parameter sets in band, as an RTSP camera sends them."""
    encoder = av.CodecContext.create("libx264", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.pix_fmt, encoder.time_base, encoder.framerate = "yuv420p", Fraction(1, fps), Fraction(fps)
    encoder.gop_size, encoder.max_b_frames = gop, bframes
    encoder.options = {"preset": "ultrafast", "sc_threshold": "0", "bf": str(bframes), "repeat-headers": "1"}
    opened = False
    for n, picture in enumerate(pictures):
        if not opened:
            encoder.height, encoder.width = picture.shape[:2]
            opened = True
        frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
        frame.pts, frame.time_base = n, Fraction(1, fps)
        yield from (_media(packet, fps) for packet in encoder.encode(frame))
    yield from (_media(packet, fps) for packet in encoder.encode(None))


def _media(packet: av.Packet, fps: int) -> MediaPacket:
    assert packet.pts is not None
    assert packet.dts is not None
    step = 90000 // fps
    return MediaPacket(bytes(packet), packet.pts * step, packet.dts * step, packet.is_keyframe, packet.dts / fps)


def write_video(
    path: Path, pictures: Iterable[np.ndarray], fps: int = 10, gop: int = 20, times: Callable[[int], int] = int
) -> None:
    """An MP4 with a key frame every ``gop`` frames; frame n is shown at ``times(n)`` of ``fps`` a second."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=fps, options={"preset": "ultrafast", "sc_threshold": "0"})
        stream.pix_fmt, stream.gop_size = "yuv420p", gop
        for n, picture in enumerate(pictures):
            if n == 0:
                stream.height, stream.width = picture.shape[:2]
            frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
            frame.pts = times(n)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def grey_steps(count: int, size: tuple[int, int] = (160, 96)) -> Iterator[np.ndarray]:
    """Pictures whose brightness tells their number."""
    for n in range(count):
        yield np.full((size[1], size[0], 3), min(255, 40 + 3 * n), np.uint8)
