"""How a run's pictures follow one another: tells a hole that is to be a gap from a camera's own pace. Pure.

Pictures that a full line left out are missing in the middle of a file. The file can end there, but the next one begins
with a key frame: what comes until then is left out too.
"""

from __future__ import annotations

from vms.ingest.stream import TIMESCALE, MediaPacket

#: So much longer than from one picture to the next usually is a hole (ticks); less is counted alone.
HOLE = TIMESCALE // 2
#: Where key frames are further apart (ticks) what comes until the next one is worth more than a hole that is told.
LONGEST_GROUP = 4 * TIMESCALE


class Pace:
    """Of one run: ``step`` is set with each picture, ``keyed`` is called with each key frame (ticks)."""

    def __init__(self) -> None:
        self.step = TIMESCALE // 25  # from the picture before to the latest
        self._key, self._group = float("-inf"), float("inf")  # the latest key frame, and how long after another it came

    def keyed(self, dts: int) -> None:
        """A key frame, at ``dts``."""
        self._key, self._group = dts, dts - self._key

    def broken(self, held: MediaPacket, packet: MediaPacket) -> bool:
        """Whether the file has to end behind ``held``, because what was left out before ``packet`` is a hole."""
        if packet.dts - held.dts <= self.step + HOLE:
            return False
        return packet.keyframe or (self._group <= LONGEST_GROUP and held.dts - self._key <= 2 * self._group)
