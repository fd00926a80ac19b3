"""Batches across cameras: one slot a camera, the latest picture wins, nothing queues up.

One thread more than the runtime has streams: while each stream works on a batch, another is laid out, or its numbers
are turned into persons. A batch is taken when a thread is free for it and not before, so nothing grows old in the
runtime's queue. A camera is in one batch at a time; its results therefore come in order. Not here: what is done with
results.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import av

from detectors.inference.backend import Backend, Bytes, Detections, Picture
from vms.domain.clock import Clock

log = logging.getLogger(__name__)

#: For runtimes of one stream.
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

    def __init__(self, clock: Clock, threads: int = THREADS) -> None:
        self._clock = clock
        self._ready = threading.Condition()
        self._slots: dict[str, tuple[Sample, Deliver]] = {}
        self._busy: set[str] = set()
        self._running = 0  # batches
        self._tried: set[tuple[int, int]] = set()  # shapes that this backend has run
        self._trying: set[tuple[int, int]] = set()  # shapes that it runs for the first time
        self._served: dict[str, float] = {}
        self._backend: Backend | None = None
        self._closed = False
        self._failing = False
        self._threads = [threading.Thread(target=self._loop, name=f"infer-{n}", daemon=True) for n in range(threads)]

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
            self._tried, self._trying = set(), set()
            self._ready.notify_all()

    def submit(self, sample: Sample, deliver: Deliver) -> bool:
        """Puts a picture into its camera's slot; False when it took the place of one that was not looked at."""
        with self._ready:
            if self._closed:
                return True
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
        deadline = time.monotonic() + timeout
        for thread in self._threads:
            if thread.is_alive():
                thread.join(max(0.0, deadline - time.monotonic()))

    def _take(self) -> _Batch | None:
        """Waits for pictures; those of the camera that has waited longest, and others of the same shape."""
        with self._ready:
            while not self._closed:
                if self._backend is not None and (batch := self._next(self._backend)) is not None:
                    self._running += 1
                    return batch
                self._ready.wait()
            return None

    def _next(self, backend: Backend) -> _Batch | None:
        if self._running >= backend.at_once:
            return None  # a batch that is taken too early grows old before the model looks at it
        keys = {
            camera: backend.shape_key(*sample.size)
            for camera, (sample, _) in self._slots.items()
            if camera not in self._busy
        }
        # The first run of a shape may compile it: that takes one thread for a second, not all of them.
        waiting = [camera for camera, key in keys.items() if key not in self._trying]
        if not waiting:
            return None
        waiting.sort(key=lambda camera: self._served.get(camera, float("-inf")))
        key = keys[waiting[0]]
        chosen = [camera for camera in waiting if keys[camera] == key][: backend.max_batch]
        now = self._clock.monotonic()
        for camera in chosen:
            self._served[camera] = now
        self._busy.update(chosen)
        trying = None if key in self._tried else self._trying
        if trying is not None:
            trying.add(key)
        return _Batch(backend, key, [self._slots.pop(camera) for camera in chosen], trying)

    def _loop(self) -> None:
        while (batch := self._take()) is not None:
            try:
                batch.run()
            except Exception:  # one bad batch must not end the analysis of all cameras
                if not self._failing:
                    log.exception("inference.failed model=%s cameras=%d", batch.backend.model, len(batch.samples))
                self._failing = True
            else:
                if self._failing:
                    log.info("inference.recovered model=%s", batch.backend.model)
                self._failing = False
            finally:
                self._done(batch)

    def _done(self, batch: _Batch) -> None:
        with self._ready:
            self._running -= 1
            self._busy.difference_update(sample.camera for sample, _ in batch.samples)
            if batch.trying is not None:
                batch.trying.discard(batch.key)
                if batch.trying is self._trying:  # the backend is still the one in force
                    self._tried.add(batch.key)
                self._ready.notify_all()
            else:
                self._ready.notify()


@dataclass(frozen=True, slots=True)
class _Batch:
    """Pictures of one shape on their way; ``trying`` is where the shape stands while it runs for the first time."""

    backend: Backend
    key: tuple[int, int]
    samples: list[tuple[Sample, Deliver]]
    trying: set[tuple[int, int]] | None

    def run(self) -> None:
        """Raises what went wrong at last, after all that could be delivered was."""
        failed: Exception | None = None
        try:
            found: list[Detections | None] = list(self._detect(self.samples))
        except Exception:
            if len(self.samples) == 1:
                raise
            # One picture that the model cannot take must not cost the other cameras theirs.
            found = []
            for one in self.samples:
                try:
                    found += self._detect([one])
                except Exception as err:  # noqa: BLE001 - raised below
                    found.append(None)
                    failed = err
        for (sample, deliver), detections in zip(self.samples, found, strict=True):
            if detections is None:
                continue
            try:
                deliver(sample, detections, self.backend)
            except Exception as err:  # noqa: BLE001 - raised below
                failed = err
        if failed is not None:
            raise failed

    def _detect(self, samples: list[tuple[Sample, Deliver]]) -> list[Detections]:
        found = self.backend.detect([Picture(sample.camera, sample.bgr) for sample, _ in samples])
        if len(found) != len(samples):
            raise ValueError(f"{len(found)} results for {len(samples)} pictures")
        return found
