"""``vms models list | fetch``: what is printed, and the exit code."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from detectors import models
from detectors.catalogue import CATALOGUE
from tests.support.file_server import FileServer, file_server
from vms.cli import main

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """``vms models …``: exit code, what was said, what was complained."""
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    monkeypatch.delenv("VMS_MODELS_DIR", raising=False)
    monkeypatch.setattr(models, "WEIGHTS", tmp_path / "none")

    def command(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as done:
            main(["models", *arguments])
        said = capsys.readouterr()
        return int(done.value.code or 0), said.out, said.err

    return command


@pytest.fixture
def mirror() -> Iterator[FileServer]:
    with file_server() as one:
        one.files["/yolox_nano.onnx"] = b"not the known one"
        yield one


def test_the_list_names_licences_figures_and_what_to_do(run: Run, tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "ours.pt").touch()
    (tmp_path / "models" / "yolox_nano.onnx").touch()
    code, out, err = run("list", "--data", str(tmp_path))
    assert (code, err) == (0, "")
    for model in CATALOGUE:
        assert model.name in out
        assert model.licence in out
    assert str(tmp_path / "models" / "yolox_nano.onnx") in out
    assert "not here: vms models fetch yolo11n" in out
    assert "not here: make setup" in out
    assert "precision 0.83, recall 0.82, F1 0.82, count off by 0.82" in out
    assert str(tmp_path / "models" / "ours.pt") in out


def test_a_differing_file_is_the_answer_no(run: Run, tmp_path: Path, mirror: FileServer) -> None:
    code, _, err = run("fetch", "yolox-nano", "--to", str(tmp_path / "to"), "--from", mirror.url)
    assert code == 1
    assert err.count("\n") == 1
    known = {file.sha256 for model in CATALOGUE for file in model.source.files if model.name == "yolox-nano"}
    assert all(digest in err for digest in {hashlib.sha256(b"not the known one").hexdigest(), *known})
    assert "nothing was installed" in err
    assert list((tmp_path / "to").iterdir()) == []


def test_it_goes_where_the_detector_looks_first(
    run: Run, tmp_path: Path, mirror: FileServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = tmp_path / "named"
    named.mkdir()
    _, out, _ = run("fetch", "yolox-nano", "--data", str(tmp_path), "--from", mirror.url)
    assert f"→ {tmp_path / 'models'}" in out
    monkeypatch.setenv("VMS_MODELS_DIR", str(named))
    _, out, _ = run("fetch", "yolox-nano", "--data", str(tmp_path), "--from", mirror.url)
    assert f"→ {named}" in out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["yolo99"], "'yolo99' is unknown: yolox-nano, yolo11n"),
        (["ours.pt"], "needs no fetching"),
        (["ssd-mobilenet-v2"], "make setup"),
        (["yolox-nano", "--sha256", "abc"], "64 hexadecimal digits"),
        (["yolox-nano", "--precision", "int8"], "for models that are converted"),
        (["yolox-nano", "--from", "ftp://host"], "--from names a folder of a mirror"),
        (["yolo11n", "--precision", "int8"], "--pictures"),
    ],
)
def test_a_wrong_wish_is_one_line(run: Run, tmp_path: Path, arguments: list[str], says: str) -> None:
    code, _, err = run("fetch", *arguments, "--data", str(tmp_path))
    assert code == 2
    assert says in err
    assert "Traceback" not in err
    assert not (tmp_path / "models" / "yolox_nano.onnx").exists()


def test_a_mistyped_data_folder_is_not_made(run: Run, tmp_path: Path) -> None:
    code, _, err = run("fetch", "yolox-nano", "--data", str(tmp_path / "tpyo"))
    assert code == 2
    assert "--data" in err
    assert not (tmp_path / "tpyo").exists()
