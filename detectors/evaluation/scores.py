"""Found persons against labelled ones: precision, recall, F1, count error, identity switches. Pure.

A person is found where a box overlaps the label with IoU ≥ 0.5. A pair of the frame before goes on while it still
overlaps so; the rest is assigned with the greatest overlap (CLEAR MOT: Bernardin and Stiefelhagen, EURASIP JIVP
2008). A switch is a label that is found under another identity than the last time.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import lap
import numpy as np

from detectors.evaluation.truth import Labels
from detectors.inference.backend import Floats
from detectors.inference.boxes import iou_matrix

IOU = 0.5


@dataclass(frozen=True, slots=True)
class Figures:
    """Over all pictures looked at. ``count_mae``: mean |counted − labelled| persons; ``count_bias``: its sign."""

    pictures: int
    precision: float
    recall: float
    f1: float
    count_mae: float
    count_bias: float
    identity_switches: int | None  # None: boxes without identities


@dataclass(slots=True)
class Scorer:
    """Takes in one picture after the other."""

    _known: dict[int, int] = field(default_factory=dict)  # label → identity of the last time
    _pairs: dict[int, int] = field(default_factory=dict)  # label → identity of the picture before
    _pictures: int = 0
    _right: int = 0
    _found: int = 0
    _labelled: int = 0
    _error: int = 0
    _bias: int = 0
    _switches: int | None = None

    def add(self, labels: Labels, xyxy: Floats, count: int, identities: tuple[int, ...] | None = None) -> None:
        """One picture: boxes ``xyxy`` (n, 4), the persons that were counted, and each box's identity if it has one."""
        pairs = matched(labels, xyxy, self._pairs, identities)
        spurious = [row for row in range(len(xyxy)) if row not in pairs.values()]
        self._pictures += 1
        self._right += len(pairs)
        self._found += len(xyxy) - _in_ignored(xyxy[spurious], labels.ignored)
        self._labelled += labels.count
        self._error += abs(count - labels.count)
        self._bias += count - labels.count
        if identities is not None:
            now = {label: identities[row] for label, row in pairs.items()}
            switched = sum(1 for label, one in now.items() if self._known.get(label, one) != one)
            self._switches = (self._switches or 0) + switched
            self._known |= now
            self._pairs = now

    def figures(self) -> Figures:
        """Of what was taken in; rates of nothing are 0."""
        precision = self._right / max(1, self._found)
        recall = self._right / max(1, self._labelled)
        pictures = max(1, self._pictures)
        return Figures(
            pictures=self._pictures,
            precision=precision,
            recall=recall,
            f1=2 * precision * recall / max(1e-9, precision + recall),
            count_mae=self._error / pictures,
            count_bias=self._bias / pictures,
            identity_switches=self._switches,
        )


def matched(labels: Labels, xyxy: Floats, before: dict[int, int], identities: tuple[int, ...] | None) -> dict[int, int]:
    """Pairs label id → row of ``xyxy``; those of ``before`` (label id → identity) go on first."""
    overlaps = iou_matrix(labels.xyxy, xyxy)
    pairs: dict[int, int] = {}
    for row, label in enumerate(labels.ids):
        identity = before.get(label)
        if identities is not None and identity in identities:
            column = identities.index(identity)
            if overlaps[row, column] >= IOU:
                pairs[label] = column
    rows = [row for row, label in enumerate(labels.ids) if label not in pairs]
    columns = [column for column in range(len(xyxy)) if column not in pairs.values()]
    if rows and columns:
        free = overlaps[np.ix_(rows, columns)]
        cost = np.where(free >= IOU, 1.0 - free, 10.0).astype(np.float64)
        _, chosen, _ = lap.lapjv(cost, extend_cost=True, cost_limit=1.0)
        pairs |= {labels.ids[rows[i]]: columns[j] for i, j in enumerate(chosen) if j >= 0}
    return pairs


def _in_ignored(xyxy: Floats, ignored: Floats) -> int:
    """Boxes that lie mostly (half of themselves) in a region that counts for nothing."""
    if not len(xyxy) or not len(ignored):
        return 0
    low = np.maximum(xyxy[:, None, :2], ignored[None, :, :2])
    high = np.minimum(xyxy[:, None, 2:], ignored[None, :, 2:])
    inner = np.clip(high - low, 0, None).prod(axis=2)
    area = (xyxy[:, 2:] - xyxy[:, :2]).prod(axis=1)
    return int(((inner / np.maximum(area, 1e-12)[:, None]).max(axis=1) >= 0.5).sum())
