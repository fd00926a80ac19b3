"""Noise filmed by a camera, and how much of it can be seen again in what leaves the server: beneath a mask nothing."""

from __future__ import annotations

import io
from collections.abc import Iterable
from fractions import Fraction

import av
import cv2
import numpy as np

from tests.support.footage import Unit
from vms.ingest.stream import TIMESCALE

#: The left half of the picture.
LEFT = (((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0)),)


def noisy(pictures: Iterable[np.ndarray], gop: int = 25, codec: str = "h264") -> tuple[Unit, ...]:
    """Pictures (h, w, 3; BGR) at 25 a second, almost as they are."""
    pictures = list(pictures)
    height, width = pictures[0].shape[:2]
    context = av.CodecContext.create({"h264": "libx264", "hevc": "libx265"}[codec], "w")
    context.width, context.height, context.pix_fmt = width, height, "yuv420p"
    context.time_base, context.framerate = Fraction(1, 25), Fraction(25)
    keys = f"keyint={gop}:min-keyint={gop}:scenecut=0:bframes=0"
    context.options = {"preset": "ultrafast", "crf": "8"}
    context.options |= (
        {"x264-params": f"{keys}:threads=1"}
        if codec == "h264"
        else {"x265-params": f"log-level=none:open-gop=0:{keys}"}
    )
    packets = []
    for number, picture in enumerate(pictures):
        frame = av.VideoFrame.from_ndarray(picture, format="bgr24").reformat(format="yuv420p")
        frame.pts = number
        packets += context.encode(frame)
    packets += context.encode(None)
    ticks = TIMESCALE // 25
    return tuple(Unit(bytes(p), (p.pts or 0) * ticks, (p.dts or 0) * ticks, bool(p.is_keyframe)) for p in packets)


def seen_beneath(data: bytes, noise: np.ndarray) -> list[float]:
    """How like ``noise`` the left half of each picture in ``data`` (MP4 or JPEG) is, 0 to 1; the right half must be."""
    with av.open(io.BytesIO(data)) as container:
        pictures = [frame.to_ndarray(format="gray") for frame in container.decode(video=0)]
    return [_like(picture, noise) for picture in pictures]


def _like(picture: np.ndarray, noise: np.ndarray) -> float:
    height, width = picture.shape
    coarse = width // 8, height // 8  # what is left of noise when it was coded and scaled
    true = cv2.resize(cv2.cvtColor(noise, cv2.COLOR_BGR2GRAY), coarse, interpolation=cv2.INTER_AREA)
    shown = cv2.resize(picture, coarse, interpolation=cv2.INTER_AREA)
    middle = coarse[0] // 2
    assert _correlation(shown[:, middle + 2 :], true[:, middle + 2 :]) > 0.8, "the rest is as it was recorded"
    return _correlation(shown[:, : middle - 1], true[:, : middle - 1])


def _correlation(one: np.ndarray, other: np.ndarray) -> float:
    if one.std() == 0:
        return 0.0
    return abs(float(np.corrcoef(one.ravel(), other.ravel())[0, 1]))
