"""What is beneath a privacy mask is gone from the picture; the rest of it is not touched."""

from __future__ import annotations

from itertools import pairwise

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vms.media import masking

RIGHT = (((0.5, 0.0), (1.0, 0.0), (1.0, 1.0), (0.5, 1.0)),)


def noise(width: int, height: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).integers(90, 256, (height, width, 3), np.uint8)


def test_a_picture_loses_what_is_beneath_and_nothing_else() -> None:
    picture = noise(64, 48)
    before = picture.copy()
    masking.paint(picture, RIGHT)
    assert len(np.unique(picture[:, 32:].reshape(-1, 3), axis=0)) == 1
    assert (picture[:, :24] == before[:, :24]).all()
    untouched = before.copy()
    masking.paint(untouched, ())
    assert (untouched == before).all()


@pytest.mark.parametrize("size", [(64, 48), (62, 46), (640, 358)])
def test_a_frame_has_neither_luma_nor_chroma_of_what_is_beneath(size: tuple[int, int]) -> None:
    frame = av.VideoFrame.from_ndarray(noise(*size), format="bgr24")
    frame.pts = 4711
    planes = frame.to_ndarray(format="yuv420p").copy()
    made = masking.painted(frame, RIGHT)
    width, height = size
    shown = made.to_ndarray()
    assert made.pts == 4711
    assert len(np.unique(shown[:height, width // 2 :])) == 1
    chroma = shown[height:].reshape(2, height // 2, width // 2)
    assert set(np.unique(chroma[:, :, width // 4 :])) == {128}
    left = width // 2 - 16
    assert (shown[:height, :left] == planes[:height, :left]).all()


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=3, max_size=8),
    st.integers(16, 200), st.integers(16, 200),
)  # fmt: skip
def test_every_corner_and_everything_between_is_covered(
    corners: list[tuple[float, float]], width: int, height: int
) -> None:
    picture = noise(width, height)
    masking.paint(picture, (corners,))
    grey = (48, 48, 48)
    for (ax, ay), (bx, by) in pairwise(corners):
        for share in (0.0, 0.25, 0.5, 0.75, 1.0):
            x = min(width - 1, int((ax + (bx - ax) * share) * width))
            y = min(height - 1, int((ay + (by - ay) * share) * height))
            assert tuple(picture[y, x]) == grey
