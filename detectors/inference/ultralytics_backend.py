"""The backend ``ultralytics``: any ``.pt`` of that library, on CUDA where a GPU is there.

The library letterboxes, runs and suppresses by itself; what comes out of it is taken in here. Not here: how it is
imported and what it must not do meanwhile (``ultralytics_library``), which file is taken (``detectors.models``).
"""

from __future__ import annotations

import logging
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from detectors.inference import ultralytics_library
from detectors.inference.backend import Detections, Picture, Scale
from detectors.inference.boxes import Letterbox
from detectors.inference.native import at_work
from detectors.inference.openvino import ModelBroken, Runtime
from vms.domain.errors import ConfigurationError

log = logging.getLogger(__name__)

#: What the classes of a person are called in models that are about.
PERSON = frozenset({"person", "persons", "people", "pedestrian", "pedestrians", "human"})
#: Suppression overlap; the library's own default of 0.7 leaves two boxes on one person.
IOU = 0.6
MOST_PERSONS = 100
#: The input's longer side where the weights name none.
SIDE = 640


class Tensor(Protocol):
    """What is used of a ``torch.Tensor``."""

    def cpu(self) -> Tensor: ...
    def numpy(self) -> np.ndarray[Any, np.dtype[Any]]: ...


class Boxes(Protocol):
    """What is used of ``ultralytics.engine.results.Boxes``: fractions of the picture (n, 4), confidences (n,)."""

    xyxyn: Tensor
    conf: Tensor


def persons(boxes: Boxes | None) -> Detections:
    """The boxes of one picture, which hold persons alone; None, what models without boxes give, is nobody."""
    if boxes is None:
        return Detections.none()
    return Detections.checked(boxes.xyxyn.cpu().numpy(), boxes.conf.cpu().numpy())


def person_classes(names: Mapping[int, str]) -> list[int]:
    """The classes that are persons, by name. Raises ``ValueError`` when there is none."""
    found = sorted(number for number, name in names.items() if str(name).strip().casefold() in PERSON)
    if not found:
        some = ", ".join(map(str, list(names.values())[:8]))
        raise ValueError(f"no class is a person (its classes: {some}{', …' if len(names) > 8 else ''})")
    return found


def side_of(imgsz: object) -> int:
    """The input's longer side (pixels, a multiple of 32 from 32 to 4096) from what weights say: a number or a pair."""
    sides = imgsz if isinstance(imgsz, (list, tuple)) else [imgsz]
    numbers = [side for side in sides if isinstance(side, int) and 32 <= side <= 4096]
    return (max(numbers) + 31) // 32 * 32 if numbers else SIDE


class UltralyticsBackend:
    """Weights on the GPU in half precision, else on the CPU. Raises ``ModelBroken`` when they do not run."""

    name = "ultralytics"
    fallback = False

    at_once = 2  # one in the library, one that is made contiguous meanwhile

    @at_work()
    def __init__(self, path: Path, confidence: float, keep: float, runtime: Runtime):
        self.model = path.stem
        self.scale = Scale(confidence, min(keep, confidence))
        # The library's predictor keeps its state between calls.
        self._lock = threading.Lock()
        try:
            library = ultralytics_library.load((runtime.cache or Path(tempfile.gettempdir())) / "ultralytics")
        except ConfigurationError as err:
            raise ModelBroken(f"model {path} cannot be used: {err}") from err
        try:
            self._net = library.YOLO(str(path))
            cuda = _cuda(runtime.threads)
            self.precision = "f16" if cuda else "f32"
            self.max_batch = 16 if cuda else 4
            self._side = side_of(self._net.overrides.get("imgsz"))
            self._options = {
                "conf": min(keep, confidence),
                "iou": IOU,
                "classes": person_classes(self._net.names),
                "max_det": MOST_PERSONS,
                "imgsz": self._side,
                "device": "cuda:0" if cuda else "cpu",
                "quantize": 16 if cuda else None,
                "verbose": False,
                "save": False,
            }
            self.detect([Picture("", np.zeros((360, 640, 3), np.uint8))])
        except Exception as err:  # torch and the library fail in their own ways: each means that it does not run
            raise ModelBroken(f"model {path} does not run: {ultralytics_library.first_line(err)}") from err

    def picture_size(self, width: int, height: int) -> tuple[int, int]:
        box = Letterbox.fit(width, height, self._side, self._side, centred=True)
        return box.inner_width, box.inner_height

    def shape_key(self, width: int, height: int) -> tuple[int, int]:
        return self.picture_size(width, height)

    def warm(self) -> None:
        """Runs the largest batch once: the first one on a GPU takes seconds."""
        width, height = self.picture_size(640, 360)
        self.detect([Picture("", np.zeros((height, width, 3), np.uint8))] * self.max_batch)

    def forget(self, camera: str) -> None:
        """Nothing is kept about cameras."""

    @at_work()
    def detect(self, batch: Sequence[Picture]) -> list[Detections]:
        found: list[Detections] = []
        for start in range(0, len(batch), self.max_batch):
            # Contiguous: the library hands rows to torch as they lie.
            pictures = [np.ascontiguousarray(picture.bgr) for picture in batch[start : start + self.max_batch]]
            with self._lock:
                results = self._net.predict(pictures, **self._options)
                found += [persons(result.boxes) for result in results]
        return found


def _cuda(threads: int) -> bool:
    """Whether torch has a GPU; without one it may use so many ``threads``, as OpenVINO may."""
    import torch

    if torch.cuda.is_available():
        log.info("gpu.found name=%s", torch.cuda.get_device_name(0))
        return True
    torch.set_num_threads(threads)
    return False
