"""The renderer as a process: hears requests, answers with pictures and clips, sweeps its thumbnails, stops cleanly.

It gives way to everything else on the host, decodes few pictures at once, and holds no state that a restart would
lose. A decoder that crashes takes the process with it; the supervisor starts the next one.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import re
import resource
from collections.abc import Collection

import av
import cv2
import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from pydantic import ValidationError

from recorder.render.attempt import Program
from recorder.render.desk import Desk
from recorder.render.frames import NoPicture
from recorder.render.suspects import Suspects
from recorder.render.thumbnails import Thumbnails
from recorder.render.tryouts import Tryouts
from vms.bus import subjects
from vms.bus.connection import Bus, BusAddress
from vms.bus.tasks import all_of, end
from vms.domain.clock import Clock, SystemClock
from vms.domain.errors import BusError
from vms.domain.facility import ID_PATTERN
from vms.domain.rendering import REQUEST, RenderHeader
from vms.domain.tryouts import REQUEST as TRYOUT
from vms.domain.tryouts import Reply
from vms.settings.environment import Environment

log = logging.getLogger(__name__)

NICE = 10
#: Address space (bytes), not memory in use: libraries and threads, and for each job pictures of 8K.
SPACE, SPACE_A_JOB = 2 << 30, 1 << 30
#: A picture that takes so long hangs in the decoder, where nothing but the process's end reaches it.
HUNG_S = 20.0
SWEEP_S = 600.0
LOOK_S = 1.0
#: Requests that are known at once, waiting or not; web lets fewer through.
MOST_REQUESTS = 200


def jobs_of_this_host() -> int:
    """So many pictures at once: one core is left to those who record."""
    return max(1, (os.cpu_count() or 2) - 1)


def give_way(jobs: int) -> None:
    """Makes this process the last in line for the processor, and bounds what a decoder may claim."""
    os.nice(NICE)
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    bound = SPACE + jobs * SPACE_A_JOB
    resource.setrlimit(resource.RLIMIT_AS, (bound if most == resource.RLIM_INFINITY else min(bound, most), most))


async def run(
    environment: Environment,
    address: BusAddress,
    sites: Collection[str] | None,
    stop: asyncio.Event,
    jobs: int,
    tryout: Program,
    clock: Clock | None = None,
) -> None:
    """Answers for ``sites`` (None: all) until ``stop`` is set; then ends within 3 s.

    ``tryout`` tries rules out: it is no part of the recorder, who stands above both names it.
    """
    av.logging.set_level(None)  # libav's log callback into Python can deadlock
    cv2.setNumThreads(1)
    renderer = _Renderer(environment, sites, jobs, tryout, clock or SystemClock())
    log.info("renderer.started jobs=%d", jobs)
    try:
        await all_of(
            renderer.keep_serving(address, stop), renderer.keep_house(), renderer.tryouts.run(), renderer.close_at(stop)
        )
    finally:
        renderer.close()
        log.info("renderer.stopped")


class _Renderer:
    def __init__(
        self, environment: Environment, sites: Collection[str] | None, jobs: int, tryout: Program, clock: Clock
    ) -> None:
        data = environment.data
        self._sites = tuple(sites or ("*",))
        self._thumbnails = Thumbnails(data / "thumbnails", data / "recordings")
        self._suspects = Suspects(data / "state" / "renderer", clock)
        self._clock = clock
        self._desk = Desk(data / "recordings", self._thumbnails, self._suspects, clock, jobs)
        self.tryouts = Tryouts(data / "recordings", self._suspects, clock, tryout)
        self._running: set[asyncio.Task[None]] = set()

    def close(self) -> None:
        """What is in work ends soon."""
        self._desk.close()
        self._thumbnails.close()
        self.tryouts.close()

    async def close_at(self, stop: asyncio.Event) -> None:
        """Returns when it is to end, and what is in work has been told so."""
        await stop.wait()
        self.close()

    async def keep_serving(self, address: BusAddress, stop: asyncio.Event) -> None:
        """Serves until ``stop``, through every loss of the bus."""
        while not stop.is_set():
            try:
                bus = await Bus.connect(address, "renderer", stop, "renderer")
                try:
                    for site in self._sites:
                        await bus.bulk.subscribe(subjects.control(site, "*", "render"), cb=self._asked)
                        await bus.bulk.subscribe(subjects.control(site, "*", "tryout"), cb=self._tried)
                    await bus.lasting()
                finally:
                    await end(self._running)
                    await bus.close()
            except (BusError, nats.errors.Error, OSError) as err:
                log.debug("bus.unserved error=%s", err)
            await asyncio.sleep(1)

    async def keep_house(self) -> None:
        """Sweeps thumbnails, and ends a process whose decoder hangs."""
        swept_at = float("-inf")
        while True:
            if self._suspects.longest_s() > HUNG_S:
                log.critical("render.hung seconds=%d the process ends and is started again", HUNG_S)
                os._exit(1)  # a thread inside libav hears of nothing less
            if self._thumbnails.full or self._clock.monotonic() - swept_at > SWEEP_S:
                swept_at = self._clock.monotonic()
                if removed := await asyncio.to_thread(self._thumbnails.sweep):
                    log.info("thumbnails.swept removed=%d", removed)
            await asyncio.sleep(LOOK_S)

    async def _asked(self, msg: Msg) -> None:
        if not msg.reply:
            return
        if len(self._running) >= MOST_REQUESTS:
            await _reply(msg, b"", {RenderHeader.ERROR: "busy"})
            return
        task = asyncio.get_running_loop().create_task(self._answer(msg))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _answer(self, msg: Msg) -> None:
        _, _, site, camera, _ = msg.subject.split(".")
        made, headers = b"", {RenderHeader.ERROR: "bad_request"}
        try:
            request = REQUEST.validate_json(msg.data)
            if re.fullmatch(ID_PATTERN, site) and re.fullmatch(ID_PATTERN, camera):
                made, headers = await self._desk.answer(site, camera, request)
        except ValidationError as err:
            log.warning("render.refused camera=%s error=%s", camera[:64], err.errors()[0]["msg"])
        except NoPicture as err:
            headers = {RenderHeader.ERROR: err.refusal}
        except OSError as err:
            log.error("render.failed camera=%s error=%s", camera, err.strerror)
            headers = {RenderHeader.ERROR: "disk"}
        except Exception:  # one picture's fault must not end the others'
            log.exception("render.failed camera=%s", camera)
            headers = {RenderHeader.ERROR: "undecodable"}
        await _reply(msg, made, headers)

    async def _tried(self, msg: Msg) -> None:
        if not msg.reply:
            return
        _, _, site, camera, _ = msg.subject.split(".")
        reply = Reply(refusal="bad_request")
        try:
            request = TRYOUT.validate_json(msg.data)
            if re.fullmatch(ID_PATTERN, site) and re.fullmatch(ID_PATTERN, camera):
                reply = self.tryouts.answer(site, camera, request)
        except ValidationError as err:
            log.warning("tryout.refused camera=%s error=%s", camera[:64], err.errors()[0]["msg"])
        await _reply(msg, reply.encode(), {})


async def _reply(msg: Msg, payload: bytes, headers: dict[str, str]) -> None:
    client: Client = msg._client
    with contextlib.suppress(nats.errors.Error, OSError):
        await client.publish(msg.reply, payload, headers=headers)
