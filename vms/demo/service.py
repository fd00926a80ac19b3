"""The demo cameras as one process: prepare, serve, report on stdout, stop on a signal.

Belongs here: the life of the process and its JSON lines. Not here: arguments (``__main__``).

Lines on stdout, one JSON object each: ``{"event": "listening", "host", "port"}`` ·
``{"event": "progress", "camera", "share"}`` (at most about two a second) ·
``{"event": "ready", "camera", "main", "sub", "frames", "fps", …}`` (addresses without credentials) ·
``{"event": "all_ready", "cameras", "seconds"}`` · ``{"event": "push", "to", "title", "body", "picture"}``.
"""

from __future__ import annotations

import asyncio
import errno
import json
import logging
import signal
import sys
import threading
from collections.abc import Callable

import cv2
import uvloop

from vms.demo.camera import LiveCamera
from vms.demo.packets import load_track
from vms.demo.phones import telephones
from vms.demo.plan import CameraPlan, DemoSpec, make_plan
from vms.demo.renditions import Rendition, Stopped, describe, prepare
from vms.demo.server import CameraServer
from vms.demo.sources import find_videos
from vms.domain.clock import Clock, SystemClock
from vms.domain.errors import ConfigurationError

log = logging.getLogger("vms.demo")

Report = Callable[[dict[str, object]], None]
_PROGRESS_EVERY_S = 0.5


def plans_of(spec: DemoSpec) -> tuple[CameraPlan, ...]:
    """The cameras of ``spec``, after looking at its footage. Raises ``ConfigurationError``."""
    return make_plan(spec, find_videos(spec))


def run_cameras(spec: DemoSpec) -> int:
    """Serve the cameras of ``spec`` until SIGTERM or SIGINT; returns the exit code. Raises ``VmsError``."""
    # Preparation has its own threads; OpenCV's would only spin beside them.
    cv2.setNumThreads(1)
    plans = plans_of(spec)

    async def main() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await serve(spec, plans, stop)

    uvloop.run(main())
    return 0


def print_line(event: dict[str, object]) -> None:
    """One JSON line on stdout; a reader that has gone is no reason to stop."""
    try:
        sys.stdout.write(json.dumps(event, ensure_ascii=False) + "\n")
        sys.stdout.flush()
    except (BrokenPipeError, ValueError):
        log.debug("report.unread")


async def serve(
    spec: DemoSpec,
    plans: tuple[CameraPlan, ...],
    stop: asyncio.Event,
    *,
    report: Report = print_line,
    clock: Clock | None = None,
) -> None:
    """Listen at once, add each camera as it gets ready, until ``stop`` is set."""
    clock = clock or SystemClock()
    credentials = (spec.user, spec.password or "") if spec.user else None
    server = CameraServer(spec.host, spec.rtsp_port, credentials)
    for plan in plans:
        server.announce(plan.id)
    try:
        await server.start()
    except OSError as err:
        busy = "is in use: choose another with --rtsp-port" if err.errno == errno.EADDRINUSE else f"({err.strerror})"
        raise ConfigurationError(f"demo cameras: cannot listen on {spec.host} port {spec.rtsp_port} {busy}") from err
    report({"event": "listening", "host": spec.host, "port": server.port})
    loop = asyncio.get_running_loop()
    preparation = _Preparation(spec, plans, server, report, clock)

    def told(event: dict[str, object]) -> None:
        loop.call_soon_threadsafe(report, event)

    with telephones(spec.phones_port, told):
        try:
            preparing = asyncio.ensure_future(asyncio.to_thread(preparation.run))
            stopping = asyncio.ensure_future(stop.wait())
            await asyncio.wait({preparing, stopping}, return_when=asyncio.FIRST_COMPLETED)
            preparation.stop.set()
            await preparing
            await stopping
        finally:
            preparation.stop.set()
            await server.close()


class _Preparation:
    """The thread that makes renditions and hands each finished camera to the event loop."""

    def __init__(
        self, spec: DemoSpec, plans: tuple[CameraPlan, ...], server: CameraServer, report: Report, clock: Clock
    ) -> None:
        self.stop = threading.Event()
        self._spec, self._plans, self._server, self._report, self._clock = spec, plans, server, report, clock
        self._loop = asyncio.get_running_loop()
        self._progress_at = 0.0

    def run(self) -> None:
        began = self._clock.monotonic()
        try:
            prepare(self._plans, self._spec, on_ready=self._ready, on_progress=self._progress, stop=self.stop)
        except Stopped:
            return
        seconds = round(self._clock.monotonic() - began, 2)
        self._loop.call_soon_threadsafe(
            self._report, {"event": "all_ready", "cameras": len(self._plans), "seconds": seconds}
        )

    def _ready(self, plan: CameraPlan, rendition: Rendition) -> None:
        if self.stop.is_set():
            raise Stopped
        main, sub = load_track(rendition.main, plan.id), load_track(rendition.sub, plan.id)
        self._loop.call_soon_threadsafe(
            self._add, plan, rendition, LiveCamera(rendition, main, sub, self._clock, plan.phase_s)
        )

    def _add(self, plan: CameraPlan, rendition: Rendition, camera: LiveCamera) -> None:
        self._server.add(camera)
        base = f"rtsp://{self._spec.host}:{self._server.port}/{plan.id}"
        self._report({"event": "ready", **describe(rendition), "main": f"{base}/main", "sub": f"{base}/sub"})

    def _progress(self, camera: str, share: float) -> None:
        now = self._clock.monotonic()
        if share < 1 and now - self._progress_at < _PROGRESS_EVERY_S:
            return
        self._progress_at = now
        self._loop.call_soon_threadsafe(self._report, {"event": "progress", "camera": camera, "share": round(share, 3)})
