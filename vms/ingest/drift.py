"""How fast a camera's clock runs beside the host's: the slope of the least (arrival − pts). Pure."""

from __future__ import annotations

#: Before this the network's jitter weighs more than any drift (5 ms in two minutes are 40 ppm).
KNOWN_AFTER_S = 120.0


class Drift:
    """A straight line through all windows of a run (least squares), kept as sums: a run may last for months."""

    def __init__(self) -> None:
        self._origin: tuple[float, float] | None = None
        self._count = 0
        self._at = self._offset = self._at_at = self._at_offset = 0.0
        self._span = 0.0

    def add(self, at: float, offset: float) -> None:
        """One window: presentation time and the least (arrival − pts) in it, both in seconds."""
        if self._origin is None:
            self._origin = at, offset
        x, y = at - self._origin[0], offset - self._origin[1]
        self._count += 1
        self._at += x
        self._offset += y
        self._at_at += x * x
        self._at_offset += x * y
        self._span = x

    @property
    def ppm(self) -> float | None:
        """Parts in a million by which the camera's clock is faster; None while the run is too young to tell."""
        if self._span < KNOWN_AFTER_S:
            return None
        spread = self._count * self._at_at - self._at * self._at
        return -1e6 * (self._count * self._at_offset - self._at * self._offset) / spread
