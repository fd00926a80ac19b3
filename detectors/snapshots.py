"""Answers ``snapshot``: the newest picture of a camera as JPEG, decoded for the asker if the last one is old.

The reply carries ``Vms-At`` and ``Vms-Size``; with nothing to show it is empty and carries ``Vms-Error``.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging

import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from pydantic import ValidationError

from detectors import pictures
from detectors.camera import CameraAnalyst
from detectors.sampling.decoder import newest_picture
from vms.bus import subjects
from vms.bus.connection import Bus
from vms.domain.clock import Clock, from_epoch, rfc3339
from vms.domain.masks import outlines, seal
from vms.domain.messages import LiveHeader, SnapshotRequest
from vms.media import masking

log = logging.getLogger(__name__)

ERROR = "Vms-Error"
QUALITY = 85
#: A picture younger than this is shown as it is (seconds).
FRESH_S = 0.5
#: Snapshots made at once; decoding for an asker must not hold up the analysis.
AT_ONCE = 2
#: One that takes so long hangs in the decoder: its thread is given up, so that others have their turn (seconds).
MAKE_S = 10.0


class SnapshotDesk:
    """One subscription a camera."""

    def __init__(self, bus: Bus, clock: Clock) -> None:
        self._client: Client = bus.bulk
        self._clock = clock
        self._turn = asyncio.Semaphore(AT_ONCE)
        self._subscriptions: dict[str, Subscription] = {}
        self._running: set[asyncio.Task[None]] = set()

    async def serve(self, analyst: CameraAnalyst) -> None:
        """Answers for ``analyst`` from now on, in place of any before it."""
        camera = analyst.plan.camera.id
        await self.withdraw(camera)
        subject = subjects.control(analyst.plan.site, camera, "snapshot")

        async def asked(msg: Msg) -> None:
            task = asyncio.get_running_loop().create_task(self._answer(analyst, msg))
            self._running.add(task)
            task.add_done_callback(self._running.discard)

        self._subscriptions[camera] = await self._client.subscribe(subject, cb=asked)

    async def withdraw(self, camera: str) -> None:
        """Answers no longer."""
        if (subscription := self._subscriptions.pop(camera, None)) is not None:
            with contextlib.suppress(nats.errors.Error, OSError):
                await subscription.unsubscribe()

    async def _answer(self, analyst: CameraAnalyst, msg: Msg) -> None:
        try:
            request = SnapshotRequest.model_validate_json(msg.data or b"{}")
        except ValidationError as err:
            log.warning("snapshot.refused camera=%s error=%s", analyst.plan.camera.id, err.errors()[0]["msg"])
            return
        made = None
        async with self._turn:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(MAKE_S):
                    made = await asyncio.to_thread(make, analyst, request, self._clock.monotonic())
        nothing: dict[str, str] = {ERROR: analyst.status.reason or "connecting"}
        payload, headers = made if made is not None else (b"", nothing)
        with contextlib.suppress(nats.errors.Error, OSError):
            await self._client.publish(msg.reply, payload, headers=headers)


def make(analyst: CameraAnalyst, request: SnapshotRequest, now: float) -> tuple[bytes, dict[str, str]] | None:
    """JPEG and headers; None while there is no picture. Takes tens of milliseconds."""
    latest = analyst.latest
    frame, at = (latest.frame, latest.at) if latest is not None else (None, None)
    if latest is None or now - latest.moment > FRESH_S:
        group = analyst.group()
        newer = newest_picture(group) if group is not None else None
        newer_at = analyst.moment_utc(newer.pts) if newer is not None else None
        if newer is not None and newer_at is not None and (at is None or newer_at > at):
            frame, at = newer, newer_at
    if frame is None or at is None:
        return None
    picture = pictures.bgr(frame)
    headers = {LiveHeader.AT: rfc3339(from_epoch(at))}
    if request.masked:
        masks = outlines(analyst.plan.camera.masks)
        masking.paint(picture, masks)
        headers[LiveHeader.MASKS] = seal(masks)
    encoded, wide, high = pictures.jpeg(picture, request.width, QUALITY)
    return encoded, headers | {LiveHeader.SIZE: f"{wide}x{high}"}
