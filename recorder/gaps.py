"""What is missing, since when and why. No I/O: fed with moments and reasons, returns the gaps to announce.

A span without footage has a start, an end and a cause; an open gap is announced when it begins and again when
footage comes back. From a camera's first configuration on there is footage or an open gap. Where the cause changes
one gap ends and the next begins.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable

from vms.domain.clock import from_epoch
from vms.domain.messages import Gap, GapCause

_CAUSES: dict[str, GapCause] = {
    "unreachable": "network",
    "timeout": "network",
    "lost": "network",
    "disk": "disk",
    "disabled": "disabled",
    "stopped": "recorder",
    "crashed": "recorder",
    "clock": "recorder",
    "starting": "recorder",
    "stalled": "recorder",
    "worker_lost": "recorder",
    "decoder": "recorder",
    "configuration": "recorder",
}
#: The first word on a broken session is vague; a later attempt tells what it was.
_VAGUE = frozenset(("starting", "ended", "connecting", "timeout", "lost", "codec", "camera_clock"))
#: The recorder did not run: over when it runs again, whatever the camera does then.
_AWAY = frozenset(("stopped", "crashed", "stalled"))
#: Nothing was to be pulled: over when it is again.
_LEFT = frozenset(("disabled", "configuration"))
#: A stall breaks sessions, and what that looks like comes within so many seconds of its end.
ECHO_S = 10.0
#: A recorder that runs has said so within so many seconds.
PULSE_S = 5.0
#: What a stall broke or made a camera leave out may lie so far outside it: what waited is read first, and all at once.
EDGE_S = 3.0


def cause_of(reason: str) -> GapCause:
    """The contract's cause for a stream's reason; what the camera itself did is ``camera``."""
    return _CAUSES.get(reason, "camera")


class GapTracker:
    """One camera's open gap. ``announce`` gets each gap when it opens, gets its cause, and closes."""

    def __init__(self, site: str, camera: str, node: str, announce: Callable[[Gap], None]) -> None:
        self._site, self._camera, self._node = site, camera, node
        self._announce = announce
        self._gap: Gap | None = None
        self._back: float | None = None
        self._stall: tuple[float, float] | None = None
        self._lock = threading.RLock()  # a stream's thread and the disk's both come here

    @property
    def open(self) -> Gap | None:
        """What is missing now."""
        return self._gap

    @property
    def since(self) -> float:
        """Since when (UTC seconds); 0.0 where nothing is missing."""
        gap = self._gap
        return 0.0 if gap is None else gap.start.timestamp()

    def resume(
        self, now: float, gap: Gap | None, end: float | None, alive_until: float | None, left_for: str | None = None
    ) -> None:
        """A recorder starts: ``gap`` was open when the one before ended, else footage ended at ``end`` (None: no past).

        ``alive_until``: when that one was last known to run. ``left_for``: this one does not pull either, and why. UTC
        seconds all.
        """
        with self._lock:
            self._back = now
            if gap is None:
                self.begin(*((now, "starting") if end is None else (end, "crashed")))
            else:
                self._gap = gap
                known = alive_until is not None and gap.start.timestamp() - PULSE_S < alive_until < now
                if alive_until is not None and known and gap.reason not in _AWAY | _LEFT:
                    self.turn(alive_until, "crashed")  # what the camera did meanwhile nobody knows
            if left_for is not None:
                self.turn(now, left_for)
            elif gap is not None and gap.reason in _LEFT:
                self.turn(now, "starting")

    def stalled(self, start: float, end: float) -> None:
        """The process did not run from ``start`` to ``end``: a session that broke over it is none of the camera's."""
        with self._lock:
            self._stall, self._back = (start, end), end
            if self._gap is not None and self._stalled_at(self._gap.start.timestamp()):
                self.rename("stalled")

    def begin(self, at: float, reason: str) -> None:
        """Footage ends at ``at`` (UTC seconds); a gap that is open already stays as it is."""
        with self._lock:
            if self._gap is None:
                broke = self._stalled_at(at) and reason not in _AWAY | _LEFT
                self._open(at, "stalled" if broke else reason)

    def turn(self, at: float, reason: str) -> None:
        """From ``at`` on footage is missing for another reason."""
        with self._lock:
            if self._gap is not None and from_epoch(at) <= self._gap.start:
                self.rename(reason)
            elif self._gap is None or self._gap.reason != reason:
                self.finish(at)
                self._open(at, reason)

    def lose(self, start: float, end: float) -> None:
        """The disk kept footage from ``start`` to ``end`` and no further: an open gap from before it is over."""
        with self._lock:
            if self._gap is not None and self._gap.start <= from_epoch(start) and start < end:
                self.finish(start)
            if self._gap is None or self._gap.start < from_epoch(end):
                self.turn(end, "disk")
            elif from_epoch(end) < self._gap.start:  # what was queued before the gap is lost as well
                self._gap = self._gap.model_copy(update={"start": from_epoch(end)})
                self._announce(self._gap)

    def miss(self, start: float, end: float) -> None:
        """Footage is there from ``start`` to ``end``, and what follows never came: a gap from before it is over."""
        with self._lock:
            if self._gap is not None and self._gap.start <= from_epoch(start):
                self.finish(start)
            self.begin(end, "lost")

    def rename(self, reason: str) -> None:
        """The open gap has another reason from its start: a camera that was taken out is not a stopped recorder."""
        with self._lock:
            if self._gap is not None and self._gap.reason != reason:
                self._gap = self._gap.model_copy(update={"cause": cause_of(reason), "reason": reason})
                self._announce(self._gap)

    def leave(self, at: float, reason: str) -> None:
        """Nothing is pulled from ``at`` on; the run that ended for it said ``stopped``, and where."""
        with self._lock:
            gap, back = self._gap, self._back
            if gap is not None and gap.reason == "stopped" and (back is None or from_epoch(back) <= gap.start):
                self.rename(reason)
            else:
                self.turn(at, reason)

    def rejoin(self, gap: Gap | None, end: float | None) -> None:
        """The disk is back: ``gap`` that was open on it ended where the present one began, else that one began where
        footage ended, at ``end`` (UTC seconds).
        """
        with self._lock:
            if self._gap is None:
                return
            if gap is not None and gap.id != self._gap.id:
                self._announce(gap.model_copy(update={"end": max(gap.start, self._gap.start)}))
            elif gap is None and end is not None and from_epoch(end) < self._gap.start:
                self._gap = self._gap.model_copy(update={"start": from_epoch(end)})
                self._announce(self._gap)

    def explain(self, at: float, reason: str) -> None:
        """A later attempt, at ``at``, says more than the first word did."""
        with self._lock:
            gap = self._gap
            if gap is None:
                return
            if gap.reason in _AWAY and self._back is not None:
                if reason not in _VAGUE or at - self._back > ECHO_S:
                    self.turn(self._back, reason)
            elif gap.reason in _VAGUE and reason not in _VAGUE:
                self.rename(reason)

    def finish(self, at: float) -> None:
        """Footage begins again at ``at``. After a clock set back the gap is empty, and stays so."""
        with self._lock:
            if self._gap is None:
                return
            gap, self._gap = self._gap, None
            self._announce(gap.model_copy(update={"end": max(gap.start, from_epoch(at))}))

    def _open(self, at: float, reason: str) -> None:
        self._gap = Gap(
            id=uuid.uuid4().hex, site=self._site, camera=self._camera, node=self._node,
            start=from_epoch(at), cause=cause_of(reason), reason=reason,
        )  # fmt: skip
        self._announce(self._gap)

    def _stalled_at(self, at: float) -> bool:
        return self._stall is not None and self._stall[0] - EDGE_S <= at <= self._stall[1] + EDGE_S
