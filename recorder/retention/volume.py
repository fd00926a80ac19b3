"""One disk of recordings: one thread looks at it every second, another counts and deletes on it.

Every recorder looks whether the disk is there, and stops writing to it when it is not. What is wrong with it is found
here; of several disks what is told of them is ``watch``.
"""

from __future__ import annotations

import errno
import logging
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from recorder.disks import Disks
from recorder.keeper import Keeper
from recorder.retention import leftovers, policy
from recorder.retention.account import Account
from recorder.retention.deletion import Deleter
from recorder.retention.holds import Holds
from recorder.retention.mount import RecordingsRoot
from recorder.retention.policy import Finding, Space
from recorder.retention.rounds import Rounds
from recorder.retention.sweeper import Sweeper
from vms.bus import subjects
from vms.bus.outbox import Outbox
from vms.domain.clock import Clock, from_epoch
from vms.domain.errors import StorageError
from vms.domain.messages import Gap
from vms.domain.node import StorageState
from vms.settings.believed import BelievedClock
from vms.settings.environment import Environment

log = logging.getLogger(__name__)

LOOK_S = 1.0
OPEN_S = 2.0
_BUSY = "the disk has come back and is being looked through"
#: A refusal of the disk stands for so long: a camera tries again at each key frame.
REFUSED_S = 10.0
JOIN_S = 1.5
#: Nothing could be deleted for so long, whatever it was.
FAILING_S = 60.0
#: A disk that wakes up, or one behind a busy array, is back sooner; the queue has room for longer.
STALLED_S = 15.0


@dataclass(frozen=True, slots=True)
class Shared:
    """What all disks of a recorder have in common. ``newest``: when the newest footage on any of them ends."""

    environment: Environment
    disks: Disks
    outbox: Outbox
    clock: Clock
    keeper: Keeper
    holds: Holds
    believed: BelievedClock
    newest: Callable[[], float | None]


