"""Decoded frames as arrays: scaled before or after the colours, the same picture comes out."""

from __future__ import annotations

import av
import cv2
import numpy as np
import pytest

from detectors import pictures


def _picture(width: int, height: int) -> np.ndarray:
    """Soft colours that differ everywhere."""
    x, y = np.meshgrid(np.linspace(0, 6, width), np.linspace(0, 5, height))
    waves = [np.sin(x + n) + np.cos(y * (n + 1)) for n in range(3)]
    return np.asarray(128 + 40 * np.stack(waves, axis=2), np.uint8)


@pytest.mark.parametrize("name", ["yuv420p", "yuvj420p", "nv12", "yuv422p"])
@pytest.mark.parametrize("size", [(640, 360), (642, 362), (641, 359)])
@pytest.mark.parametrize("wanted", [(416, 234), (415, 233), (640, 384), (160, 90)])
def test_a_picture_in_another_size_is_the_picture_scaled(
    name: str, size: tuple[int, int], wanted: tuple[int, int]
) -> None:
    original = _picture(*size)
    frame = av.VideoFrame.from_ndarray(original, format="bgr24").reformat(format=name)
    scaled = pictures.bgr(frame, wanted)
    assert scaled.shape == (wanted[1], wanted[0], 3)
    expected = cv2.resize(original, wanted, interpolation=cv2.INTER_AREA).astype(int)
    assert np.abs(scaled.astype(int) - expected).mean() < 2.5
    assert np.abs(scaled.astype(int) - expected).max() < 16
    whole = pictures.bgr(frame)
    assert whole.shape == original.shape
    assert np.abs(whole.astype(int) - original).mean() < 2.5
