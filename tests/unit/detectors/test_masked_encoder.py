"""Painted and encoded: whatever the masks, the size and the format, what is beneath has no part in the stream."""

from __future__ import annotations

from fractions import Fraction

import av
import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.masked_encoder import KEY_EVERY, MOST_SIDE, MaskedEncoder
from vms.ingest.stream import TIMESCALE
from vms.media import nal
from vms.media.fitting import fitted
from vms.media.packets import padded

LEFT = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))


def noise(size: tuple[int, int], seed: int = 1) -> np.ndarray:
    cells = np.random.default_rng(seed).integers(0, 256, (12, 16, 3), np.uint8)
    return cv2.resize(cells, size, interpolation=cv2.INTER_LINEAR)


def decoded(encoder: MaskedEncoder, units: list[tuple[bytes, bool]]) -> list[av.VideoFrame]:
    context = av.VideoCodecContext.create("h264", "r")
    context.extradata = encoder.extradata
    base = Fraction(1, TIMESCALE)
    frames = [f for n, (unit, _) in enumerate(units) for f in context.decode(padded(unit, n, n, base))]
    return frames + context.decode(None)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=3, max_size=6),
    st.sampled_from([(320, 180), (641, 359), (352, 288), (1280, 720), (180, 320), (704, 576)]),
    st.sampled_from(["yuv420p", "yuvj420p", "nv12", "yuv422p"]),
)  # fmt: skip
def test_whatever_is_beneath_the_stream_is_the_same_byte_for_byte(
    mask: list[tuple[float, float]], size: tuple[int, int], name: str
) -> None:
    width, height = size
    beneath = np.zeros((height, width), np.uint8)
    corners = np.array([(x * (width - 1), y * (height - 1)) for x, y in mask]).round().astype(np.int32)
    cv2.fillPoly(beneath, [corners], 1)
    streams = []
    for other in (False, True):
        encoder = MaskedEncoder(size)
        units = []
        for n in range(3):
            source = noise(size, n)
            if other:
                source[beneath > 0] = noise(size, n + 100)[beneath > 0]
            frame = av.VideoFrame.from_ndarray(source, format="bgr24").reformat(format=name)
            units.append(encoder.encode(frame, (mask,), n * 3600, key=False))
        streams.append(units)
    assert streams[0] == streams[1]
    assert all(streams[0])


@pytest.mark.parametrize("name", ["yuv420p", "yuvj420p", "yuv420p full"])
def test_the_rest_keeps_its_brightness_whatever_range_the_camera_sends(name: str) -> None:
    source = np.zeros((180, 320, 3), np.uint8)
    source[:, 240:] = 255
    frame = av.VideoFrame.from_ndarray(source, format="bgr24").reformat(format=name.removesuffix(" full"))
    if name.endswith("full"):
        frame = av.VideoFrame.from_ndarray(frame.reformat(format="yuvj420p").to_ndarray(), format="yuv420p")
        frame.color_range = 2
    encoder = MaskedEncoder((320, 180))
    made = encoder.encode(frame, (LEFT,), 0, key=False)
    assert made is not None
    found = decoded(encoder, [made])[0].to_ndarray(format="bgr24")
    assert np.abs(found[:, 250:].astype(int) - 255).max() < 8
    assert found[:, 180:230].max() < 12


def test_it_is_bounded_and_begins_anew_every_two_seconds_and_when_asked() -> None:
    rng = np.random.default_rng(3)
    encoder = MaskedEncoder((640, 360))
    units = []
    for n in range(150):
        planes = rng.integers(0, 256, (540, 640), np.uint8)  # nothing is worse to encode
        frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
        made = encoder.encode(frame, (), n * 3600, key=n == 60)
        assert made is not None
        units.append(made)
    keys = [n for n, (_, key) in enumerate(units) if key]
    assert keys == [0, 50, 60, 110]
    assert KEY_EVERY == 50 * 3600
    assert not any(nal.is_b_picture(unit) for unit, _ in units)
    assert sum(len(unit) for unit, _ in units[25:]) * 8 / 5 < 3_000_000  # a second, where a camera would send 60 Mbit


@given(st.integers(1, 8000), st.integers(1, 8000))
def test_every_size_fits(width: int, height: int) -> None:
    wide, high = fitted(width, height, MOST_SIDE)
    assert wide % 2 == high % 2 == 0
    assert min(wide, high) >= 16
    assert max(wide, high) <= MOST_SIDE
    assert wide <= max(16, width)
    assert high <= max(16, height)
