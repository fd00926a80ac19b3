"""A body that comes piece by piece from a recorder, sent as fast as the client takes it and no faster."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from vms.domain.errors import BusError
from web.playback.recorders import Damaged, Gone
from web.problems import Problem

log = logging.getLogger(__name__)

#: Bodies under way for one login: a browser has six connections, a page four cameras.
MOST_A_SESSION = 24
#: So often it is asked whether he may still see it (seconds): a slow client takes a file for an hour.
RECHECK_S = 4.0


class Turns:
    """Counts the bodies under way, so that one login cannot take all the memory."""

    def __init__(self) -> None:
        self._running: Counter[str] = Counter()

    @contextlib.contextmanager
    def one(self, session: str) -> Iterator[None]:
        """Holds a place; ``Problem`` 503 when the session has too many."""
        if self._running[session] >= MOST_A_SESSION:
            raise Problem(503, "busy", "too many recordings are being read in this login", headers={"Retry-After": "1"})
        self._running[session] += 1
        try:
            yield
        finally:
            self._running[session] -= 1
            if not self._running[session]:
                del self._running[session]


class Streamed(StreamingResponse):
    """Sends ``first`` and then ``rest``, as long as ``still``. Where the rest fails, or he may not see it any more, the
    connection is closed: nothing is made up.
    """

    def __init__(
        self, first: bytes, rest: AsyncGenerator[bytes], turns: Turns, session: str, status: int,
        headers: Mapping[str, str], still: Callable[[], Awaitable[bool]],
    ) -> None:  # fmt: skip
        super().__init__(rest, status, headers, "video/mp4")
        self._still = still
        self._first, self._rest = first, rest
        self._turns, self._session = turns, session

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request; a client that goes away ends the reading."""
        async with contextlib.aclosing(self._rest):
            with self._turns.one(self._session):
                await super().__call__(scope, receive, send)

    async def stream_response(self, send: Send) -> None:
        """Leaves the body without its end when it cannot be had whole: the server then closes the connection."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": self._first, "more_body": True})
        loop = asyncio.get_running_loop()
        asked = loop.time()
        try:
            async for data in self._rest:
                if loop.time() - asked >= RECHECK_S:
                    if not await self._still():
                        return
                    asked = loop.time()
                await send({"type": "http.response.body", "body": data, "more_body": True})
        except (BusError, Gone, Damaged) as err:
            log.warning("playback.broken error=%s", err or "the file is gone")
            return
        await send({"type": "http.response.body", "body": b"", "more_body": False})
