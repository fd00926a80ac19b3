"""Who may decode now: few at once, the newest first, few waiting. An asker who asks anew gives his older turn up."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

from recorder.render.frames import NoPicture


@dataclass(slots=True, eq=False)
class _Waiting:
    asker: str
    turn: asyncio.Future[None]


class Turns:
    """``async with turns.take(asker, patience_s)``; raises ``NoPicture`` ``busy``. Within one event loop."""

    def __init__(self, at_once: int, most_waiting: int) -> None:
        self._free = at_once
        self._most_waiting = most_waiting
        self._waiting: list[_Waiting] = []

    @contextlib.asynccontextmanager
    async def take(self, asker: str, patience_s: float) -> AsyncIterator[None]:
        """A turn, kept until the block ends; an empty ``asker`` is nobody's other self."""
        if self._free:
            self._free -= 1
        else:
            await self._wait(asker, patience_s)
        try:
            yield
        finally:
            self._pass_on()

    async def _wait(self, asker: str, patience_s: float) -> None:
        self._waiting = [one for one in self._waiting if not one.turn.done()]
        superseded = [one for one in self._waiting if asker and one.asker == asker]
        overtaken = self._waiting[:1] if not superseded and len(self._waiting) >= self._most_waiting else []
        for one in superseded + overtaken:
            self._waiting.remove(one)
            one.turn.set_exception(NoPicture("busy"))
        mine = _Waiting(asker, asyncio.get_running_loop().create_future())
        self._waiting.append(mine)
        try:
            async with asyncio.timeout(patience_s):
                await mine.turn
        except BaseException as err:
            if mine in self._waiting:
                self._waiting.remove(mine)
            elif mine.turn.done() and not mine.turn.cancelled() and mine.turn.exception() is None:
                self._pass_on()  # it came in the moment in which it was no longer wanted
            if isinstance(err, TimeoutError):
                raise NoPicture("busy") from err
            raise

    def _pass_on(self) -> None:
        while self._waiting:
            newest = self._waiting.pop()
            if not newest.turn.done():  # given up a moment ago
                newest.turn.set_result(None)
                return
        self._free += 1
