"""Whether a picture differs from the one about a second before: the cheap test that spares the model.

Works on 80 × 45 grey cells, so an idle look costs microseconds. Cells that flicker all the time (a burnt-in
clock) get a threshold of their own. Not here: what follows from a change (``policy``).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SIZE = (80, 45)  # cells: width, height
#: A cell has changed when its mean grey (0–255) moved by more than this, after a common shift is taken out.
LEAST_STEP = 9.0
#: …or by more than so many times its usual flicker.
NOISE_FACTOR = 4.0
#: Cells that must have changed: a person far away covers about four.
LEAST_CELLS = 3
#: Comparing with a picture younger than this would miss slow walkers (seconds).
LEAST_AGE_S = 0.8
#: How fast flicker is learnt (seconds).
LEARN_S = 20.0
#: At most this share of the cells may have a raised threshold: a clock is small; a crowd is not flicker.
MOST_FLICKER = 0.06

Grey = NDArray[np.uint8]
_Cells = NDArray[np.float32]


class SceneChange:
    """One camera's memory: the picture to compare with, and each cell's flicker."""

    def __init__(self) -> None:
        self._reference: _Cells | None = None
        self._next: tuple[float, _Cells] | None = None
        self._reference_at = 0.0
        self._noise = np.zeros((SIZE[1], SIZE[0]), np.float32)
        self._last = 0.0

    def look(self, grey: Grey, moment: float, *, quiet: bool) -> bool:
        """Whether something changed. ``grey`` (45, 80) bytes; ``quiet``: nobody was seen, so flicker may be learnt.

        The first picture counts as changed.
        """
        cells = grey.astype(np.float32)
        if self._reference is None or moment < self._last:
            self._reference, self._reference_at, self._next, self._last = cells, moment, None, moment
            return True
        difference = cells - self._reference
        difference -= np.median(difference)
        step = np.abs(difference)
        changed = int(np.count_nonzero(step > self._threshold())) >= LEAST_CELLS
        if quiet:
            share = min(1.0, (moment - self._last) / LEARN_S)
            self._noise += share * (step - self._noise)
        self._last = moment
        self._renew(cells, moment)
        return changed

    def _threshold(self) -> _Cells:
        own = NOISE_FACTOR * self._noise
        flickering = np.count_nonzero(own > 1.5 * LEAST_STEP)
        if flickering > MOST_FLICKER * own.size:
            return np.full_like(own, LEAST_STEP)
        return np.asarray(np.maximum(own, LEAST_STEP), np.float32)

    def _renew(self, cells: _Cells, moment: float) -> None:
        """Keeps the reference between ``LEAST_AGE_S`` and twice that old, when pictures come often."""
        if self._next is None:
            self._next = (moment, cells)
        if moment - self._next[0] >= LEAST_AGE_S or moment - self._reference_at >= 2 * LEAST_AGE_S:
            self._reference_at, self._reference = self._next
            self._next = (moment, cells)
