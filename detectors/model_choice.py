"""Which model the process runs now, loaded off the event loop, and what the heartbeat says about it.

One model at a time is loaded or measured, whatever is asked meanwhile: the cores are there for the analysis.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import Callable
from typing import TypeAlias

from detectors.inference.batching import Batcher
from detectors.inference.native import at_work
from detectors.inference.openvino import OpenVinoBackend, Runtime
from detectors.models import DEFAULT, MOTION, Choice, choose, folders, improve
from detectors.plan import input_side
from vms.domain.errors import ConfigurationError
from vms.domain.facility import Detector
from vms.domain.messages import DetectorState
from vms.settings.environment import Environment

log = logging.getLogger(__name__)

#: What decides how a model is loaded: its name, the confidence, the input that was asked for and the one it gets.
_Wish: TypeAlias = tuple[str, float | None, int | None, int | None]


class ModelChoice:
    """Loads what the configuration names and hands it to the batcher; a faster way to run it follows, if there is."""

    def __init__(self, environment: Environment, runtime: Runtime, batcher: Batcher) -> None:
        self._folders = folders(environment)
        self._runtime = runtime
        self._batcher = batcher
        self._wanted: _Wish | None = None  # asked for last
        self._runs: _Wish | None = None
        self._choice: Choice | None = None
        self._side: int | None = None
        self._error = ""
        self._lock = asyncio.Lock()
        self._turn = threading.Lock()

    async def apply(self, settings: Detector, cameras: int) -> None:
        """Loads the model of ``settings`` for so many cameras unless it runs already; the one before goes on meanwhile.

        Few cameras get a larger input than the model's own, unless ``settings`` say which.
        """
        side = settings.input_px or input_side(cameras, self._runtime.threads)
        wanted = self._wanted = (settings.model, settings.confidence, settings.input_px, side)
        async with self._lock:
            if wanted == self._runs:
                return
            self._runs = None  # it is measured no further, and would be loaded anew
            name, error = settings.model, ""
            while True:
                try:
                    choice = await self._load(name, settings.confidence, side, asked=settings.input_px is not None)
                    break
                except ConfigurationError as err:
                    # An unknown name must not stop the counting: it is said, and the best one counts.
                    log.error("model.unknown error=%s", err)
                    name, error = DEFAULT, str(err)
                except Exception as err:
                    if name == MOTION:
                        raise
                    log.exception("model.failed model=%s", name)
                    name, error = MOTION, f"model {name} was not loaded: {type(err).__name__}: {err}"
            self._runs, self._choice, self._side, self._error = wanted, choice, side, error
            self._batcher.use(choice.backend)
            self._improve(choice, side, wanted)

    async def _load(self, name: str, confidence: float | None, side: int | None, *, asked: bool) -> Choice:
        """``choose`` in a daemon thread: compiling takes seconds; how long a stop waits for it: ``native``."""
        loop = asyncio.get_running_loop()
        loaded: asyncio.Future[Choice] = loop.create_future()

        def settle(choice: Choice | None, error: Exception | None) -> None:
            if loaded.done():
                return
            if choice is not None:
                loaded.set_result(choice)
            else:
                loaded.set_exception(error or ConfigurationError(f"detector model '{name}' was not loaded"))

        def work() -> None:
            if loaded.cancelled():  # something else was asked for meanwhile
                return
            choice, error = None, None
            try:
                choice = choose(name, self._folders, self._runtime, confidence, side, asked=asked)
            except Exception as err:  # noqa: BLE001 - handed to who waits
                error = err
            with contextlib.suppress(RuntimeError):  # the loop is closed
                loop.call_soon_threadsafe(settle, choice, error)

        self._start(work, "model")
        return await loaded

    def _improve(self, choice: Choice, side: int | None, wish: _Wish) -> None:
        """Measures in a daemon thread while ``choice`` is at work, and changes over to what is better.

        Ends at its next step when something else is asked for than ``wish``.
        """
        loop = asyncio.get_running_loop()

        def change(better: Choice) -> None:
            if self._choice is choice and better.backend is not choice.backend:  # else another model was asked for
                self._choice = better
                self._batcher.use(better.backend)

        def work() -> None:
            try:
                better = improve(choice, side, lambda: self._wanted == wish)
            except Exception:  # what runs goes on running
                log.exception("model.unmeasured model=%s", choice.backend.model)
                return
            with contextlib.suppress(RuntimeError):  # the loop is closed
                loop.call_soon_threadsafe(change, better)

        self._start(work, "measure")

    def _start(self, work: Callable[[], None], name: str) -> None:
        """In a daemon thread, when the one before has ended."""

        def in_turn() -> None:
            with self._turn:
                at_work()(work)()

        threading.Thread(target=in_turn, name=name, daemon=True).start()

    def fill(self, state: DetectorState) -> DetectorState:
        """``state`` with the model's part."""
        update: dict[str, object] = {}
        if self._choice is not None:
            backend = self._choice.backend
            update = {
                "model": backend.model,
                "backend": backend.name,
                "precision": backend.precision,
                "input_px": self._side,
                "picture_ms": round(backend.ms, 2) if isinstance(backend, OpenVinoBackend) and backend.ms else None,
                "fallback": backend.fallback,
                "fallback_detail": self._choice.detail,
            }
        if self._error and state.reason is None:
            update |= {"reason": "configuration", "detail": self._error}
        return state.model_copy(update=update)
