"""How two averaged pictures of one camera resemble each other in structure, whatever the light. Pure functions.

Structure is where edges are and how they run. Brightness, contrast and even its sign (infrared light turns dark cloth
bright) say little about a camera's view; edges stay. Not here: what follows from it (``tamper``).

Pictures are float32 (72, 160): the grey of ``SIZE`` without a strip at the top and the bottom, because there cameras
write their name and the time, which stay when the lens is covered.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

SIZE = (160, 90)  # cells of the grey: width, height
STRIP = 9  # rows left out at the top and at the bottom
#: Gradients (grey a cell) of this strength count half, much weaker ones not at all.
EDGE = 1.0
#: …or of so many times the noise that was measured in the averaged picture, up to the second figure.
NOISE_FACTOR = 3.0
MOST_EDGE = 2.0
#: How far an edge is smeared (cells), so that a camera that trembles is not one that has moved.
SMEAR = 1.0
#: A view that is displaced by no more than this (cells; 2.5 % of the width) is the same one.
NEAR = 4
#: Mean squared structure (0–1) below which there is none: coding and what is left of the noise give 0.0005.
FLOOR = 0.002
#: Blocks, across and down, each of which has its own say, whatever one long line or one object does.
BLOCKS = (10, 6)
#: Correlation from which a block shows what it should.
KEPT = 0.4

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Match:
    """How a picture compares with another. ``here`` and ``best`` are correlations (−1 to 1)."""

    here: float  # where they lie, displaced by up to ``NEAR``
    best: float  # at the best displacement
    shift: tuple[int, int]  # cells to the right and down that ``best`` is displaced by
    energy: float  # structure that there is, as a share of the other's
    kept: float  # share of the other's blocks with structure in which they agree

    @property
    def same(self) -> bool:
        """Whether both show the same view: they agree where they lie, and nowhere better.

        In the dark little is left that could agree. Where there is light, more is asked for, and in several places: one
        line across both is not a view. Of other views 0.29 was measured at most, under infrared light 0.56 at least.
        """
        least = 0.3 if self.energy >= 0.3 else 0.15
        agrees = self.here >= least and self.here >= self.best - 0.05
        return agrees and (self.energy < 0.3 or self.kept >= 0.3)


@dataclass(frozen=True, slots=True)
class Sharpness:
    """How sharp a picture is beside another, and whether that can be told."""

    ratio: float  # fine structure that is left, as a share of the coarse that is left; 1: as sharp
    contrast: float  # of the whole picture, as a share of the other's
    coarse: float  # coarse structure that is left, as a share of the contrast that is left
    layout: float  # correlation (−1 to 1) of both, coarsely seen
    tremble: float  # coarse structure that came and went, as a share of the other's


def edges(picture: Floats, noise: float = 0.0) -> Floats:
    """(72, 160, 2): each cell's edge as a vector of twice its angle, so that both signs of contrast are one; up to 1.

    Shading over eight cells and more is taken out: it is the light's. Squared gradients, normalised, as in orientation
    correlation (Fitch, Kadyrov, Christmas, Kittler: "Orientation correlation", BMVC 2002), but weak ones fade out.
    ``noise``: standard deviation of the picture's noise.
    """
    height, width = picture.shape
    shading = cv2.resize(picture, (width // 8, height // 8), interpolation=cv2.INTER_AREA)
    local = cv2.subtract(picture, cv2.resize(shading, (width, height), interpolation=cv2.INTER_LINEAR))
    across = cv2.Sobel(local, cv2.CV_32F, 1, 0, scale=1 / 8)
    down = cv2.Sobel(local, cv2.CV_32F, 0, 1, scale=1 / 8)
    scale = 1 / (across * across + down * down + min(max(EDGE, NOISE_FACTOR * noise), MOST_EDGE) ** 2)
    vectors = cv2.merge([(across * across - down * down) * scale, 2 * across * down * scale])
    return cast(Floats, cv2.GaussianBlur(vectors, (0, 0), SMEAR))


def noise_of(difference: Floats) -> float:
    """Standard deviation, from half the difference of two averages; persons in a part of it do not count.

    1.4826 · median absolute deviation (Rousseeuw, Croux: "Alternatives to the Median Absolute Deviation", 1993).
    """
    sample = np.abs(difference[::2, ::3])  # a sixth of the cells tells as much
    return 1.4826 * float(np.median(sample))


def strength(field: Floats) -> float:
    """Mean squared length of the edges: 0 (none) to 1."""
    return float(np.vdot(field, field)) / (field.size / 2)


def compare(now: Floats, reference: Floats) -> Match:
    """Two fields of ``edges`` over each other, and displaced: cross-correlation by Fourier transform, cyclic."""
    mine, its = strength(now), strength(reference)
    norm = now.size / 2 * float(np.sqrt((mine + FLOOR) * (its + FLOOR)))
    energy = mine / (its + FLOOR)
    kept = _kept(now, reference)
    here = float(np.vdot(now, reference)) / norm
    if here >= 0.8:  # displaced, they would not agree so well: the dearer search is spared
        return Match(here, here, (0, 0), energy, kept)
    spectrum = cv2.mulSpectrums(
        cv2.dft(now, flags=cv2.DFT_COMPLEX_OUTPUT), cv2.dft(reference, flags=cv2.DFT_COMPLEX_OUTPUT), 0, conjB=True
    )
    found = cast(Floats, cv2.dft(spectrum, flags=cv2.DFT_INVERSE | cv2.DFT_SCALE))[..., 0]
    height, width = found.shape
    y, x = divmod(int(found.argmax()), width)
    near = np.arange(-NEAR, NEAR + 1)
    here = float(found[near[:, None], near[None, :]].max()) / norm
    shift = (x - width if x > width // 2 else x, y - height if y > height // 2 else y)
    return Match(here, float(found[y, x]) / norm, shift, energy, kept)


def sharpness(now: Floats, difference: Floats, reference: Floats) -> Sharpness:
    """Defocus takes fine structure and leaves coarse: the ratio of what is left of both is the lens', not the light's.

    The gain of each band is a transfer function's (√ of output over input power, less the noise's power, which
    ``difference``, half of that between two averages, tells: Bendat, Piersol: "Random Data", ch. 6).
    """
    fine, coarse = _bands(now)
    fine_noise, coarse_noise = _bands(difference)
    fine_was, coarse_was = (_power(band) for band in _bands(reference))
    told = (fine_was > 0.2) & (coarse_was > 1.0)
    thumbs = [cv2.resize(one, (20, 9), interpolation=cv2.INTER_AREA) for one in (now, reference)]
    spread, was = (float(thumb.std()) for thumb in thumbs)
    contrast = spread / max(was, 0.1)
    if np.count_nonzero(told) < 6 or min(spread, was) < 0.5:
        return Sharpness(1.0, contrast, 1.0, 0.0, 0.0)
    fine_gain = np.sqrt(np.maximum(_power(fine) - _power(fine_noise), 0)[told] / fine_was[told])
    coarse_gain = np.sqrt(np.maximum(_power(coarse) - _power(coarse_noise), 0)[told] / coarse_was[told])
    layout = float(((thumbs[0] - thumbs[0].mean()) * (thumbs[1] - thumbs[1].mean())).mean()) / (spread * was)
    ratio = float(np.median(fine_gain / np.maximum(coarse_gain, 0.05)))
    tremble = float(np.median(_power(coarse_noise)[told] / coarse_was[told]))
    return Sharpness(ratio, contrast, float(np.median(coarse_gain)) / max(contrast, 0.01), layout, tremble)


def _kept(now: Floats, reference: Floats) -> float:
    mine, its = _power(now).sum(2), _power(reference).sum(2)
    both = cv2.resize(now * reference, BLOCKS, interpolation=cv2.INTER_AREA).sum(2)
    told = its > 10 * FLOOR
    agree = both[told] > KEPT * np.sqrt((mine[told] + FLOOR) * (its[told] + FLOOR))
    share: float = np.count_nonzero(agree) / max(1, agree.size)
    return share


def _bands(picture: Floats) -> tuple[Floats, Floats]:
    """What a blur of one cell takes away; and of the half picture (36, 80), what a blur of 1.5 of its cells does."""
    half = cv2.resize(picture, (picture.shape[1] // 2, picture.shape[0] // 2), interpolation=cv2.INTER_AREA)
    fine = cv2.subtract(picture, cv2.GaussianBlur(picture, (5, 5), 1.0))
    return cast(Floats, fine), cast(Floats, cv2.subtract(half, cv2.GaussianBlur(half, (7, 7), 1.5)))


def _power(band: Floats) -> Floats:
    return cast(Floats, cv2.resize(band * band, BLOCKS, interpolation=cv2.INTER_AREA))
