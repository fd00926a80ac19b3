"""What a stream is to those who consume it: its description, its runs, its packets, and the sink they go to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, Protocol

#: All timestamps inside the service are in this clock (RTP's for video), ticks a second.
TIMESCALE = 90_000


@dataclass(frozen=True, slots=True)
class StreamInfo:
    """The video track of an opened session."""

    codec: str  # "h264" or "hevc"
    width: int  # pixels, 0 while unknown
    height: int
    extradata: bytes  # parameter sets from the SDP (Annex B), may be empty


@dataclass(frozen=True, slots=True)
class CameraClock:
    """What a run has measured of its camera's clock; None while unknown."""

    drift_ppm: float | None = None  # positive: it runs faster than the host's
    offset_s: float | None = None  # positive: it is ahead of the host's; only cameras that send RTCP reports tell it


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of a session without discontinuity: timestamps only grow, the codec stays."""

    id: str
    info: StreamInfo
    utc: Callable[[int], float]  # pts in ticks → seconds since the epoch (anchor + pts, slewed)
    clock: Callable[[], CameraClock] = CameraClock


class MediaPacket(NamedTuple):
    """One access unit. ``pts`` and ``dts`` grow through the run (``dts`` strictly), in ticks of ``TIMESCALE``."""

    payload: bytes  # the access unit as it came: NAL units with start codes (Annex B)
    pts: int
    dts: int
    keyframe: bool
    arrival: float  # monotonic seconds
    starts: tuple[int, ...] = ()  # where its units begin, behind their start codes; empty: to be looked for
    missed: int = 0  # packets that the camera left out since the picture before; they never came


class PacketSink(Protocol):
    """Called in the reading thread, in this order: begin, packet…, end; an exception ends the session."""

    def begin(self, run: Run) -> None:
        """A new run starts with the next packet."""
        ...

    def packet(self, run: Run, packet: MediaPacket) -> None:
        """One access unit; must return within milliseconds (decoding excepted)."""
        ...

    def end(self, run: Run, reason: str) -> None:
        """The run is over, as a ``StreamReason`` says; ``codec``, ``camera_clock`` or ``lost``: another follows."""
        ...

    def trouble(self, reason: str, detail: str) -> None:
        """No pictures: the session could not be opened, or ended and will be tried again."""
        ...
