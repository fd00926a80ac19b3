"""Batches across cameras: one slot a camera, the latest picture wins, nothing queues up.

Two threads take turns, so that one lays out and decodes numbers while the other's batch is in the runtime.
A camera is in one batch at a time; its results therefore come in order. Not here: what is done with results.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass

import av

from detectors.inference.backend import Backend, Bytes, Detections, Picture
from vms.domain.clock import Clock

log = logging.getLogger(__name__)

THREADS = 2


@dataclass(frozen=True, slots=True)
class Sample:
    """One picture on its way through the model."""

    camera: str
    bgr: Bytes  # in the backend's picture size, or any other
    frame: av.VideoFrame  # as decoded, for an alert's snapshot
    at: float  # UTC seconds
    moment: float  # monotonic seconds of the stream
    size: tuple[int, int]  # the stream's width, height


Deliver = Callable[[Sample, Detections, Backend], None]


class Batcher:
    """``submit`` from reading threads; ``deliver`` of a camera is called from one thread at a time."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ready = threading.Condition()
        self._slots: dict[str, tuple[Sample, Deliver]] = {}
        self._busy: set[str] = set()
        self._served: dict[str, float] = {}
        self._backend: Backend | None = None
        self._closed = False
        self._failing = False
        self._threads = [threading.Thread(target=self._loop, name=f"infer-{n}", daemon=True) for n in range(THREADS)]

    @property
    def backend(self) -> Backend | None:
        """The backend in force; None while the first one loads."""
        return self._backend

    def start(self) -> None:
        """Starts the threads."""
        for thread in self._threads:
            thread.start()

    def use(self, backend: Backend) -> None:
        """Takes another backend from the next batch on."""
        with self._ready:
            self._backend = backend
            self._ready.notify_all()

    def submit(self, sample: Sample, deliver: Deliver) -> bool:
        """Puts a picture into its camera's slot; False when it took the place of one that was not looked at."""
        with self._ready:
            replaced = sample.camera in self._slots
            self._slots[sample.camera] = (sample, deliver)
            self._ready.notify()
        return not replaced

    def forget(self, camera: str) -> None:
        """Drops what waits or is kept for a camera that is gone."""
        with self._ready:
            self._slots.pop(camera, None)
            self._served.pop(camera, None)
            if self._backend is not None:
                self._backend.forget(camera)

    def close(self, timeout: float = 0.5) -> None:
        """Ends the threads after the batches they are at."""
        with self._ready:
            self._closed = True
            self._slots.clear()
            self._ready.notify_all()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(timeout)

    def _take(self) -> tuple[Backend, list[tuple[Sample, Deliver]]] | None:
        """Waits for pictures; those of the camera that has waited longest, and others of the same shape."""
        with self._ready:
            while True:
                if self._closed:
                    return None
                backend = self._backend
                waiting = [camera for camera in self._slots if camera not in self._busy] if backend is not None else []
                if backend is None or not waiting:
                    self._ready.wait()
                    continue
                waiting.sort(key=lambda camera: self._served.get(camera, float("-inf")))
                key = backend.shape_key(*self._slots[waiting[0]][0].size)
                same = [camera for camera in waiting if backend.shape_key(*self._slots[camera][0].size) == key]
                chosen = same[: backend.max_batch]
                now = self._clock.monotonic()
                for camera in chosen:
                    self._served[camera] = now
                self._busy.update(chosen)
                return backend, [self._slots.pop(camera) for camera in chosen]

    def _loop(self) -> None:
        while (taken := self._take()) is not None:
            backend, batch = taken
            try:
                self._run(backend, batch)
            except Exception:  # one bad batch must not end the analysis of all cameras
                if not self._failing:
                    log.exception("inference.failed model=%s cameras=%d", backend.model, len(batch))
                self._failing = True
            else:
                if self._failing:
                    log.info("inference.recovered model=%s", backend.model)
                self._failing = False
            finally:
                with self._ready:
                    self._busy.difference_update(sample.camera for sample, _ in batch)
                    self._ready.notify()

    def _run(self, backend: Backend, batch: list[tuple[Sample, Deliver]]) -> None:
        found = backend.detect([Picture(sample.camera, sample.bgr) for sample, _ in batch])
        for (sample, deliver), detections in zip(batch, found, strict=True):
            deliver(sample, detections, backend)
