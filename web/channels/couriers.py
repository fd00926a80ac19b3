"""Sending, in small processes of their own: what hangs or dies there holds up nobody else.

A job goes in by standard input alone, secrets with it; ``Answer`` comes out without them. At most ``MOST`` processes,
started when there is something to send, ended when there is not for a while. Not here: when something is sent and to
whom, what becomes of the answer.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import logging
import os
import sys
from collections import defaultdict
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any, cast

from vms.domain.clock import Clock
from vms.domain.errors import ConfigurationError
from web.channels import webpush
from web.channels.courier_process import READY
from web.channels.endpoints import Subscription, origin_of, permitted
from web.channels.gateways import PLACE, PREFIX, SEE, Gateway, Ways
from web.channels.push import WEBPUSH, Answer, Outcome, Push
from web.channels.redacting import hidden_parts, said
from web.channels.store import ChannelRow
from web.channels.vapid import KeyPair

log = logging.getLogger(__name__)

MOST = 4
#: At once over one gateway, or to one push service: a dead one does not take all processes.
MOST_EACH = 2
#: Over all those together that took longer than ``SLOW_S`` the last time: the others always find a process.
MOST_SLOW, SLOW_S = 2, 5.0
#: Seconds: for a job; for its turn; before a process says its first word; without a job.
JOB_S, TURN_S, STARTING_S, IDLE_S = 20.0, 20.0, 20.0, 120.0
LOOK_S = 5.0
#: What the process gets of the environment: no secret is in there. Proxies and authorities are how a host goes out.
_VARIABLES = (
    "PATH", "PYTHONPATH", "LANG", "LD_LIBRARY_PATH", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE",
    "HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "NO_PROXY", "no_proxy",
)  # fmt: skip
#: For the check of a gateway: what stands in the place of a person's address.
_SAMPLES = {"email": "vms@example.vn", "chat_id": "123456789", "topic": "vms", "phone": "+84901234567", "text": "vms"}


@dataclass(slots=True, eq=False)
class _Courier:
    process: asyncio.subprocess.Process
    idle_since: float = 0.0


class _Failed(Exception):
    """No answer came; the text says why."""


class Couriers:
    """``send`` from the event loop; keep ``run`` running and ``close`` it."""

    def __init__(self, clock: Clock, ways: Ways, keys: KeyPair) -> None:
        self._clock = clock
        self._ways = ways
        self._keys = keys
        self._idle: list[_Courier] = []
        self._all: set[_Courier] = set()
        self._slots = asyncio.Semaphore(MOST)
        self._each: defaultdict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(MOST_EACH))
        self._slow: set[str] = set()  # gateways and push services
        self._for_slow = asyncio.Semaphore(MOST_SLOW)
        self._closed = False

    @property
    def pids(self) -> list[int]:
        """Of the processes that there are."""
        return sorted(one.process.pid for one in self._all)

    async def check(self) -> None:
        """``ConfigurationError`` names the gateway whose URL apprise does not take; without a gateway, nothing."""
        for one in (*self._ways.gateways.values(), *([self._ways.canary] if self._ways.canary else [])):
            try:
                answer = await self._told({"kind": "check", "url": one.url(_SAMPLES[one.asks])}, "check")
            except _Failed as err:  # of the process, not of the gateway: a slow start must not keep the role down
                log.warning("courier.unchecked gateway=%s error=%s", one.name, err)
                continue
            if answer.outcome != "sent":
                variable = PREFIX + one.name.upper()
                raise ConfigurationError(
                    f"{variable} is no URL that apprise can send to (with {PLACE} filled in); {SEE}"
                )

    async def send(self, channel: ChannelRow, push: Push) -> Answer:
        """What came of it; never raises. ``took_ms`` is without the time that others were served."""
        begun = self._clock.monotonic()
        try:
            if channel.gateway == WEBPUSH:
                return await self._push(Subscription.stored(channel.address), push, channel.language)
            gateway = self._ways.gateways.get(channel.gateway)
            if gateway is None:
                return Answer("failed", "this host has no such gateway any more")
            if fault := gateway.fault(channel.address):
                return Answer("failed", fault)
            return await self._notify(gateway, channel.address, push)
        except _Failed as err:
            return Answer("failed", str(err), self._since(begun))
        except Exception as err:  # whatever it is, the next channel is tried
            log.exception("courier.failed gateway=%s", channel.gateway)
            return Answer("failed", f"an error of the service: {type(err).__name__}", self._since(begun))

    @property
    def has_monitor(self) -> bool:
        """Whether this host names a monitor outside that canaries go to."""
        return self._ways.canary is not None

    async def send_canary(self, push: Push) -> Answer:
        """To the monitor outside. Never raises."""
        if self._ways.canary is None:
            return Answer("failed", "this host names no monitor")
        try:
            return await self._notify(self._ways.canary, "", push)
        except _Failed as err:
            return Answer("failed", str(err))

    async def run(self) -> None:
        """Ends those that have nothing to do."""
        while True:
            await asyncio.sleep(LOOK_S)
            now = self._clock.monotonic()
            for one in [one for one in self._idle if now - one.idle_since >= IDLE_S]:
                self._idle.remove(one)
                await self._end(one)

    async def close(self) -> None:
        """Ends them all; what is under way fails."""
        self._closed = True
        await asyncio.gather(*(self._end(one) for one in [*self._all]))

    async def _notify(self, gateway: Gateway, address: str, push: Push) -> Answer:
        url = gateway.url(address)
        title, body = push.title, push.body
        if self._ways.public_url is not None:
            body = f"{body}\n{self._ways.public_url}{push.path}"
        if gateway.asks == "phone":  # a text message is one text
            title, body = "", f"{title}\n{body}"
        picture = None if push.picture is None else base64.b64encode(push.picture).decode("ascii")
        job = {
            "kind": "gateway", "url": url, "title": title, "body": body, "urgent": push.urgent,
            "picture": picture,
        }  # fmt: skip
        answer = await self._told(job, gateway.name)
        outcome: Outcome = "sent" if answer.outcome == "sent" else "failed"  # a gateway is there for others, too
        return replace(answer, outcome=outcome, text=said(answer.text, hidden_parts(url, address)))

    async def _push(self, to: Subscription, push: Push, language: str) -> Answer:
        if not permitted(to.endpoint, self._ways.push_origins):
            return Answer("failed", "this host does not send to that push service")
        job = {
            "kind": "webpush", "endpoint": to.endpoint, "p256dh": to.p256dh, "auth": to.auth,
            "private": self._keys.private, "contact": self._ways.contact, **webpush.job(push, language),
        }  # fmt: skip
        answer = await self._told(job, origin_of(to.endpoint))
        hidden = [self._keys.private, to.auth, to.p256dh, *hidden_parts(to.endpoint, "")]
        return replace(answer, text=said(answer.text, hidden))

    async def _told(self, job: dict[str, Any], whom: str) -> Answer:
        """The process's raw answer; ``_Failed`` where none comes."""
        async with self._turn(whom), self._courier() as courier:
            begun = self._clock.monotonic()
            try:
                async with asyncio.timeout(JOB_S):
                    told = json.loads(await _asked(courier.process, job))
                    (self._slow.discard if self._since(begun) < SLOW_S * 1000 else self._slow.add)(whom)
                    outcome = cast("Outcome", told["outcome"] if told["outcome"] in ("sent", "gone") else "failed")
                    return Answer(outcome, str(told["text"]), self._since(begun))
            except TimeoutError as err:
                self._slow.add(whom)
                raise _Failed(f"no answer within {JOB_S:g} s") from err
            except (OSError, ValueError, KeyError, TypeError) as err:
                raise _Failed("the process that sends ended before it had an answer") from err

    @contextlib.asynccontextmanager
    async def _turn(self, whom: str) -> AsyncIterator[None]:
        """One's own gateway's first, then a process's."""
        taken: list[asyncio.Semaphore] = []

        async def take(one: asyncio.Semaphore) -> None:
            await one.acquire()
            taken.append(one)

        try:
            try:
                async with asyncio.timeout(TURN_S):
                    await take(self._each[whom])
                    if whom in self._slow:
                        await take(self._for_slow)
                    await take(self._slots)
            except TimeoutError as err:
                raise _Failed(f"no turn within {TURN_S:g} s: messages before it were not answered") from err
            yield
        finally:
            for one in taken:
                one.release()

    @contextlib.asynccontextmanager
    async def _courier(self) -> AsyncIterator[_Courier]:
        """One that is kept for the next job only if this one was answered."""
        courier = None
        while self._idle and courier is None:
            courier = self._idle.pop()
            if courier.process.returncode is not None:
                await self._end(courier)
                courier = None
        courier = courier or await self._start()
        try:
            yield courier
        except BaseException:
            await self._end(courier)
            raise
        courier.idle_since = self._clock.monotonic()
        self._idle.append(courier)

    async def _start(self) -> _Courier:
        if self._closed:
            raise _Failed("the service is being stopped")
        env = {name: os.environ[name] for name in _VARIABLES if name in os.environ}
        try:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "web.channels.courier_process",
                env=env | {"HOME": "/nonexistent"},  # no .netrc, no configuration of somebody's
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
            )  # fmt: skip
        except OSError as err:
            raise _Failed(f"the process that sends does not start: {err.strerror}") from err
        courier = _Courier(process)
        self._all.add(courier)
        try:
            async with asyncio.timeout(STARTING_S):
                word = await _line(process)
        except TimeoutError:
            word = b""
        except BaseException:
            await self._end(courier)
            raise
        if word != READY:
            await self._end(courier)
            raise _Failed("the process that sends does not start")
        log.info("courier.started pid=%d", process.pid)
        return courier

    async def _end(self, courier: _Courier) -> None:
        with contextlib.suppress(ProcessLookupError):
            courier.process.kill()
        self._all.discard(courier)
        await asyncio.shield(courier.process.wait())

    def _since(self, begun: float) -> int:
        return round((self._clock.monotonic() - begun) * 1000)


async def _asked(process: asyncio.subprocess.Process, job: dict[str, Any]) -> bytes:
    if process.stdin is None:
        raise OSError
    process.stdin.write(json.dumps(job).encode("ascii") + b"\n")
    await process.stdin.drain()
    return await _line(process)


async def _line(process: asyncio.subprocess.Process) -> bytes:
    return b"" if process.stdout is None else await process.stdout.readline()
