"""Persons from picture to picture at 1–4 pictures a second: who is the same, who is new, who has gone.

Prediction with constant velocity, one assignment over overlap and distance (Jonker–Volgenant, ``lap``), strong
detections first and weak ones only to continue (the idea of ByteTrack, arXiv 2110.06864). At this rate boxes
of the same person often do not overlap, so distance, in box heights and by the elapsed time, matters more.
Not here: zones, alerts.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import lap
import numpy as np
from numpy.typing import NDArray

from detectors.inference.backend import Detections, Floats
from detectors.inference.boxes import iou_matrix


@dataclass(frozen=True, slots=True)
class Tuning:
    """Bounds of the tracker; lengths are in heights of the person's box, times in seconds."""

    reach: float = 0.45  # how far a box may jump at once
    speed: float = 2.2  # and with time: about 3.7 m/s for a person of 1.7 m
    most_reach: float = 2.5
    survive_s: float = 1.75  # unseen, until the person has gone
    survive_at_border_s: float = 0.75  # the same at the picture's border, where persons leave
    border: float = 0.015  # fraction of the picture
    birth_hits: int = 2
    birth_within_s: float = 3.0
    sure: float = 0.5  # this far between the model's confidence and 1, one hit is enough


@dataclass(frozen=True, slots=True)
class Track:
    """One person. ``box`` is the last seen (left, top, right, bottom); velocity in fractions a second."""

    id: int
    box: tuple[float, float, float, float]
    velocity: tuple[float, float]
    confidence: float
    first_seen: float
    last_seen: float
    hits: int
    confirmed: bool
    misses: int = 0


class Tracker:
    """The persons of one camera. ``moment`` is monotonic seconds and must not go back."""

    def __init__(self, aspect: float = 16 / 9, tuning: Tuning | None = None) -> None:
        self._aspect = aspect  # width over height in pixels: distances are meant in pixels, not in fractions
        self._tuning = tuning or Tuning()
        self._tracks: list[Track] = []
        self._next_id = 1

    @property
    def persons(self) -> tuple[Track, ...]:
        """The confirmed tracks, those bridged for a moment included."""
        return tuple(track for track in self._tracks if track.confirmed)

    def clear(self) -> None:
        """Forgets everybody (the stream was interrupted); ids are not used again."""
        self._tracks.clear()

    def update(self, found: Detections, confidence: float, moment: float) -> tuple[Track, ...]:
        """Takes in one picture; returns ``persons``. ``confidence`` is the model's for a new person."""
        strong = found.confidence >= confidence
        free = list(range(len(self._tracks)))
        matched: dict[int, int] = {}
        for chosen in (np.flatnonzero(strong), np.flatnonzero(~strong)):
            pairs = self._assign(free, found.xyxy[chosen], moment)
            matched.update((track, int(chosen[detection])) for track, detection in pairs)
            free = [index for index in free if index not in matched]
        updated = [
            self._continued(track, found, matched[index], moment)
            if index in matched
            else replace(track, misses=track.misses + 1)
            for index, track in enumerate(self._tracks)
        ]
        taken = set(matched.values())
        sure = confidence + self._tuning.sure * (1 - confidence)
        for detection in np.flatnonzero(strong):
            if int(detection) not in taken:
                updated.append(self._born(found, int(detection), sure, moment))
        self._tracks = [track for track in updated if self._lives(track, moment)]
        return self.persons

    def _assign(self, free: list[int], boxes: Floats, moment: float) -> list[tuple[int, int]]:
        """Pairs (track, row of ``boxes``) of least total cost within reach."""
        if not free or not len(boxes):
            return []
        predicted, reach = self._predicted(free, moment)
        cost = self._cost(predicted, reach, boxes)
        _, rows, _ = lap.lapjv(np.asarray(cost, np.float64), extend_cost=True, cost_limit=1.0)
        return [(free[row], int(column)) for row, column in enumerate(rows) if column >= 0]

    def _predicted(self, free: list[int], moment: float) -> tuple[Floats, NDArray[np.float64]]:
        boxes, reach = [], []
        for index in free:
            track = self._tracks[index]
            elapsed = max(0.0, moment - track.last_seen)
            ahead = min(elapsed, 1.0)  # beyond a second the velocity says little
            dx, dy = track.velocity[0] * ahead, track.velocity[1] * ahead
            left, top, right, bottom = track.box
            boxes.append((left + dx, top + dy, right + dx, bottom + dy))
            reach.append(min(self._tuning.reach + self._tuning.speed * elapsed, self._tuning.most_reach))
        return np.asarray(boxes, np.float32), np.asarray(reach)

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

    def _continued(self, track: Track, found: Detections, detection: int, moment: float) -> Track:
        box = _box(found.xyxy[detection])
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
        hits = track.hits + 1
        return replace(
            track,
            box=box,
            velocity=velocity,
            confidence=float(found.confidence[detection]),
            last_seen=moment,
            hits=hits,
            misses=0,
            confirmed=track.confirmed or hits >= self._tuning.birth_hits,
        )

    def _born(self, found: Detections, detection: int, sure: float, moment: float) -> Track:
        confidence = float(found.confidence[detection])
        track = Track(
            self._next_id, _box(found.xyxy[detection]), (0.0, 0.0), confidence, moment, moment, 1, confidence >= sure
        )
        self._next_id += 1
        return track

    def _lives(self, track: Track, moment: float) -> bool:
        unseen = moment - track.last_seen
        if not track.confirmed:
            return track.misses < 2 and unseen <= self._tuning.birth_within_s
        if track.misses < 2:
            return unseen <= 4 * self._tuning.survive_s  # few pictures: two of them must miss it first
        return unseen <= (self._tuning.survive_at_border_s if self._leaving(track) else self._tuning.survive_s)

    def _leaving(self, track: Track) -> bool:
        left, top, right, bottom = track.box
        border = self._tuning.border
        return left < border or right > 1 - border or (bottom > 1 - border and top > 0.5) or bottom < 0.1


def _box(row: Floats) -> tuple[float, float, float, float]:
    left, top, right, bottom = (float(value) for value in row)
    return left, top, right, bottom
