"""Pictures a second of the detector's own way, from decoded frames to tracks, beside the bare compiled model.

Runs as a process of its own, so that both sides have the same cores and no thread of anybody else: ``python -m
vms.bench.pipeline LOOP --cores K …`` prints one line of JSON. Both take turns in the same run; the bare side is what
OpenVINO's ``benchmark_app`` does: ``AsyncInferQueue``, inputs that are there already, outputs that nobody reads. It has
the model with all classes, as its file has it, in the same shape, precision, streams, requests and batch. The only
module of ``vms.bench`` that imports a role's code.
"""

from __future__ import annotations

import argparse
import os
import queue
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

import av
import numpy as np
import openvino as ov

from detectors import pictures
from detectors.analysis import Analysis
from detectors.inference.backend import Backend, Detections
from detectors.inference.batching import Batcher, Sample
from detectors.inference.openvino import OpenVinoBackend, Runtime
from detectors.models import choose, folders, improve
from vms.bench.speed import Speed
from vms.domain.clock import SystemClock
from vms.domain.errors import VmsError
from vms.domain.facility import Camera
from vms.settings.environment import Environment

#: Between two pictures of a camera, in its own time (seconds): the active rate.
STEP_S = 0.25
#: Threads that hand pictures over, as the cameras' reading threads do.
FEEDERS = 2


class Pipeline:
    """Cameras that always have a next picture, the batcher, and an analysis each."""

    def __init__(self, backend: OpenVinoBackend, frames: list[av.VideoFrame], cameras: int) -> None:
        self._backend, self._frames = backend, frames
        self._analyses = [_analysis(number) for number in range(cameras)]
        self._positions = [number * 7 for number in range(cameras)]
        self._due: queue.SimpleQueue[int | None] = queue.SimpleQueue()
        self._batcher = Batcher(SystemClock(), backend.runtime.streams + 1)
        self._batcher.use(backend)
        self._batcher.start()
        self._lock = threading.Lock()
        self._goes_on = False
        self._away = 0
        self.done = 0
        self.persons = 0
        self._feeders = [threading.Thread(target=self._feed, daemon=True) for _ in range(FEEDERS)]
        for thread in self._feeders:
            thread.start()

    def run(self, seconds: float) -> tuple[int, float, float]:
        """Pictures that were done, the seconds that they took and the CPU seconds; nothing is under way afterwards."""
        before, cpu, begun = self.done, time.process_time(), time.perf_counter()
        self._goes_on = True
        self._away = len(self._analyses)
        for number in range(len(self._analyses)):
            self._due.put(number)
        time.sleep(seconds)
        self._goes_on = False
        while self._away:  # until the last one is delivered, which counts as well
            time.sleep(0.0005)
        return self.done - before, time.perf_counter() - begun, time.process_time() - cpu

    def close(self) -> None:
        """Ends the threads."""
        for _ in self._feeders:
            self._due.put(None)
        self._batcher.close()

    def _feed(self) -> None:
        while (number := self._due.get()) is not None:
            position = self._positions[number]
            self._positions[number] = position + 1
            frame = self._frames[position % len(self._frames)]
            size = (frame.width, frame.height)
            bgr = pictures.bgr(frame, self._backend.picture_size(*size))
            moment = position * STEP_S
            self._batcher.submit(Sample(str(number), bgr, frame, moment, moment, size), self._deliver)

    def _deliver(self, sample: Sample, found: Detections, backend: Backend) -> None:
        number = int(sample.camera)
        analysis = self._analyses[number]
        with analysis.lock:
            seen = analysis.observe(found, backend.scale, sample.size, sample.at, sample.moment)
        with self._lock:
            self.done += 1
            self.persons += seen.count
            if not self._goes_on:
                self._away -= 1
                return
        self._due.put(number)


