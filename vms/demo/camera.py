"""A simulated camera's clock: which frame is due when, for all its sessions, main and sub alike.

Belongs here: positions in the loop, the schedule, who gets which frame. Not here: RTSP.

Frame n (counted without end from the camera's origin) is due at origin + n / fps and shows loop frame n mod N.
Its RTP timestamp grows with n, so that nothing steps back where the loop begins again.
"""

from __future__ import annotations

import asyncio
import logging
import random
from fractions import Fraction
from typing import Protocol

from vms.demo.packets import CLOCK_RATE, AccessUnit, Track
from vms.demo.renditions import Rendition
from vms.domain.clock import Clock

log = logging.getLogger("vms.demo.camera")

CATCH_UP_S = 2.0
"""A camera later than this (a suspended host) skips to the present; less is made up for, frame by frame."""


def frame_at(elapsed: float, fps: Fraction) -> int:
    """The last frame due ``elapsed`` seconds after the origin; −1 before it."""
    # The tolerance keeps a frame's own due time from falling just short of it by rounding.
    return int((elapsed * fps.numerator / fps.denominator + 1e-6) // 1)


def due_at(frame: int, fps: Fraction) -> float:
    """Seconds after the origin at which ``frame`` is due."""
    return frame * fps.denominator / fps.numerator


class Reader(Protocol):
    """A playing session, as its camera sees it."""

    def send(self, unit: AccessUnit, timestamp: int, utc: float) -> None:
        """Take a frame without waiting; ``utc`` is the moment it shows, in seconds since the epoch."""
        ...


class Stream:
    """Main or sub of a camera: its packets, who reads it and from which frame on."""

    def __init__(self, track: Track, step: int) -> None:
        self.track, self.step = track, step
        self.readers: dict[Reader, int] = {}
        # As in a real camera the streams' timestamps are unrelated; sender reports align them.
        self._base = random.getrandbits(31) | 1

    def timestamp(self, frame: int, fps: Fraction) -> int:
        """RTP time of ``frame``, not yet cut to 32 bits."""
        return self._base + frame * CLOCK_RATE * fps.denominator // fps.numerator

    def unit(self, index: int) -> AccessUnit | None:
        """What is sent for loop frame ``index``."""
        return None if index % self.step else self.track.units[index // self.step]


class LiveCamera:
    """A camera that runs: frames go out while anyone reads, and time passes all the same while nobody does."""

    def __init__(self, rendition: Rendition, main: Track, sub: Track, clock: Clock, phase_s: float = 0.0) -> None:
        self.rendition = rendition
        self.streams = {"main": Stream(main, 1), "sub": Stream(sub, rendition.sub_step)}
        self._clock = clock
        self._fps, self._frames = rendition.fps, rendition.frames
        # A whole number of frames, so that camera 1 (phase 0) begins with its loop's first frame.
        self._origin = clock.monotonic() - due_at(int(phase_s * self._fps), self._fps)
        self._next = 0
        self._timer: asyncio.TimerHandle | None = None

    @property
    def origin(self) -> float:
        """When its loop's first frame was due, by its clock's ``monotonic``; before that it never ran."""
        return self._origin

    def position(self) -> int:
        """The loop frame that is showing now."""
        return frame_at(self._clock.monotonic() - self._origin, self._fps) % self._frames

    def join(self, profile: str, reader: Reader) -> int:
        """Let ``reader`` have the stream from the next key frame on; returns that frame's RTP timestamp."""
        stream = self.streams[profile]
        if self._timer is None:
            self._next = frame_at(self._clock.monotonic() - self._origin, self._fps) + 1
            self._schedule()
        start = self._next_key(stream, self._next)
        stream.readers[reader] = start
        return stream.timestamp(start, self._fps)

    def leave(self, reader: Reader) -> None:
        """No more frames for ``reader``."""
        for stream in self.streams.values():
            stream.readers.pop(reader, None)

    def stop(self) -> None:
        """No more frames for anyone."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _next_key(self, stream: Stream, frame: int) -> int:
        while (unit := stream.unit(frame % self._frames)) is None or not unit.key:
            frame += 1
        return frame

    def _schedule(self) -> None:
        wait = self._origin + due_at(self._next, self._fps) - self._clock.monotonic()
        self._timer = asyncio.get_running_loop().call_later(max(0.0, wait), self._tick)

    def _tick(self) -> None:
        # Event loops round timers to a millisecond: a frame due within that is due.
        present = frame_at(self._clock.monotonic() + 0.001 - self._origin, self._fps)
        if present - self._next > CATCH_UP_S * self._fps:
            log.warning("camera.late camera=%s frames_skipped=%d", self.rendition.camera, present - self._next)
            self._skip_to(present)
        while self._next <= present:
            self._send(self._next)
            self._next += 1
        if any(stream.readers for stream in self.streams.values()):
            self._schedule()
        else:
            self._timer = None

    def _skip_to(self, frame: int) -> None:
        self._next = frame
        for stream in self.streams.values():
            start = self._next_key(stream, frame)
            stream.readers = {reader: max(start, begin) for reader, begin in stream.readers.items()}

    def _send(self, frame: int) -> None:
        # The wall clock is asked anew for each frame: it may be set while the camera runs.
        now = self._clock.monotonic()
        utc = self._clock.utc() - (now - self._origin - due_at(frame, self._fps))
        for stream in self.streams.values():
            if not stream.readers or (unit := stream.unit(frame % self._frames)) is None:
                continue
            timestamp = stream.timestamp(frame, self._fps)
            for reader, start in list(stream.readers.items()):
                if frame >= start:
                    reader.send(unit, timestamp, utc)
