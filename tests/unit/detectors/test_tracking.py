from __future__ import annotations

import numpy as np
import pytest
from boxes_script import found

from detectors.inference.backend import Detections, Scale
from detectors.tracking import Tracker

SCALE = Scale(0.5, 0.25)


def walk(x: float, y: float = 0.3, h: float = 0.4) -> tuple[float, float, float, float]:
    return x - 0.04, y, x + 0.04, y + h


def test_two_hits_make_a_person_and_a_sure_one_needs_one() -> None:
    tracker = Tracker(SCALE)
    assert len(tracker.update(found((*walk(0.3), 0.6)), 0.0)) == 0
    assert len(tracker.update(found((*walk(0.31), 0.6)), 0.25)) == 1
    assert len(Tracker(SCALE).update(found((*walk(0.3), 0.9)), 0.0)) == 1


def test_a_single_false_hit_is_never_counted() -> None:
    tracker = Tracker(SCALE)
    counts = [len(tracker.update(found((*walk(0.3), 0.6)) if n == 3 else found(), n * 0.25)) for n in range(12)]
    assert set(counts) == {0}


def test_one_who_is_seen_all_the_time_just_above_the_models_own_confidence_is_somebody() -> None:
    tracker = Tracker(SCALE)
    seen = [len(tracker.update(found((*walk(0.3), SCALE.confidence + 0.02)), n * 0.25)) for n in range(40)]
    assert seen[0] == 0
    assert seen[-1] == 1


def test_weak_detections_carry_a_person_over_a_bad_moment_but_begin_none() -> None:
    tracker = Tracker(SCALE)
    for n in range(8):
        tracker.update(found((*walk(0.3), 0.9)), n * 0.25)
    for n in range(8, 12):
        (person,) = tracker.update(found((*walk(0.3), 0.4), (*walk(0.8), 0.4)), n * 0.25)
        assert person.seen
    for n in range(12, 20):
        (person,) = tracker.update(found((*walk(0.3), 0.8), (*walk(0.8), 0.4)), n * 0.25)
    assert person.id == 1


def test_a_weak_detection_aside_is_not_the_one_who_is_hidden() -> None:
    """A bag, a shadow, a part of somebody else: within reach of the person, but not where he is expected."""
    tracker = Tracker(SCALE)
    for n in range(8):
        tracker.update(found((*walk(0.3), 0.9)), n * 0.25)
    (person,) = tracker.update(found((*walk(0.38), 0.4)), 2.0)
    assert not person.seen
    (person,) = tracker.update(found((*walk(0.38), 0.8)), 2.25)  # whom the model is sure of, he is: he took a step
    assert (person.id, person.seen) == (1, True)


@pytest.mark.parametrize("fps", [1.0, 2.0, 4.0])
def test_a_walker_who_is_found_weakly_where_he_is_expected_goes_on(fps: float) -> None:
    tracker = Tracker(SCALE)
    for n in range(4):
        tracker.update(found((*walk(0.05 + 0.11 * n / fps), 0.9)), n / fps)
    for n in range(4, 6):
        (person,) = tracker.update(found((*walk(0.05 + 0.11 * n / fps), 0.4)), n / fps)
        assert (person.id, person.seen) == (1, True)


@pytest.mark.parametrize("missing", [set(), {4}, {4, 5, 6}, {3, 7, 11, 12}])
@pytest.mark.parametrize("fps", [1.0, 2.0, 4.0])
def test_a_walker_keeps_his_id_through_missing_pictures(missing: set[int], fps: float) -> None:
    """A tenth of the picture's width a second, 0.4 high: 1.4 m/s for a person of 1.7 m at 16:9 is 0.19."""
    tracker = Tracker(SCALE)
    ids: set[int] = set()
    counts = []
    for n in range(16):
        moment = n / fps
        seen = found() if n in missing and fps > 2 else found(walk(0.05 + 0.19 * moment % 0.9))
        if 0.19 * moment > 0.85:
            break
        persons = tracker.update(seen, moment)
        ids |= {person.id for person in persons}
        counts.append(len(persons))
    assert ids == {1}
    assert set(counts) == {1}


def test_two_who_cross_keep_their_ids() -> None:
    tracker = Tracker(SCALE)
    for n in range(17):
        a, b = 0.2 + n * 0.035, 0.8 - n * 0.035
        boxes = [walk(a, 0.25), walk(b, 0.4)]
        persons = tracker.update(found(*(boxes if n % 2 else boxes[::-1])), n * 0.25)
    by_id = {person.id: (person.box[0] + person.box[2]) / 2 for person in persons}
    first_ids = sorted(by_id)
    assert len(first_ids) == 2
    # The order of detections in the first picture gave 1 to the one from the right.
    assert by_id[first_ids[0]] < by_id[first_ids[1]]


def test_a_person_is_gone_soon_after_the_last_sight_and_sooner_at_the_border() -> None:
    for x, least, most in ((0.5, 1.0, 2.01), (0.04, 0.5, 0.76)):
        tracker = Tracker(SCALE)
        for n in range(8):
            tracker.update(found(walk(x)), n * 0.25)
        last = 1.75
        gone = next(m for m in np.arange(2.0, 6.0, 0.25) if not tracker.update(found(), float(m)))
        assert least <= gone - last <= most


def test_a_leap_across_the_picture_is_another_person() -> None:
    tracker = Tracker(SCALE)
    for n in range(4):
        tracker.update(found(walk(0.1)), n * 0.25)
    persons = tracker.update(found(walk(0.9)), 1.0)
    assert {person.id for person in persons} == {1, 2}


def test_an_interruption_of_a_minute_forgets_everybody_but_no_id() -> None:
    tracker = Tracker(SCALE)
    tracker.update(found(walk(0.5)), 0.0)
    tracker.update(found(), 60.0)
    tracker.update(found(), 60.25)
    (person,) = tracker.update(found(walk(0.5)), 60.5)
    assert person.id == 2


def test_detections_are_checked_at_the_edge() -> None:
    checked = Detections.checked(
        np.array([[0.1, 0.1, 0.2, 0.2], [np.nan, 0, 1, 1], [0.5, 0.5, 0.5, 0.9], [-0.5, 0, 0.5, 2]]), np.full(4, 0.5)
    )
    np.testing.assert_allclose(checked.xyxy, [[0.1, 0.1, 0.2, 0.2], [0, 0, 0.5, 1]], rtol=1e-6)
    assert len(Detections.none()) == 0
    with pytest.raises(ValueError, match="2 boxes and 1"):
        Detections.checked(np.zeros((2, 4)), np.zeros(1))
