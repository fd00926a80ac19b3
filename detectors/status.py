"""Whether a camera's pictures come, since when, and why not; and the heartbeat made of it."""

from __future__ import annotations

import threading
from typing import cast, get_args

from detectors.analysis import Observation
from detectors.plan import CameraPlan
from detectors.sampling.flow import Figures
from detectors.sampling.tamper import Tamper
from detectors.suspects import Why
from vms.domain.clock import Clock, from_epoch
from vms.domain.messages import DetectorState, StreamReason

_APART: dict[Why, str] = {
    "inside": "the process ended while they were decoded",
    "errors": "there were errors in them",
    "died": "they brought a decoder down",
    "hung": "a decoder did not come back from them",
}


_REASONS = frozenset(get_args(StreamReason))


class Status:
    """Written by a camera's threads, read by the heartbeat."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self.reason: StreamReason | None = "connecting"
        self.detail = ""
        self._since = clock.utc()
        self.size = (0, 0)

    def online(self, width: int, height: int) -> None:
        """Pictures come."""
        self.size = (width, height)
        if self.reason is not None:
            self._set(None, "")

    def offline(self, reason: StreamReason, detail: str) -> None:
        """No pictures."""
        self._set(reason, detail)

    def _set(self, reason: StreamReason | None, detail: str) -> None:
        with self._lock:
            if (reason is None) != (self.reason is None):
                self._since = self._clock.utc()
            self.reason, self.detail = reason, detail

    def state(
        self,
        plan: CameraPlan,
        node: str,
        revision: int,
        *,
        latest: float | None,
        persons: int | None,
        tamper: Tamper | None,
        seen: Observation | None,
        figures: Figures,
        scale: float,
        loaded: bool,
        open_alerts: tuple[str, ...],
        slow_keys: bool,
        apart: Why | None = None,
    ) -> DetectorState:
        """The heartbeat of this moment; the model's part is filled in by who knows it.

        Nobody is behind while the first model is ``loaded`` (False), or while no pictures come.
        """
        with self._lock:
            reason, detail, since = self.reason, self.detail, self._since
        if reason is None and slow_keys:
            detail = (
                "key frames come seldom (smart codec): all is decoded"
                if plan.source is not None
                else "only the main stream's key frames are analysed, and they come seldom: add a sub stream"
            )
        if reason is None and apart is not None:
            detail = "; ".join(filter(None, (detail, f"pictures decoded in a process of their own: {_APART[apart]}")))
        return DetectorState(
            site=plan.site,
            camera=plan.camera.id,
            node=node,
            at=from_epoch(self._clock.utc()),
            status="online" if reason is None else "offline",
            reason=reason,
            detail=detail,
            since=from_epoch(since),
            last_frame_at=None if latest is None else from_epoch(latest),
            tamper=tamper if reason is None else None,
            person_count=persons if reason is None else None,
            person_sigma=seen.estimate.sigma if seen is not None and persons is not None and reason is None else None,
            zone_counts=(
                {id_: zone.persons for id_, zone in seen.zones.items()}
                if seen is not None and persons is not None and reason is None
                else {}
            ),
            zone_sigmas=(
                {id_: zone.sigma for id_, zone in seen.zones.items()}
                if seen is not None and persons is not None and reason is None
                else {}
            ),
            sampled_fps=round(figures.sampled_fps, 2),
            wanted_fps=round(figures.wanted_fps, 2),
            inferred_fps=round(figures.inferred_fps, 2),
            samples_dropped=figures.dropped,
            scale=round(scale, 3),
            behind=figures.behind and loaded and reason is None,
            open_alerts=open_alerts,
            revision=revision,
        )


def known(reason: str) -> StreamReason:
    """A run also ends for causes that are no reason for missing pictures, such as another codec."""
    return cast(StreamReason, reason) if reason in _REASONS else "connecting"
