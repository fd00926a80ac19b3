"""HTTP/1.1 as the server speaks it, with an end to who connects and says nothing, or a header letter by letter.

Until a request's header is there no layer of ours knows of the connection, and each costs a descriptor. Bodies have
their time in ``web.shield``.
"""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.h11_impl import H11Protocol

#: A header is there so many seconds after the connection, or after the answer before it.
HEAD_S = 20.0


class HurriedProtocol(H11Protocol):
    """One connection; it is closed when it is due and no request is being answered."""

    _due: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """The time begins."""
        super().connection_made(transport)
        self._look()

    def connection_lost(self, exc: Exception | None) -> None:
        """It ends with the connection."""
        self._forget()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """What comes may be a request's end, or one letter more."""
        super().data_received(data)
        self._look()

    def on_response_complete(self) -> None:
        """The next request has its own time."""
        super().on_response_complete()
        self._look()

    def _look(self) -> None:
        answering = self.cycle is not None and not self.cycle.response_complete
        if answering or self.transport.is_closing() or self.transport.get_protocol() is not self:  # a websocket's
            self._forget()
        elif self._due is None:
            self._due = self.loop.call_later(HEAD_S, self.timeout_keep_alive_handler)

    def _forget(self) -> None:
        if self._due is not None:
            self._due.cancel()
            self._due = None
