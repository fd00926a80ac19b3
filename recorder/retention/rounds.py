"""What is done when: counting, ageing, quotas every few minutes, room every second. Knows how things stand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from recorder.retention import policy
from recorder.retention import shelf as shelves
from recorder.retention.account import Account
from recorder.retention.deletion import Deleter
from recorder.retention.holds import Holds
from recorder.retention.mount import RecordingsRoot
from recorder.retention.policy import DAY_S, Claim, Forecast, Quota, Reserve, Space
from recorder.retention.shelf import HOUR_S
from recorder.retention.sweeper import Sweeper
from vms.domain.clock import Clock
from vms.domain.facility import Facility
from vms.settings.believed import BelievedClock

#: What is too old may lie so much longer (seconds); the first time soon after the start.
AGE_EVERY_S, AGE_FIRST_S = 600.0, 20.0
COUNT_EVERY_S, COUNT_YOUNG_S = 60.0, 5.0
SAVE_EVERY_S = 600.0
#: A turn counts for no longer than this before it looks at the room again (seconds).
COUNT_TURN_S = 0.25
#: So long deleting by age and quota goes on before it looks at the room again (seconds).
DUE_TURN_S = 3.0
#: Nothing could be deleted: so long until it is tried again.
EXHAUSTED_S = 3.0
#: Deleting for want of room is told of for so long after it was done last.
PRESSED_S = 3600.0


_UNKNOWN = Forecast()


@dataclass(frozen=True, slots=True)
class Report:
    """What was counted last."""

    recorded: int | None = None
    held: int | None = None
    oldest: float | None = None
    rate: float | None = None
    forecast: Forecast = _UNKNOWN


class Rounds:
    """``turn`` from one thread; the rest is read by others."""

    def __init__(
        self, root: RecordingsRoot, sweeper: Sweeper, deleter: Deleter, account: Account, holds: Holds, clock: Clock,
        believed: BelievedClock, leftovers: Callable[[Facility], None],
        newest: Callable[[], float | None] | None = None,
    ) -> None:  # fmt: skip
        """``newest``: when the newest footage ends, where other disks have some as well."""
        self._root = root
        self._sweeper = sweeper
        self._deleter = deleter
        self._account = account
        self._holds = holds
        self._clock = clock
        self._believed = believed
        self._leftovers = leftovers
        self._newest = newest or self.newest
        self._facility: Facility | None = None
        self._taken_up = -1
        self._unfinished = True
        begun = clock.monotonic()
        self._age_at, self._count_at, self._save_at = begun + AGE_FIRST_S, begun, begun + SAVE_EVERY_S
        self._room_at = begun
        self._pressed_at: float | None = None
        self.report = Report()
        self.exhausted = False
        self.below_minimum = False
        self.waits_for_holds = False
        self.last_deletion: tuple[float, str] | None = None

    def configure(self, facility: Facility) -> None:
        """What is to be kept, from the next turn on."""
        self._facility = facility

    @property
    def undeletable(self) -> bool:
        """Whether files that should have gone cannot be deleted."""
        return self._sweeper.undeletable

    def room(self, space: Space) -> Reserve:
        """What is to be left free."""
        setting = None if self._facility is None else self._facility.retention.reserve_gib
        return policy.reserve(space, self.report.rate, setting)

    def pressed(self, space: Space) -> bool:
        """Whether footage goes for want of room, now or not long ago."""
        at = self._pressed_at
        if at is None or self._clock.monotonic() - at > PRESSED_S:
            return False
        return self.room(space).short(space, policy.CALM) != (0, 0)

    def turn(self, space_of: Callable[[Path], Space]) -> None:
        """One turn; raises ``OSError`` where the disk refuses, then the next begins with what was left undone."""
        facility, disk = self._facility, self._root.disk
        if facility is None or disk is None:
            return
        self._believed.look(self._newest)
        self._sweeper.configure(facility)
        if self._taken_up != self._root.changes:
            self._sweeper.disk = disk.id
            self._account.load(disk.id)
            self._leftovers(facility)
            self._taken_up = self._root.changes
            self._unfinished = True
        if self._unfinished:
            self._deleter.finish(disk.id)
        self._unfinished = True  # unless it comes through
        self._make_room(space_of)
        self._due()
        self._unfinished = False
        self._count(space_of)

    def newest(self) -> float | None:
        """When the newest footage of this disk ends (UTC seconds); None: there is none."""
        root = self._root.view
        ends = (shelves.last_moment(root, one) for one in shelves.shelves(root))
        return max((end for end in ends if end is not None), default=None)

    def _make_room(self, space_of: Callable[[Path], Space]) -> None:
        now = self._clock.monotonic()

        def short(factor: float = 1.0) -> tuple[int, int]:
            space = space_of(self._root.path)
            return self.room(space).short(space, factor)

        if short() == (0, 0):
            self.exhausted = self.waits_for_holds = False
            return
        self.waits_for_holds = not self._holds.current
        if self.waits_for_holds or now < self._room_at:
            return
        done = self._sweeper.for_room(lambda: short(policy.ENOUGH))
        if done.files:
            self._pressed_at = self._clock.monotonic()
            self.below_minimum = done.below_minimum or (self.below_minimum and self.pressed(space_of(self._root.path)))
            self.last_deletion = (self._clock.utc(), "pressure")
        self.exhausted = done.exhausted and short() != (0, 0)
        if not done.files:
            self._room_at = now + EXHAUSTED_S

    def _due(self) -> None:
        now = self._clock.monotonic()
        if now < self._age_at or not self._holds.current:
            return

        def goes_on() -> bool:
            return self._clock.monotonic() < now + DUE_TURN_S

        for reason, done in (("age", self._sweeper.by_age(goes_on)), ("quota", self._sweeper.by_quota(goes_on))):
            if done.files:
                self.last_deletion = (self._clock.utc(), reason)
        if goes_on():  # else the rest is the next turn's
            self._age_at = now + AGE_EVERY_S

    def _count(self, space_of: Callable[[Path], Space]) -> None:
        now = self._clock.monotonic()
        if self._account.complete and now < self._count_at:
            return
        self._account.count(self._clock.utc(), lambda: self._clock.monotonic() < now + COUNT_TURN_S)
        if self._account.complete:
            if self.report.recorded is None:  # what took minutes is kept
                self._save_at = now
            self.report = self._reckon(space_of(self._root.path))
            self._count_at = now + (COUNT_EVERY_S if self.report.rate is not None else COUNT_YOUNG_S)
        if now >= self._save_at:
            self._save_at = now + SAVE_EVERY_S
            self._account.save(self._sweeper.disk)

    def _reckon(self, space: Space) -> Report:
        now = self._clock.utc()
        there = shelves.shelves(self._root.view)
        firsts = [at for one in there if (at := self._sweeper.first_moment(one)) is not None]
        oldest = min(firsts, default=None)
        recorded = self._account.total()
        held = {one: self._account.within(one, self._holds.spans(one.camera, 0.0, now)) for one in there}
        if oldest is None or now - oldest < policy.RATE_S:
            return Report(recorded, sum(held.values()), oldest)
        since = max(oldest, (now - DAY_S) // HOUR_S * HOUR_S)
        sizes = self._account.since(since)
        rate = sum(sizes.values()) / (now - since)
        claims = {
            one: Claim(sizes.get(one, 0) / (now - since), *self._sweeper.kept_days(one), held[one]) for one in there
        }
        quotas = [
            Quota(name, most, tuple(claims[one] for one in members))
            for name, most, members in self._sweeper.quotas(there)
        ]
        forecast = policy.forecast(list(claims.values()), recorded, space, self.room(space), quotas)
        if now - oldest < policy.FORECAST_S:  # minutes tell nothing of a day
            forecast = replace(forecast, short=None)
        return Report(recorded, sum(held.values()), oldest, rate, forecast)
