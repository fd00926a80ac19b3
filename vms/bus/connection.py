"""One process's connection to NATS: the core account, and BULK for video and reads.

Both reconnect for ever by themselves; callers see ``BusError`` instead of the client's many errors. A worker
never needs the bus to go on recording: everything here may fail, and says so.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import nats
import nats.errors
import nats.js.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.js import JetStreamContext
from nats.js.api import DiscardPolicy, KeyValueConfig, StorageType, StreamConfig

from vms.bus import subjects
from vms.bus.tasks import end
from vms.domain.errors import BusError
from vms.domain.redaction import redact

log = logging.getLogger(__name__)

DAY_S = 86400.0
#: Stored messages are kept this long at the node; `web` has read them long before.
RETENTION_S = {subjects.STREAM_ALERTS: 30 * DAY_S, subjects.STREAM_SEGMENTS: 7 * DAY_S}
#: JetStream drops a second message of the same id inside this window.
DUPLICATE_WINDOW_S = 3600.0
#: A publisher that is this far ahead of a dead server must not grow without bound (bytes).
PENDING_BYTES = 8 * 1024 * 1024
#: A bus that does not answer for so long is said to be unreachable.
WARN_S = 1.0
#: So many kinds of refusal by the broker are logged; a role that says the same again and again is not.
MOST_DENIALS = 100
_DENIED = "permissions violation"
STORE_S = 5.0
#: Streams that could not be set up are tried again after this.
STORAGE_RETRY_S = 0.5

Handler = Callable[[Msg], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class BusAddress:
    """Where the bus is; URLs carry credentials and are never logged unredacted."""

    core: str
    bulk: str


class Bus:
    """Connected clients of both accounts. Create with ``await Bus.connect(...)``."""

    def __init__(self, name: str, core: Client, bulk: Client) -> None:
        self.name = name
        self.core = core
        self.bulk = bulk
        self.js: JetStreamContext = core.jetstream(timeout=5)
        self.connected_since: float | None = time.time()
        self.changed_at = time.time()  # when it was found or lost last
        self._closing = False
        self._reconnect_hooks: list[Callable[[], Awaitable[None]]] = []
        self._ended = asyncio.Event()
        self._restoring: asyncio.Task[None] | None = None
        self._storing: set[asyncio.Timeout] = set()

    @classmethod
    async def connect(
        cls, address: BusAddress, name: str, stop: asyncio.Event | None = None, role: subjects.BusRole | None = None
    ) -> Bus:
        """Connects, trying until it succeeds or ``stop`` is set (then ``BusError``).

        ``role``: whose inboxes are used; a broker with rights lets each role hear its own alone.
        """
        holder: list[Bus] = []

        async def lost() -> None:
            for limit in () if not holder else holder[0]._storing:
                if not limit.expired():
                    limit.reschedule(0)  # the answer was on this connection, and never comes
            if holder and not holder[0]._closing and holder[0].connected_since is not None:
                holder[0].connected_since = None
                holder[0].changed_at = time.time()
                log.warning("bus.lost role=%s", name)

        async def found() -> None:
            if holder:
                holder[0].connected_since = holder[0].changed_at = time.time()
                log.info("bus.reconnected role=%s", name)
                for hook in holder[0]._reconnect_hooks:
                    await hook()

        async def ended() -> None:
            if holder and not holder[0]._closing:
                log.error("bus.ended role=%s the server refused this client; connecting anew", name)
                holder[0]._ended.set()

        core = await _client(address.core, name, role, stop, lost, found, ended)
        bulk = core
        if address.bulk != address.core:
            bulk = await _client(address.bulk, f"{name}-bulk", role, stop, ended=ended)
        holder.append(cls(name, core, bulk))
        return holder[0]

    @property
    def connected(self) -> bool:
        """Whether the core account answers now."""
        return bool(self.core.is_connected)

    def on_reconnect(self, hook: Callable[[], Awaitable[None]]) -> None:
        """Calls ``hook`` after each reconnection."""
        self._reconnect_hooks.append(hook)

    async def lasting(self) -> None:
        """Returns never; raises ``BusError`` when a client was closed for good and the caller must connect anew."""
        await self._ended.wait()
        raise BusError("the server closed this client for good")

    async def keep_storage(self) -> None:
        """Waits until ``ensure_storage`` has worked, then repeats it after each reconnection. For web alone.

        A bucket in memory is gone with the server, and an outside server may have lost its streams.
        """
        await self._restore()

        async def again() -> None:
            if self._restoring is None or self._restoring.done():
                self._restoring = asyncio.create_task(self._restore())

        self.on_reconnect(again)

    async def _restore(self) -> None:
        warned = False
        while True:
            try:
                await self.ensure_storage()
            except BusError as err:
                if not warned:
                    log.warning("bus.unready role=%s error=%s", self.name, err)
                warned = True
                await asyncio.sleep(STORAGE_RETRY_S)
            else:
                return

    async def ensure_storage(self) -> None:
        """Creates the streams and buckets that are missing; raises ``BusError`` when JetStream does not answer."""
        try:
            for name, filters in subjects.STREAM_SUBJECTS.items():
                await _ensure_stream(self.js, name, filters)
            await self._ensure_bucket(subjects.BUCKET_STATE, StorageType.MEMORY)
            await self._ensure_bucket(subjects.BUCKET_CONFIG, StorageType.FILE)
            await self._ensure_bucket(subjects.BUCKET_HOLDS, StorageType.FILE)
        except (nats.errors.Error, TimeoutError) as err:
            raise BusError(f"JetStream did not set up its streams: {err}") from err

    async def _ensure_bucket(self, bucket: str, storage: StorageType) -> None:
        try:
            await self.js.key_value(bucket)
        except nats.js.errors.BucketNotFoundError:
            with contextlib.suppress(nats.js.errors.BadRequestError):  # another role was first
                await self.js.create_key_value(KeyValueConfig(bucket=bucket, history=1, storage=storage))

    async def store(self, subject: str, payload: bytes, msg_id: str) -> None:
        """Stores one message in JetStream; returns when it is synced, raises ``BusError`` otherwise."""
        if not self.core.is_connected:  # the client would keep it and send it a second time
            raise BusError(f"{subject} was not stored: not connected")
        try:
            async with asyncio.timeout(STORE_S) as limit:
                self._storing.add(limit)
                try:
                    await self.js.publish(subject, payload, timeout=STORE_S, headers={"Nats-Msg-Id": msg_id})
                finally:
                    self._storing.discard(limit)
        except nats.js.errors.NoStreamResponseError as err:  # web has not made it yet
            raise BusError(f"{subject} was not stored: its stream is missing") from err
        except (nats.errors.Error, TimeoutError) as err:
            raise BusError(f"{subject} was not stored: {type(err).__name__}") from err

    async def put(self, bucket: str, key: str, payload: bytes) -> None:
        """Writes one key without waiting for an answer: state is sent again within 3 s anyway."""
        try:
            await self.core.publish(f"$KV.{bucket}.{key}", payload)
        except (nats.errors.Error, TimeoutError) as err:
            raise BusError(f"{bucket}/{key} was not sent: {type(err).__name__}") from err

    async def put_synced(self, bucket: str, key: str, payload: bytes) -> None:
        """Writes one key and waits until it is stored."""
        try:
            await (await self.js.key_value(bucket)).put(key, payload)
        except (nats.errors.Error, TimeoutError) as err:
            raise BusError(f"{bucket}/{key} was not stored: {type(err).__name__}") from err

    async def get(self, bucket: str, key: str) -> bytes | None:
        """The value of one key, None when there is none."""
        try:
            entry = await (await self.js.key_value(bucket)).get(key)
        except (nats.js.errors.KeyNotFoundError, nats.js.errors.BucketNotFoundError):
            return None
        except (nats.errors.Error, TimeoutError) as err:
            raise BusError(f"{bucket}/{key} was not read: {type(err).__name__}") from err
        return entry.value

    async def follow(self, bucket: str, handler: Handler, key: str = ">") -> Subscription:
        """Calls ``handler`` for every later write to ``bucket``.

        A plain subscription: key-value writes are ordinary publishes, and a subscription survives a restart
        of the server, which a JetStream watcher on a memory bucket does not.
        """
        return await self.core.subscribe(f"$KV.{bucket}.{key}", cb=handler)

    async def close(self) -> None:
        """Flushes and closes both connections."""
        self._closing = True
        if self._restoring is not None:
            await end((self._restoring,))
        for client in {id(c): c for c in (self.bulk, self.core)}.values():
            with contextlib.suppress(nats.errors.Error, TimeoutError, OSError):
                await asyncio.wait_for(client.drain() if client.is_connected else client.close(), 2)
            with contextlib.suppress(nats.errors.Error, TimeoutError, OSError):
                await client.close()


async def _client(
    url: str,
    name: str,
    role: subjects.BusRole | None,
    stop: asyncio.Event | None,
    lost: Callable[[], Awaitable[None]] | None = None,
    found: Callable[[], Awaitable[None]] | None = None,
    ended: Callable[[], Awaitable[None]] | None = None,
) -> Client:
    last = "no answer"
    denied: set[str] = set()

    async def on_error(err: Exception) -> None:
        nonlocal last
        last = redact(str(err)) or type(err).__name__
        if _DENIED in last.lower() and last not in denied and len(denied) < MOST_DENIALS:  # each once
            denied.add(last)
            log.error("bus.denied role=%s error=%s", name, last.removeprefix("nats: "))
        else:
            log.debug("bus.error role=%s error=%s", name, last)

    async def attempt() -> Client:
        while True:
            try:
                return await nats.connect(
                    url,
                    name=name,
                    error_cb=on_error,
                    disconnected_cb=lost,
                    reconnected_cb=found,
                    closed_cb=ended,
                    max_reconnect_attempts=-1,
                    reconnect_time_wait=0.25,
                    connect_timeout=2,
                    ping_interval=5,
                    max_outstanding_pings=2,
                    pending_size=PENDING_BYTES,
                    allow_reconnect=True,
                    inbox_prefix=subjects.inbox_prefix(role),
                )
            except (nats.errors.Error, TimeoutError, OSError) as err:
                log.debug("bus.refused role=%s error=%s", name, redact(str(err)))
                await asyncio.sleep(0.25)

    # The client's own first connection tries for ever and hears of no stop.
    stopped = asyncio.create_task((stop or asyncio.Event()).wait())
    connecting = asyncio.create_task(attempt())
    try:
        done, _ = await asyncio.wait((connecting, stopped), timeout=WARN_S, return_when=asyncio.FIRST_COMPLETED)
        if not done:
            log.warning("bus.unreachable role=%s url=%s error=%s", name, redact(url), last)
            await asyncio.wait((connecting, stopped), return_when=asyncio.FIRST_COMPLETED)
        if connecting.done():
            return connecting.result()
        raise BusError("stopped before the bus answered")
    finally:
        await end((connecting, stopped))


async def _ensure_stream(js: JetStreamContext, name: str, filters: list[str]) -> None:
    config = StreamConfig(
        name=name, subjects=filters, storage=StorageType.FILE, max_age=RETENTION_S[name], discard=DiscardPolicy.OLD,
        duplicate_window=DUPLICATE_WINDOW_S,
    )  # fmt: skip
    try:
        if set((await js.stream_info(name)).config.subjects or ()) != set(filters):  # made by an older version
            await js.update_stream(config)
    except nats.js.errors.NotFoundError:
        with contextlib.suppress(nats.js.errors.BadRequestError):  # another role was first
            await js.add_stream(config)
