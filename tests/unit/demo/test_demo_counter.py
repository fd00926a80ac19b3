"""The burnt-in counter: read back from what a camera sends, at both sizes and below."""

from __future__ import annotations

from fractions import Fraction

import av
import cv2
import numpy as np
import pytest

from vms.demo.counter import MODULUS_MAX, Stamp, crc4, read_counter


def _encoded(size: tuple[int, int], numbers: list[int], codec: str = "libx264") -> list[np.ndarray]:
    """Busy pictures with ``numbers`` burnt in, through the encoder and back, as BGR."""
    width, height = size
    rng = np.random.default_rng(1)
    encoder = av.CodecContext.create(codec, "w")
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
    encoder.time_base = Fraction(1, 10)
    encoder.options = {"preset": "ultrafast", "tune": "zerolatency", "crf": "28"}
    decoder = av.CodecContext.create("hevc" if codec == "libx265" else "h264", "r")
    stamp = Stamp("vi-thanh-1-sampling-1", width, height)
    packets = []
    for index, number in enumerate(numbers):
        picture = rng.integers(16, 236, (height * 3 // 2, width), np.uint8)
        stamp.burn(picture, number)
        frame = av.VideoFrame.from_ndarray(picture, format="yuv420p")
        frame.pts = index
        packets += encoder.encode(frame)
    packets += encoder.encode(None)
    frames = [frame for packet in packets for frame in decoder.decode(packet)] + decoder.decode(None)
    return [frame.to_ndarray(format="bgr24") for frame in frames]


NUMBERS = [0, 1, 2, 255, 256, 1393, 21845, 43690, 65535]


@pytest.mark.parametrize("size", [(1280, 720), (768, 432), (640, 360), (480, 270)])
def test_survives_the_encoder(size: tuple[int, int]) -> None:
    assert [read_counter(image) for image in _encoded(size, NUMBERS)] == NUMBERS


def test_survives_h265() -> None:
    assert [read_counter(image) for image in _encoded((640, 360), NUMBERS, "libx265")] == NUMBERS


def test_survives_scaling_to_a_tile_and_jpeg() -> None:
    for image, number in zip(_encoded((640, 360), NUMBERS), NUMBERS, strict=True):
        small = cv2.resize(image, (320, 180), interpolation=cv2.INTER_AREA)
        done, jpeg = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 70])
        assert done
        assert read_counter(cv2.imdecode(jpeg, cv2.IMREAD_COLOR)) == number


def test_grey_pictures_are_read_too() -> None:
    image = _encoded((640, 360), [77])[0]
    assert read_counter(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)) == 77


def test_nothing_where_there_is_no_strip() -> None:
    rng = np.random.default_rng(2)
    assert read_counter(np.full((360, 640, 3), 128, np.uint8)) is None
    for _ in range(200):
        noise = rng.integers(0, 256, (36, 64, 3), np.uint8)
        assert read_counter(cv2.resize(noise, (640, 360), interpolation=cv2.INTER_NEAREST)) is None


def test_a_damaged_strip_is_not_misread() -> None:
    image = _encoded((640, 360), [1000])[0]
    for block in range(24):
        damaged = image.copy()
        left = int(block * 640 / 60)
        damaged[:11, left : left + 12] = 255 - damaged[:11, left : left + 12]
        assert read_counter(damaged) in (None, 1000)


def test_crc_tells_any_single_flip() -> None:
    for number in range(0, MODULUS_MAX, 4099):
        assert all(crc4(number ^ 1 << bit) != crc4(number) for bit in range(16))


def test_the_band_is_all_that_is_covered() -> None:
    picture = np.full((540, 640), 200, np.uint8)
    Stamp("a" * 63, 640, 360).burn(picture, 12345)
    covered = picture[:360] != 200
    assert not covered[34:].any()
    assert not covered[:, 260:].any()
