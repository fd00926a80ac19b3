"""Decoded frames as arrays and JPEGs. Pure functions, safe in any thread.

OpenCV instead of libswscale: no context to keep for each camera and size, and the Y plane is taken as it is.
"""

from __future__ import annotations

from typing import cast

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from detectors.inference.backend import Bytes

cv2.setNumThreads(1)  # cameras are many: each call stays in its own thread

#: Planar 4:2:0 with 8 bits, which nearly every camera sends; the second has full range.
_PLANAR = ("yuv420p", "yuvj420p")
_FULL_RANGE = 2  # AVCOL_RANGE_JPEG


def grey(frame: av.VideoFrame, width: int, height: int) -> NDArray[np.uint8]:
    """(height, width): means of the luma."""
    if frame.format.name in (*_PLANAR, "nv12"):
        plane = frame.planes[0]
        rows: Bytes = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)[
            : frame.height, : frame.width
        ]
    else:
        rows = cast(Bytes, frame.to_ndarray(format="gray"))
    return np.asarray(cv2.resize(rows, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def bgr(frame: av.VideoFrame, size: tuple[int, int] | None = None) -> Bytes:
    """(h, w, 3) in the frame's size or in ``size`` (width, height)."""
    if frame.format.name in _PLANAR and _even(frame.width, frame.height):
        planes = _i420(frame, size if size is not None and _even(*size) else (frame.width, frame.height))
        if frame.format.name == "yuvj420p" or frame.color_range == _FULL_RANGE:
            planes = _limited_range(planes, planes.shape[0] * 2 // 3)
        picture: Bytes = cv2.cvtColor(planes, cv2.COLOR_YUV2BGR_I420)
    else:
        picture = np.asarray(frame.to_ndarray(format="bgr24"), np.uint8)
    if size is not None and (picture.shape[1], picture.shape[0]) != size:
        picture = cv2.resize(picture, size, interpolation=_interpolation(picture.shape[1], size[0]))
    return np.asarray(picture, np.uint8)


def _i420(frame: av.VideoFrame, size: tuple[int, int]) -> Bytes:
    """Planar 4:2:0 in ``size`` (both even), one plane after the other: (h · 3 / 2, w).

    Planes are scaled before they become BGR: half the bytes, and the conversion has fewer pixels (0.16 instead of
    0.28 ms for 640×360 → 416×234).
    """
    if size == (frame.width, frame.height):
        return cast(Bytes, frame.to_ndarray())
    width, height = size
    planes: Bytes = np.empty((height * 3 // 2, width), np.uint8)
    start = 0
    for plane, share in zip(frame.planes, (1, 2, 2), strict=True):
        wide, high = width // share, height // share
        rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
        into = planes.reshape(-1)[start : start + wide * high].reshape(high, wide)
        source = rows[: frame.height // share, : frame.width // share]
        cv2.resize(source, (wide, high), dst=into, interpolation=_interpolation(source.shape[1], wide))
        start += wide * high
    return planes


def _interpolation(width: int, to: int) -> int:
    return cv2.INTER_AREA if to * 2 < width else cv2.INTER_LINEAR


def _even(width: int, height: int) -> bool:
    return width % 2 == 0 and height % 2 == 0


def jpeg(picture: Bytes, width: int | None = None, quality: int = 75) -> tuple[bytes, int, int]:
    """JPEG bytes, width and height; ``width`` bounds it, the aspect stays, nothing is enlarged."""
    if width is not None and width < picture.shape[1]:
        height = max(1, round(picture.shape[0] * width / picture.shape[1]))
        picture = np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
    _, encoded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return encoded.tobytes(), picture.shape[1], picture.shape[0]


def _limited_range(planes: Bytes, height: int) -> Bytes:
    """Full-range luma and chroma as limited range (ITU-T H.273), which is what OpenCV expects."""
    luma = cv2.convertScaleAbs(planes[:height], alpha=219 / 255, beta=16)
    chroma = cv2.convertScaleAbs(planes[height:], alpha=224 / 255, beta=128 - 128 * 224 / 255)
    return np.asarray(np.concatenate([luma, chroma]), np.uint8)
