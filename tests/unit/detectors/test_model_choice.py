"""The model is changed again while one is loaded or measured, or the process ends: one at a time, the newest alone."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from detectors import model_choice
from detectors.inference.adapters import Yolo11
from detectors.inference.batching import Batcher
from detectors.inference.motion import MotionBackend
from detectors.inference.openvino import OpenVinoBackend, Runtime
from detectors.inference.precision import FILE, fastest
from detectors.model_choice import ModelChoice
from detectors.models import Choice
from tests.support import lamp_model
from tests.support.waiting import until
from vms.domain.clock import SystemClock
from vms.domain.facility import Detector
from vms.settings.environment import Environment

LEAVES = """
import sys, threading
from pathlib import Path
from detectors.inference.adapters import Yolo11
from detectors.inference.native import at_work
from detectors.inference.openvino import OpenVinoBackend, Runtime
begun = threading.Semaphore(0)
@at_work()
def work():
    while True:
        OpenVinoBackend("lamp", Path(sys.argv[1]), Yolo11(side=64), 0.5, 0.5, Runtime(1))
        begun.release()
for _ in range(3):
    threading.Thread(target=work, daemon=True).start()
for _ in range(3):
    begun.acquire()
"""


async def superseded(task: asyncio.Task[None]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def test_of_models_that_are_asked_for_while_one_loads_only_the_newest_is_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, at_once, most = [], 0, 0
    go_on = threading.Event()

    def choose(name: str, *_: Any, **__: Any) -> Choice:
        nonlocal at_once, most
        begun.append(name)
        at_once += 1
        most = max(most, at_once)
        assert go_on.wait(30)
        at_once -= 1
        return Choice(MotionBackend(), name)

    monkeypatch.setattr(model_choice, "choose", choose)
    batcher = Batcher(SystemClock())
    choice = ModelChoice(Environment(tmp_path, "local", None, None, None, None, None), Runtime(1), batcher)
    first = asyncio.create_task(choice.apply(Detector(model="first"), 1))
    await until(lambda: begun == ["first"])
    await superseded(first)
    second = asyncio.create_task(choice.apply(Detector(model="second"), 1))
    await until(lambda: sum(thread.name == "model" for thread in threading.enumerate()) == 2)
    await superseded(second)
    newest = asyncio.create_task(choice.apply(Detector(model="newest"), 1))
    await until(lambda: sum(thread.name == "model" for thread in threading.enumerate()) == 3)
    assert begun == ["first"]
    go_on.set()
    await newest
    assert (begun, most) == (["first", "newest"], 1)
    assert batcher.backend is not None

    # What was given up for another is not taken for what runs: asked for again it is loaded.
    go_on.clear()
    other = asyncio.create_task(choice.apply(Detector(model="other"), 1))
    await until(lambda: begun[-1] == "other")
    await superseded(other)
    newest = asyncio.create_task(choice.apply(Detector(model="newest"), 1))
    await asyncio.sleep(0)
    go_on.set()
    await newest
    assert begun == ["first", "newest", "other", "newest"]


@pytest.mark.parametrize("steps", [0, 1, 2])
def test_measuring_ends_at_the_next_step_when_it_is_wanted_no_more(
    tmp_path: Path, steps: int, caplog: pytest.LogCaptureFixture
) -> None:
    rivals = [lamp_model.save(tmp_path / "a", "lamp"), lamp_model.save(tmp_path / "b", "lamp", quantised=True)]
    backend = OpenVinoBackend("lamp", rivals[0], Yolo11(side=64), 0.5, 0.5, Runtime(1, tmp_path / "cache"))
    caplog.set_level(logging.INFO)
    answers = iter([True] * steps)
    assert fastest(backend, rivals, None, wanted=lambda: next(answers, False)) is backend
    assert sum("model.compiled" in line for line in caplog.messages) == steps
    assert not (tmp_path / "cache" / FILE).exists()


def test_a_process_that_ends_while_a_model_is_compiled_ends_well(tmp_path: Path) -> None:
    path = lamp_model.save(tmp_path, "lamp")
    ended = subprocess.run(
        [sys.executable, "-c", LEAVES, str(path)], capture_output=True, encoding="utf-8", check=False
    )
    assert (ended.returncode, ended.stderr) == (0, "")
