"""How much one asker may ask: requests a second, sockets that are open. Far above what any page does; for floods.

Askers are told apart by their session's or token's text, before anybody looks whether it is good, and by address. Not
here: guessing passwords (``web.accounts.throttle``), sizes of bodies and headers (``web.shield``, the server).
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import math
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vms.domain.clock import Clock
from web.access import token_of
from web.problems import Problem, document
from web.proxies import address_of, place_of


@dataclass(frozen=True, slots=True)
class Rate:
    """Requests at once, and a second in the long run."""

    burst: float
    a_second: float


#: A wall of 115 tiles asks for a picture each when it opens, playback for a few fragments a second, a hand on the
#: timeline for twenty thumbnails a second; behind one address there may be a whole site.
OF_SESSION = Rate(1500, 100)
OF_ADDRESS = Rate(6000, 400)
#: A browser with ten tabs has about forty; half of all may be one address's, so that nobody takes all the places.
SOCKETS_OF_SESSION, SOCKETS_OF_ADDRESS, SOCKETS = 100, 750, 1500
#: That are being answered at once; half of them may be one address's, so that nobody takes all the places.
REQUESTS, REQUESTS_OF_ADDRESS = 1000, 500
#: Close code of a websocket, and the words for both.
TOO_MANY = 4429
#: Who varies tokens must not fill the memory.
MAX_KEYS = 20_000


class Buckets:
    """A bucket a key that fills by ``rate``; one that is not known is full."""

    def __init__(self, clock: Clock, rate: Rate) -> None:
        self._clock = clock
        self._rate = rate
        self._kept: OrderedDict[str, tuple[float, float]] = OrderedDict()  # what is in it, and when that was so

    def take(self, key: str) -> int:
        """Takes one; 0, or the whole seconds until there is one."""
        now = self._clock.monotonic()
        held, at = self._kept.pop(key, (self._rate.burst, now))
        held = min(self._rate.burst, held + (now - at) * self._rate.a_second)
        self._kept[key] = (held - 1 if held >= 1 else held, now)
        while len(self._kept) > MAX_KEYS:
            self._kept.popitem(last=False)
        return 0 if held >= 1 else max(1, math.ceil((1 - held) / self._rate.a_second))


class Limits:
    """An ASGI layer. 429 with ``Retry-After`` for too many requests, 503 for all at once, 4429 for sockets.

    ``refused`` is told of the requests and sockets of who asks too much, with the status or code.
    """

    def __init__(
        self, app: ASGIApp, clock: Clock, refused: Callable[[Scope, int], None] = lambda _scope, _status: None
    ) -> None:
        self._app = app
        self._refused = refused
        self._sessions = Buckets(clock, OF_SESSION)
        self._addresses = Buckets(clock, OF_ADDRESS)
        self._sockets: Counter[str] = Counter()
        self._places: Counter[str] = Counter()  # sockets, by address
        self._answering: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        session, address = self._who(scope)
        problem = self._refusal(session, address)
        full = self._answering[address] >= REQUESTS_OF_ADDRESS or self._answering.total() >= REQUESTS
        if problem is not None:
            self._refused(scope, problem.status)
        elif full:
            problem = Problem(503, "busy", "too many requests are being answered", headers={"Retry-After": "2"})
        if problem is not None:
            await document(scope["path"], problem)(scope, receive, send)
            return
        with _counted(self._answering, address):
            await self._app(scope, receive, send)

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        session, address = self._who(scope)
        key = session or address
        problem = self._refusal(session, address)
        if problem is not None:
            reason = problem.detail
        elif self._sockets[key] >= SOCKETS_OF_SESSION:
            reason = f"this session has {SOCKETS_OF_SESSION} sockets open; close some"
        elif self._places[address] >= SOCKETS_OF_ADDRESS:
            reason = "too many sockets are open from this address; close some"
        elif self._sockets.total() >= SOCKETS:
            reason = "too many sockets are open; try again later"
        else:

            async def paced() -> Message:
                """What a browser says over a socket counts as asked; it waits instead of being refused."""
                message = await receive()
                while message["type"] == "websocket.receive" and (wait := self._sessions.take(key)):  # noqa: ASYNC110  # a clock fills it
                    await asyncio.sleep(wait)
                return message

            with _counted(self._sockets, key), _counted(self._places, address):
                await self._app(scope, paced, send)
            return
        self._refused(scope, TOO_MANY)
        await receive()  # the handshake: without accepting it a browser cannot read the code
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.close", "code": TOO_MANY, "reason": reason})

    def _who(self, scope: Scope) -> tuple[str, str]:
        token = token_of(HTTPConnection(scope))
        session = hashlib.sha256(token.encode()).hexdigest() if token else ""
        return session, place_of(address_of(scope))

    def _refusal(self, session: str, address: str) -> Problem | None:
        waits = self._addresses.take(address), self._sessions.take(session) if session else 0
        if not (wait := max(waits)):
            return None
        return Problem(
            429, "too-many-requests", f"too many requests; wait {wait} s", headers={"Retry-After": str(wait)}
        )


@contextlib.contextmanager
def _counted(counts: Counter[str], key: str) -> Iterator[None]:
    counts[key] += 1
    try:
        yield
    finally:
        counts[key] -= 1
        if not counts[key]:
            del counts[key]
