"""One sweep: what is older than its days, what is above a quota, what has to go for want of room. Oldest first, over
all cameras of the disk, in small steps; held footage never.

A quota spares what is younger than ``min_days``; want of room does so while there is older footage anywhere.
"""

from __future__ import annotations

import heapq
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from recorder.retention import shelf as shelves
from recorder.retention.account import Account
from recorder.retention.deletion import Deleter, Reason
from recorder.retention.holds import Holds
from recorder.retention.policy import DAY_S, GIB
from recorder.retention.shelf import Batch, Shelf
from vms.domain.clock import Clock, from_epoch, rfc3339
from vms.domain.facility import Camera, Facility, FacilityInfo, Site

log = logging.getLogger(__name__)

#: Files of a step: ten minutes of a camera; by age, whose order among cameras is of no account, up to an hour.
STEP_FILES, AGE_FILES = 10, 60
#: Between steps the disk belongs to the writers (seconds).
PAUSE_S, PRESSED_PAUSE_S = 0.2, 0.02
#: Empty folders of so young days are left: one may be about to be written into.
PRUNE_S = 2 * DAY_S
#: A file that cannot be deleted is tried again after so long; it is told of for a little longer, until it was.
ASIDE_S, ASIDE_TOLD_S = 3600.0, 1200.0


@dataclass(slots=True)
class Swept:
    """What a sweep did."""

    files: int = 0
    bytes: int = 0
    cameras: set[str] = field(default_factory=set)
    oldest: float | None = None
    below_minimum: bool = False
    exhausted: bool = False  # more was wanted than there was


