"""Infer requests of a compiled model, lent to one thread at a time, and how pictures are shared out among them.

They are asynchronous: while the runtime's streams work on some, others are laid out or taken apart by the threads that
asked. ``openvino.AsyncInferQueue`` is not used: it tells nobody which inference failed, and throws the error at
whoever asks next. Not here: compiling (``openvino``).
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import openvino as ov

from detectors.inference.backend import Bytes, Floats


class Request:
    """One infer request with its input (n, h, w, 3), which it reads where it lies."""

    def __init__(self, compiled: Any, shape: tuple[int, ...]) -> None:
        self.pictures: Bytes = np.zeros(shape, np.uint8)
        self._request = compiled.create_infer_request()
        self._request.set_input_tensor(ov.Tensor(self.pictures, shared_memory=True))
        self._running = False

    def start(self) -> None:
        """Puts it into the queue of the streams."""
        self._request.start_async()
        self._running = True

    def outputs(self) -> list[Floats]:
        """Waits; the arrays are valid until the next start. Raises ``RuntimeError`` when the inference failed."""
        self._running = False
        self._request.wait()
        return [tensor.data for tensor in self._request.output_tensors]

    def end(self) -> None:
        """Waits, whatever comes of it: nobody may write into the input, or let it go, before."""
        if self._running:
            with contextlib.suppress(RuntimeError):
                self._request.wait()
            self._running = False


class Pool:
    """The requests of one compiled model; there are as many as were needed at the same time."""

    def __init__(self, compiled: Any, shape: tuple[int, ...]) -> None:
        self._compiled = compiled
        self._shape = shape
        self._free: list[Request] = []

    @contextlib.contextmanager
    def lent(self) -> Iterator[Request]:
        """A request for the calling thread alone."""
        try:
            request = self._free.pop()
        except IndexError:
            request = Request(self._compiled, self._shape)
        try:
            yield request
        finally:
            request.end()
            self._free.append(request)


def parts(pictures: int, counts: Sequence[int]) -> list[int]:
    """``pictures`` as a sum of ``counts`` (1 among them), the largest first: a filled-up batch costs its full time."""
    chosen: list[int] = []
    for count in sorted(counts, reverse=True):
        chosen += [count] * (pictures // count)
        pictures %= count
    return chosen
