from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import pytest

from detectors import models
from detectors.inference.openvino import Runtime
from detectors.plan import LARGE_PX, input_side
from detectors.weights import __main__ as weights
from vms.domain.errors import ConfigurationError
from vms.settings.environment import Environment


def environment(data: Path, named: Path | None) -> Environment:
    return Environment(data, "local", None, None, None, named, None)


def test_folders_in_order(tmp_path: Path) -> None:
    assert models.folders(environment(tmp_path, tmp_path / "m")) == [
        tmp_path / "m",
        tmp_path / "models",
        models.WEIGHTS,
    ]
    assert models.folders(environment(tmp_path, None))[0] == tmp_path / "models"


def test_the_first_folder_wins_and_a_broken_file_gives_way_to_the_next(tmp_path: Path, ssd_file: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        folder.mkdir()
        shutil.copy(ssd_file, folder / "ssd_mobilenet_v2.tflite")
    (ssd,) = [model for model in models.CATALOGUE if model.name == "ssd-mobilenet-v2"]
    assert next(iter(models.find(ssd, [first, second]))).parent == first
    choice = models.choose("default", [first, second], Runtime(1))
    assert (choice.backend.model, choice.detail) == ("ssd-mobilenet-v2", "")
    (first / "yolox_nano.onnx").write_bytes(b"torn")
    (first / "ssd_mobilenet_v2.tflite").write_bytes(b"torn")
    choice = models.choose("default", [first, second], Runtime(1))
    assert choice.backend.model == "ssd-mobilenet-v2"
    assert "yolox_nano.onnx does not run" in choice.detail
    assert str(first / "ssd_mobilenet_v2.tflite") in choice.detail


def test_with_no_model_movement_is_the_last_resort_and_says_so(tmp_path: Path) -> None:
    choice = models.choose("default", [tmp_path], Runtime(1))
    assert choice.backend.fallback
    assert "no person model" in choice.detail
    assert models.choose("motion", [tmp_path], Runtime(1)).detail == ""
    missing = models.choose("yolo11n", [tmp_path], Runtime(1))
    assert "yolo11n is in none of" in missing.detail


def test_an_unknown_name_is_a_configuration_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="'yolo99' is unknown: use one of default, motion"):
        models.choose("yolo99", [tmp_path], Runtime(1))


def test_every_model_states_its_licence() -> None:
    assert all(model.licence for model in models.CATALOGUE)
    assert 0 < min(m.keep for m in models.CATALOGUE) <= max(m.confidence for m in models.CATALOGUE) < 1


def test_weights_are_cut_out_checked_and_written_once(tmp_path: Path) -> None:
    assets, target = tmp_path / "assets.data", tmp_path / "model.tflite"
    assets.write_bytes(b"labels" + b"model" * 100 + b"rest")
    digest = hashlib.sha256(b"model" * 100).hexdigest()
    assert weights.extract(assets, target, first=6, end=506, sha256=digest)
    assert target.read_bytes() == b"model" * 100
    assert not weights.extract(assets, target, first=6, end=506, sha256=digest)
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["assets.data", "model.tflite"]


@pytest.mark.parametrize(
    ("content", "says"), [(None, "cannot be read"), (b"short", "ends before byte"), (b"x" * 600, "another model")]
)
def test_weights_refuse_what_is_not_the_model(tmp_path: Path, content: bytes | None, says: str) -> None:
    assets = tmp_path / "assets.data"
    if content is not None:
        assets.write_bytes(content)
    with pytest.raises(ConfigurationError, match=says):
        weights.extract(assets, tmp_path / "model.tflite", first=6, end=506, sha256="0" * 64)
    assert not (tmp_path / "model.tflite").exists()


def test_weights_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert weights.main([]) == 2
    assert weights.main([str(tmp_path / "none")]) == (0 if weights.TARGET.is_file() else 2)
    captured = capsys.readouterr()
    assert captured.err.count("\n") <= 2


def test_few_cameras_get_a_larger_input() -> None:
    assert [input_side(cameras, threads) for cameras, threads in ((1, 1), (24, 1), (25, 1), (115, 1), (115, 8))] == [
        LARGE_PX, LARGE_PX, None, None, LARGE_PX,
    ]  # fmt: skip
