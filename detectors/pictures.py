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
    if frame.format.name in _PLANAR and frame.width % 2 == 0 and frame.height % 2 == 0:
        planes = cast(Bytes, frame.to_ndarray())
        if frame.format.name == "yuvj420p" or frame.color_range == _FULL_RANGE:
            planes = _limited_range(planes, frame.height)
        picture: Bytes = cv2.cvtColor(planes, cv2.COLOR_YUV2BGR_I420)
    else:
        picture = np.asarray(frame.to_ndarray(format="bgr24"), np.uint8)
    if size is not None and (picture.shape[1], picture.shape[0]) != size:
        shrinks = size[0] * 2 < picture.shape[1]
        picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    return np.asarray(picture, np.uint8)


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
