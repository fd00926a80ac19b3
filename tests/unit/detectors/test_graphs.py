"""A graph with the classes that nobody reads taken out gives the same persons."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as op

from detectors.inference.adapters import InputForm, Yolo11
from detectors.inference.graphs import shaped

CLASSES = 80
F32 = {"INFERENCE_PRECISION_HINT": "f32"}


def head(path: Path, classes: int = CLASSES, *, fixed: bool = False) -> Path:
    """4 numbers of place and the classes' scores a cell of an 8 × 8 grid; ``fixed``: their number is written in."""
    random = np.random.default_rng(7)
    picture = op.parameter([1, 3, 8, 8], np.float32, name="images")

    def conv(channels: int) -> ov.Node:
        weights = op.constant(random.normal(0, 0.2, (channels, 3, 1, 1)).astype(np.float32))
        return op.convolution(picture, weights, [1, 1], [0, 0], [0, 0], [1, 1])

    gate = op.sigmoid(conv(classes))  # as inside a network: not a score
    scores = op.sigmoid(op.add(conv(classes), op.multiply(gate, op.constant(np.float32(0.5)))))
    together = op.concat([conv(4), scores], 1)
    shape = op.constant(np.array([1, 4 + classes if fixed else -1, 64], np.int64))
    ov.save_model(ov.Model([op.result(op.reshape(together, shape, False))], [picture], "head"), path)
    return path


def outputs(path: Path, form: InputForm, size: tuple[int, int], *, whole: bool) -> list[np.ndarray]:
    core = ov.Core()
    picture = np.random.default_rng(1).integers(0, 256, (1, size[1], size[0], 3), np.uint8)
    compiled = core.compile_model(shaped(core, path, form, 1, size, whole=whole), "CPU", F32)
    return list(compiled([picture]).values())


def test_the_first_class_is_left_as_it_was(tmp_path: Path) -> None:
    path = head(tmp_path / "head.xml")
    (every,) = outputs(path, Yolo11.form, (8, 8), whole=True)
    (persons,) = outputs(path, Yolo11.form, (8, 8), whole=False)
    assert every.shape == (1, 4 + CLASSES, 64)
    assert persons.shape == (1, 5, 64)
    np.testing.assert_array_equal(persons, every[:, :5])
    assert np.ptp(persons[:, 4]) > 0.01


@pytest.mark.parametrize(("classes", "fixed"), [(CLASSES, True), (3, False)])
def test_a_head_that_is_built_otherwise_is_left_whole(tmp_path: Path, classes: int, fixed: bool) -> None:
    path = head(tmp_path / "head.xml", classes, fixed=fixed)
    (every,) = outputs(path, Yolo11.form, (8, 8), whole=True)
    (left,) = outputs(path, Yolo11.form, (8, 8), whole=False)
    assert left.shape == (1, 4 + classes, 64)
    np.testing.assert_array_equal(left, every)
