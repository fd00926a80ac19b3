"""What is missing, since when and why. No I/O: fed with moments and reasons, returns the gaps to announce.

A span without footage has a start, an end and a cause; an open gap is announced when it begins and again when
footage comes back.
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
    "disk": "disk",
    "disabled": "disabled",
    "stopped": "recorder",
    "crashed": "recorder",
    "clock": "recorder",
    "worker_lost": "recorder",
    "configuration": "recorder",
}
#: The first word on a broken session is vague; a later attempt tells what it was.
_VAGUE = frozenset(("ended", "connecting", "timeout", "codec", "camera_clock"))


def cause_of(reason: str) -> GapCause:
    """The contract's cause for a stream's reason; what the camera itself did is ``camera``."""
    return _CAUSES.get(reason, "camera")


class GapTracker:
    """One camera's open gap. ``announce`` gets each gap when it opens, gets its cause, and closes."""

    def __init__(self, site: str, camera: str, node: str, announce: Callable[[Gap], None]) -> None:
        self._site, self._camera, self._node = site, camera, node
        self._announce = announce
        self._gap: Gap | None = None
        self._lock = threading.RLock()  # a stream's thread and the disk's both come here

    @property
    def open(self) -> bool:
        """Whether footage is missing now."""
        return self._gap is not None

    def begin(self, at: float, reason: str) -> None:
        """Footage ends at ``at`` (UTC seconds); a gap that is open already stays as it is."""
        with self._lock:
            if self._gap is not None:
                return
            self._gap = Gap(
                id=uuid.uuid4().hex, site=self._site, camera=self._camera, node=self._node,
                start=from_epoch(at), cause=cause_of(reason), reason=reason,
            )  # fmt: skip
            self._announce(self._gap)

    def reach_back(self, at: float) -> None:
        """What was queued before the open gap is lost as well, from ``at`` on."""
        with self._lock:
            if self._gap is not None and from_epoch(at) < self._gap.start:
                self._gap = self._gap.model_copy(update={"start": from_epoch(at)})
                self._announce(self._gap)

    def rename(self, reason: str) -> None:
        """The open gap has another reason from its start: a camera that was taken out is not a stopped recorder."""
        with self._lock:
            if self._gap is not None:
                self._gap = self._gap.model_copy(update={"cause": cause_of(reason), "reason": reason})
                self._announce(self._gap)

    def adopt(self, gap: Gap) -> None:
        """A gap that was open when the process ended goes on; where one is open already, until that began."""
        with self._lock:
            if self._gap is None or self._gap.id == gap.id:
                self._gap = gap
            else:
                self._announce(gap.model_copy(update={"end": max(gap.start, self._gap.start)}))

    def explain(self, reason: str) -> None:
        """A later attempt says more than the first word did."""
        with self._lock:
            if self._gap is not None and self._gap.reason in _VAGUE and reason not in _VAGUE:
                self._gap = self._gap.model_copy(update={"cause": cause_of(reason), "reason": reason})
                self._announce(self._gap)

    def finish(self, at: float) -> None:
        """Footage begins again at ``at``. After a clock set back the gap is empty, and stays so."""
        with self._lock:
            if self._gap is None:
                return
            gap, self._gap = self._gap, None
            self._announce(gap.model_copy(update={"end": max(gap.start, from_epoch(at))}))
