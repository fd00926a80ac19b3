"""Drawn scenes: the truth agrees with the pixels, and the same seed gives the same picture."""

from __future__ import annotations

import itertools

import cv2
import numpy as np
import pytest

from vms.demo.plan import SceneSource
from vms.demo.scenes import FPS, SIZE, Scene
from vms.demo.sources import open_source

LOOKS = ["gate", "corridor", "sampling_room", "patient_room"]


@pytest.mark.parametrize("look", LOOKS)
def test_pixels_change_where_the_truth_says(look: str) -> None:
    scene = Scene(look, 3)  # type: ignore[arg-type]
    width, height = SIZE
    empty = scene.draw(0).astype(int)
    assert scene.truth(0) == ()
    for index in range(15, scene.frames, 40):
        changed = np.abs(scene.draw(index).astype(int) - empty).max(axis=2) > 40
        allowed = np.zeros_like(changed)
        for box in scene.truth(index):
            left, top = round(box.left * width), round(box.top * height)
            right, bottom = round((box.left + box.width) * width), round((box.top + box.height) * height)
            inside = changed[top:bottom, left:right]
            if box.visible == 1:
                # The box is tight: the person touches each of its sides.
                assert inside[:5].any()
                assert inside[-9:].any()
                assert inside[:, :6].any()
                assert inside[:, -6:].any()
            # Shadows fall around the feet.
            allowed[top : bottom + 30, max(0, left - 80) : right + 80] = True
        assert not (changed & ~allowed).any()


@pytest.mark.parametrize("look", LOOKS)
def test_persons_come_and_go(look: str) -> None:
    scene = Scene(look, 5)  # type: ignore[arg-type]
    counts = [sum(box.visible > 0.5 for box in scene.truth(index)) for index in range(scene.frames)]
    assert counts[0] == counts[-1] == 0, "the loop must close without a jump"
    assert max(counts) == 2
    visits = sum(after > 0 and before == 0 for before, after in itertools.pairwise(counts))
    assert visits >= 3
    assert 0.3 < sum(count > 0 for count in counts) / len(counts) < 0.9


def test_boxes_stay_in_the_picture_and_persons_walk_steadily() -> None:
    scene = Scene("corridor", 8)
    last: dict[int, float] = {}
    for index in range(scene.frames):
        for box in scene.truth(index):
            assert 0 <= box.left < box.left + box.width <= 1
            assert 0 <= box.top < box.top + box.height <= 1
            middle = box.left + box.width / 2
            if box.visible == 1 and box.walker in last:
                assert abs(middle - last[box.walker]) < 0.9 / FPS
            last[box.walker] = middle


def test_same_seed_same_pixels() -> None:
    first, second, other = Scene("gate", 1), Scene("gate", 1), Scene("gate", 2)
    assert np.array_equal(first.draw(40), second.draw(40))
    assert first.truth(40) == second.truth(40)
    assert not np.array_equal(first.draw(40), other.draw(40))


def test_a_quiet_time_has_nobody_and_a_cloth_hides_the_place_in_its_middle() -> None:
    busy, calm = Scene("corridor", 4), Scene("corridor", 4, quiet_s=30, covered_s=10)
    assert calm.frames == busy.frames + 30 * FPS
    assert [calm.truth(index) for index in range(busy.frames)] == [busy.truth(index) for index in range(busy.frames)]
    assert not any(calm.truth(index) for index in range(busy.frames, calm.frames))
    covered = [index for index in range(calm.frames) if calm.covered(index)]
    assert covered == list(range(busy.frames + 10 * FPS, busy.frames + 20 * FPS))
    open_, cloth = calm.draw(busy.frames), calm.draw(covered[0])
    assert np.array_equal(open_, busy.draw(0))
    assert cv2.Laplacian(cloth, cv2.CV_32F).std() < 0.1 * cv2.Laplacian(open_, cv2.CV_32F).std()


def test_pictures_of_a_quiet_time_are_those_that_would_be_drawn() -> None:
    scene, source = Scene("gate", 2, 2.0, 1.0), SceneSource("gate", 2, 2.0, 1.0)
    pictures = list(open_source(source, min_loop_s=1, max_loop_s=99).pictures)
    assert [picture.index for picture in pictures] == list(range(scene.frames))
    for index in (0, 60, scene.frames - 16, scene.frames - 1):
        assert np.array_equal(pictures[index].main, cv2.cvtColor(scene.draw(index), cv2.COLOR_BGR2YUV_I420))