class Volume:
    """``open`` before anything is recorded on it. ``finding``, ``space``, ``leads`` are those of the last ``look``."""

    def __init__(self, root: RecordingsRoot, shared: Shared) -> None:
        self.root, self.site = root, root.site
        self._shared = shared
        self._disks, self._clock, self._holds = shared.disks, shared.clock, shared.holds
        self._begun_at = shared.clock.monotonic()
        self._stop = threading.Event()
        self.missing: str | None = None
        self.finding: Finding | None = None
        self.leads = False
        self._failing = ""
        self._failing_since: float | None = None
        self.space: Space | None = None
        self._threads: list[threading.Thread] = []
        data, node, of = shared.environment.data, shared.environment.node, f"-{root.site}" if root.site else ""
        account = Account(root.view, data / "cache" / f"storage{of}.json")
        deleter = Deleter(root.view, data / "state" / f"deleting{of}.json", node, shared.holds, self._tell)
        sweeper = Sweeper(root.view, deleter, account, shared.holds, shared.believed, self._stop.wait)
        mend = partial(leftovers.mend, root.view, node=node, outbox=shared.outbox, clock=shared.clock)
        self.rounds = Rounds(
            root, sweeper, deleter, account, shared.holds, shared.clock, shared.believed, mend, shared.newest
        )

    def open(self) -> None:
        """Finds the disk; ``StorageError`` when recordings cannot be begun here at all.

        That of a site is waited for a little: the others go on without it.
        """
        if not self.site:
            self.missing = self.root.open()
        else:
            found: list[str | None] = []
            opening = threading.Thread(target=lambda: found.append(self._opened()), daemon=True)
            opening.start()
            opening.join(OPEN_S)
            self.missing = found[0] if found else f"{self.root.place} does not answer; check the disk (dmesg)"
        if self.missing is not None:
            log.error("storage.missing detail=%s", self.missing)
            self._disks.refuse(self.missing, self.site)

    def _opened(self) -> str | None:
        try:
            return self.root.open()
        except StorageError as err:
            return str(err)

    def start(self, back: Callable[[str], None], told: Callable[[], None]) -> None:
        """Begins to look and to sweep. ``back`` mends what a disk that went and came back holds, of a site or of all
        that have none of their own; ``told`` is called after each look.
        """
        self._threads = [
            threading.Thread(target=self._watch, args=(back, told), name=f"storage {self.site}".strip(), daemon=True),
            threading.Thread(target=self._sweep, name=f"sweep {self.site}".strip(), daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def state(self) -> StorageState:
        """For the node's heartbeat."""
        finding, space, report = self.finding, self.space, self.rounds.report
        state = StorageState(site=self.site or None)
        if finding is not None:
            state = state.model_copy(update={"status": finding.status, "detail": self.said(finding)})
        if space is None:
            return state
        last = self.rounds.last_deletion
        turning = finding is not None and finding.status in ("pressure", "held_only", "full")
        return state.model_copy(
            update={
                "free_bytes": space.free, "total_bytes": space.total,
                "recorded_bytes": report.recorded, "held_bytes": report.held,
                "oldest": None if report.oldest is None else from_epoch(report.oldest),
                "days_left": 0.0 if turning else report.forecast.left,
                "days_kept": report.forecast.kept, "days_kept_by": report.forecast.kept_by,
                "days_wanted": report.forecast.wanted,
                "deleted_at": None if last is None else from_epoch(last[0]),
                "deleted_because": None if last is None else last[1],
            }
        )  # fmt: skip

    def said(self, finding: Finding) -> str:
        """What to do; of a site's disk with its place."""
        place = str(self.root.place)
        return finding.action if not self.site or place in finding.action else f"{place}: {finding.action}"

    def ask_to_stop(self) -> None:
        """Both threads end; a step that is being done is finished."""
        self._stop.set()

    def stop(self) -> None:
        """Waits for that."""
        self.ask_to_stop()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(JOIN_S)

    # --- the thread that looks ------------------------------------------------------------------------------------

    def _watch(self, back: Callable[[str], None], told: Callable[[], None]) -> None:
        failing = False
        while True:
            try:
                self.look(back)
                told()
                failing = False
            except Exception:  # whatever it is: the next look may tell more
                if not failing:
                    log.exception("storage.unseen")
                failing = True
            if self._stop.wait(LOOK_S):
                return

    def look(self, back: Callable[[str], None]) -> None:
        """One look at the disk."""
        changes = self.root.changes
        missing = self.root.look()
        if missing is not None and self.missing is None:
            log.error("storage.missing detail=%s", missing)
            self.missing = missing
            self._disks.refuse(missing, self.site)
        elif missing is None and (self.missing is not None or self.root.changes != changes):
            missing = self._return(back)
        self.missing = missing
        self.space = None if missing is not None else self._measure()
        self.leads = self._shared.keeper.holds()
        self.finding = self._judge()

    def _measure(self) -> Space:
        """After an error a file system may refuse all writing without saying so of itself."""
        space, refused = space_of(self.root.path), self._disks.refused(self.site)
        if refused is None or refused[0] != errno.EROFS or self._clock.monotonic() - refused[1] > REFUSED_S:
            return space
        return replace(space, read_only=True)

    def _return(self, back: Callable[[str], None]) -> str | None:
        """The disk is there again, or another in its place: what lay open on it is mended before it is written to."""
        self._disks.refuse(_BUSY, self.site)
        if not self._disks.settled(JOIN_S, self.site):
            return _BUSY  # somebody still writes to what was there before
        try:
            back(self.site)
        finally:
            self._disks.refuse(None, self.site)
        log.info("storage.back path=%s", self.root.place)
        return None

    def _judge(self) -> Finding | None:
        rounds = self.rounds
        read_at = self._holds.read_at
        since, patience = (self._begun_at, policy.HOLDS_S) if read_at is None else (read_at, policy.HOLDS_LOST_S)
        if rounds.waits_for_holds:
            patience = policy.HOLDS_WANTED_S
        unheard = not self._holds.current and self._clock.monotonic() - since > patience
        return policy.judge(
            policy.Look(
                missing=self.missing,
                space=self.space,
                room=None if self.space is None else rounds.room(self.space),
                holds_missed=unheard,
                exhausted=rounds.exhausted,
                holds=self._holds.any,
                pressed=self.space is not None and rounds.pressed(self.space),
                below_minimum=rounds.below_minimum,
                short=rounds.report.forecast.short,
                undeletable=self._undeletable(),
                stalled=self._disks.still_s(self.site) > STALLED_S,
            )
        )

    def _undeletable(self) -> bool:
        since = self._failing_since
        failing = since is not None and self._clock.monotonic() - since > FAILING_S
        return failing or self.rounds.undeletable

    # --- the thread that deletes ----------------------------------------------------------------------------------

    def _sweep(self) -> None:
        while not self._stop.wait(LOOK_S):
            self.turn()

    def turn(self) -> None:
        """One turn of counting and deleting, where this recorder is the one to do so."""
        space = self.space
        if not self.leads or self.missing is not None or space is None or space.read_only:
            self._failing_since = None
            return
        try:
            self.rounds.turn(space_of)
            self._failing, self._failing_since = "", None
        except Exception as err:  # nobody else would delete, or count
            if str(err) != self._failing:  # once, not every second
                log.error("retention.failed error=%s", err, exc_info=not isinstance(err, OSError))
            self._failing = str(err)
            self._failing_since = self._failing_since or self._clock.monotonic()

    def _tell(self, gap: Gap) -> None:
        end = 0.0 if gap.end is None else gap.end.timestamp()
        msg_id = f"{gap.id}.{end:.3f}.{gap.reason}"
        self._shared.outbox.put(subjects.stored(gap.site, gap.camera, "gap"), gap.encode(), msg_id, sync=True)


def space_of(path: Path) -> Space:
    """What the file system of ``path`` says of itself; raises ``OSError``."""
    stat = os.statvfs(path)
    space = Space(stat.f_bavail * stat.f_frsize, stat.f_blocks * stat.f_frsize)
    if stat.f_files:
        space = replace(space, free_files=stat.f_favail, total_files=stat.f_files)
    return replace(space, read_only=bool(stat.f_flag & os.ST_RDONLY))
