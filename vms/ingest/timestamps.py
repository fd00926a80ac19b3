"""Timestamps of one session made fit for a file: a pure class, fed with what the demuxer said.

Cameras send them backwards, hours ahead, twice, or not at all. Small faults are mended; what cannot be
mended without inventing time starts a new run.
"""

from __future__ import annotations

from typing import NamedTuple

from vms.ingest.stream import TIMESCALE

#: A step back of up to this is jitter and mended; more is a restarted clock (ticks).
BACKWARD_TOLERANCE = TIMESCALE // 2
#: A step ahead of up to this is a slow camera; more is footage that never came (ticks).
FORWARD_TOLERANCE = 2 * TIMESCALE
#: The slowest camera: beyond this the watchdog takes a session for dead (ticks).
SLOWEST_STEP = 7 * TIMESCALE


class Stamp(NamedTuple):
    """Mended timestamps in ticks; ``discontinuity`` says that this packet begins a new run."""

    pts: int
    dts: int
    discontinuity: bool


class TimestampValidator:
    """Feed every packet of a session in order; state is the last timestamp and the usual step."""

    def __init__(self) -> None:
        self._last: int | None = None
        self._step = TIMESCALE // 25
        self._offset = 0  # MP4 knows no decode time below zero

    def check(self, pts: int | None, dts: int | None) -> Stamp:
        """Mended ``pts`` and ``dts``; ``dts`` grows strictly within a run, from zero or above."""
        if dts is None:
            dts = pts
        if dts is None:  # neither: one step after the last, the first one at zero
            dts = 0 if self._last is None else self._last + self._step - self._offset
        if pts is None:
            pts = dts
        pts, dts = pts + self._offset, dts + self._offset
        discontinuity = False
        if self._last is not None:
            step = dts - self._last
            # A camera of one frame in three seconds is slow, not interrupted.
            discontinuity = step < -BACKWARD_TOLERANCE or step > max(FORWARD_TOLERANCE, 4 * self._step)
            if not discontinuity and step <= 0:
                # With B-frames the decode time is often wrong at first, the presentation time never.
                pts, dts = self._last + 1 if pts == dts else pts, self._last + 1
            elif not discontinuity:
                self._step = (self._step * 7 + step) // 8
            elif 0 < step <= SLOWEST_STEP:
                self._step = step // 3  # the next one as late is the camera's own pace; a hole is forgotten soon
        if self._last is None or discontinuity:
            below = min(dts, 0)
            pts, dts, self._offset = pts - below, dts - below, self._offset - below
        self._last = dts
        return Stamp(pts, dts, discontinuity)
