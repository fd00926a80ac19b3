"""Ultralytics weights into OpenVINO's form, by the extra ``yolo``. Not here: getting them, trying what came of them."""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import logging
from pathlib import Path
from typing import Any, Literal

import cv2

from detectors.fetching.errors import FetchError
from detectors.inference import ultralytics_library
from vms.domain.errors import ConfigurationError

Precision = Literal["f16", "int8"]

#: Pictures that int8 is fitted to: fewer than LEAST say little of a camera's day; the library recommends 300.
LEAST_PICTURES, MOST_PICTURES = 50, 300
PICTURE_ENDINGS = frozenset({".jpg", ".jpeg", ".png"})
SIDE = 640


def prepare(precision: Precision, pictures: Path | None, stage: Path) -> Any:
    """The library that converts, loaded before anything is downloaded; ``stage`` takes its settings.

    Raises ``ConfigurationError`` when what a conversion needs is missing.
    """
    if precision == "int8":
        if pictures is None:
            raise ConfigurationError(
                "int8 is fitted to pictures: name a folder with some hundred of your cameras' with --pictures"
            )
        if (number := len(_files(pictures))) < LEAST_PICTURES:
            raise ConfigurationError(f"{pictures} holds {number} pictures (.jpg, .png): {LEAST_PICTURES} are the least")
    library = ultralytics_library.load(stage)
    if precision == "int8":
        try:
            importlib.import_module("nncf")
        except ImportError as err:
            raise ConfigurationError("int8 needs the package nncf as well: .venv/bin/pip install nncf") from err
    return library


def convert(library: Any, weights: Path, precision: Precision, pictures: Path | None, stage: Path) -> Path:
    """A folder in ``stage`` with ``<stem of weights>.xml`` and ``.bin``: 640×640, one picture a run.

    ``pictures`` are copied, because the library writes beside them and mends torn ones in place. Raises
    ``FetchError`` when the library cannot do it, ``OSError`` when ``stage`` cannot be written.
    """
    options: dict[str, Any] = {"quantize": 16}
    if precision == "int8" and pictures is not None:
        options = {"quantize": 8, "data": str(_calibration(pictures, stage))}
    own = stage / weights.name  # it writes beside the weights
    own.write_bytes(weights.read_bytes())
    logging.getLogger("nncf").setLevel(logging.ERROR)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            net = library.YOLO(str(own))
            made = net.export(
                format="openvino", imgsz=SIDE, batch=1, dynamic=False, nms=False, device="cpu", verbose=False, **options
            )
    except Exception as err:  # torch and the library fail in their own ways: each is "was not converted" here
        line = ultralytics_library.first_line(err)
        raise FetchError(f"{weights} was not converted: {line}") from err
    return Path(made)


def _files(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.suffix.lower() in PICTURE_ENDINGS)
    except OSError as err:
        raise ConfigurationError(f"{folder} cannot be read ({err.strerror})") from err


def _calibration(pictures: Path, stage: Path) -> Path:
    """Small copies of pictures from all over ``pictures``, and the file that names them to the library."""
    copies = stage / "pictures"
    copies.mkdir(exist_ok=True)
    files = _files(pictures)
    step = max(1.0, len(files) / MOST_PICTURES)
    for number in range(min(len(files), MOST_PICTURES)):
        bgr = cv2.imread(str(files[int(number * step)]))
        if bgr is None:
            continue  # a torn picture says nothing
        scale = min(1.0, SIDE / max(bgr.shape[:2]))
        small = cv2.resize(bgr, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        (copies / f"{number:04}.png").write_bytes(cv2.imencode(".png", small)[1].tobytes())
    if not any(copies.iterdir()):
        raise FetchError(f"no picture in {pictures} can be read")
    named = stage / "pictures.yaml"
    folder = json.dumps(str(stage.absolute()))  # a JSON string is a YAML string
    named.write_text(f"path: {folder}\ntrain: pictures\nval: pictures\nnames: {{0: person}}\n", encoding="utf-8")
    return named
