from __future__ import annotations

import math

import numpy as np
import pytest
from boxes_script import found
from hypothesis import given
from hypothesis import strategies as st

from detectors.counting import Counter
from detectors.evidence import Evidence
from detectors.inference.backend import Detections, Scale
from detectors.tracking import Tracker, covered
from vms.domain.facility import Zone

SCALE = Scale(0.5, 0.25)
LEFT = Zone.model_validate({"id": "left", "kind": "area", "polygon": [[0, 0], [0.5, 0], [0.5, 1], [0, 1]]})
LINE = Zone.model_validate({"id": "line", "kind": "line", "points": [[0, 0.5], [1, 0.5]]})


def walk(x: float, y: float = 0.3, h: float = 0.4, sure: float = 0.9) -> tuple[float, ...]:
    return x - 0.04, y, x + 0.04, y + h, sure


def test_one_who_is_hidden_behind_another_is_still_counted() -> None:
    """Two cross; for two seconds only the nearer one is seen."""
    tracker, counter = Tracker(SCALE), Counter()
    counts = []
    for n in range(32):
        near, far = walk(0.3 + n * 0.0125, 0.35, 0.5), walk(0.5, 0.3, 0.4)
        hidden = abs(near[0] - far[0]) < 0.06
        seen = found(near) if hidden else found(near, far)
        tracker.update(seen, n * 0.25)
        estimate, _ = counter.add(tracker.hypotheses, n * 0.25)
        counts.append(estimate.persons)
    assert set(counts) == {2}


def test_an_empty_floor_is_believed_sooner_than_a_hidden_person_is_given_up() -> None:
    def gone(others: tuple[float, ...]) -> float:
        """Seconds until one at 0.5 is given up; another stays."""
        tracker = Tracker(SCALE)
        for n in range(12):
            persons = tracker.update(found(walk(0.5), others), n * 0.25)
        (one,) = [person.id for person in persons if person.box[0] == pytest.approx(0.46)]
        for n in range(12, 60):
            if one not in {person.id for person in tracker.update(found(others), n * 0.25)}:
                return (n - 11) * 0.25
        return math.inf

    assert gone(walk(0.9)) < 2 < gone(walk(0.53, 0.38, 0.5)) < 10


def test_one_picture_without_a_person_does_not_move_the_count() -> None:
    tracker, counter = Tracker(SCALE), Counter()
    counts = []
    for n in range(40):
        tracker.update(found() if n % 7 == 5 else found(walk(0.5), walk(0.2)), n * 0.25)
        counts.append(counter.add(tracker.hypotheses, n * 0.25)[0].persons)
    assert set(counts) == {2}


def test_doubt_shows_in_the_uncertainty() -> None:
    def sigma(confidence: float) -> float:
        tracker, counter = Tracker(SCALE), Counter()
        for n in range(4):
            tracker.update(found(walk(0.5, sure=confidence)), n * 0.25)
            estimate, _ = counter.add(tracker.hypotheses, n * 0.25)
        assert estimate.persons == 1
        return estimate.sigma

    assert sigma(0.9) < 0.15
    assert sigma(0.56) > 0.3


def test_zones_count_feet_and_lines_count_nobody() -> None:
    tracker, counter = Tracker(SCALE), Counter((LEFT, LINE))
    tracker.update(found(walk(0.47), walk(0.53), walk(0.9)), 0.0)
    estimate, zones = counter.add(tracker.hypotheses, 0.0)
    assert (estimate.persons, {id_: zone.persons for id_, zone in zones.items()}) == (3, {"left": 1})
    counter.change(())
    assert counter.add(tracker.hypotheses, 0.25)[1] == {}


def test_no_camera_is_asked_for_a_zone_that_has_nobody() -> None:
    estimate, zones = Counter((LEFT,)).add((), 0.0)
    assert (estimate.persons, estimate.sigma, zones["left"].persons) == (0, 0, 0)


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 30), st.floats(-3, 6))
def test_evidence_grows_with_confidence_and_is_bounded(a: float, b: float, elapsed: float, before: float) -> None:
    evidence = Evidence(SCALE)
    low, high = sorted((a, b))
    assert evidence.continued(before, low, elapsed) <= evidence.continued(before, high, elapsed) <= 6.0
    assert 0 < evidence.presence(evidence.continued(before, high, elapsed)) < 1
    missed = [evidence.missed(before, elapsed, hidden=hidden, leaving=False) for hidden in (True, False)]
    assert missed[0] > missed[1]
    assert evidence.missed(before, elapsed, hidden=False, leaving=True) < missed[1]


def test_what_is_as_likely_wrong_as_right_says_nothing() -> None:
    for scale in (SCALE, Scale(0.38, 0.25), Scale(0.45, 0.45)):
        assert Evidence(scale).found(scale.confidence) == pytest.approx(0, abs=1e-9)
        assert math.isfinite(Evidence(scale).found(1.0))


@given(st.integers(0, 2**32 - 1))
def test_any_boxes_give_as_many_persons_as_are_expected_within_reason(seed: int) -> None:
    """Whatever comes: ids are unique, presences are probabilities, the expectation bounds the number."""
    random = np.random.default_rng(seed)
    tracker, counter = Tracker(SCALE), Counter((LEFT,))
    moment = 0.0
    for _ in range(30):
        n = int(random.integers(0, 6))
        low = random.uniform(0, 0.9, (n, 2))
        boxes = np.concatenate([low, low + random.uniform(0.01, 0.5, (n, 2))], axis=1)
        tracker.update(Detections.checked(boxes, random.uniform(0.25, 1, n)), moment)
        ids = [track.id for track in tracker.persons]
        assert len(set(ids)) == len(ids)
        assert all(ids)
        assert all(0 <= track.presence <= 1 for track in tracker.hypotheses)
        estimate, zones = counter.add(tracker.hypotheses, moment)
        assert zones["left"].mean <= estimate.mean + 0.02
        assert len(tracker.persons) / 2 <= estimate.mean + 1e-2
        moment += float(random.choice([0.25, 0.5, 2.0, 10.0]))


def test_who_stands_behind_covers_nobody() -> None:
    box = np.array([0.4, 0.3, 0.5, 0.8], np.float32)
    assert covered(box, np.array([[0.4, 0.2, 0.5, 0.6]], np.float32)) == 0
    assert covered(box, np.array([[0.35, 0.4, 0.55, 0.95]], np.float32)) == pytest.approx(0.8)
    assert covered(box, np.zeros((0, 4), np.float32)) == 0
