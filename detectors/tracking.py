"""Persons from picture to picture at 1–4 pictures a second: who is the same, who is new, who has gone.

Prediction with constant velocity, one assignment over overlap and distance (Jonker–Volgenant, ``lap``), strong
detections first and after them weak ones, these only where somebody is expected (the idea of ByteTrack, arXiv
2110.06864). At this rate boxes of the same person often do not overlap, so distance, in box heights and by the elapsed
time, matters more. Every box that is found begins a hypothesis; whether it is a person is weighed over time
(``evidence``). Not here: counts, zones, alerts.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import lap
import numpy as np
from numpy.typing import NDArray

from detectors.evidence import Evidence, Weights
from detectors.inference.backend import Detections, Floats, Scale
from detectors.inference.boxes import iou_matrix


@dataclass(frozen=True, slots=True)
class Tuning:
    """Bounds of the tracker; lengths are in heights of the person's box, times in seconds."""

    reach: float = 0.45  # how far a box may jump at once
    speed: float = 2.2  # and with time: about 3.7 m/s for a person of 1.7 m
    most_reach: float = 2.5
    weak_cost: float = 0.4  # of a pair (0–1) whose detection is weak: it must lie where somebody is expected
    ahead_s: float = 1.0  # beyond it the velocity says little
    forget_s: float = 8.0  # unseen for so long nobody is followed, however sure he was
    hole_s: float = 15.0  # …nor found again, where no picture came meanwhile: idle cameras are looked at every 10 s
    border: float = 0.015  # fraction of the picture
    hidden: float = 0.3  # share of a box before which others stand, so that not to find it says nothing
    part: float = 0.85  # share of a box within a larger one from which on it may be a part of the same person
    least: float = 0.35  # presence below which one who is not found, or weakly, is dropped: doubt is not remembered


@dataclass(frozen=True, slots=True)
class Track:
    """One person. ``box`` is the last seen (left, top, right, bottom); velocity in fractions a second."""

    id: int  # 0 as long as it was never likelier than not
    box: tuple[float, float, float, float]
    velocity: tuple[float, float]
    confidence: float
    first_seen: float
    last_seen: float
    presence: float  # probability that the person is there now
    seen: bool  # in this very picture
    hits: int = 1
    evidence: float = 0.0
    weighed: float = 0.0  # moment of the picture that the evidence includes

    @property
    def present(self) -> bool:
        """Likelier there than not."""
        return self.presence >= 0.5


