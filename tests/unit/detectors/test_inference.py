"""Letterboxing, decoding and suppression against plain loops; the real model; batches; the last resort."""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from detectors.inference.adapters import SsdMobileNet, Yolo11, Yolox, ssd_anchors
from detectors.inference.backend import Backend, Detections, Picture, Scale
from detectors.inference.batching import Batcher, Sample
from detectors.inference.boxes import Letterbox, iou_matrix, suppress
from detectors.inference.motion import MotionBackend
from detectors.inference.openvino import ModelBroken, OpenVinoBackend, Runtime
from vms.domain.clock import SystemClock

RANDOM = np.random.default_rng(7)


@pytest.mark.parametrize("size", [(640, 360), (768, 576), (360, 640), (1920, 1080), (641, 359)])
@pytest.mark.parametrize("centred", [False, True])
def test_letterbox_there_and_back(size: tuple[int, int], centred: bool) -> None:
    box = Letterbox.fit(*size, 416, 320, centred=centred)
    picture = np.full((size[1], size[0], 3), 200, np.uint8)
    into = np.full((320, 416, 3), 114, np.uint8)
    box.place(picture, into)
    ys, xs = np.nonzero(into[:, :, 0] == 200)
    corners = np.array([[xs.min(), ys.min(), xs.max() + 1, ys.max() + 1]], np.float32)
    np.testing.assert_allclose(box.to_fractions(corners), [[0, 0, 1, 1]], atol=1e-6)
    assert box.inner_width == 416 or box.inner_height == 320
    assert abs(box.inner_width / box.inner_height - size[0] / size[1]) < 0.02


def _plain_iou(a: Sequence[float], b: Sequence[float]) -> float:
    width = max(0.0, min(a[2], b[2]) - max(a[0], b[0]))
    height = max(0.0, min(a[3], b[3]) - max(a[1], b[1]))
    inner = width * height
    return inner / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - inner)


def _boxes(n: int) -> np.ndarray:
    corner, size = RANDOM.uniform(0, 0.7, (n, 2)), RANDOM.uniform(0.05, 0.3, (n, 2))
    return np.concatenate([corner, corner + size], axis=1).astype(np.float32)


def test_iou_and_suppression_equal_plain_loops() -> None:
    boxes, scores = _boxes(60), RANDOM.uniform(0, 1, 60).astype(np.float32)
    matrix = iou_matrix(boxes, boxes)
    for i in range(0, 60, 7):
        for j in range(60):
            assert matrix[i, j] == pytest.approx(_plain_iou(boxes[i], boxes[j]), abs=1e-5)
    kept: list[int] = []
    for i in sorted(range(60), key=lambda k: -scores[k]):
        if all(_plain_iou(boxes[i], boxes[k]) <= 0.3 for k in kept):
            kept.append(i)
    assert suppress(boxes, scores, 0.3).tolist() == kept
    assert suppress(boxes[:0], scores[:0], 0.3).tolist() == []