class Sweeper:
    """For one thread. ``clock`` is the one by which footage ages.

    ``stopped(seconds)`` waits so long, and is true when the process is to end.
    """

    def __init__(
        self, root: Path, deleter: Deleter, account: Account, holds: Holds, clock: Clock,
        stopped: Callable[[float], bool],
    ) -> None:  # fmt: skip
        self._root = root
        self._deleter = deleter
        self._account = account
        self._holds = holds
        self._clock = clock
        self._stopped = stopped
        self.disk = ""
        self._cameras: dict[Shelf, tuple[Site, Camera]] = {}
        self._sites: dict[str, Site] = {}
        self._bare: set[tuple[Shelf, str]] = set()
        self._aside: dict[tuple[Shelf, str], float] = {}
        self._facility = Facility(facility=FacilityInfo(name="-"))

    def configure(self, facility: Facility) -> None:
        """What applies from the next sweep on."""
        self._cameras = {Shelf(site.id, camera.id): (site, camera) for site, camera in facility.cameras()}
        self._sites = {site.id: site for site in facility.sites}
        self._facility = facility

    @property
    def undeletable(self) -> bool:
        """Whether there are files that should have gone and cannot; from any thread."""
        since = self._clock.monotonic() - ASIDE_TOLD_S
        return any(until > since for until in list(self._aside.values()))

    def kept_days(self, shelf: Shelf) -> tuple[float, float | None]:
        """Days that this camera's footage is kept at most, and at least."""
        site, camera = self._cameras.get(shelf, (self._sites.get(shelf.site), None))
        return self._facility.kept_days(site, camera)

    def quotas(self, there: list[Shelf]) -> list[tuple[str, float, list[Shelf]]]:
        """The name of each ``max_gib``, what it is, and for which of ``there``: cameras, then sites, then all."""
        known = self._cameras.items()
        bounds = [(f"camera:{one.camera}", camera.retention, [one]) for one, (_, camera) in known if one in there]
        for site in self._facility.sites:
            bounds.append((f"site:{site.id}", site.retention, [one for one in there if one.site == site.id]))
        bounds.append(("facility", self._facility.retention, there))
        return [
            (name, said.max_gib, members)
            for name, said, members in bounds
            if said is not None and said.max_gib is not None and members
        ]

    def by_age(self, goes_on: Callable[[], bool]) -> Swept:
        """Deletes what is older than its days, as long as ``goes_on`` says so."""
        now = self._clock.utc()
        done = Swept()
        for one in shelves.shelves(self._root):
            limit = now - self.kept_days(one)[0] * DAY_S
            while (batch := self._oldest(one, AGE_FILES)) is not None:
                old = tuple(file for file in batch.files if file.until <= limit)
                if not old or not self._step(Batch(one, batch.day, batch.hour, old), "age", done):
                    break
                if self._stopped(PAUSE_S) or not goes_on():
                    _say("age", done)
                    return done
        _say("age", done)
        return done

    def by_quota(self, goes_on: Callable[[], bool]) -> Swept:
        """Deletes what is above ``max_gib`` of a camera, a site, or all; what must be kept at least stays."""
        done = Swept()
        if not self._account.complete:
            return done
        for _, most, members in self.quotas(shelves.shelves(self._root)):
            chosen = set(members)

            def above(most: float = most, chosen: set[Shelf] = chosen) -> int:
                return self._account.total(chosen.__contains__) - int(most * GIB) if goes_on() else 0

            self._clear(chosen, "quota", above, PAUSE_S, self._past_minimum, done)
        _say("quota", done)
        return done

    def for_room(self, short: Callable[[], tuple[int, int]]) -> Swept:
        """Deletes until ``short`` (bytes and files to free) is nothing.

        No more than was short at first: some file systems tell only later what was freed.
        """
        there = shelves.shelves(self._root)
        first, done = short(), Swept()

        def excess() -> int:
            size, files = short()
            size, files = min(size, first[0] - done.bytes), min(files, first[1] - done.files)
            return size if size > 0 else int(files > 0)

        self._clear(there, "pressure", excess, PRESSED_PAUSE_S, self._past_minimum, done)
        if done.exhausted:
            self._clear(there, "pressure", excess, PRESSED_PAUSE_S, lambda _one: float("inf"), done)
        _say("pressure", done)
        return done

    def _past_minimum(self, one: Shelf) -> float:
        """The moment before which footage need not be kept."""
        least = self.kept_days(one)[1]
        return float("inf") if least is None else self._clock.utc() - least * DAY_S

    def _clear(
        self, there: Iterable[Shelf], reason: Reason, excess: Callable[[], int], pause_s: float,
        before: Callable[[Shelf], float], done: Swept,
    ) -> None:  # fmt: skip
        done.exhausted = False
        if excess() <= 0:
            return
        heads = [batch for one in there if (batch := self._oldest(one, STEP_FILES)) is not None]
        queue = [(batch.start, batch.shelf, batch) for batch in heads if batch.files[0].until <= before(batch.shelf)]
        heapq.heapify(queue)
        while (wanted := excess()) > 0:
            if not queue:
                done.exhausted = True
                return
            _, one, batch = heapq.heappop(queue)
            limit = before(one)
            files, size = [], 0
            for file in batch.files:
                if size >= wanted or file.until > limit:
                    break
                files.append(file)
                size += file.bytes
            self._step(Batch(one, batch.day, batch.hour, tuple(files)), reason, done)
            following = self._oldest(one, STEP_FILES)
            if following is not None and following.files[0].until <= limit and following != batch:
                heapq.heappush(queue, (following.start, one, following))
            if self._stopped(pause_s):
                return

    def _oldest(self, one: Shelf, most: int) -> Batch | None:
        return shelves.oldest(self._root, one, most, self._holds, self._spent, self._bare, self._is_aside)

    def _is_aside(self, one: Shelf, name: str) -> bool:
        return self._aside.get((one, name), float("-inf")) > self._clock.monotonic()

    def first_moment(self, one: Shelf) -> float | None:
        """When the camera's oldest footage begins, held or not."""
        return shelves.first_moment(self._root, one, self._bare)

    def _spent(self, hour: Path, only: bool) -> None:
        if shelves.begin_of(hour.parent.name) < self._clock.utc() - PRUNE_S:
            self._deleter.prune(hour, only)

    def _step(self, batch: Batch, reason: Reason, done: Swept) -> bool:
        """False when nothing went: a hold came in between. What cannot be deleted is set aside."""
        gone = self._deleter.delete(batch, reason, self.disk)
        for file in batch.files:
            self._aside.pop((batch.shelf, file.name), None)
        until = self._clock.monotonic() + ASIDE_S
        self._aside |= {(batch.shelf, name): until for name in gone.refused}
        self._account.take(batch.shelf, batch.day, batch.hour, gone.bytes)
        if gone.files:
            done.files += gone.files
            done.bytes += gone.bytes
            done.cameras.add(batch.shelf.camera)
            done.oldest = batch.start if done.oldest is None else min(done.oldest, batch.start)
            done.below_minimum |= reason == "pressure" and batch.files[-1].until > self._past_minimum(batch.shelf)
        return gone.files > 0 or bool(gone.refused)


def _say(reason: Reason, done: Swept) -> None:
    if done.files:
        log.info(
            "retention.deleted reason=%s cameras=%d files=%d bytes=%d from=%s",
            reason, len(done.cameras), done.files, done.bytes, rfc3339(from_epoch(done.oldest or 0.0)),
        )  # fmt: skip
