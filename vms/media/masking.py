"""Privacy masks painted into decoded pictures: what is beneath is gone. Pure but for the picture that is handed over.

Not here: which masks there are (``vms.domain.masks``), for whom they are painted.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

import av
import cv2
import numpy as np
from numpy.typing import NDArray

#: Dark grey, plainly no part of the scene. BGR, and the same as limited-range luma and chroma.
_BGR = (48, 48, 48)
_LUMA, _CHROMA = 57, 128
#: Beyond the outline (pixels): a picture is scaled and coded in blocks, and what was at the edge bleeds over it.
_MARGIN = 4

Outline = Sequence[tuple[float, float]]


def paint(picture: NDArray[np.uint8], masks: Sequence[Outline]) -> None:
    """Paints over ``picture`` (h, w, 3; BGR) in place. ``masks``: fractions of the picture."""
    if masks:
        picture[_covered(masks, picture.shape[1], picture.shape[0])] = _BGR


def painted(frame: av.VideoFrame, masks: Sequence[Outline]) -> av.VideoFrame:
    """The frame as ``yuv420p`` with ``masks`` painted over; the same presentation time, ``frame`` is left as it was."""
    planes = frame.to_ndarray(format="yuv420p")
    width, height = frame.width, frame.height
    if masks:
        covered = _covered(masks, width, height)
        planes[:height][covered] = _LUMA
        # Each chroma sample is of four pixels; one of them beneath is enough. Rows of U, then of V.
        half = cv2.resize(covered.astype(np.uint8), (width // 2, height // 2), interpolation=cv2.INTER_AREA) > 0
        half |= cv2.dilate(half.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
        for chroma in planes[height:].reshape(2, height // 2, width // 2):  # one by one: eight times as fast
            chroma[half] = _CHROMA
    made = av.VideoFrame.from_ndarray(planes, format="yuv420p")
    made.pts = frame.pts
    if frame.time_base is not None:
        made.time_base = frame.time_base
    return made


def _covered(masks: Sequence[Outline], width: int, height: int) -> NDArray[np.bool_]:
    """(h, w): what lies beneath a mask, its edge and a margin included."""
    return _drawn(tuple(tuple((x, y) for x, y in outline) for outline in masks), width, height)


@functools.lru_cache(maxsize=16)  # for one picture after the other they are the same
def _drawn(masks: tuple[tuple[tuple[float, float], ...], ...], width: int, height: int) -> NDArray[np.bool_]:
    covered = np.zeros((height, width), np.uint8)
    for outline in masks:
        corners = np.round([(x * (width - 1), y * (height - 1)) for x, y in outline]).astype(np.int32)
        cv2.fillPoly(covered, [corners], 1)
        cv2.polylines(covered, [corners], True, 1)  # of what is thinner than a pixel nothing was filled
    size = 2 * _MARGIN + 1
    grown = cv2.dilate(covered, cv2.getStructuringElement(cv2.MORPH_RECT, (size, size)))
    return np.asarray(grown, np.uint8).astype(bool)
