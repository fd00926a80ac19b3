"""The runtime's side: graphs in other shapes, requests of several threads, and what a failure leaves behind."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

import av
import numpy as np
import openvino as ov
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.inference.adapters import Size, Yolo11, Yolox
from detectors.inference.backend import Detections, Floats, Picture
from detectors.inference.boxes import iou_matrix
from detectors.inference.graphs import FixedGraph, rewrite
from detectors.inference.openvino import BATCHES, ModelBroken, OpenVinoBackend, Runtime
from detectors.inference.requests import parts
from tests.support import lamp_model


def lamp(where: tuple[int, int], size: tuple[int, int] = (640, 360)) -> Picture:
    """A dark room with one lamp of 32 × 32 at ``where`` (left, top)."""
    bgr = np.zeros((size[1], size[0], 3), np.uint8)
    bgr[where[1] : where[1] + 32, where[0] : where[0] + 32] = 255
    return Picture("lamp", bgr)


def centre(found: Detections) -> tuple[float, float]:
    best = found.xyxy[found.confidence.argmax()]
    return float(best[0] + best[2]) / 2, float(best[1] + best[3]) / 2


@pytest.mark.parametrize(("count", "size"), [(1, (96, 64)), (4, (64, 64)), (3, (160, 96))])
def test_a_graph_of_one_shape_gives_in_another_what_one_made_for_it_gives(count: int, size: Size) -> None:
    grown, core = lamp_model.graph(64, 64), ov.Core()
    rewrite(grown, Yolo11.form, count, size)
    grown.get_parameters()[0].set_partial_shape(ov.PartialShape([count, 3, size[1], size[0]]))
    grown.validate_nodes_and_infer_types()
    pictures = np.random.default_rng(1).uniform(0, 1, (count, 3, size[1], size[0])).astype(np.float32)
    made = core.compile_model(lamp_model.graph(*size), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    expected = np.concatenate([made([picture[None]])[0] for picture in pictures])
    found = core.compile_model(grown, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})([pictures])[0]
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_a_graph_with_a_table_that_is_not_known_keeps_its_shape(tmp_path: Path) -> None:
    with pytest.raises(FixedGraph):
        rewrite(lamp_model.graph(64, 64, odd_table=True), Yolo11.form, 1, (96, 64))
    path = lamp_model.save(tmp_path, "odd", odd_table=True)
    backend = OpenVinoBackend("lamp", path, Yolo11(side=640), 0.5, 0.5, Runtime(1))
    assert backend.shape_key(640, 360) == backend.shape_key(480, 640) == (64, 64)
    assert backend.picture_size(640, 360) == (64, 36)


@pytest.mark.parametrize("size", [(640, 360), (480, 640), (704, 576)])
def test_boxes_are_where_the_light_is_in_any_shape_and_batch(tmp_path: Path, size: Size) -> None:
    backend = OpenVinoBackend("lamp", lamp_model.save(tmp_path, "lamp"), Yolo11(side=320), 0.5, 0.5, Runtime(1))
    backend.warm()
    width, height = backend.shape_key(*size)
    assert max(width, height) == 320
    assert min(width, height) < 320
    places = [(32 * n, 32 * n) for n in range(11)]
    for found, (x, y) in zip(backend.detect([lamp(place, size) for place in places]), places, strict=True):
        assert centre(found) == pytest.approx(((x + 16) / size[0], (y + 16) / size[1]), abs=0.04)


@given(st.integers(0, 200), st.sets(st.sampled_from(BATCHES)).map(lambda some: {1, *some}))
def test_parts_fill_up_exactly_with_the_largest_first(pictures: int, counts: set[int]) -> None:
    chosen = parts(pictures, tuple(counts))
    assert sum(chosen) == pictures
    assert set(chosen) <= counts
    assert chosen == sorted(chosen, reverse=True)
    assert all(chosen.count(small) * small < large for small in counts for large in counts if small < large)


def test_threads_that_detect_at_once_get_their_own_pictures_results(tmp_path: Path) -> None:
    backend = OpenVinoBackend("lamp", lamp_model.save(tmp_path, "lamp"), Yolo11(side=320), 0.5, 0.5, Runtime(2))
    backend.warm()
    wrong: list[tuple[float, float]] = []

    def look(number: int) -> None:
        place = (64 * number + 16, 40 * number)
        for count in (1, 3, 5, 8, 4, 1) * 3:
            for found in backend.detect([lamp(place)] * count):
                x, y = centre(found)
                if abs(x - (place[0] + 16) / 640) > 0.05 or abs(y - (place[1] + 16) / 360) > 0.07:
                    wrong.append((x, y))

    threads = [threading.Thread(target=look, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_a_batch_that_fails_on_its_way_leaves_the_requests_fit_for_the_next(tmp_path: Path) -> None:
    class Failing(Yolo11):
        fails = False

        def decode(
            self, outputs: Sequence[Floats], sizes: Sequence[Size], input_size: Size, keep: float
        ) -> list[Detections]:
            if Failing.fails:
                raise ValueError("a number that is none")
            return super().decode(outputs, sizes, input_size, keep)

        def place(self, bgr: np.ndarray, into: np.ndarray) -> None:
            if bgr.ndim != 3:
                raise ValueError("no picture")
            super().place(bgr, into)

    backend = OpenVinoBackend("lamp", lamp_model.save(tmp_path, "lamp"), Failing(side=320), 0.5, 0.5, Runtime(1))
    backend.warm()
    for _ in range(3):
        Failing.fails = True
        with pytest.raises(ValueError, match="none"):
            backend.detect([lamp((0, 0))] * 6)
        Failing.fails = False
        with pytest.raises(ValueError, match="no picture"):
            backend.detect([*[lamp((0, 0))] * 5, Picture("x", np.zeros((360, 640), np.uint8))])
        found = backend.detect([lamp((64 * n, 64)) for n in range(6)])
        assert [round(centre(one)[0], 1) for one in found] == [round((64 * n + 16) / 640, 1) for n in range(6)]


def test_an_unknown_precision_is_the_likely_one_and_a_file_that_is_none_is_named(tmp_path: Path) -> None:
    path = lamp_model.save(tmp_path, "lamp", quantised=True)
    backend = OpenVinoBackend("lamp", path, Yolo11(side=64), 0.5, 0.5, Runtime(1), "f8")
    assert backend.hint == backend.hints[0]
    assert backend.precision == f"int8+{backend.hint}"
    path.with_suffix(".bin").write_bytes(b"")
    with pytest.raises(ModelBroken, match="lamp"):
        OpenVinoBackend("lamp", path, Yolo11(side=64), 0.5, 0.5, Runtime(1))


def _frames(file: Path, every: int, most: int) -> list[Picture]:
    with av.open(str(file)) as container:
        chosen = (frame for number, frame in enumerate(container.decode(video=0)) if number % every == 0)
        return [Picture("a", frame.to_ndarray(format="bgr24")) for frame, _ in zip(chosen, range(most), strict=False)]


def test_yolo11_finds_in_the_streams_shape_what_it_finds_in_a_square(shared: Path) -> None:
    path = shared / "models/yolo11n_int8_openvino/yolo11n.xml"
    fitted = OpenVinoBackend("yolo11n", path, Yolo11(), 0.45, 0.25, Runtime(1))
    square = OpenVinoBackend("yolo11n", path, Yolo11(only=(640, 640)), 0.45, 0.25, Runtime(1))
    assert fitted.shape_key(640, 360) == (640, 384)
    persons = missed = 0
    for video in ("evaluation/PETS09-S2L1/video.mp4", "footage/one-by-one-person-detection.mp4"):
        for picture in _frames(shared / video, 23, 6):
            (wide,), (all_round,) = fitted.detect([picture]), square.detect([picture])
            sure = all_round.xyxy[all_round.confidence > 0.45]
            persons += len(sure)
            missed += int((iou_matrix(sure, wide.xyxy).max(axis=1, initial=0) < 0.6).sum())
    assert persons > 30
    assert missed <= persons // 20  # at the borders of the two inputs the sums differ a little


def test_yolox_gives_the_same_alone_and_in_batches_and_takes_a_larger_input(shared: Path) -> None:
    path = shared / "models/yolox_nano/yolox_nano.onnx"
    backend = OpenVinoBackend("yolox-nano", path, Yolox(), 0.5, 0.25, Runtime(1))
    backend.warm()
    pictures = _frames(shared / "evaluation/PETS09-S2L1/video.mp4", 23, 5)
    for picture, batched in zip(pictures, backend.detect(pictures), strict=True):
        (alone,) = backend.detect([picture])
        assert len(alone) == len(batched) > 2
        np.testing.assert_allclose(alone.xyxy, batched.xyxy, atol=0.03)
    larger = OpenVinoBackend("yolox-nano", path, Yolox().sized(640), 0.5, 0.25, Runtime(1))
    assert larger.shape_key(640, 360) == (640, 384)
    assert len(larger.detect(pictures[:1])[0]) > 2
