"""Persons by the minute, in the picture and in each zone: mean, maximum, spread. Pure, times are passed in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from detectors.counting import Estimate
from vms.domain.clock import from_epoch
from vms.domain.messages import MinuteCount, ZoneMinute

#: A count is taken to last until the next one, but no longer than this (seconds).
MOST_S = 15.0
_NOBODY = Estimate(0, 0.0, 0.0)


@dataclass(slots=True)
class _Sum:
    """Of one place over one minute."""

    weighted: float = 0.0
    spread: float = 0.0
    seconds: float = 0.0
    most: int = 0
    samples: int = 0
    total: int = 0
    total_spread: float = 0.0

    def add(self, seen: Estimate) -> None:
        self.most = max(self.most, seen.persons)
        self.samples += 1
        self.total += seen.persons
        self.total_spread += seen.sigma

    def last(self, seen: Estimate, seconds: float) -> None:
        self.weighted += seen.persons * seconds
        self.spread += seen.sigma * seconds
        self.seconds += seconds

    @property
    def mean(self) -> float:
        return round(self.weighted / self.seconds if self.seconds > 0 else self.total / max(1, self.samples), 3)

    @property
    def sigma(self) -> float:
        return round(self.spread / self.seconds if self.seconds > 0 else self.total_spread / max(1, self.samples), 3)


@dataclass(slots=True)
class _Minute:
    start: int
    all: _Sum = field(default_factory=_Sum)
    zones: dict[str, _Sum] = field(default_factory=dict)


class MinuteCounter:
    """One camera's minutes (UTC). The mean is over time: active cameras are sampled more often than idle ones."""

    def __init__(self, site: str, camera: str) -> None:
        self._site, self._camera = site, camera
        self._minute: _Minute | None = None
        self._last: tuple[float, Estimate, Mapping[str, Estimate]] | None = None

    def add(self, at: float, seen: Estimate, zones: Mapping[str, Estimate]) -> MinuteCount | None:
        """One counted picture at ``at`` (UTC seconds); the minute before, when this one begins another."""
        done = self.roll(at)
        if self._minute is not None and at < self._minute.start:  # the clock was set back
            done = self.close(at)
        if self._minute is None:
            self._minute = _Minute(int(at // 60) * 60)
        minute = self._minute
        self._account(at)
        minute.all.add(seen)
        for id_, estimate in zones.items():
            minute.zones.setdefault(id_, _Sum()).add(estimate)
        self._last = (at, seen, zones)
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
        return MinuteCount(
            site=self._site, camera=self._camera, at=from_epoch(minute.start), mean=minute.all.mean,
            max=minute.all.most, sigma=minute.all.sigma, samples=minute.all.samples,
            zones={id_: ZoneMinute(mean=zone.mean, max=zone.most, sigma=zone.sigma)
                   for id_, zone in minute.zones.items()},
        )  # fmt: skip

    def _account(self, until: float) -> None:
        """Adds the time that the last count has lasted within the current minute."""
        if self._minute is None or self._last is None:
            return
        at, seen, zones = self._last
        begin = max(at, float(self._minute.start))
        end = min(until, at + MOST_S, self._minute.start + 60.0)
        if end <= begin:
            return
        self._minute.all.last(seen, end - begin)
        for id_, sum_ in self._minute.zones.items():
            sum_.last(zones.get(id_, _NOBODY), end - begin)
