"""What became of one camera's pictures: looked at, wanted for the model, seen by it, left out. Pure, clock passed in.

``wanted`` is what the configured rates ask for: every picture that was handed to the model, and every one that the
governor left out. So wanted = inferred + dropped + what is on the way, which is two at most: one in the camera's slot,
one in the model. Not here: who decides it (``policy``, ``governor``).
"""

from __future__ import annotations

from dataclasses import dataclass

from detectors.sampling.policy import FORCED_S
from detectors.sampling.rates import WINDOW_S, RateMeter

#: Pictures of a camera that may wait or be in the model; what is missing beyond them was lost by a failing model.
ON_THE_WAY = 2
#: Rates are counted over ``WINDOW_S``, so one picture more or less is no shortage.
ONE_PICTURE_FPS = 1 / WINDOW_S
#: A camera that got less than its least rate has enough again at so much more than that.
ENOUGH = 1.1
#: Nor may a picture for the model (idle cameras: the forced look) be missing for so long.
MOST_UNSEEN_S = 2 * FORCED_S


@dataclass(frozen=True, slots=True)
class Figures:
    """Pictures a second over the last ``WINDOW_S``; ``dropped`` since the start."""

    sampled_fps: float
    wanted_fps: float
    inferred_fps: float
    dropped: int
    behind: bool


class Flow:
    """Counts in the reading thread (``inferred``: in a batching one), read in any. ``now``: monotonic seconds."""

    def __init__(self, now: float) -> None:
        self._sampled = RateMeter(now)
        self._wanted = RateMeter(now)
        self._inferred = RateMeter(now)
        self._last_inferred = now
        self._left_out = 0
        self._lost = 0
        self._behind = False
        self.handed = 0  # to the batcher, since the start
        self.replaced = 0  # of those, by a newer one before the model took it
        self.results = 0

    def sampled(self, now: float) -> None:
        """A picture was decoded and looked at for change."""
        self._sampled.mark(now)

    def left_out(self, now: float) -> None:
        """A picture was due for the model and the governor left it out."""
        self._wanted.mark(now)
        self._left_out += 1

    def hand(self, now: float, *, replaced: bool) -> None:
        """A picture went to the batcher; ``replaced``: it took the place of one that the model had not seen."""
        self._wanted.mark(now)
        self.handed += 1
        self.replaced += replaced

    def inferred(self, now: float) -> None:
        """The model has seen a picture."""
        self._inferred.mark(now)
        self._last_inferred = now
        self.results += 1

    @property
    def dropped(self) -> int:
        """Pictures that were due for the model and that it did not see; only grows."""
        missing = self.handed - self.replaced - self.results - ON_THE_WAY
        self._lost = max(self._lost, missing)
        return self._left_out + self.replaced + self._lost

    def figures(self, now: float, least_fps: float) -> Figures:
        """The figures of this moment; ``least_fps``: the model is to see so many while something happens."""
        wanted, inferred = self._wanted.rate(now), self._inferred.rate(now)
        self._behind = self._falls_behind(now, wanted, inferred, least_fps)
        return Figures(self._sampled.rate(now), wanted, inferred, self.dropped, self._behind)

    def _falls_behind(self, now: float, wanted: float, inferred: float, least_fps: float) -> bool:
        if wanted > 0 and now - self._last_inferred > MOST_UNSEEN_S:
            return True
        least = least_fps * (ENOUGH if self._behind else 1.0)
        return inferred < min(least, wanted) - ONE_PICTURE_FPS - 1e-9
