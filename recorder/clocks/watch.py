"""Watching the host's clock: whether it is kept by a time server, whether somebody sets it, and the alert ``clock``."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any, Protocol

from recorder.clocks.host import read_host_clock
from vms.domain.clock import Clock, from_epoch, rfc3339
from vms.domain.facility import Severity
from vms.domain.node import HostClock, NodeAlertKind

log = logging.getLogger(__name__)

LOOK_S = 2.0
#: A step by more than this cuts the runs and is told.
STEP_S = 1.0
#: Time servers come and go; only a clock that nobody has kept for so long is told.
UNSYNCHRONIZED_S = 600.0
#: A step is over at once; its alert stands for so long that somebody can see it.
TOLD_S = 600.0


class Tell(Protocol):
    """``NodeAlarms.tell``."""

    def __call__(self, kind: NodeAlertKind, detail: dict[str, Any] | None, severity: Severity = ...) -> None: ...


class ClockWatch:
    """``state`` is the host's clock as it was at the last ``look``."""

    def __init__(self, clock: Clock, tell: Tell, read: Callable[[], HostClock] = read_host_clock) -> None:
        self._clock, self._tell, self._read = clock, tell, read
        self._set_at = self._ahead()
        self._kept_at = clock.monotonic()  # when a time server was known to keep it last
        self._step: dict[str, Any] | None = None
        self._stepped_at: float | None = None
        self.state = HostClock()

    async def run(self) -> None:
        """Looks for ever; the first time at once."""
        while True:
            try:
                await asyncio.to_thread(self.look)
            except Exception:  # what is said of the clock must not end the watching of it
                log.exception("clock.unwatched")
            await asyncio.sleep(LOOK_S)

    def look(self) -> None:
        """Asks the kernel and compares the two clocks; tells what changed."""
        now, ahead = self._clock.monotonic(), self._ahead()
        stepped, self._set_at = ahead - self._set_at, ahead
        update: dict[str, Any] = {"stepped_at": self.state.stepped_at, "stepped_s": self.state.stepped_s}
        if abs(stepped) > STEP_S:
            at = from_epoch(self._clock.utc())
            update = {"stepped_at": at, "stepped_s": round(stepped, 3)}
            log.warning("clock.stepped seconds=%.3f", stepped)
            self._stepped_at = now
            self._step = {"reason": "stepped", "at": rfc3339(at), "seconds": round(stepped, 3)}
        self.state = self._read().model_copy(update=update)
        if self.state.synchronized is not False:  # unknown is no fault
            self._kept_at = now
        self._judge(now)

    def _judge(self, now: float) -> None:
        if self._stepped_at is not None and now - self._stepped_at < TOLD_S:
            self._tell("clock", self._step, "warning")
        elif now - self._kept_at > UNSYNCHRONIZED_S:
            # No figures in it: one alert, told once, however long it lasts and however often the recorder starts.
            self._tell("clock", {"reason": "unsynchronized"}, "warning")
        elif self.state.synchronized is not False:
            self._tell("clock", None)

    def _ahead(self) -> float:
        return self._clock.utc() - self._clock.monotonic()
