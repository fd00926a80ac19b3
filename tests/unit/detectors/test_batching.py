"""Batches under load: order, the latest picture, failures, another model, the end. No timing decides anything."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Sequence

import av
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.inference.backend import Backend, Detections, Picture, Scale
from detectors.inference.batching import Batcher, Sample
from tests.support.waiting import wait_until
from vms.domain.clock import SystemClock

FRAME = av.VideoFrame(64, 36, "yuv420p")


class Looking:
    """A backend that finds nothing, runs ``before`` on each batch, and fails on pictures of ``poison``."""

    name, precision, fallback, max_batch, at_once = "looking", "f32", False, 4, 16
    scale = Scale(0.5, 0.25)

    def __init__(self, model: str = "first", before: Callable[[list[str]], None] = lambda _: None) -> None:
        self.model = model
        self.poison: set[str] = set()
        self._before = before

    def picture_size(self, width: int, height: int) -> tuple[int, int]:
        return width, height

    def shape_key(self, width: int, height: int) -> tuple[int, int]:
        return width, height

    def warm(self) -> None: ...

    def forget(self, camera: str) -> None: ...

    def detect(self, batch: Sequence[Picture]) -> list[Detections]:
        cameras = [picture.camera for picture in batch]
        self._before(cameras)
        if self.poison.intersection(cameras):
            raise RuntimeError("poison")
        return [Detections.none() for _ in batch]


def sample(camera: str, moment: float, size: tuple[int, int] = (64, 36)) -> Sample:
    return Sample(camera, np.zeros((size[1], size[0], 3), np.uint8), FRAME, moment, moment, size)


class Results:
    """What was delivered, and whether a camera's deliveries ever met."""

    def __init__(self) -> None:
        self.moments: defaultdict[str, list[float]] = defaultdict(list)
        self.models: list[str] = []
        self.met = False
        self._delivering: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    def take(self, one: Sample, _found: Detections, backend: Backend) -> None:
        lock = self._delivering[one.camera]
        if not lock.acquire(blocking=False):
            self.met = True
            return
        self.moments[one.camera].append(one.moment)
        self.models.append(backend.model)
        lock.release()


@settings(max_examples=20, deadline=None)
@given(
    threads=st.integers(1, 5),
    cameras=st.integers(1, 6),
    pictures=st.integers(1, 40),
    wide=st.sets(st.integers(0, 5)),
)
def test_each_camera_gets_its_results_in_order_and_the_latest_one_last(
    threads: int, cameras: int, pictures: int, wide: set[int]
) -> None:
    batcher, results = Batcher(SystemClock(), threads), Results()
    batcher.use(Looking())
    batcher.start()
    replaced: defaultdict[str, int] = defaultdict(int)

    def film(number: int) -> None:
        camera, size = f"c{number}", (128, 36) if number in wide else (64, 36)
        for moment in range(pictures):
            replaced[camera] += not batcher.submit(sample(camera, moment, size), results.take)

    filming = [threading.Thread(target=film, args=(number,)) for number in range(cameras)]
    for thread in filming:
        thread.start()
    for thread in filming:
        thread.join()
    names = [f"c{number}" for number in range(cameras)]
    wait_until(lambda: all(results.moments[name][-1:] == [pictures - 1] for name in names), what="the last ones")
    batcher.close(5)
    assert not results.met
    for name in names:
        assert results.moments[name] == sorted(set(results.moments[name]))
        assert len(results.moments[name]) + replaced[name] == pictures  # every one was looked at, or is counted


def test_one_picture_that_cannot_be_looked_at_costs_no_other_camera_its_result() -> None:
    hold, entered = threading.Event(), threading.Event()

    def wait(cameras: list[str]) -> None:
        if cameras == ["first"]:
            entered.set()
            hold.wait(30)

    backend, batcher, results = Looking(before=wait), Batcher(SystemClock(), 1), Results()
    backend.poison = {"bad"}
    batcher.use(backend)
    batcher.start()
    batcher.submit(sample("first", 0), results.take)
    entered.wait(30)
    for camera in ("a", "bad", "b"):  # these make one batch
        batcher.submit(sample(camera, 1), results.take)
    hold.set()
    wait_until(lambda: results.moments["a"] and results.moments["b"])
    assert results.moments["bad"] == []
    backend.poison = set()
    batcher.submit(sample("bad", 2), results.take)
    wait_until(lambda: results.moments["bad"] == [2])
    batcher.close(5)


