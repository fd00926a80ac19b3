"""Pictures whose every part can be told again, and how much of a part is still in what was made of them."""

from __future__ import annotations

import functools
import io
from collections.abc import Iterable
from fractions import Fraction

import av
import cv2
import numpy as np

from vms.ingest.stream import TIMESCALE

FPS = 10
#: The right half of the picture.
HALF = ((0.5, 0.0), (1.0, 0.0), (1.0, 1.0), (0.5, 1.0))


@functools.lru_cache(maxsize=64)
def picture(number: int, size: tuple[int, int] = (320, 180)) -> np.ndarray:
    """Blocks of noise (BGR), others each second, in frame ``number`` at ``FPS``."""
    cells = np.random.default_rng(number // FPS).integers(60, 256, (9, 16), np.uint8)
    return cv2.cvtColor(cv2.resize(cells, size, interpolation=cv2.INTER_NEAREST), cv2.COLOR_GRAY2BGR)


def left_of(shown: np.ndarray, number: int, part: tuple[slice, slice]) -> float:
    """How much of ``picture(number)`` is in ``part`` (rows, columns) of ``shown`` (BGR): 1 all of it, 0 nothing.

    The slope of the least-squares line through both: what a mask leaves does not follow the picture, however faintly.
    """
    source = picture(number, (shown.shape[1], shown.shape[0]))[part][..., 0].astype(float)
    found = shown[part].mean(axis=2)
    source -= source.mean()
    return float((source * (found - found.mean())).sum() / (source * source).sum())


def part_of(outline: tuple[tuple[float, float], ...], shape: tuple[int, ...]) -> tuple[slice, slice]:
    """Rows and columns of a rectangular outline in a picture of ``shape``."""
    height, width = shape[:2]
    xs, ys = [x * width for x, _ in outline], [y * height for _, y in outline]
    return slice(round(min(ys)), round(max(ys))), slice(round(min(xs)), round(max(xs)))


def frames(init: bytes, fragments: Iterable[bytes]) -> list[tuple[int, np.ndarray]]:
    """Presentation times (ticks of 90 kHz) and pictures (BGR) of fragmented MP4; any error in it raises."""
    with av.open(io.BytesIO(init + b"".join(fragments))) as container:
        stream = container.streams.video[0]
        stream.codec_context.options = {"err_detect": "explode"}
        scale = Fraction(stream.time_base or 1) * TIMESCALE
        return [(int((one.pts or 0) * scale), one.to_ndarray(format="bgr24")) for one in container.decode(stream)]


def of_jpeg(data: bytes) -> np.ndarray:
    """Its picture (BGR)."""
    return np.asarray(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR), np.uint8)
