"""What the backend ``ultralytics`` does by itself, without the library; ``make test-yolo`` runs it with that."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from detectors import models
from detectors.fetching import conversion
from detectors.inference.openvino import Runtime
from detectors.inference.ultralytics_backend import MOST_PERSONS, SIDE, person_classes, persons, side_of
from detectors.inference.ultralytics_library import SWITCHES, first_line
from vms.domain.errors import ConfigurationError


class Column:
    """The shape of a tensor's data: it comes from the device, then to numpy."""

    def __init__(self, rows: Any) -> None:
        self._rows = np.asarray(rows, np.float16)

    def cpu(self) -> Column:
        return self

    def numpy(self) -> np.ndarray:
        return self._rows


@dataclass
class Found:
    xyxyn: Column
    conf: Column


def test_boxes_become_detections() -> None:
    found = persons(Found(Column([[0.25, 0.5, 0.5, 1.0], [-0.5, 0.0, 0.125, 0.5]]), Column([0.75, 0.5])))
    np.testing.assert_array_equal(found.xyxy, [[0.25, 0.5, 0.5, 1.0], [0.0, 0.0, 0.125, 0.5]])
    np.testing.assert_array_equal(found.confidence, [0.75, 0.5])
    assert found.xyxy.dtype == np.float32


def test_what_is_no_box_is_nobody() -> None:
    assert len(persons(None)) == 0
    assert len(persons(Found(Column(np.zeros((0, 4))), Column([])))) == 0
    assert len(persons(Found(Column([[0.5, 0.5, 0.5, 0.9], [np.nan, 0, 1, 1]]), Column([0.9, 0.9])))) == 0


def test_persons_are_known_by_name_not_by_number() -> None:
    assert person_classes({0: "person", 1: "bicycle"}) == [0]
    assert person_classes({0: "helmet", 3: "Pedestrian ", 7: "people"}) == [3, 7]
    with pytest.raises(ValueError, match=r"no class is a person \(its classes: helmet, vest\)"):
        person_classes({0: "helmet", 1: "vest"})


@pytest.mark.parametrize(
    ("imgsz", "side"), [(640, 640), (320, 320), ([384, 640], 640), (650, 672), (None, SIDE), ("x", SIDE), (10**9, SIDE)]
)
def test_the_side_of_the_input(imgsz: object, side: int) -> None:
    assert side_of(imgsz) == side


def test_errors_of_libraries_are_one_bounded_line() -> None:
    assert first_line(TypeError("ERROR ❌️ x.pt is not a loadable checkpoint\nRecommended fixes")) == (
        "x.pt is not a loadable checkpoint"
    )
    assert first_line(ValueError("\n")) == "ValueError"
    assert len(first_line(ValueError("y" * 1000))) == 200
    assert MOST_PERSONS >= 100


@pytest.fixture
def without_the_extra(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As on a machine where it is not installed, also where it is; the environment is as before afterwards."""
    for name in (*SWITCHES, "YOLO_CONFIG_DIR"):
        monkeypatch.setenv(name, str(tmp_path))
    for name in [name for name in sys.modules if name.partition(".")[0] == "ultralytics"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "ultralytics", None)


@pytest.mark.usefixtures("without_the_extra")
@pytest.mark.parametrize("name", ["ours", "ours.pt", "{folder}/ours.pt"])
def test_weights_without_the_extra_give_way_and_it_is_said(tmp_path: Path, ssd_file: Path, name: str) -> None:
    folder = tmp_path / "models"
    folder.mkdir()
    (folder / "ours.pt").write_bytes(b"weights")
    (folder / "ssd_mobilenet_v2.tflite").symlink_to(ssd_file)
    choice = models.choose(name.format(folder=folder), [folder], Runtime(1, tmp_path / "cache"))
    assert choice.backend.model == "ssd-mobilenet-v2"
    assert choice.detail.count("\n") == 0
    assert "ours.pt cannot be used: the extra 'yolo' is not installed: 'make yolo' installs it" in choice.detail


@pytest.mark.usefixtures("without_the_extra")
def test_a_conversion_without_the_extra_says_so_before_anything_is_got(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="the extra 'yolo' is not installed: 'make yolo' installs it"):
        conversion.prepare("f16", None, tmp_path)


def test_int8_wants_pictures(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="--pictures"):
        conversion.prepare("int8", None, tmp_path)
    (tmp_path / "one.jpg").touch()
    with pytest.raises(ConfigurationError, match="holds 1 pictures"):
        conversion.prepare("int8", tmp_path, tmp_path)


def test_weights_that_are_missing_are_named_and_others_count(tmp_path: Path) -> None:
    choice = models.choose("gone.pt", [tmp_path], Runtime(1))
    assert choice.backend.fallback
    assert f"model gone.pt is in none of {tmp_path}" in choice.detail


def test_absurd_names_are_unknown_not_a_failure(tmp_path: Path) -> None:
    for name in ("x" * 5000, "a\0b", ".pt/..", ""):
        with pytest.raises(ConfigurationError, match="is unknown"):
            models.choose(name, [tmp_path], Runtime(1))
    assert models.find_weights("x" * 5000 + ".pt", [tmp_path]) is None


def test_weights_of_a_catalogue_name_are_found_where_the_converted_model_is_not(tmp_path: Path) -> None:
    (tmp_path / "yolo11n.pt").write_bytes(b"weights")
    assert models.find_weights("yolo11n", [tmp_path]) == tmp_path / "yolo11n.pt"
    assert models.find_own([tmp_path, tmp_path / "none"]) == [tmp_path / "yolo11n.pt"]


def test_a_detector_without_such_weights_imports_neither_the_library_nor_torch(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path\n"
        "from detectors import models, process; from detectors.fetching import install\n"
        "from detectors.inference.openvino import Runtime\n"
        f"models.choose('default', [Path({str(tmp_path)!r})], Runtime(1))\n"
        "assert not {'torch', 'ultralytics'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