def test_a_camera_that_fails_to_take_its_result_costs_no_other_camera_its() -> None:
    batcher, results = Batcher(SystemClock(), 1), Results()

    def fail(*_: object) -> None:
        raise ValueError("a rule is broken")

    batcher.submit(sample("a", 0), fail)
    for camera in ("b", "c"):
        batcher.submit(sample(camera, 0), results.take)
    batcher.use(Looking())
    batcher.start()
    wait_until(lambda: results.moments["b"] and results.moments["c"])
    batcher.submit(sample("a", 1), results.take)
    wait_until(lambda: results.moments["a"] == [1])
    batcher.close(5)


def test_a_shape_that_is_compiled_first_holds_up_its_own_cameras_alone() -> None:
    hold, entered = threading.Event(), threading.Event()

    def wait(cameras: list[str]) -> None:
        if cameras[0].startswith("square"):
            entered.set()
            hold.wait(30)

    batcher, results = Batcher(SystemClock(), 2), Results()
    batcher.use(Looking(before=wait))
    batcher.start()
    batcher.submit(sample("square-1", 0, (48, 48)), results.take)
    entered.wait(30)
    batcher.submit(sample("square-2", 0, (48, 48)), results.take)
    for moment in range(3):
        batcher.submit(sample("wide", moment), results.take)
        wait_until(lambda: results.moments["wide"][-1:] == [moment])  # noqa: B023 - called before the next one
    assert not results.moments["square-2"]
    hold.set()
    wait_until(lambda: results.moments["square-1"] and results.moments["square-2"])
    batcher.close(5)


def test_another_model_takes_over_while_pictures_come_and_none_is_lost() -> None:
    batcher, results = Batcher(SystemClock(), 3), Results()
    stop = threading.Event()
    last: dict[str, int] = {}
    gone: defaultdict[str, int] = defaultdict(int)

    def film(camera: str) -> None:
        moment = -1
        while not stop.is_set():
            moment += 1
            gone[camera] += not batcher.submit(sample(camera, moment), results.take)
        last[camera] = moment

    names = ["a", "b", "c", "d", "e"]
    filming = [threading.Thread(target=film, args=(name,)) for name in names]
    batcher.use(Looking("first"))
    batcher.start()
    for thread in filming:
        thread.start()
    for model in ("second", "third", "fourth"):
        wait_until(lambda: len(results.models) > 20)
        batcher.use(Looking(model))
        wait_until(lambda: model in results.models, what=model)  # noqa: B023 - called before the next one
    stop.set()
    for thread in filming:
        thread.join()
    wait_until(lambda: all(results.moments[name][-1] == last[name] for name in names))
    batcher.close(5)
    assert not results.met
    for name in names:
        assert results.moments[name] == sorted(set(results.moments[name]))
        assert len(results.moments[name]) + gone[name] == last[name] + 1
    assert results.models[-1] == "fourth"


def test_a_close_under_load_lets_batches_end_and_delivers_nothing_after() -> None:
    hold, entered = threading.Event(), threading.Event()

    def wait(_cameras: list[str]) -> None:
        entered.set()
        hold.wait(30)

    others = set(threading.enumerate())
    batcher, results = Batcher(SystemClock(), 2), Results()
    batcher.use(Looking(before=wait))
    batcher.start()
    batcher.submit(sample("a", 0), results.take)
    entered.wait(30)
    batcher.submit(sample("a", 1), results.take)
    batcher.close(0)  # waits for nobody: a model that hangs must not hold up the end of the process
    batcher.submit(sample("b", 0), results.take)
    hold.set()
    wait_until(lambda: not [thread for thread in set(threading.enumerate()) - others if thread.name[:5] == "infer"])
    assert dict(results.moments) == {"a": [0]}