def _analysis(number: int) -> Analysis:
    camera = Camera.model_validate(
        {
            "id": f"c{number}", "name": "c", "placement": "corridor", "streams": {"main": "rtsp://h/m"},
            "zones": [{"id": "z", "kind": "restricted", "polygon": [[0, 0.5], [1, 0.5], [1, 1], [0, 1]]}],
            "rules": [{"id": "r", "kind": "zone_breach", "zone": "z"}],
        }
    )  # fmt: skip
    return Analysis("bench", camera, ZoneInfo("UTC"))


def bare(backend: OpenVinoBackend, batch: int, size: tuple[int, int]) -> Callable[[float], tuple[int, float, float]]:
    """The compiled model with nothing around it; what comes back is called as ``Pipeline.run``."""
    waiting = ov.AsyncInferQueue(backend.compile(batch, size, whole=True), backend.runtime.streams + 1)
    blob = np.random.default_rng(0).integers(0, 256, (batch, size[1], size[0], 3), np.uint8)

    def run(seconds: float) -> tuple[int, float, float]:
        done, cpu, begun = 0, time.process_time(), time.perf_counter()
        while time.perf_counter() - begun < seconds:
            waiting.start_async([blob], share_inputs=True)
            done += batch
        waiting.wait_all()
        return done, time.perf_counter() - begun, time.process_time() - cpu

    return run


def measure(
    loop: Path, model: str, environment: Environment, threads: int, cameras: int, seconds: float, rounds: int
) -> Speed:
    """Both sides in turns. Raises ``VmsError`` where no OpenVINO model is found."""
    choice = choose(model, folders(environment), Runtime(threads, environment.data / "cache" / "models"))
    backend = improve(choice).backend
    if not isinstance(backend, OpenVinoBackend):
        raise VmsError("no person model is found: there is nothing to compare")
    backend.warm()
    frames = _frames(loop)
    width, height = backend.shape_key(frames[0].width, frames[0].height)
    pipeline = Pipeline(backend, frames, max(cameras, 3 * backend.max_batch * backend.runtime.streams))
    alone = bare(backend, backend.max_batch, (width, height))
    for warm_up in (pipeline.run, alone):
        warm_up(1.0)
    done, persons = pipeline.done, pipeline.persons
    ours: list[tuple[int, float, float]] = []
    theirs: list[tuple[int, float, float]] = []
    for number in range(rounds):  # the order changes: neither side always runs on a machine that the other heated
        pair = [(ours, pipeline.run), (theirs, alone)]
        for results, run in pair if number % 2 == 0 else pair[::-1]:
            results.append(run(seconds))
    pipeline.close()
    return Speed(
        model=backend.model, precision=backend.precision, size=(width, height), batch=backend.max_batch,
        cores=len(os.sched_getaffinity(0)), threads=threads,
        persons=(pipeline.persons - persons) / max(1, pipeline.done - done),
        ours=tuple(count / took for count, took, _ in ours),
        bare=tuple(count / took for count, took, _ in theirs),
        ours_cpu_ms=1000 * sum(cpu for *_, cpu in ours) / sum(count for count, *_ in ours),
        bare_cpu_ms=1000 * sum(cpu for *_, cpu in theirs) / sum(count for count, *_ in theirs),
    )  # fmt: skip


def _frames(loop: Path) -> list[av.VideoFrame]:
    with av.open(str(loop)) as container:
        return list(container.decode(video=0))


def main() -> None:
    """Arguments only."""
    parser = argparse.ArgumentParser(prog="python -m vms.bench.pipeline", description=__doc__)
    parser.add_argument("loop", type=Path)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--model", default="default")
    parser.add_argument("--cores", type=int, required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--cameras", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--rounds", type=int, default=6)
    given = parser.parse_args()
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: given.cores])
    environment = Environment.read(given.data)
    speed = measure(given.loop, given.model, environment, given.threads, given.cameras, given.seconds, given.rounds)
    sys.stdout.write(speed.encode() + "\n")


if __name__ == "__main__":
    main()
