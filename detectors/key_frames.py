"""The source of cameras without a sub stream: key frames that their recorder hands on over the bus.

The lease on profile ``key`` is renewed for as long as the camera is analysed. Each message is a whole access unit
(Annex B with parameter sets) with the headers of ``LiveHeader`` and ``Vms-Codec``. Not here: decoding.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import Callable
from datetime import datetime

import nats.errors
from nats.aio.msg import Msg
from pydantic import ValidationError

from vms.bus import subjects
from vms.bus.connection import Bus
from vms.domain.clock import Clock
from vms.domain.messages import LiveHeader, StreamReason, WatchReply, WatchRequest
from vms.ingest.stream import TIMESCALE, MediaPacket, PacketSink, Run, StreamInfo

log = logging.getLogger(__name__)

RENEW_S = 4.0
#: No key frame for so long: the camera shows nothing that can be analysed.
SILENCE_S = 15.0
#: A thread that is at one picture for so long hangs in its decoder, and another takes its place.
HUNG_S = 10.0


class KeyFrames:
    """Feeds ``sink`` from a thread of its own; latest wins, and ``left_out`` hears in that thread of the others.

    Create, ``start`` and ``stop`` in the event loop.
    """

    def __init__(
        self,
        site: str,
        camera: str,
        sink: PacketSink,
        bus: Bus,
        clock: Clock,
        left_out: Callable[[int], None] = lambda _: None,
    ) -> None:
        self._site, self._camera = site, camera
        self._sink = sink
        self._bus = bus
        self._clock = clock
        self._ready = threading.Condition()
        self._left_out = left_out
        self._newest: tuple[dict[str, str], bytes, float] | None = None
        self._overtaken = 0
        self._stopped = False
        self._lapsed = False
        self._run: Run | None = None
        self._first_at = 0.0
        self._last_pts = -1
        self._heard = clock.monotonic()
        self._busy_since: float | None = None
        self._generation = 0
        self._thread = self._new_thread()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begins to ask and to listen."""
        self._thread.start()
        self._task = asyncio.get_running_loop().create_task(self._ask())

    def stop(self) -> None:
        """Ends both; returns at once."""
        if self._task is not None:
            self._task.cancel()
        with self._ready:
            self._stopped = True
            self._ready.notify()

    def join(self, timeout: float) -> bool:
        """Waits for the thread's end; False when it still runs."""
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _new_thread(self) -> threading.Thread:
        name = f"key:{self._camera}"[:15]
        return threading.Thread(target=self._loop, args=(self._generation,), name=name, daemon=True)

    def _replace(self) -> None:
        """The thread is given up: it ends should it ever come back."""
        log.error("key_frame.abandoned camera=%s", self._camera)
        with self._ready:
            self._generation += 1
            self._busy_since = None
        self._lapsed = True
        self._sink.trouble("timeout", "the decoder hung")
        self._thread = self._new_thread()
        self._thread.start()

    async def _ask(self) -> None:
        async def came(msg: Msg) -> None:
            with self._ready:
                self._overtaken += self._newest is not None
                self._newest = (dict(msg.headers or {}), msg.data, self._clock.monotonic())
                self._ready.notify()

        try:
            subscription = await self._bus.bulk.subscribe(subjects.live(self._site, self._camera, "key"), cb=came)
        except nats.errors.Error as err:  # the client was closed: with the next one this camera is attached anew
            log.warning("key_frame.unasked camera=%s error=%s", self._camera, err)
            return
        request = WatchRequest(profile="key", ttl_s=10).encode()
        looked_at = self._clock.monotonic()
        try:
            while not self._stopped:  # not by cancellation alone: see vms.bus.tasks
                reason = await self._renew(request)
                before, looked_at = looked_at, self._clock.monotonic()
                busy = self._busy_since
                if busy is not None and looked_at - busy > HUNG_S > looked_at - before:  # and we did not stand still
                    self._replace()
                if self._clock.monotonic() - self._heard > SILENCE_S:
                    self._lapsed = True
                    self._sink.trouble(reason or "no_video", "the recorder hands on no key frames")
                await asyncio.sleep(RENEW_S)
        finally:
            with contextlib.suppress(nats.errors.Error, OSError):
                await subscription.unsubscribe()

    async def _renew(self, request: bytes) -> StreamReason | None:
        """Renews the lease; why the recorder has no picture, if it says so."""
        try:
            msg = await self._bus.bulk.request(subjects.control(self._site, self._camera, "watch"), request, timeout=2)
            return WatchReply.model_validate_json(msg.data).error
        except (nats.errors.Error, TimeoutError, OSError):
            return "worker_lost"
        except ValidationError:
            return None

    def _loop(self, generation: int) -> None:
        while True:
            with self._ready:
                if generation == self._generation:
                    self._busy_since = None
                while self._newest is None and not self._stopped and generation == self._generation:
                    self._ready.wait()
                if self._stopped or self._newest is None or generation != self._generation:
                    return
                headers, payload, arrival = self._newest
                self._newest = None
                self._busy_since = self._clock.monotonic()
                overtaken, self._overtaken = self._overtaken, 0
            if overtaken:
                self._left_out(overtaken)
            try:
                self._take(headers, payload, arrival)
            except (ValueError, KeyError) as err:
                log.debug("key_frame.refused camera=%s error=%s", self._camera, err)
            except Exception:  # one bad picture must not end this camera's analysis
                log.exception("key_frame.failed camera=%s", self._camera)
                self._lapsed = True  # the sink begins anew

    def _take(self, headers: dict[str, str], payload: bytes, arrival: float) -> None:
        at = datetime.fromisoformat(headers[LiveHeader.AT]).timestamp()
        run = self._run
        if run is None or self._lapsed or run.id != headers[LiveHeader.RUN]:
            self._lapsed = False  # after a silence the sink begins anew, though the camera's run went on
            if run is not None:
                self._sink.end(run, "ended")
            run = self._begin(headers[LiveHeader.RUN], headers[LiveHeader.CODEC], at)
        pts = max(round((at - self._first_at) * TIMESCALE), self._last_pts + 1)
        self._last_pts = pts
        self._heard = arrival
        self._sink.packet(run, MediaPacket(payload, pts, pts, True, arrival))

    def _begin(self, name: str, codec: str, at: float) -> Run:
        if codec not in ("h264", "hevc"):
            raise ValueError(f"codec {codec}")
        self._first_at, self._last_pts = at, -1
        self._run = run = Run(name, StreamInfo(codec, 0, 0, b""), lambda pts: at + pts / TIMESCALE)
        self._sink.begin(run)
        return run
