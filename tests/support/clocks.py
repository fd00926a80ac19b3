"""A clock that tests own."""

from __future__ import annotations


class ManualClock:
    """Stands still until told otherwise; ``utc`` may be stepped apart from ``monotonic``."""

    def __init__(self, utc: float = 1_800_000_000.0, monotonic: float = 1000.0) -> None:
        self._utc = utc
        self._monotonic = monotonic

    def monotonic(self) -> float:
        return self._monotonic

    def utc(self) -> float:
        return self._utc

    def advance(self, seconds: float) -> None:
        self._monotonic += seconds
        self._utc += seconds

    def step(self, seconds: float) -> None:
        """The host's clock is set."""
        self._utc += seconds
