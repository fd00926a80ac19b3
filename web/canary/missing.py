"""Which canaries are missed: a site's, all of them at once, or the monitor's. Pure; times are monotonic seconds."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal

Reason = Literal["stored_missing", "told_missing", "push_failed"]

#: On its way, and in queues.
SLACK_S = 30.0
#: So many may be lost on the way before somebody is told.
LOST = 2
#: Fewer sites than this are told one by one.
ALL_MIN = 3
#: A gateway that refused so often in a row does not work.
REFUSALS = 3
#: Keys of what is no site's: all at once, and the way out of the house. Ids of sites never begin with an underscore.
ALL, PUSH = "_all", "_push"


@dataclass(frozen=True, slots=True)
class Seen:
    """When a site's last canary was written down, and when a listener saw it; None: not since the beginning."""

    stored: float | None = None
    told: float | None = None


@dataclass(frozen=True, slots=True)
class Action:
    """An alert to open or to end; ``key`` is a site, ``ALL`` or ``PUSH``."""

    does: Literal["open", "end"]
    key: str
    reason: Reason


@dataclass(slots=True)
class Missing:
    """What is open, and since when each site has been waited for."""

    every_s: float
    open: dict[str, Reason] = field(default_factory=dict)
    _from: dict[str, float] = field(default_factory=dict)  # a site is not waited for before

    def tick(
        self, now: float, seen: Mapping[str, Seen], excused: Collection[str], refusals: int | None, begun: float
    ) -> list[Action]:
        """What follows from the present; apply all of it.

        ``seen``: of every site that should tell; ``excused``: those of which something else says already why they do
        not. ``refusals``: of the gateway, in a row; None: there is none. ``begun``: before that nobody listened.
        """
        self._from = {site: max(begun, self._from.get(site, now)) for site in seen}
        for site in excused:
            if site in self._from and site not in self.open:
                self._from[site] = max(self._from[site], self._next(now))
        actions = self._pushed(refusals)
        actions += [self._end(key) for key in list(self.open) if key not in seen and key not in (ALL, PUSH)]
        actions += [self._end(site) for site in list(self.open) if site in seen and self._came(now, seen[site], LOST)]
        late = {site: why for site, one in seen.items() if (why := self._late(now, site, one, LOST))}
        silent = len(seen) >= ALL_MIN and not any(self._came(now, one, 1) for one in seen.values())
        if ALL in self.open:
            if silent:
                return actions
            actions.append(self._end(ALL))
            for site in late:  # those that stay away are told one by one, after time to come back
                self._from[site] = self._next(now)
            return actions
        new = {site: reason for site, reason in late.items() if site not in self.open}
        waited = [site for site in seen if site not in excused]
        # A dead bus is noticed site by site; by then each of the others has missed one, too.
        if new and silent and len(waited) >= ALL_MIN and all(self._late(now, one, seen[one], 1) for one in waited):
            told_only = "told_missing" in new.values()
            return [*actions, self._open(ALL, "told_missing" if told_only else "stored_missing")]
        return actions + [self._open(site, why) for site, why in new.items()]

    def late(self, now: float, site: str, seen: Seen) -> bool:
        """Whether a site's canary is missed, told or not."""
        return site in self.open or self._late(now, site, seen, LOST) is not None

    def _pushed(self, refusals: int | None) -> list[Action]:
        if PUSH in self.open:
            return [self._end(PUSH)] if refusals in (None, 0) else []
        return [self._open(PUSH, "push_failed")] if refusals is not None and refusals >= REFUSALS else []

    def _late(self, now: float, site: str, seen: Seen, lost: int) -> Reason | None:
        since = self._from.get(site, now)
        stored, told = (-math.inf if at is None else at for at in (seen.stored, seen.told))
        if now - max(since, min(stored, told)) <= self._patience(lost):
            return None
        return "told_missing" if stored > told + SLACK_S else "stored_missing"  # what was stored last was told, too

    def _came(self, now: float, seen: Seen, lost: int) -> bool:
        """Whether it really came: that nobody could listen for a while ends nothing."""
        if seen.stored is None or seen.told is None:
            return False
        return now - min(seen.stored, seen.told) <= self._patience(lost)

    def _patience(self, lost: int) -> float:
        return lost * self.every_s + SLACK_S

    def _next(self, now: float) -> float:
        """From then it is waited for, where its next one may be a period away."""
        return now - (LOST - 1) * self.every_s

    def _open(self, key: str, reason: Reason) -> Action:
        self.open[key] = reason
        return Action("open", key, reason)

    def _end(self, key: str) -> Action:
        return Action("end", key, self.open.pop(key))
