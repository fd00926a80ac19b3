"""The configuration in force on a worker: revision N from the bucket ``config``, else the last one cached.

A worker starts and records without a bus from its cache; a revision that does not validate is refused
and the one before stays in force. One that is begun is brought to its end, whatever becomes of the bus, and tried
again until it has worked: by half it would leave cameras stopped that nobody starts.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from nats.aio.msg import Msg
from pydantic import ValidationError

from vms.bus import subjects
from vms.bus.connection import Bus
from vms.bus.tasks import end
from vms.domain.errors import BusError
from vms.domain.facility import Facility
from vms.domain.messages import ConfigRevision
from vms.settings.whole_file import write_whole

log = logging.getLogger(__name__)

#: Besides being told, a worker looks by itself this often: a message may be lost in a reconnection.
POLL_S = 10.0
#: A revision that could not be applied is tried again after this, and after twice as long each time.
RETRY_FIRST_S, RETRY_LAST_S = 1.0, 60.0
#: At a stop, what is being applied has so long to end.
CLOSE_S = 2.0

Apply = Callable[[int, Facility], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class _Wanted:
    revision: int
    facility: Facility
    raw: bytes
    from_bus: bool


class ConfigurationFollower:
    """Calls ``apply(revision, facility)`` for the cached revision and for each newer one, in a task of its own.

    ``apply`` may be called again with the same revision, and with a newer one after it failed.
    """

    def __init__(self, cache: Path, apply: Apply) -> None:
        self._cache = cache
        self._apply = apply
        self._wanted: _Wanted | None = None
        self._came = asyncio.Event()
        self._closing = False
        self._refused = ""  # what was said of the last one that could not be read
        self._work: asyncio.Task[None] | None = None
        self.revision = 0  # the last one that is wholly in force
        self.in_force = asyncio.Event()  # there is one

    async def load_cache(self) -> bool:
        """Begins to apply the cached revision; False when there is none or it is unreadable."""
        try:
            raw = await asyncio.to_thread(self._cache.read_bytes)
        except FileNotFoundError:
            return False
        return self._offer(raw, from_bus=False)

    async def run(self, bus: Bus) -> None:
        """Follows the bucket for ever."""

        async def told(msg: Msg) -> None:
            self._offer(msg.data)

        await bus.follow(subjects.BUCKET_CONFIG, told, subjects.CONFIG_KEY)
        while True:
            try:
                raw = await bus.get(subjects.BUCKET_CONFIG, subjects.CONFIG_KEY)
                if raw:
                    self._offer(raw)
            except BusError as err:
                log.debug("configuration.unread error=%s", err)
            await asyncio.sleep(POLL_S if self._wanted else 0.25)

    async def close(self) -> None:
        """What is being applied is brought to its end, unless that takes long; nothing else is."""
        self._closing = True
        self._came.set()
        if self._work is not None:
            await asyncio.wait({self._work}, timeout=CLOSE_S)
            await end([self._work])

    def _offer(self, raw: bytes, *, from_bus: bool = True) -> bool:
        try:
            message = ConfigRevision.model_validate_json(raw)
            if self._closing or message.revision <= (0 if self._wanted is None else self._wanted.revision):
                return False
            facility = Facility.from_store(json.dumps(message.facility))
        except (ValidationError, ValueError) as err:
            refused = f"source={'bus' if from_bus else 'cache'} error={_first(err)}"
            if refused != self._refused:  # it is asked for again and again
                log.error("configuration.refused %s", refused)
            self._refused = refused
            return False
        self._refused = ""
        self._wanted = _Wanted(message.revision, facility, raw, from_bus)
        self._came.set()
        if self._work is None:
            self._work = asyncio.create_task(self._keep_up())
        return True

    async def _keep_up(self) -> None:
        """Applies what is wanted, one revision after the other, each until it has worked or a newer one has come."""
        while not self._closing:
            self._came.clear()
            wanted, delay = self._wanted, RETRY_FIRST_S
            if wanted is not None and wanted.from_bus:
                await asyncio.to_thread(self._write, wanted.raw)
            while wanted is not None and not await self._applied(wanted, again=delay > RETRY_FIRST_S):
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._came.wait(), delay)
                    break
                delay = min(2 * delay, RETRY_LAST_S)
            await self._came.wait()

    async def _applied(self, wanted: _Wanted, *, again: bool) -> bool:
        try:
            await self._apply(wanted.revision, wanted.facility)
        except Exception as err:  # what could be applied is in force; a worker must not end over the rest
            if not again:  # once, not each time
                log.exception("configuration.failed revision=%d it is tried again", wanted.revision)
            else:
                log.debug("configuration.failed revision=%d error=%s", wanted.revision, err)
            return False
        self.revision = wanted.revision
        self.in_force.set()
        source = "bus" if wanted.from_bus else "cache"
        log.info("configuration.applied revision=%d source=%s", wanted.revision, source)
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
            facility = Facility.from_store(json.dumps(message.facility))
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
