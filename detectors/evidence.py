"""How sure it is that a person is there: detections and misses as evidence that fades. Pure numbers, no boxes.

Evidence is a sum of log likelihood ratios (Wald, Sequential Analysis, 1947), as trackers score their hypotheses
(Blackman and Popoli, Design and Analysis of Modern Tracking Systems, 1999, ch. 6), with a memory: what was seen
seconds ago says less than what is seen now. A person counts while more speaks for than against. So weak detections
in a row make a person, a single strong one does, a single weak one does not; and one who is hidden behind another
stays, while one who is gone from an empty floor goes. Not here: which detection belongs to whom (``tracking``).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from detectors.inference.backend import Scale


@dataclass(frozen=True, slots=True)
class Weights:
    """In nats, times in seconds. Chosen as round numbers amid a plateau: none is fitted to one sequence."""

    memory_s: float = 3.0  # what was known fades by e
    most_step_s: float = 1.0  # …but between two pictures by no more than so long fades it: few pictures must do
    prior: float = -1.0  # against each box that is found: where nobody was a moment ago there is rarely somebody now
    spread: float = 2.5  # worth of a confidence as far above ``Scale.confidence`` as ``Scale.keep`` is below it
    least_hit: float = -0.5  # found, however weakly, is better than not found
    most_hit: float = 3.0
    most: float = 5.0  # no more is ever sure: the time in which one who left is let go follows from it
    miss: float = 1.0  # not found though in full view
    miss_leaving: float = 2.0  # not found where persons leave, at the picture's border
    part: float = 1.0  # against one whose box lies within a larger one: it may be a part of that person
    miss_hidden: float = 0.1  # not found behind somebody who stands before


class Evidence:
    """The arithmetic for one model's confidences."""

    def __init__(self, scale: Scale, weights: Weights | None = None) -> None:
        self._weights = weights or Weights()
        self._neutral = _log_odds(scale.confidence)
        reach = self._neutral - _log_odds(min(scale.keep, scale.confidence - 0.01))
        self._slope = self._weights.spread / reach

    def found(self, confidence: float) -> float:
        """What one detection of ``confidence`` (0–1) is worth."""
        worth = self._slope * (_log_odds(confidence) - self._neutral)
        return min(max(worth, self._weights.least_hit), self._weights.most_hit)

    def continued(self, evidence: float, confidence: float, elapsed: float) -> float:
        """After another detection ``elapsed`` seconds later."""
        return min(self._faded(evidence, elapsed) + self.found(confidence), self._weights.most)

    def missed(self, evidence: float, elapsed: float, *, hidden: bool, leaving: bool) -> float:
        """After a picture ``elapsed`` seconds later in which nobody was found there."""
        weights = self._weights
        cost = weights.miss_hidden if hidden else weights.miss_leaving if leaving else weights.miss
        return self._faded(evidence, elapsed) - cost

    def as_part(self, evidence: float) -> float:
        """Where the box may be a part of another person's."""
        return evidence - self._weights.part

    def presence(self, evidence: float) -> float:
        """The probability (0–1) that a person is there."""
        return 1 / (1 + math.exp(-(self._weights.prior + evidence)))

    def _faded(self, evidence: float, elapsed: float) -> float:
        return evidence * math.exp(-min(max(elapsed, 0.0), self._weights.most_step_s) / self._weights.memory_s)


def _log_odds(probability: float) -> float:
    bounded = min(max(probability, 1e-4), 1 - 1e-4)
    return math.log(bounded / (1 - bounded))
