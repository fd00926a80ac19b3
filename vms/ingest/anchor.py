"""The anchor of a run: what turns a presentation time into UTC, and what it tells of the camera's clock. Pure.

The network only delays, so the least (arrival − pts) is nearest to the truth. It is taken over the run's
first 2 s; later windows correct a drifting camera clock slowly, so that no label jumps. UTC and monotonic time
part only when the host's clock is set: slewing moves both.
"""

from __future__ import annotations

from vms.ingest.drift import Drift
from vms.ingest.stream import TIMESCALE, CameraClock

SETTLE_S = 2.0
WINDOW_S = 10.0
#: No correction is faster than this: seconds a second.
MAX_SLEW = 500e-6
#: Beyond this difference the labels would lie: a new run with a new anchor.
MAX_DRIFT_S = 1.0


class Anchor:
    """Feed every packet with ``observe``; ask ``utc`` for any pts of the run. Arrivals in UTC and monotonic seconds."""

    def __init__(self, pts: int, arrival_utc: float, arrival: float) -> None:
        self._value = arrival_utc - pts / TIMESCALE
        self._set_at = arrival_utc - arrival  # changes when the host's clock is set, and only then
        self._settle_until = pts + SETTLE_S * TIMESCALE
        self._target = self._value
        self._window_until = self._settle_until + WINDOW_S * TIMESCALE
        self._window_open_until = arrival
        self._window_least = self._steady_least = float("inf")
        self._last_pts, self._last_offset = pts, self._value
        self._drift = Drift()
        self._camera_ahead: float | None = None

    @property
    def value(self) -> float:
        """The anchor now: UTC seconds of pts 0."""
        return self._value

    def utc(self, pts: int) -> float:
        """UTC of ``pts``, in seconds since the epoch."""
        return self._value + pts / TIMESCALE

    def clock(self) -> CameraClock:
        """What is known of the camera's clock."""
        return CameraClock(self._drift.ppm, self._camera_ahead)

    def told(self, pts: int, camera_utc: float) -> None:
        """The camera says (RTCP sender report) that its own clock showed ``camera_utc`` at ``pts``."""
        self._camera_ahead = camera_utc - self.utc(pts)

    def observe(self, pts: int, arrival_utc: float, arrival: float) -> bool:
        """Takes one packet in; False when the labels are no longer true and a new run is due."""
        stepped = arrival_utc - arrival - self._set_at
        if abs(stepped) > MAX_DRIFT_S:
            return False
        offset = arrival_utc - pts / TIMESCALE
        if pts <= self._settle_until:
            if offset < self._value:
                self._value = self._target = offset
            self._last_pts, self._last_offset = pts, offset
            return True
        if offset < self._value - MAX_DRIFT_S:  # earlier than light: the camera's clock has run ahead
            return False
        if offset - self._last_offset > MAX_DRIFT_S:
            # Nothing came for a while, and now it comes in a burst, late: a window that is shorter in arrivals than in
            # presentation says nothing of the camera's clock.
            self._open_window(pts, arrival)
        self._last_offset = offset
        if self._target != self._value:
            self._slew(pts)
        self._last_pts = pts if pts > self._last_pts else self._last_pts
        self._window_least = min(self._window_least, offset)
        self._steady_least = min(self._steady_least, offset - stepped)
        if pts >= self._window_until and arrival >= self._window_open_until:
            if self._window_least - self._value > MAX_DRIFT_S:
                return False
            self._target = self._window_least
            self._drift.add(pts / TIMESCALE, self._steady_least)
            self._open_window(pts, arrival)
        return True

    def _open_window(self, pts: int, arrival: float) -> None:
        self._window_least = self._steady_least = float("inf")
        self._window_until = pts + WINDOW_S * TIMESCALE
        self._window_open_until = arrival + WINDOW_S / 2  # a camera may be fast, and send in bursts

    def _slew(self, pts: int) -> None:
        allowed = max(0.0, (pts - self._last_pts) / TIMESCALE) * MAX_SLEW
        self._value += min(allowed, max(-allowed, self._target - self._value))