class Tracker:
    """The persons of one camera. ``moment`` is monotonic seconds and must not go back."""

    def __init__(self, scale: Scale, aspect: float = 16 / 9, tuning: Tuning | None = None,
                 weights: Weights | None = None, first_id: int = 1) -> None:  # fmt: skip
        self._scale = scale
        self._weights = weights
        self._evidence = Evidence(scale, weights)
        self._aspect = aspect  # width over height in pixels: distances are meant in pixels, not in fractions
        self._tuning = tuning or Tuning()
        self._tracks: list[Track] = []
        self.next_id = first_id  # ids are not used again

    @property
    def hypotheses(self) -> tuple[Track, ...]:
        """All, the unlikely ones included: their presences together are the expected number of persons."""
        return tuple(self._tracks)

    @property
    def persons(self) -> tuple[Track, ...]:
        """Those who are likelier there than not, hidden ones included."""
        return tuple(track for track in self._tracks if track.present)

    def read_as(self, scale: Scale) -> None:
        """Another model's confidences from the next picture on; persons stay."""
        if scale != self._scale:
            self._scale, self._evidence = scale, Evidence(scale, self._weights)

    def update(self, found: Detections, moment: float) -> tuple[Track, ...]:
        """Takes in one picture; returns ``persons``."""
        self._tracks = [track for track in self._tracks if moment - track.last_seen <= self._tuning.hole_s]
        predicted = self._predicted(moment)
        matched = self._matched(found, predicted, moment)
        seen = found.xyxy[list(matched.values())]
        tracks = [
            self._continued(track, found, matched[index], moment)
            if index in matched
            else self._missed(track, predicted[index], seen, moment)
            for index, track in enumerate(self._tracks)
        ]
        taken = set(matched.values())
        tracks += [self._born(found, row, moment) for row in range(len(found)) if row not in taken]
        self._tracks = [self._named(track) for track in tracks if self._lives(track, moment)]
        return self.persons

    def _matched(self, found: Detections, predicted: Floats, moment: float) -> dict[int, int]:
        """Index of a track → row of its detection."""
        matched: dict[int, int] = {}
        strong = found.confidence >= self._scale.confidence
        for rows, limit in ((np.flatnonzero(strong), 1.0), (np.flatnonzero(~strong), self._tuning.weak_cost)):
            free = [index for index in range(len(self._tracks)) if index not in matched]
            if not free or not len(rows):
                continue
            cost = self._cost(predicted[free], self._reach(free, moment), found.xyxy[rows])
            _, columns, _ = lap.lapjv(cost, extend_cost=True, cost_limit=limit)
            matched |= {free[i]: int(rows[column]) for i, column in enumerate(columns) if column >= 0}
        return matched

    def _predicted(self, moment: float) -> Floats:
        """(n, 4): where each track's box is expected now."""
        boxes = []
        for track in self._tracks:
            ahead = min(max(0.0, moment - track.last_seen), self._tuning.ahead_s)
            dx, dy = track.velocity[0] * ahead, track.velocity[1] * ahead
            left, top, right, bottom = track.box
            boxes.append((left + dx, top + dy, right + dx, bottom + dy))
        return np.asarray(boxes, np.float32).reshape(-1, 4)

    def _reach(self, indices: list[int], moment: float) -> NDArray[np.float64]:
        elapsed = np.array([max(0.0, moment - self._tracks[index].last_seen) for index in indices])
        return np.minimum(self._tuning.reach + self._tuning.speed * elapsed, self._tuning.most_reach)

    def _cost(self, predicted: Floats, reach: NDArray[np.float64], boxes: Floats) -> NDArray[np.float64]:
        """(tracks, boxes) in 0–1, above 1 where a pair is out of reach or of another size."""
        scale = np.array([self._aspect, 1.0])
        centres = (predicted[:, :2] + predicted[:, 2:]) / 2 * scale
        others = (boxes[:, :2] + boxes[:, 2:]) / 2 * scale
        heights = np.maximum(predicted[:, 3] - predicted[:, 1], 1e-3)
        widths = np.maximum((predicted[:, 2] - predicted[:, 0]) * self._aspect, 1e-3)
        size = np.maximum(heights, widths)  # one who is cut off by the border keeps his reach
        distance = np.linalg.norm(centres[:, None] - others[None], axis=2) / size[:, None]
        areas = np.maximum((predicted[:, 2:] - predicted[:, :2]).prod(axis=1), 1e-6)
        other_areas = np.maximum((boxes[:, 2:] - boxes[:, :2]).prod(axis=1), 1e-6)
        unlike = np.abs(np.log(areas[:, None] / other_areas[None]))
        overlap = iou_matrix(predicted, boxes)
        cost = 0.5 * distance / reach[:, None] + 0.35 * (1 - overlap) + 0.15 * np.minimum(unlike, 2) / 2
        impossible = ((distance > reach[:, None]) & (overlap < 0.1)) | ((unlike > 2.2) & (overlap < 0.1))
        return np.asarray(np.where(impossible, 10.0, np.minimum(cost, 0.999)), np.float64)

    def _continued(self, track: Track, found: Detections, row: int, moment: float) -> Track:
        box = _box(found.xyxy[row])
        elapsed = moment - track.last_seen
        velocity = track.velocity
        if elapsed > 1e-3:
            # The mean of both edges' movement; a share of the new value, for single boxes jitter.
            new = [(box[i] + box[i + 2] - track.box[i] - track.box[i + 2]) / 2 / elapsed for i in (0, 1)]
            share = 0.5 if track.hits > 1 else 0.8
            velocity = (
                velocity[0] + share * (new[0] - velocity[0]),
                velocity[1] + share * (new[1] - velocity[1]),
            )
        confidence = float(found.confidence[row])
        evidence = self._evidence.continued(track.evidence, confidence, moment - track.weighed)
        if not track.present and self._is_part(found, row):
            evidence = self._evidence.as_part(evidence)
        return replace(
            track, box=box, velocity=velocity, confidence=confidence, last_seen=moment, seen=True, hits=track.hits + 1,
            evidence=evidence, presence=self._evidence.presence(evidence), weighed=moment,
        )  # fmt: skip

    def _missed(self, track: Track, expected: Floats, seen: Floats, moment: float) -> Track:
        evidence = self._evidence.missed(
            track.evidence, moment - track.weighed,
            hidden=covered(expected, seen) > self._tuning.hidden, leaving=self._leaving(expected),
        )  # fmt: skip
        presence = self._evidence.presence(evidence)
        return replace(track, seen=False, evidence=evidence, presence=presence, weighed=moment)

    def _born(self, found: Detections, row: int, moment: float) -> Track:
        confidence = float(found.confidence[row])
        evidence = self._evidence.found(confidence)
        if self._is_part(found, row):
            evidence = self._evidence.as_part(evidence)
        return Track(
            0, _box(found.xyxy[row]), (0.0, 0.0), confidence, moment, moment, self._evidence.presence(evidence), True,
            evidence=evidence, weighed=moment,
        )  # fmt: skip

    def _is_part(self, found: Detections, row: int) -> bool:
        box, others = found.xyxy[row], np.delete(found.xyxy, row, axis=0)
        inner = np.clip(np.minimum(box[2:], others[:, 2:]) - np.maximum(box[:2], others[:, :2]), 0, None).prod(axis=1)
        area, areas = (box[2:] - box[:2]).prod(), (others[:, 2:] - others[:, :2]).prod(axis=1)
        return bool(((inner >= self._tuning.part * area) & (areas > 1.3 * area)).any())

    def _named(self, track: Track) -> Track:
        if track.id or not track.present:
            return track
        self.next_id += 1
        return replace(track, id=self.next_id - 1)

    def _lives(self, track: Track, moment: float) -> bool:
        if moment - track.last_seen > self._tuning.forget_s:
            return False
        found = track.seen and track.confidence >= self._scale.confidence  # and again and again, it may be: wait for it
        return found or track.presence >= self._tuning.least

    def _leaving(self, box: Floats) -> bool:
        left, top, right, bottom = box
        border = self._tuning.border
        below = bottom > 1 - border and (top + bottom) / 2 > 0.75  # one who stands close reaches over it and stays
        return bool(left < border or right > 1 - border or top > 1 - border or below or bottom < 0.1)


def covered(box: Floats, others: Floats) -> float:
    """The share (0–1) of ``box`` (4,) before which persons with boxes ``others`` (n, 4) stand.

    Who stands before somebody has his feet lower in the picture; a quarter of the height is allowed for, because
    the lower edge of one who is half hidden is a guess.
    """
    if not len(others):
        return 0.0
    low = np.maximum(box[:2], others[:, :2])
    high = np.minimum(box[2:], others[:, 2:])
    before = others[:, 3] > box[3] - 0.25 * (box[3] - box[1])
    inner = np.where(before, np.clip(high - low, 0, None).prod(axis=1), 0.0).sum()
    return float(min(1.0, inner / max(float((box[2:] - box[:2]).prod()), 1e-9)))


def _box(row: Floats) -> tuple[float, float, float, float]:
    left, top, right, bottom = (float(value) for value in row)
    return left, top, right, bottom
