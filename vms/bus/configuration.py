"""The configuration in force on a worker: revision N from the bucket ``config``, else the last one cached.

A worker starts and records without a bus from its cache; a revision that does not validate is refused
and the one before stays in force.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path

from nats.aio.msg import Msg
from pydantic import ValidationError

from vms.bus import subjects
from vms.bus.connection import Bus
from vms.domain.errors import BusError
from vms.domain.facility import Facility
from vms.domain.messages import ConfigRevision
from vms.settings.whole_file import write_whole

log = logging.getLogger(__name__)

#: Besides being told, a worker looks by itself this often: a message may be lost in a reconnection.
POLL_S = 10.0

Apply = Callable[[int, Facility], Awaitable[None]]


class ConfigurationFollower:
    """Calls ``apply(revision, facility)`` at start (cache) and at each newer revision."""

    def __init__(self, cache: Path, apply: Apply) -> None:
        self._cache = cache
        self._apply = apply
        self._lock = asyncio.Lock()
        self.revision = 0

    async def load_cache(self) -> bool:
        """Applies the cached revision; False when there is none or it is unreadable."""
        try:
            raw = self._cache.read_bytes()
        except FileNotFoundError:
            return False
        return await self._offer(raw, from_bus=False)

    async def run(self, bus: Bus) -> None:
        """Follows the bucket for ever."""

        async def told(msg: Msg) -> None:
            await self._offer(msg.data)

        await bus.follow(subjects.BUCKET_CONFIG, told, subjects.CONFIG_KEY)
        while True:
            try:
                raw = await bus.get(subjects.BUCKET_CONFIG, subjects.CONFIG_KEY)
                if raw:
                    await self._offer(raw)
            except BusError as err:
                log.debug("configuration.unread error=%s", err)
            await asyncio.sleep(POLL_S if self.revision else 0.25)

    async def _offer(self, raw: bytes, *, from_bus: bool = True) -> bool:
        async with self._lock:
            try:
                message = ConfigRevision.model_validate_json(raw)
                if message.revision <= self.revision:
                    return False
                facility = Facility.model_validate_json(json.dumps(message.facility))
            except (ValidationError, ValueError) as err:
                log.error("configuration.refused source=%s error=%s", "bus" if from_bus else "cache", _first(err))
                return False
            if from_bus:
                self._write(raw)
            self.revision = message.revision
            try:
                await self._apply(message.revision, facility)
            except Exception:  # what could be applied is in force; a worker must not end over the rest
                log.exception("configuration.failed revision=%d", message.revision)
                return False
            log.info("configuration.applied revision=%d source=%s", self.revision, "bus" if from_bus else "cache")
            return True

    def _write(self, raw: bytes) -> None:
        try:
            write_whole(self._cache, raw)
        except OSError as err:  # going on without a cache is better than not applying
            log.error("configuration.uncached error=%s", err.strerror)


def cached(data: Path) -> Facility | None:
    """The newest configuration that workers of this folder have cached: what was in force, if the database is lost."""
    newest: tuple[int, Facility] | None = None
    for path in sorted((data / "cache").glob("config-*.json")):
        try:
            message = ConfigRevision.model_validate_json(path.read_bytes())
            facility = Facility.model_validate_json(json.dumps(message.facility))
        except (OSError, ValidationError, ValueError):
            continue
        if newest is None or message.revision > newest[0]:
            newest = message.revision, facility
    return None if newest is None else newest[1]


def _first(err: Exception) -> str:
    if isinstance(err, ValidationError):
        one = err.errors()[0]
        return f"{'.'.join(str(part) for part in one['loc'])}: {one['msg']}"
    return str(err)
