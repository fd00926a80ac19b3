"""Persons by the minute: mean over time, maximum, number of samples. Pure, times are passed in."""

from __future__ import annotations

from dataclasses import dataclass

from vms.domain.clock import from_epoch
from vms.domain.messages import MinuteCount

#: A count is taken to last until the next one, but no longer than this (seconds).
MOST_S = 15.0


@dataclass(slots=True)
class _Minute:
    start: int
    weighted: float = 0.0
    seconds: float = 0.0
    most: int = 0
    samples: int = 0
    total: int = 0


class MinuteCounter:
    """One camera's minutes (UTC). The mean is over time: active cameras are sampled more often than idle ones."""

    def __init__(self, site: str, camera: str) -> None:
        self._site, self._camera = site, camera
        self._minute: _Minute | None = None
        self._last: tuple[float, int] | None = None

    def add(self, at: float, persons: int) -> MinuteCount | None:
        """One counted picture at ``at`` (UTC seconds); the minute before, when this one begins another."""
        done = self.roll(at)
        if self._minute is not None and at < self._minute.start:  # the clock was set back
            done = self.close(at)
        if self._minute is None:
            self._minute = _Minute(int(at // 60) * 60)
        minute = self._minute
        self._account(at)
        minute.most = max(minute.most, persons)
        minute.samples += 1
        minute.total += persons
        self._last = (at, persons)
        return done

    def roll(self, at: float) -> MinuteCount | None:
        """The current minute, when it is over at ``at``."""
        if self._minute is None or at < self._minute.start + 60:
            return None
        return self.close(at)

    def close(self, at: float) -> MinuteCount | None:
        """The current minute as it stands at ``at``; None without a sample."""
        minute = self._minute
        if minute is None:
            return None
        self._account(at)
        self._minute = None
        mean = minute.weighted / minute.seconds if minute.seconds > 0 else minute.total / max(1, minute.samples)
        return MinuteCount(
            site=self._site, camera=self._camera, at=from_epoch(minute.start), mean=round(mean, 3),
            max=minute.most, samples=minute.samples,
        )  # fmt: skip

    def _account(self, until: float) -> None:
        """Adds the time that the last count has lasted within the current minute."""
        if self._minute is None or self._last is None:
            return
        at, persons = self._last
        begin = max(at, float(self._minute.start))
        end = min(until, at + MOST_S, self._minute.start + 60.0)
        if end > begin:
            self._minute.weighted += persons * (end - begin)
            self._minute.seconds += end - begin
