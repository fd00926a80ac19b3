"""Where the person models' files may lie, and which model is taken.

Not here: what is known of each (``catalogue``), getting one (``fetching``), running one (``inference``).

A model is looked for in ``VMS_MODELS_DIR``, then in ``DATA/models``, then beside ``detectors.weights``. The name
``default`` takes the first of ``CATALOGUE`` that is found and runs; with none, ``motion`` guesses from movement.
YOLOX-nano comes first: nearly as good as YOLO11n for a third of its time, and under a licence without conditions on
those who run the service. Any other name is Ultralytics weights: a path to a ``.pt``, or the name of one in these
folders.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from detectors.catalogue import CATALOGUE, Model
from detectors.inference.backend import Backend
from detectors.inference.motion import MotionBackend
from detectors.inference.openvino import USUAL, ModelBroken, OpenVinoBackend, Runtime
from detectors.inference.precision import fastest, recall
from detectors.inference.ultralytics_backend import UltralyticsBackend
from vms.domain.errors import ConfigurationError
from vms.settings.environment import Environment

log = logging.getLogger(__name__)

DEFAULT = "default"
MOTION = "motion"
WEIGHTS = Path(__file__).parent / "weights"
#: A model of one's own begins and continues tracks at these, until ``detector.confidence`` says otherwise.
OWN_CONFIDENCE, OWN_KEEP = 0.45, 0.25

__all__ = [
    "CATALOGUE", "DEFAULT", "MOTION", "WEIGHTS", "Choice", "Model", "choose", "find", "find_own", "find_weights",
    "folders",
]  # fmt: skip


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


def find_weights(name: str, where: Sequence[Path]) -> Path | None:
    """The Ultralytics weights that ``name`` means: ``x`` or ``x.pt`` in one of ``where``, or a path to a ``.pt``."""
    named = name.endswith(".pt")
    places = [folder / (name if named else f"{name}.pt") for folder in where]
    if named:
        places.append(Path(name))
    for path in places:
        with contextlib.suppress(OSError):  # no right to look there, or no possible name of a file
            if path.is_file():
                return path
    return None


def find_own(where: Sequence[Path]) -> list[Path]:
    """All Ultralytics weights in the folders, in order."""
    found: list[Path] = []
    for folder in where:
        with contextlib.suppress(OSError):
            found += sorted(path for path in folder.iterdir() if path.suffix == ".pt" and path.is_file())
    return found


def check_name(name: str, where: Sequence[Path]) -> None:
    """Raises ``ConfigurationError`` for what is neither in the catalogue nor a name of Ultralytics weights."""
    known = [DEFAULT, MOTION, *(model.name for model in CATALOGUE)]
    if name not in known and not name.endswith(".pt") and find_weights(name, where) is None:
        raise ConfigurationError(
            f"detector model '{name}' is unknown: use one of {', '.join(known)}, or a .pt file's name or path"
        )


def beside(path: Path, model: Model, where: Sequence[Path]) -> tuple[Path, ...]:
    """``path`` and the other files of ``model`` in the same folder of ``where``; a folder further on never wins."""
    folder = next(folder for folder in where if folder in path.parents)
    return tuple(find(model, [folder]))


def improve(choice: Choice, side: int | None = None, wanted: Callable[[], bool] = lambda: True) -> Choice:
    """Makes ready what the first large batches would wait for, and finds the fastest way to run the model.

    Takes seconds at the first start on a machine; the choice that comes back may have another backend. Ends at the
    next step, with the same one, when it is not ``wanted`` any more.
    """
    backend = choice.backend
    if isinstance(backend, OpenVinoBackend) and choice.rivals:
        return Choice(fastest(backend, choice.rivals, side, wanted=wanted), choice.detail)
    if wanted():
        backend.warm()
    return choice


def choose(
    name: str,
    where: Sequence[Path],
    runtime: Runtime,
    confidence: float | None = None,
    side: int | None = None,
    *,
    asked: bool = True,
) -> Choice:
    """Loads ``name``; what is missing or broken is said in ``detail`` and the next one is taken.

    ``side`` is the input's longer side in pixels, for models that can have another than their own; where nobody
    ``asked`` for it, one that cannot says nothing.

    A named model that is not there falls back to the others: counting with another model is better than not
    counting, as long as it is said. Raises ``ConfigurationError`` for an unknown name.
    """
    check_name(name, where)
    said: list[str] = []
    if name != MOTION:
        named = [model for model in CATALOGUE if model.name == name]
        here = bool(named) and next(find(named[0], where), None) is not None
        if name != DEFAULT and not here:
            try:
                return _own(name, where, runtime, confidence)
            except ModelBroken as err:
                log.warning("model.broken model=%s error=%s", name, err)
                said.append(str(err))
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
                if asked and side is not None and max(taken) != side:
                    said.append(f"model {model.name} takes {taken[0]}x{taken[1]} alone: input_px {side} is not used")
                if known is not None:
                    backend.measured(known.ms, known.counts)
                log.info("model.chosen model=%s path=%s precision=%s", model.name, best, backend.precision)
                return Choice(backend, "; ".join(said), () if known is not None else rivals)
        said.append("no person model was found: counts are guessed from movement")
    log.warning("model.chosen model=motion")
    return Choice(MotionBackend(), "; ".join(said))


def _own(name: str, where: Sequence[Path], runtime: Runtime, confidence: float | None) -> Choice:
    """Ultralytics weights. Raises ``ModelBroken`` when they are missing or do not run."""
    path = find_weights(name, where)
    if path is None:
        raise ModelBroken(f"model {name} is in none of {', '.join(map(str, where))}")
    backend = UltralyticsBackend(path, confidence or OWN_CONFIDENCE, OWN_KEEP, runtime)
    log.info("model.chosen model=%s path=%s precision=%s", backend.model, path, backend.precision)
    return Choice(backend)
