"""The backend ``openvino``: compiles a model for each input shape that occurs and runs batches on the CPU.

Not here: what a model's numbers mean (``adapters``), where its file is (``detectors.models``).
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
from openvino import opset13
from openvino.preprocess import ColorFormat, PrePostProcessor

from detectors.inference.adapters import Adapter, InputForm, Size
from detectors.inference.backend import Bytes, Detections, Picture, Scale
from vms.domain.errors import VmsError

log = logging.getLogger(__name__)

#: Sizes of batch that are compiled; a batch is run in the smallest that holds it. Static ones were faster
#: than a dynamic dimension (13.4 against 17.0 ms a picture, YOLOX-nano bf16, one core, busy machine).
BATCHES = (1, 4, 8)


class ModelBroken(VmsError):
    """A model file that the runtime cannot read, or whose outputs are not what its adapter expects."""


@dataclass(frozen=True, slots=True)
class Runtime:
    """How models are run: ``threads`` for inference in all, where compiled models are cached."""

    threads: int = field(default_factory=lambda: max(1, len(os.sched_getaffinity(0)) - 1))
    cache: Path | None = None


class OpenVinoBackend:
    """One model on the CPU. Raises ``ModelBroken`` at construction when it does not run."""

    name = "openvino"
    fallback = False

    def __init__(self, model: str, path: Path, adapter: Adapter, confidence: float, keep: float, runtime: Runtime):
        self.model = model
        self.scale = Scale(confidence, min(keep, confidence))
        self.max_batch = BATCHES[-1] if adapter.batches else 1
        self._path = path
        self._adapter = adapter
        try:
            self._core = ov.Core()
        except RuntimeError as err:
            raise ModelBroken(f"OpenVINO does not start: {_first_line(err)}") from err
        _cache(self._core, runtime.cache)
        bf16 = "BF16" in self._core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
        self.precision = "bf16" if bf16 else "f32"
        self._options = {
            "INFERENCE_PRECISION_HINT": self.precision,
            "INFERENCE_NUM_THREADS": runtime.threads,
            "NUM_STREAMS": "1",
            "PERFORMANCE_HINT": "LATENCY",
        }
        self._compiled: dict[tuple[int, Size], Any] = {}
        self._lock = threading.Lock()
        self._local = threading.local()
        try:
            self.detect([Picture("", np.zeros((360, 640, 3), np.uint8))])
        except (RuntimeError, ValueError, IndexError, TypeError) as err:
            raise ModelBroken(f"model {model} at {path} does not run: {_first_line(err)}") from err

    def picture_size(self, width: int, height: int) -> Size:
        return self._adapter.picture_size(width, height)

    def shape_key(self, width: int, height: int) -> Size:
        return self._adapter.input_size(width, height)

    def warm(self) -> None:
        """Compiles the larger batches for pictures of 16:9, which most cameras send."""
        size = self._adapter.input_size(640, 360)
        for count in BATCHES if self._adapter.batches else ():
            self._request(count, size)

    def forget(self, camera: str) -> None:
        """Nothing is kept about cameras."""

    def detect(self, batch: Sequence[Picture]) -> list[Detections]:
        found: list[Detections] = []
        for start in range(0, len(batch), self.max_batch):
            found += self._run([picture.bgr for picture in batch[start : start + self.max_batch]])
        return found

    def _run(self, pictures: list[Bytes]) -> list[Detections]:
        sizes = [(bgr.shape[1], bgr.shape[0]) for bgr in pictures]
        size = self._adapter.input_size(*sizes[0])
        count = len(pictures) if not self._adapter.batches else next(n for n in BATCHES if n >= len(pictures))
        request, blob = self._request(count, size)
        for index, bgr in enumerate(pictures):
            self._adapter.place(bgr, blob[index])
        request.infer([blob], share_inputs=True)
        outputs = [np.asarray(tensor.data)[: len(pictures)] for tensor in request.output_tensors]
        return self._adapter.decode(outputs, sizes, size, self.scale.keep)

    def _request(self, count: int, size: Size) -> tuple[Any, Bytes]:
        """This thread's infer request and input buffer for a batch of ``count``."""
        requests: dict[tuple[int, Size], tuple[Any, Bytes]] | None = getattr(self._local, "requests", None)
        if requests is None:
            requests = self._local.requests = {}
        key = (count, size)
        if key not in requests:
            if key not in self._compiled:
                # Outside the lock: while this shape is compiled, the others go on. Twice is harmless.
                compiled = self._compile(count, size)
                with self._lock:
                    self._compiled.setdefault(key, compiled)
            blob = np.zeros((count, size[1], size[0], 3), np.uint8)
            requests[key] = (self._compiled[key].create_infer_request(), blob)
        return requests[key]

    def _compile(self, count: int, size: Size) -> Any:
        model = self._core.read_model(self._path)
        form = self._adapter.form
        width, height = size
        if self._adapter.batches:
            shape = [count, 3, height, width] if form.layout == "NCHW" else [count, height, width, 3]
            try:
                model.reshape(shape)
            except RuntimeError:
                free_batch(model := self._core.read_model(self._path))
                model.reshape(shape)
        log.info("model.compiled model=%s input=%dx%d batch=%d precision=%s",
                 self.model, width, height, count, self.precision)  # fmt: skip
        return self._core.compile_model(_with_preprocessing(model, form), "CPU", self._options)


def _cache(core: ov.Core, folder: Path | None) -> None:
    """Compiled models are kept in ``folder``; without it they only take longer to load."""
    if folder is None:
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
        core.set_property({"CACHE_DIR": str(folder)})
    except (OSError, RuntimeError) as err:
        log.warning("model.uncached folder=%s error=%s", folder, _first_line(err))


def free_batch(model: Any) -> None:
    """Lets the batch dimension grow in graphs whose reshapes have a batch of one written into them."""
    for node in model.get_ordered_ops():
        if node.get_type_name() != "Reshape" or not node.output(0).get_partial_shape().is_static:
            continue
        shape = list(node.output(0).get_shape())
        target = node.input_value(1).get_node()
        if target.get_type_name() == "Constant" and len(shape) > 1 and shape[0] == 1:
            constant = opset13.constant(np.array([-1, *shape[1:]], np.int64))
            node.input(1).replace_source_output(constant.output(0))


def _with_preprocessing(model: Any, form: InputForm) -> Any:
    """The graph with its input as bytes (n, h, w, 3) in BGR: colours and scale are the runtime's work."""
    steps = PrePostProcessor(model)
    tensor = steps.input().tensor()
    tensor.set_element_type(ov.Type.u8).set_layout(ov.Layout("NHWC"))
    steps.input().model().set_layout(ov.Layout(form.layout))
    if form.rgb:
        tensor.set_color_format(ColorFormat.BGR)
        steps.input().preprocess().convert_color(ColorFormat.RGB)
    steps.input().preprocess().convert_element_type(ov.Type.f32)
    if form.mean is not None:
        steps.input().preprocess().mean(form.mean)
    if form.scale is not None:
        steps.input().preprocess().scale(form.scale)
    return steps.build()


def _first_line(err: Exception) -> str:
    lines = [line.strip() for line in str(err).splitlines() if line.strip()]
    return (lines[-1] if lines else type(err).__name__)[:200]
