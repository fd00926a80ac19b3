"""Which person models there are, where their files may lie, and which one is taken.

Not here: running them (``inference``).

Measured with the service's own preprocessing at the confidence given below (every third frame of PETS09-S2L1
and TUD-Stadtmitte; precision / recall / F1 at IoU 0.5, mean absolute error of the count; milliseconds a picture
alone on one core of a 2-core Xeon with AMX, which other work kept busy, so they compare with each other only):

    ================  =====================  =====================  ===========
    model             PETS                   TUD                    ms
    ================  =====================  =====================  ===========
    yolox-nano        .74 .81 .77, MAE 0.97  .97 .83 .89, MAE 1.02  19–25, bf16
    yolo11n           .83 .81 .82, MAE 0.80  .97 .83 .89, MAE 1.04  61–71, int8
    ssd-mobilenet-v2  .74 .77 .76, MAE 0.94  .97 .71 .82, MAE 1.85  17–22, bf16
    ================  =====================  =====================  ===========

All three count the six visits of ``one-by-one-person-detection.mp4`` as 0 → 1 → 0. YOLOX-nano comes first: nearly
as good as YOLO11n for a third of its time, and under a licence without conditions on those who run the service.

A model is looked for in ``VMS_MODELS_DIR``, then in ``DATA/models``, then beside ``detectors.weights``. The name
``default`` takes the first of ``CATALOGUE`` that is found and runs; with none, ``motion`` guesses from movement.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from detectors.inference.adapters import Adapter, SsdMobileNet, Yolo11, Yolox
from detectors.inference.backend import Backend
from detectors.inference.motion import MotionBackend
from detectors.inference.openvino import USUAL, ModelBroken, OpenVinoBackend, Runtime
from detectors.inference.precision import fastest, recall
from vms.domain.errors import ConfigurationError
from vms.settings.environment import Environment

log = logging.getLogger(__name__)

DEFAULT = "default"
MOTION = "motion"
WEIGHTS = Path(__file__).parent / "weights"


@dataclass(frozen=True, slots=True)
class Model:
    """One entry: ``files`` are tried in each folder, as they are and inside a folder ``name``."""

    name: str
    title: str
    licence: str
    files: tuple[str, ...]
    adapter: Callable[[], Adapter]
    confidence: float  # begins a track
    keep: float  # continues one


CATALOGUE: tuple[Model, ...] = (
    Model("yolox-nano", "Megvii YOLOX-nano, COCO-80", "Apache-2.0",
          ("yolox_nano/yolox_nano.onnx", "yolox_nano.onnx"), Yolox, 0.5, 0.25),
    Model("yolo11n", "Ultralytics YOLO11n, int8, 640×640", "AGPL-3.0",
          ("yolo11n_int8_openvino/yolo11n.xml", "yolo11n.xml"), Yolo11, 0.45, 0.25),
    Model("ssd-mobilenet-v2", "Google SSD MobileNetV2 300×300, OpenImages V4", "Apache-2.0",
          ("ssd_mobilenet_v2.tflite",), SsdMobileNet, 0.38, 0.25),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Choice:
    """The backend in force and what an operator should know about how it was chosen."""

    backend: Backend
    detail: str = ""
    rivals: tuple[Path, ...] = ()  # files of the same model; empty when it is known which one is the fastest


def folders(environment: Environment) -> list[Path]:
    """Where models are looked for, in order."""
    named = [environment.models_dir] if environment.models_dir is not None else []
    return [*named, environment.data / "models", WEIGHTS]


def find(model: Model, where: Sequence[Path]) -> Iterator[Path]:
    """The files of ``model`` that exist, in the order of ``where``."""
    for folder in where:
        for file in model.files:
            path = folder / file
            if path.is_file():
                yield path


def check_name(name: str) -> None:
    """Raises ``ConfigurationError`` for a model that the catalogue does not know."""
    known = [DEFAULT, MOTION, *(model.name for model in CATALOGUE)]
    if name not in known:
        raise ConfigurationError(f"detector model '{name}' is unknown: use one of {', '.join(known)}")


def beside(path: Path, model: Model, where: Sequence[Path]) -> tuple[Path, ...]:
    """``path`` and the other files of ``model`` in the same folder of ``where``; a folder further on never wins."""
    folder = next(folder for folder in where if folder in path.parents)
    return tuple(find(model, [folder]))


def improve(choice: Choice, side: int | None = None) -> Choice:
    """Makes ready what the first large batches would wait for, and finds the fastest way to run the model.

    Takes seconds at the first start on a machine; the choice that comes back may have another backend.
    """
    backend = choice.backend
    if isinstance(backend, OpenVinoBackend) and choice.rivals:
        return Choice(fastest(backend, choice.rivals, side), choice.detail)
    backend.warm()
    return choice


def choose(
    name: str, where: Sequence[Path], runtime: Runtime, confidence: float | None = None, side: int | None = None
) -> Choice:
    """Loads ``name``; what is missing or broken is said in ``detail`` and the next one is taken.

    ``side`` is the input's longer side in pixels, for models that can have another than their own.

    A named model that is not there falls back to the others: counting with another model is better than not
    counting, as long as it is said. Raises ``ConfigurationError`` for an unknown name.
    """
    check_name(name)
    said: list[str] = []
    if name != MOTION:
        named = [model for model in CATALOGUE if model.name == name]
        if named and next(find(named[0], where), None) is None:
            said.append(f"model {name} is in none of {', '.join(map(str, where))}")
        others = [model for model in CATALOGUE if model not in named]
        for model in [*named, *others]:
            for path in find(model, where):
                adapter = model.adapter() if side is None else model.adapter().sized(side)
                rivals = beside(path, model, where)
                known = recall(rivals, runtime, side)
                best, hint = (known.path, known.hint) if known is not None else (path, None)
                try:
                    backend = OpenVinoBackend(
                        model.name, best, adapter, confidence or model.confidence, model.keep, runtime, hint
                    )
                except ModelBroken as err:
                    log.warning("model.broken model=%s path=%s error=%s", model.name, path, err)
                    said.append(str(err))
                    continue
                taken = backend.shape_key(*USUAL)
                if side is not None and max(taken) != side:
                    said.append(f"model {model.name} takes {taken[0]}x{taken[1]} alone: input_px {side} is not used")
                if known is not None:
                    backend.measured(known.ms, known.counts)
                log.info("model.chosen model=%s path=%s precision=%s", model.name, best, backend.precision)
                return Choice(backend, "; ".join(said), () if known is not None else rivals)
        said.append("no person model was found: counts are guessed from movement")
    log.warning("model.chosen model=motion")
    return Choice(MotionBackend(), "; ".join(said))
