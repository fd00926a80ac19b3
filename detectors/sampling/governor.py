"""How much of its active rate every camera gets when the host's inference is short: one scale for all. Pure.

Capacity is not known, only met: pictures that a newer one replaced before the model took them say that more came in
than went out, and by how much. From then on as much is let in as went out, before anything is decoded for it, and now
and then a little more, to find out whether the host can do more again. Not here: which picture is left out
(``policy``), who waits for the model and in which order (``inference.batching``).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from detectors.sampling.policy import FORCED_S

#: Seconds between two looks of whoever asks the governor.
LOOK_S = 1.0
#: Share of the pictures handed over that newer ones replaced. From ``SOME`` on the model is fully used; above ``MANY``
#: less is let in, so that about ``AIM`` are replaced: a host that replaces none may be able to do more.
SOME, AIM, MANY = 0.02, 0.04, 0.08
#: Judged are so many pictures (a share of one in a hundred shows), or those of so many seconds.
ENOUGH, LONGEST_S = 60, 5.0
#: At this share it is not waited for; but so many looks in a row it must be: a hiccup of the host is no shortage.
FAR_TOO_MANY, STREAK, LEAST = 0.2, 2, 16
#: Batches make the replaced come in heaps: no judgement takes more than this away at once.
MOST_CUT = 2 / 3
#: While none are replaced, capacity is taken to grow as exp(GROWTH · t²), t seconds since some were: 2 % after 2 s,
#: 16 % after 5 s, twofold after 11 s, tenfold after 20 s. Small steps where the limit was met just now, large ones
#: where it has gone.
GROWTH = 0.006


@dataclass(frozen=True, slots=True)
class Demand:
    """What the cameras ask for now, and what became of it so far. Rates in pictures a second for the model."""

    active: int  # cameras where something happens
    idle: int  # cameras where nothing does: each has its forced look
    active_fps: float
    handed: int  # pictures handed over since the start, of all cameras
    replaced: int  # those of them that a newer one replaced

    def nominal(self, scale: float) -> float:
        """Pictures a second that ``scale`` lets in."""
        return self.forced + scale * self.governed

    @property
    def forced(self) -> float:
        """The part that is never scaled: a picture of every idle camera in ``FORCED_S``."""
        return self.idle / FORCED_S

    @property
    def governed(self) -> float:
        """The part that is."""
        return self.active * self.active_fps


@dataclass(slots=True)
class _Tally:
    """Pictures since a judgement."""

    handed: int = 0
    replaced: int = 0
    let_in: float = 0.0  # by the scale
    span: float = 0.0  # seconds

    def add(self, other: _Tally) -> None:
        self.handed += other.handed
        self.replaced += other.replaced
        self.let_in += other.let_in
        self.span += other.span

    @property
    def share(self) -> float:
        return self.replaced / self.handed if self.handed else 0.0

    @property
    def capacity(self) -> float:
        """Pictures a second that would have been taken, and ``AIM`` more."""
        return self.let_in / self.span * max(1.0 - MOST_CUT, 1.0 - self.share + AIM)


class Governor:
    """``look`` about every ``LOOK_S``; the scale holds until the next look."""

    def __init__(self) -> None:
        self.scale = 1.0
        self._capacity = math.inf  # pictures a second, in the terms of ``Demand.nominal``
        self._at: float | None = None
        self._last = (0, 0)  # handed, replaced
        self._let_in = 0.0  # pictures a second, by the scale and the demand of the last look
        self._tally = _Tally()
        self._far: list[_Tally] = []  # looks in a row with far too many
        self._short_at = -math.inf  # when pictures were last replaced

    def look(self, now: float, demand: Demand) -> float:
        """The scale (0–1] for all active cameras. ``now``: monotonic seconds."""
        span = 0.0 if self._at is None else now - self._at
        self._at = now
        handed, replaced = demand.handed - self._last[0], demand.replaced - self._last[1]
        self._last = demand.handed, demand.replaced
        if span > 0 and handed >= 0 and replaced >= 0:  # fewer than before: cameras went
            # Demand changed some time between two looks: the larger one errs towards letting in too much, which shows.
            let_in = max(self._let_in, demand.nominal(self.scale))
            self._judge(now, _Tally(handed, replaced, span * let_in, span))
        self.scale = self._scale(demand)
        self._let_in = demand.nominal(self.scale)
        return self.scale

    def _judge(self, now: float, newest: _Tally) -> None:
        if newest.share > FAR_TOO_MANY:
            self._far.append(newest)
            far = _Tally()
            for one in self._far:
                far.add(one)
            if len(self._far) >= STREAK and far.handed >= LEAST:
                self._short(now, far.capacity)
            return
        self._far = []
        self._tally.add(newest)
        tally = self._tally
        if tally.handed >= ENOUGH or tally.span >= LONGEST_S:
            self._tally = _Tally()
            if tally.share > MANY:
                self._short(now, tally.capacity)
            elif tally.share >= SOME:
                self._short_at = now
        if tally.share < SOME and math.isfinite(since := now - self._short_at):
            self._capacity *= math.exp(min(700.0, GROWTH * (since**2 - max(0.0, since - newest.span) ** 2)))

    def _short(self, now: float, capacity: float) -> None:
        self._tally, self._far = _Tally(), []
        self._short_at, self._capacity = now, capacity

    def _scale(self, demand: Demand) -> float:
        if demand.governed <= 0:
            return 1.0
        # Every camera is looked at once in FORCED_S, however short the host is.
        least = min(1.0, 1 / (FORCED_S * demand.active_fps))
        self._capacity = max(self._capacity, demand.nominal(least))
        return min(1.0, max(least, (self._capacity - demand.forced) / demand.governed))
