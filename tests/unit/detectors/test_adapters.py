"""What is decoded for a whole batch at once equals what plain loops find, picture by picture, on any numbers."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.inference.adapters import Adapter, Size, SsdMobileNet, Yolo11, Yolox, ssd_anchors
from detectors.inference.backend import Detections
from detectors.inference.boxes import Letterbox

Box = tuple[float, float, float, float]
Candidate = tuple[float, Box]


def plain(candidates: list[Candidate], iou: float) -> list[Candidate]:
    """Cut at the border, without what has no area or is no number, suppressed greedily."""
    cut = [(score, tuple(min(1.0, max(0.0, value)) for value in box)) for score, box in candidates
           if math.isfinite(score) and all(map(math.isfinite, box))]  # fmt: skip
    solid = [(score, box) for score, box in cut if box[2] > box[0] and box[3] > box[1]]
    kept: list[Candidate] = []
    for score, box in sorted(solid, key=lambda one: -one[0])[:400]:
        if all(_iou(box, other) <= iou for _, other in kept):
            kept.append((score, box))
    return kept[:100]


def _iou(a: Box, b: Box) -> float:
    wide = max(0.0, min(a[2], b[2]) - max(a[0], b[0]))
    high = max(0.0, min(a[3], b[3]) - max(a[1], b[1]))
    union = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - wide * high
    return wide * high / union


def _around(cx: float, cy: float, w: float, h: float, box: Letterbox) -> Box:
    x, y, wide, high = box.left, box.top, box.inner_width, box.inner_height
    return (cx - w / 2 - x) / wide, (cy - h / 2 - y) / high, (cx + w / 2 - x) / wide, (cy + h / 2 - y) / high


def yolox(outputs: list[np.ndarray], number: int, size: Size, into: Size, keep: float) -> list[Candidate]:
    box = Letterbox.fit(*size, *into, centred=False)
    cells = [(x, y, s) for s in (8, 16, 32) for y in range(into[1] // s) for x in range(into[0] // s)]
    found = []
    for (x, y, stride), row in zip(cells, outputs[0][number].astype(float), strict=True):
        if (score := row[4] * row[5]) >= keep:
            w, h = (math.exp(min(row[2], 20)) * stride, math.exp(min(row[3], 20)) * stride)
            found.append((score, _around((row[0] + x) * stride, (row[1] + y) * stride, w, h, box)))
    return found


def yolo11(outputs: list[np.ndarray], number: int, size: Size, into: Size, keep: float) -> list[Candidate]:
    box = Letterbox.fit(*size, *into, centred=True)
    columns = outputs[0][number].T.astype(float)
    return [(row[4], _around(row[0], row[1], row[2], row[3], box)) for row in columns if row[4] >= keep]


def ssd(outputs: list[np.ndarray], number: int, _size: Size, _into: Size, keep: float) -> list[Candidate]:
    found = []
    for (ty, tx, th, tw), logit, (cy, cx, h, w) in zip(
        outputs[0][number].astype(float),
        outputs[1][number][:, 4].astype(float),
        ssd_anchors().astype(float),
        strict=True,
    ):
        if (score := 1 / (1 + math.exp(-logit))) >= keep:
            y, x = ty / 10 * h + cy, tx / 10 * w + cx
            high, wide = math.exp(min(th / 5, 20)) * h, math.exp(min(tw / 5, 20)) * w
            found.append((score, (x - wide / 2, y - high / 2, x + wide / 2, y + high / 2)))
    return found


def numbers(kind: str, count: int, into: Size, rng: np.random.Generator, share: float) -> list[np.ndarray]:
    """Raw outputs of which about ``share`` are confident; some are no numbers, as a broken model's are."""
    cells = sum((into[0] // s) * (into[1] // s) for s in (8, 16, 32))
    if kind == "ssd":
        logits = rng.normal(-6, 1, (count, 1917, 24)).astype(np.float32)
        logits[:, :, 4] = np.where(rng.random((count, 1917)) < share, rng.uniform(0, 4, (count, 1917)), -6)
        return [rng.normal(0, 2, (count, 1917, 4)).astype(np.float32), logits]
    scores = np.where(rng.random((count, cells)) < share, rng.uniform(0.3, 1, (count, cells)), 0.01)
    if kind == "yolox":
        raw = rng.normal(0, 1, (count, cells, 85)).astype(np.float32)
        raw[:, :, 4], raw[:, :, 5] = scores, 1
        raw[:, 3, 2] = np.nan
    else:
        raw = rng.uniform(0, 1, (count, 84, cells)).astype(np.float32)
        raw[:, :2] *= max(into)
        raw[:, 2:4] *= 80
        raw[:, 4] = scores
        raw[:, 1, 5] = np.inf
    return [raw]


@pytest.mark.parametrize(
    ("kind", "adapter", "reference"),
    [("yolox", Yolox(side=128), yolox), ("yolo11", Yolo11(side=128), yolo11), ("ssd", SsdMobileNet(), ssd)],
)
@settings(max_examples=12, deadline=None, derandomize=True)  # the two add up in different precisions
@given(
    count=st.integers(1, 8),
    share=st.sampled_from([0.0, 0.01, 0.1]),
    keep=st.floats(0.1, 0.9),
    tall=st.booleans(),
    seed=st.integers(0, 2**32 - 1),
)
def test_a_batch_decoded_at_once_equals_plain_loops(
    kind: str,
    adapter: Adapter,
    reference: Callable[[list[np.ndarray], int, Size, Size, float], list[Candidate]],
    count: int,
    share: float,
    keep: float,
    tall: bool,
    seed: int,
) -> None:
    rng = np.random.default_rng(seed)
    # Cameras whose pictures have one shape, but not one size, share a batch.
    sizes = [(360, 640) if tall else (640, 360), (1080, 1920) if tall else (1920, 1080)] * 4
    into = adapter.input_size(*sizes[0])
    outputs = numbers(kind, count, into, rng, share)
    with np.errstate(invalid="ignore"):
        found: list[Detections] = adapter.decode(outputs, sizes[:count], into, keep)
    assert len(found) == count
    for number, one in enumerate(found):
        expected = plain(reference(outputs, number, sizes[number], into, keep), adapter.iou)  # type: ignore[attr-defined]
        assert len(one) == len(expected)
        np.testing.assert_allclose(one.confidence, [score for score, _ in expected], atol=1e-4)
        np.testing.assert_allclose(one.xyxy, np.array([box for _, box in expected]).reshape(-1, 4), atol=1e-3)


def test_inputs_follow_the_stream_and_the_side_that_was_asked_for() -> None:
    assert Yolox().input_size(640, 360) == (416, 256)
    assert Yolox().sized(640).input_size(1920, 1080) == (640, 384)
    assert Yolo11().input_size(640, 360) == (640, 384)
    assert Yolo11().input_size(640, 480) == (640, 480)
    assert Yolo11().input_size(360, 640) == (384, 640)
    assert Yolo11().fixed((640, 640)).input_size(640, 360) == (640, 640)
    assert SsdMobileNet().sized(640).input_size(640, 360) == (300, 300)
