"""The frame counter burnt into a demo camera's picture, and how to read it back.

Belongs here: the strip's geometry, drawing and decoding. Not here: which number a frame gets.

The strip is one row of 24 square blocks at the top left; a block is 1/60 of the picture's width (8 px at 480,
10.7 px at 640, 21.3 px at 1280), so that it is found again at any scale. From left to right: white, black
(guard); 16 bits of the number, most significant first; 4 bits CRC-4-ITU (x⁴ + x + 1) of the number; black,
white (guard). Under the strip, in a band as wide, stand the camera's id and the same number in digits.

The number is the frame's index in its loop: it counts 0 … N−1 and begins again, N being the frames of the
main rendition's loop. A sub frame carries the index of the main frame that it was made from.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

Image = npt.NDArray[np.uint8]

UNITS = 60
"""Blocks that would fit in the picture's width."""
BLOCKS = 24
MODULUS_MAX = 1 << 16
_GUARD_LEFT = (1, 0)
_GUARD_RIGHT = (0, 1)
_BLACK, _WHITE, _NEUTRAL = 16, 235, 128
_DIGITS = 5
_LINE = 1.9
"""Height of the line of text, in blocks."""


def crc4(number: int) -> int:
    """CRC-4-ITU (polynomial 0x3, start 0) over 16 bits."""
    register = number << 4
    for bit in range(19, 3, -1):
        if register >> bit & 1:
            register ^= 0b10011 << (bit - 4)
    return register & 0xF


def _bits(number: int) -> tuple[int, ...]:
    word = number << 4 | crc4(number)
    return (*_GUARD_LEFT, *(word >> bit & 1 for bit in range(19, -1, -1)), *_GUARD_RIGHT)


def _even(value: float) -> int:
    return max(2, int(value / 2 + 0.5) * 2)


class Stamp:
    """Burns one camera's id and counter into I420 pictures of one size. Holds what never changes, pre-drawn."""

    def __init__(self, camera: str, width: int, height: int) -> None:
        """``width`` × ``height``: the picture's size in pixels, both even."""
        unit = width / UNITS
        self._edges = [round(k * unit) for k in range(BLOCKS + 1)]
        self._size = (width, height)
        self._strip = _even(unit)
        self._band = (self._strip + _even(unit * _LINE), _even(BLOCKS * unit + 1))
        rows, columns = self._band
        line = rows - self._strip
        self._base = np.full((rows, columns), _BLACK, np.uint8)
        # The digits are as large as the line allows: they are read on small tiles of a wall.
        self._digit_width = int(line * 0.8)
        self._digits_from = columns - _DIGITS * self._digit_width
        self._glyphs = [_text(digit, self._digit_width, line) for digit in "0123456789"]
        # The gap keeps an id's last digit and the counter's first apart.
        name = _text(camera, self._digits_from - self._digit_width // 2, line)
        self._base[self._strip :, : name.shape[1]] = name

    def burn(self, picture: Image, number: int) -> None:
        """Write ``number`` into an I420 ``picture`` of shape (height · 3 / 2, width), in place."""
        width, height = self._size
        rows, columns = self._band
        band = picture[:rows, :columns]
        band[:] = self._base
        for k, bit in enumerate(_bits(number % MODULUS_MAX)):
            if bit:
                band[: self._strip, self._edges[k] : self._edges[k + 1]] = _WHITE
        for k, digit in enumerate(f"{number % 10**_DIGITS:0{_DIGITS}d}"):
            left = self._digits_from + k * self._digit_width
            band[self._strip :, left : left + self._digit_width] = self._glyphs[int(digit)]
        chroma = picture.reshape(-1)[width * height :].reshape(2, height // 2, width // 2)
        chroma[:, : rows // 2, : columns // 2] = _NEUTRAL


def _text(text: str, width: int, height: int) -> Image:
    """``text`` in white on black, as large as fits."""
    tile = np.full((height, width), _BLACK, np.uint8)
    font = cv2.FONT_HERSHEY_SIMPLEX
    (across, up), _ = cv2.getTextSize(text, font, 1.0, 1)
    scale = min((width - 2) / across, height * 0.8 / up)
    left, baseline = int((width - across * scale) / 2), int((height + up * scale) / 2)
    cv2.putText(tile, text, (left, baseline), font, scale, _WHITE, 1 if height < 24 else 2, cv2.LINE_AA)
    return tile


def read_counter(image: npt.NDArray[np.uint8]) -> int | None:
    """The number in ``image``, a grey (h, w) or BGR/RGB (h, w, 3) picture at any scale; None where there is none."""
    grey = image if image.ndim == 2 else image[: image.shape[1] // UNITS + 2].mean(axis=2)
    unit = image.shape[1] / UNITS
    top, bottom = int(unit * 0.3), max(int(unit * 0.7), int(unit * 0.3) + 1)
    levels = []
    for k in range(BLOCKS):
        left = int((k + 0.3) * unit)
        levels.append(float(grey[top:bottom, left : max(int((k + 0.7) * unit), left + 1)].mean()))
    white = (levels[0] + levels[-1]) / 2
    black = (levels[1] + levels[-2]) / 2
    if white - black < 60:
        return None
    shares = [(level - black) / (white - black) for level in levels]
    if any(0.35 < share < 0.65 for share in shares):
        return None
    bits = [share > 0.5 for share in shares]
    word = 0
    for bit in bits[2:-2]:
        word = word << 1 | bit
    number = word >> 4
    return number if word & 0xF == crc4(number) and tuple(bits) == tuple(map(bool, _bits(number))) else None
