"""The backend ``openvino``: compiles a model for each input shape that occurs and runs batches on the CPU.

Not here: the requests that batches go through (``requests``), what a model's numbers mean (``adapters``), what its
graph allows (``graphs``), which precision is fastest (``precision``), where its file is (``detectors.models``).
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov

from detectors.inference.adapters import Adapter, Size
from detectors.inference.backend import Bytes, Detections, Picture, Scale
from detectors.inference.graphs import FixedGraph, own_size, quantised, shaped
from detectors.inference.native import at_work
from detectors.inference.requests import Pool, Request, parts
from vms.domain.errors import VmsError

log = logging.getLogger(__name__)

#: Sizes of batch that are compiled; a batch is run in as few of them as fill up exactly. Static ones were faster
#: than a dynamic dimension (13.4 against 17.0 ms a picture, YOLOX-nano bf16, one core, busy machine).
BATCHES = (1, 4, 8)
#: Streams of the runtime at most; each keeps a graph's buffers. One thread a stream gave as many pictures as one
#: stream of all threads for batches of 4, and 15 % more for single ones (YOLOX-nano bf16, two cores).
MOST_STREAMS = 16
#: What most cameras send, and what is compiled before it comes.
USUAL = (640, 360)


class ModelBroken(VmsError):
    """A model file that the runtime cannot read, or whose outputs are not what its adapter expects."""


@dataclass(frozen=True, slots=True)
class Runtime:
    """How models are run: ``threads`` for inference in all, where compiled models are cached."""

    threads: int = field(default_factory=lambda: max(1, len(os.sched_getaffinity(0)) - 1))
    cache: Path | None = None

    @property
    def streams(self) -> int:
        """Inferences that run at the same time."""
        return min(self.threads, MOST_STREAMS)


class OpenVinoBackend:
    """One model on the CPU. Raises ``ModelBroken`` at construction when it does not run.

    ``hint`` is the precision that floats are computed in, of ``hints``; a quantised graph keeps its integers.
    ``ms`` is what one picture took when that was measured, in milliseconds of one stream.
    """

    name = "openvino"
    fallback = False

    @at_work()
    def __init__(
        self,
        model: str,
        path: Path,
        adapter: Adapter,
        confidence: float,
        keep: float,
        runtime: Runtime,
        hint: str | None = None,
    ):
        self.model = model
        self.path = path
        self.scale = Scale(confidence, min(keep, confidence))
        self.ms: float | None = None
        self.runtime = runtime
        self._counts: tuple[int, ...] = BATCHES
        self._asked = adapter
        try:
            self._core = ov.Core()
        except RuntimeError as err:
            raise ModelBroken(f"OpenVINO does not start: {_first_line(err)}") from err
        _cache(self._core, runtime.cache)
        bf16 = "BF16" in self._core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
        self.hints = ("bf16", "f32") if bf16 else ("f32",)
        self.hint = hint if hint is not None and hint in self.hints else self.hints[0]
        self._options = {
            "INFERENCE_PRECISION_HINT": self.hint,
            "INFERENCE_NUM_THREADS": runtime.threads,
            "NUM_STREAMS": str(runtime.streams),
        }
        self._pools: dict[Size, dict[int, Pool]] = {}
        self._lock = threading.Lock()
        self._warm = False
        try:
            self._adapter = self._fitting(adapter)
            self.precision = "+".join((["int8"] if quantised(self._core, path) else []) + [self.hint])
            self.detect([Picture("", np.zeros((USUAL[1], USUAL[0], 3), np.uint8))])
        except (RuntimeError, ValueError, IndexError, TypeError, FixedGraph) as err:
            raise ModelBroken(f"model {model} at {path} does not run: {_first_line(err)}") from err

    def _fitting(self, adapter: Adapter) -> Adapter:
        """``adapter``, or where the graph takes its own size alone, the one for that."""
        size = adapter.input_size(*USUAL)
        try:
            self._pools[size] = {1: self._pool(1, size)}
        except FixedGraph as err:
            own = own_size(self._core, self.path, adapter.form)
            if own is None:
                raise
            log.info("model.fixed model=%s input=%dx%d reason=%s", self.model, *own, err)
            return adapter.fixed(own)
        return adapter

    def variant(self, path: Path, hint: str) -> OpenVinoBackend:
        """The same model from another file or in another precision. Raises ``ModelBroken``."""
        return OpenVinoBackend(
            self.model, path, self._asked, self.scale.confidence, self.scale.keep, self.runtime, hint
        )

    def measured(self, ms: float, counts: Sequence[int]) -> None:
        """Takes in what was measured: milliseconds of a picture alone, and the batches that are worth it."""
        self.ms, self._counts = ms, tuple(sorted({1, *counts}))
        with self._lock:
            for size, pools in self._pools.items():
                self._pools[size] = {count: pool for count, pool in pools.items() if count in self._counts}

    @property
    def at_once(self) -> int:
        """One batch in each stream, and one that is laid out meanwhile."""
        return self.runtime.streams + 1

    @property
    def max_batch(self) -> int:
        """Pictures that one call takes best."""
        return self._counts[-1]

    def picture_size(self, width: int, height: int) -> Size:
        return self._adapter.picture_size(width, height)

    def shape_key(self, width: int, height: int) -> Size:
        return self._adapter.input_size(width, height)

    def warm(self) -> None:
        """Compiles the larger batches for pictures of 16:9, and from now on for each shape that comes."""
        self._warm = True
        for size in {self._adapter.input_size(*USUAL), *self._pools}:
            self._grow(size)

    def forget(self, camera: str) -> None:
        """Nothing is kept about cameras."""

    def detect(self, batch: Sequence[Picture]) -> list[Detections]:
        found: list[Detections] = []
        for start in range(0, len(batch), BATCHES[-1]):
            found += self._run([picture.bgr for picture in batch[start : start + BATCHES[-1]]])
        return found

    @at_work()
    def _run(self, pictures: list[Bytes]) -> list[Detections]:
        sizes = [(bgr.shape[1], bgr.shape[0]) for bgr in pictures]
        size = self._adapter.input_size(*sizes[0])
        pools = self._pools_of(size)
        with contextlib.ExitStack() as lent:
            running: list[tuple[Request, int, int]] = []
            first = 0
            for count in parts(len(pictures), tuple(pools)):
                request = lent.enter_context(pools[count].lent())
                for index in range(count):
                    self._adapter.place(pictures[first + index], request.pictures[index])
                request.start()
                running.append((request, first, first + count))
                first += count
            found: list[Detections] = []
            for request, begin, end in running:
                found += self._adapter.decode(request.outputs(), sizes[begin:end], size, self.scale.keep)
            return found

    def _pools_of(self, size: Size) -> dict[int, Pool]:
        """What is compiled for this input; at first for one picture, the rest is compiled meanwhile."""
        if size not in self._pools:
            pool = self._pool(1, size)
            with self._lock:
                new = size not in self._pools
                self._pools.setdefault(size, {1: pool})
            if new and self._warm:
                threading.Thread(target=self._grow, args=(size,), name="compile", daemon=True).start()
        return self._pools[size]

    @at_work()
    def _grow(self, size: Size) -> None:
        self._pools_of(size)
        for count in self._counts:
            if count in self._pools[size]:
                continue
            try:
                pool = self._pool(count, size)
            except (FixedGraph, RuntimeError) as err:
                log.info("model.unbatched model=%s batch=%d reason=%s", self.model, count, _first_line(err))
                self._counts = tuple(smaller for smaller in self._counts if smaller < count)
                return
            with self._lock:  # a new mapping: ``detect`` may be reading the one before
                self._pools[size] = {**self._pools[size], count: pool}

    def _pool(self, count: int, size: Size) -> Pool:
        return Pool(self.compile(count, size), (count, size[1], size[0], 3))

    @at_work()
    def compile(self, count: int, size: Size, *, whole: bool = False) -> Any:
        """The runtime's compiled model for ``count`` pictures of ``size`` as bytes (count, h, w, 3).

        ``whole``: with all classes that the file has. Raises ``FixedGraph`` and ``RuntimeError``.
        """
        graph = shaped(self._core, self.path, self._asked.form, count, size, whole=whole)
        compiled = self._core.compile_model(graph, "CPU", self._options)
        log.info("model.compiled model=%s file=%s input=%dx%d batch=%d hint=%s",
                 self.model, self.path.name, *size, count, self.hint)  # fmt: skip
        return compiled


def _cache(core: ov.Core, folder: Path | None) -> None:
    """Compiled models are kept in ``folder``; without it they only take longer to load."""
    if folder is None:
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
        core.set_property({"CACHE_DIR": str(folder)})
    except (OSError, RuntimeError) as err:
        log.warning("model.uncached folder=%s error=%s", folder, _first_line(err))


def _first_line(err: Exception) -> str:
    lines = [line.strip() for line in str(err).splitlines() if line.strip()]
    return (lines[-1] if lines else type(err).__name__)[:200]
