"""Watching is a lease: asked for every 4 s as long as somebody watches (docs: protocols, watch)."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable

from pydantic import ValidationError

from vms.bus import subjects
from vms.domain.errors import BusError
from vms.domain.messages import Profile, WatchReply, WatchRequest
from web.link import BusLink

log = logging.getLogger(__name__)

RENEW_S = 4.0
TTL_S = 10.0
ANSWER_S = 3.0
#: While nobody answers the lease is asked for more often: the worker may be starting.
RETRY_S = 1.0


async def ask(link: BusLink, site: str, camera: str, request: WatchRequest) -> WatchReply:
    """One request; ``BusError`` when nobody answers, or answers nonsense."""
    reply = await link.request(subjects.control(site, camera, "watch"), request.encode(), ANSWER_S)
    try:
        return WatchReply.model_validate_json(reply.data)
    except ValidationError as err:
        raise BusError("the worker's answer cannot be read") from err


class Lease:
    """Keeps one profile flowing whose start needs no care (pictures, boxes)."""

    def __init__(self, link: BusLink, site: str, camera: str, profile: Profile, fps: Callable[[], float]) -> None:
        self._link = link
        self._site = site
        self._camera = camera
        self._profile = profile
        self._fps = fps
        self._again = asyncio.Event()

    def renew_now(self) -> None:
        """Asks at once: the wanted rate has changed."""
        self._again.set()

    async def run(self) -> None:
        """Renews for ever."""
        while True:
            self._again.clear()
            pause = RENEW_S
            try:
                request = WatchRequest(profile=self._profile, ttl_s=TTL_S, fps=self._fps())
                await ask(self._link, self._site, self._camera, request)
            except BusError as err:
                log.debug("lease.unanswered camera=%s profile=%s error=%s", self._camera, self._profile, err)
                pause = RETRY_S
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._again.wait()