def test_yolox_decoding_equals_a_plain_loop() -> None:
    adapter, width, height = Yolox(iou=1.0), 416, 256
    assert adapter.input_size(640, 360) == (416, 256)
    assert adapter.picture_size(640, 360) == (416, 234)
    cells = [(x, y, s) for s in (8, 16, 32) for y in range(height // s) for x in range(width // s)]
    raw = RANDOM.normal(0, 1, (1, len(cells), 85)).astype(np.float32)
    raw[:, :, 4:] = RANDOM.uniform(0, 1, (1, len(cells), 81))
    expected = []
    for (x, y, stride), row in zip(cells, raw[0], strict=True):
        confidence = row[4] * row[5]
        if confidence < 0.9:
            continue
        cx, cy = (row[0] + x) * stride, (row[1] + y) * stride
        w, h = math.exp(row[2]) * stride, math.exp(row[3]) * stride
        box = [(cx - w / 2) / 416, (cy - h / 2) / 234, (cx + w / 2) / 416, (cy + h / 2) / 234]
        box = [min(1.0, max(0.0, v)) for v in box]
        if box[2] > box[0] and box[3] > box[1]:
            expected.append((confidence, *box))
    (found,) = adapter.decode([raw], [(416, 234)], (width, height), 0.9)
    expected.sort(key=lambda row: -row[0])
    np.testing.assert_allclose(found.xyxy, [row[1:] for row in expected], atol=1e-4)
    np.testing.assert_allclose(found.confidence, [row[0] for row in expected], atol=1e-5)


def test_yolo11_decoding_equals_a_plain_loop() -> None:
    adapter = Yolo11(iou=1.0)
    raw = RANDOM.uniform(0, 1, (1, 84, 200)).astype(np.float32)
    raw[0, :4] *= 600
    expected = []
    for cx, cy, w, h, confidence in raw[0, :5].T:
        if confidence < 0.95:
            continue
        # 640×360 lies in 640×640 with 140 rows of grey above it.
        box = [(cx - w / 2) / 640, (cy - h / 2 - 140) / 360, (cx + w / 2) / 640, (cy + h / 2 - 140) / 360]
        box = [min(1.0, max(0.0, v)) for v in box]
        if box[2] > box[0] and box[3] > box[1]:
            expected.append((confidence, *box))
    expected.sort(key=lambda row: -row[0])
    (found,) = adapter.decode([raw], [(640, 360)], (640, 640), 0.95)
    np.testing.assert_allclose(found.xyxy, [row[1:] for row in expected], atol=1e-4)


def test_ssd_anchors_and_decoding_equal_a_plain_loop() -> None:
    plain = []
    scales = [0.2, 0.35, 0.5, 0.65, 0.8, 0.95, 1.0]
    for level, cells in enumerate((19, 10, 5, 3, 2, 1)):
        kinds = [(0.1, 1.0), (0.2, 2.0), (0.2, 0.5)]
        if level:
            kinds = [(scales[level], r) for r in (1.0, 2.0, 0.5, 3.0, 1 / 3)]
            kinds.append((math.sqrt(scales[level] * scales[level + 1]), 1.0))
        for y in range(cells):
            for x in range(cells):
                for scale, ratio in kinds:
                    plain.append(
                        ((y + 0.5) / cells, (x + 0.5) / cells, scale / math.sqrt(ratio), scale * math.sqrt(ratio))
                    )
    anchors = ssd_anchors()
    assert anchors.shape == (1917, 4)
    np.testing.assert_allclose(anchors, plain, atol=1e-6)

    encodings = RANDOM.normal(0, 1, (1, 1917, 4)).astype(np.float32)
    logits = RANDOM.normal(-3, 2, (1, 1917, 24)).astype(np.float32)
    expected = []
    for (ty, tx, th, tw), logit, (cy, cx, h, w) in zip(encodings[0], logits[0, :, 4], plain, strict=True):
        confidence = 1 / (1 + math.exp(-logit))
        if confidence < 0.5:
            continue
        y, x = ty / 10 * h + cy, tx / 10 * w + cx
        hh, ww = math.exp(th / 5) * h, math.exp(tw / 5) * w
        box = [min(1.0, max(0.0, v)) for v in (x - ww / 2, y - hh / 2, x + ww / 2, y + hh / 2)]
        expected.append((confidence, *box))
    expected.sort(key=lambda row: -row[0])
    (found,) = SsdMobileNet(iou=1.0).decode([encodings, logits], [(300, 300)], (300, 300), 0.5)
    np.testing.assert_allclose(found.xyxy, [row[1:] for row in expected[:100]], atol=1e-4)


def _figure(width: int = 640, height: int = 360) -> np.ndarray:
    """A drawn person in front of a wall."""
    picture = np.full((height, width, 3), (205, 215, 220), np.uint8)
    picture[int(height * 0.75) :] = (120, 140, 150)
    scale, x, top = height / 360, width // 2, int(height * 0.2)
    cv2.circle(picture, (x, top + int(18 * scale)), int(16 * scale), (140, 170, 210), -1, cv2.LINE_AA)
    cv2.ellipse(
        picture,
        (x, top + int(85 * scale)),
        (int(28 * scale), int(55 * scale)),
        0,
        0,
        360,
        (60, 60, 160),
        -1,
        cv2.LINE_AA,
    )
    for side in (-1, 1):
        cv2.line(
            picture,
            (x + side * int(10 * scale), top + int(125 * scale)),
            (x + side * int(16 * scale), top + int(225 * scale)),
            (70, 50, 40),
            int(17 * scale),
            cv2.LINE_AA,
        )
        cv2.line(
            picture,
            (x + side * int(22 * scale), top + int(50 * scale)),
            (x + side * int(44 * scale), top + int(125 * scale)),
            (60, 60, 160),
            int(12 * scale),
            cv2.LINE_AA,
        )
    return picture


@pytest.fixture(scope="module")
def ssd(ssd_file: Path, tmp_path_factory: pytest.TempPathFactory) -> OpenVinoBackend:
    return OpenVinoBackend("ssd", ssd_file, SsdMobileNet(), 0.38, 0.2, Runtime(1, tmp_path_factory.mktemp("cache")))


def test_the_real_model_gives_the_same_alone_and_in_batches(ssd: OpenVinoBackend) -> None:
    pictures = [Picture(str(n), np.roll(_figure(), n * 60, axis=1)) for n in range(-2, 3)]
    together = ssd.detect(pictures)
    for picture, batched in zip(pictures, together, strict=True):
        (alone,) = ssd.detect([picture])
        assert len(alone) == len(batched)
        np.testing.assert_allclose(alone.xyxy, batched.xyxy, atol=0.03)
    assert ssd.detect([Picture("grey", np.full((360, 640, 3), 128, np.uint8))])[0].confidence.max(initial=0) < 0.38


def test_a_broken_model_is_named(tmp_path: Path) -> None:
    path = tmp_path / "broken.onnx"
    path.write_bytes(b"not a model")
    with pytest.raises(ModelBroken, match=r"broken\.onnx does not run"):
        OpenVinoBackend("yolox-nano", path, Yolox(), 0.5, 0.2, Runtime(1))


def test_motion_finds_a_moving_figure_and_nothing_in_a_still_room() -> None:
    backend = MotionBackend()
    still = np.full((360, 640, 3), 180, np.uint8)
    for _ in range(10):
        assert len(backend.detect([Picture("a", still)])[0]) == 0
    moving = still.copy()
    moving[100:300, 300:370] = 30
    (found,) = backend.detect([Picture("a", moving)])
    assert len(found) == 1
    np.testing.assert_allclose(found.xyxy[0], [300 / 640, 100 / 360, 370 / 640, 300 / 360], atol=0.06)
    assert len(backend.detect([Picture("b", moving)])[0]) == 0  # another camera knows no background yet
    assert backend.fallback


class ScriptedBackend:
    name, model, precision, fallback, max_batch, at_once = "scripted", "scripted", "f32", False, 8, 8
    scale = Scale(0.5, 0.25)

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.entered = threading.Event()
        self.batches: list[list[str]] = []

    def picture_size(self, width: int, height: int) -> tuple[int, int]:
        return width, height

    def shape_key(self, width: int, height: int) -> tuple[int, int]:
        return width, height

    def warm(self) -> None: ...

    def forget(self, camera: str) -> None: ...

    def detect(self, batch: Sequence[Picture]) -> list[Detections]:
        self.batches.append([picture.camera for picture in batch])
        self.entered.set()
        self.gate.wait(5)
        if any(picture.camera == "poison" for picture in batch):
            raise RuntimeError("poison")
        return [Detections.none() for _ in batch]


def sample(camera: str, at: float, size: tuple[int, int] = (64, 36)) -> Sample:
    return Sample(camera, np.zeros((size[1], size[0], 3), np.uint8), av.VideoFrame(*size, "yuv420p"), at, at, size)


def test_the_latest_picture_wins_and_batches_join_cameras_of_one_shape() -> None:
    backend, batcher = ScriptedBackend(), Batcher(SystemClock())
    delivered: list[tuple[str, float]] = []
    done = threading.Event()

    def deliver(one: Sample, _found: Detections, _backend: Backend) -> None:
        delivered.append((one.camera, one.at))
        if len(delivered) == 6:
            done.set()

    assert [batcher.submit(sample("a", n), deliver) for n in range(3)] == [True, False, False]
    for n, camera in enumerate(("b", "c", "d")):
        batcher.submit(sample(camera, n), deliver)
    batcher.submit(sample("wide", 0, (128, 36)), deliver)
    batcher.use(backend)
    batcher.start()
    backend.entered.wait(5)
    batcher.submit(sample("a", 9), deliver)
    backend.gate.set()
    assert done.wait(5)
    batcher.close()
    assert sorted(delivered) == [("a", 2), ("a", 9), ("b", 0), ("c", 1), ("d", 2), ("wide", 0)]
    assert sorted(map(len, backend.batches)) == [1, 1, 4]
    assert delivered.index(("a", 2)) < delivered.index(("a", 9))


def test_a_batch_that_fails_ends_nothing() -> None:
    backend, batcher = ScriptedBackend(), Batcher(SystemClock())
    backend.gate.set()
    done = threading.Event()
    batcher.use(backend)
    batcher.start()
    batcher.submit(sample("poison", 0), lambda *_: None)
    backend.entered.wait(5)
    batcher.submit(sample("good", 0), lambda *_: done.set())
    assert done.wait(5)
    batcher.close()
