"""Decode times, which RTP does not carry: the camera sends pictures in the order in which they are decoded.

As long as no picture is shown before one that was sent earlier, both times are the same. With B-pictures the decode
time is the least presentation time among the latest pictures, one more of them for each by which they are reordered.
"""

from __future__ import annotations

from vms.ingest.timestamps import BACKWARD_TOLERANCE, FORWARD_TOLERANCE
from vms.media import nal

#: Pictures by which one may be sent early (H.264 A.3.1, H.265 A.4.2: as many as are kept for reference).
_DEEPEST = 16


class DecodeTimes:
    """Feed it every picture of a session; ``reorders`` is what its parameter sets say (None: they do not)."""

    def __init__(self, codec: str) -> None:
        self._codec = codec
        self._latest: list[int] = []  # in order; as many as pictures are reordered, and one
        self._last = 0
        self.reorders: bool | None = None

    def of(self, pts: int, payload: bytes) -> int:
        """The decode time (ticks) of the picture that is shown at ``pts``."""
        latest = self._latest
        if not latest or pts - latest[-1] > FORWARD_TOLERANCE or latest[0] - pts > BACKWARD_TOLERANCE:
            self._latest, self._last = [pts], pts
            return pts
        if pts >= latest[0]:
            latest[0] = pts
        # A clock that steps back a little is another matter: the validator's.
        elif len(latest) <= _DEEPEST and self._is_early(payload):
            latest.append(pts)
        else:
            latest[0] = pts
        if len(latest) > 1:
            latest.sort()
            self._last = max(latest[0], self._last + 1)  # the first of them come before it is known that there are any
        else:
            self._last = latest[0]
        return self._last

    def _is_early(self, payload: bytes) -> bool:
        if self._codec == "h264" and self.reorders is None:
            return nal.is_b_picture(payload)
        return bool(self.reorders)
