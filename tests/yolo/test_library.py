"""The backend and the conversion with the real library: a trained toy finds drawn figures where they were drawn."""

from __future__ import annotations

import hashlib
import os
import pickle
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest
from drawn import Box, draw

from detectors import models
from detectors.catalogue import named
from detectors.fetching.download import Bounds
from detectors.fetching.install import Means, Wish, fetch
from detectors.inference.backend import Picture
from detectors.inference.boxes import iou_matrix
from detectors.inference.openvino import ModelBroken, Runtime
from detectors.inference.ultralytics_backend import UltralyticsBackend
from tests.support.file_server import file_server
from vms.domain.clock import SystemClock

FIGURES: list[Box] = [(20, 30, 16, 40), (70, 60, 20, 50), (120, 20, 14, 35)]


@pytest.fixture
def backend(toy: Path, tmp_path: Path) -> UltralyticsBackend:
    return UltralyticsBackend(toy, 0.2, 0.1, Runtime(1, tmp_path))


def fractions(figures: list[Box], width: int, height: int) -> np.ndarray:
    rows = [(left, top, left + wide, top + tall) for left, top, wide, tall in figures]
    return np.array(rows, np.float32) / np.array([width, height, width, height], np.float32)


def assert_found(found: np.ndarray, figures: list[Box], width: int, height: int) -> None:
    """Each figure once, and nothing else."""
    overlap = iou_matrix(fractions(figures, width, height), found)
    assert (overlap.max(axis=1) > 0.5).all(), overlap
    assert len(found) == len(figures)


def test_figures_are_found_where_they_were_drawn(backend: UltralyticsBackend) -> None:
    picture = draw(160, 160, FIGURES)
    (found,) = backend.detect([Picture("a", picture)])
    assert_found(found.xyxy, FIGURES, 160, 160)
    assert (found.confidence >= 0.1).all()
    assert (backend.name, backend.fallback) == ("ultralytics", False)


def test_wide_pictures_and_large_ones_have_their_own_fractions(backend: UltralyticsBackend) -> None:
    assert backend.picture_size(640, 360) == (160, 90)
    figures: list[Box] = [(20, 20, 16, 40), (110, 30, 20, 50)]
    small = draw(160, 90, figures)
    large = cv2.resize(small, (640, 360), interpolation=cv2.INTER_NEAREST)
    for picture in (small, large):
        (found,) = backend.detect([Picture("a", picture)])
        assert_found(found.xyxy, figures, 160, 90)


def test_a_batch_gives_what_each_gives_alone_also_with_mixed_shapes(backend: UltralyticsBackend) -> None:
    pictures = [Picture(str(n), draw(160, 160, FIGURES[: n % 4], n)) for n in range(backend.max_batch * 2 + 1)]
    together = backend.detect(pictures)
    assert len(together) == len(pictures)
    for n, found in enumerate(together):
        assert len(found) == n % 4
        np.testing.assert_allclose(found.xyxy, backend.detect([pictures[n]])[0].xyxy, atol=0.01)
    mixed = backend.detect([pictures[3], Picture("wide", draw(160, 90, []))])
    assert [len(found) for found in mixed] == [3, 0]


def test_two_threads_do_not_mix_their_pictures(backend: UltralyticsBackend) -> None:
    backend.warm()
    counts = [n % 4 for n in range(24)]
    with ThreadPoolExecutor(2) as threads:
        found = list(threads.map(lambda n: len(backend.detect([Picture("", draw(160, 160, FIGURES[:n]))])[0]), counts))
    assert found == counts


def test_persons_are_known_by_name(toy: Path, tmp_path: Path) -> None:
    from ultralytics import YOLO

    net = YOLO(str(toy))
    net.model.names = {0: "vest", 1: "person"}
    net.save(str(tmp_path / "swapped.pt"))
    backend = UltralyticsBackend(tmp_path / "swapped.pt", 0.2, 0.1, Runtime(1, tmp_path))
    assert len(backend.detect([Picture("a", draw(160, 160, FIGURES))])[0]) == 0
    net.model.names = {0: "vest", 1: "helmet"}
    net.save(str(tmp_path / "nobody.pt"))
    with pytest.raises(ModelBroken, match="no class is a person"):
        UltralyticsBackend(tmp_path / "nobody.pt", 0.2, 0.1, Runtime(1, tmp_path))


class Code:
    """What an evil file would run."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.mark),)


def test_weights_that_carry_code_are_refused_and_it_is_not_run(tmp_path: Path) -> None:
    import torch

    mark = tmp_path / "ran"
    torch.save({"model": Code(mark), "train_args": {}}, tmp_path / "zip.pt")
    (tmp_path / "pickle.pt").write_bytes(pickle.dumps(Code(mark)))
    (tmp_path / "torn.pt").write_bytes(b"PK\x03\x04 torn")
    for name in ("zip.pt", "pickle.pt", "torn.pt"):
        choice = models.choose(name, [tmp_path], Runtime(1, tmp_path))
        assert choice.backend.fallback
        assert f"{name} does not run" in choice.detail
        assert "\n" not in choice.detail
    assert not mark.exists()


def test_the_detector_takes_weights_by_name_and_by_path(toy: Path, tmp_path: Path) -> None:
    (tmp_path / "ours.pt").symlink_to(toy)
    for name in ("ours", "ours.pt", str(tmp_path / "ours.pt")):
        choice = models.choose(name, [tmp_path], Runtime(1, tmp_path), 0.3)
        assert (choice.backend.name, choice.backend.model, choice.detail) == ("ultralytics", "ours", "")
        assert choice.backend.scale.confidence == 0.3


@pytest.mark.parametrize("precision", ["f16", "int8"])
def test_a_fetched_model_is_converted_and_finds_the_same(toy: Path, tmp_path: Path, precision: str) -> None:
    """Two ways that share no code, the library's and OpenVINO with our own decoding, see the same figures."""
    yolo11n = named("yolo11n")
    assert yolo11n is not None
    if precision == "int8":
        pytest.importorskip("nncf")
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    for number in range(50):
        cv2.imwrite(
            str(pictures / f"{number}.jpg"), draw(640, 640, [(60.0 * n, 9.0 * number, 20, 50) for n in range(9)])
        )
    before = {path: path.stat().st_mtime_ns for path in pictures.iterdir()}
    said: list[str] = []
    with file_server() as server:
        server.files["/yolo11n.pt"] = toy.read_bytes()
        wish = Wish(
            yolo11n, tmp_path / "models", server.url, hashlib.sha256(toy.read_bytes()).hexdigest(),
            "int8" if precision == "int8" else "f16", pictures if precision == "int8" else None,
        )  # fmt: skip
        means = Means(SystemClock(), lambda _: None, lambda *_: None, said.append, Bounds)
        path = fetch(wish, means)
        assert fetch(wish, means) == path
        assert "is there already" in said[-1]
    assert {path: path.stat().st_mtime_ns for path in pictures.iterdir()} == before
    assert sorted(one.name for one in wish.folder.iterdir()) == ["yolo11n.pt", path.parent.name]
    assert {one.suffix for one in path.parent.iterdir()} >= {".xml", ".bin"}

    choice = models.choose("yolo11n", [wish.folder], Runtime(1), 0.2)
    assert choice.backend.name == "openvino"
    figures: list[Box] = [(80, 100, 16, 40), (300, 300, 20, 50), (520, 90, 14, 35)]
    (found,) = choice.backend.detect([Picture("a", draw(640, 640, figures))])
    sure = found.xyxy[found.confidence >= 0.2]
    assert_found(sure, figures, 640, 640)
