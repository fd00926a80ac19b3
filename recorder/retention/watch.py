"""The life of all this in a recorder: one thread looks at the disk every second, another counts and deletes.

Every recorder looks whether its disk is there, and stops writing when it is not. Of several on one data folder one
(``Keeper``) counts, deletes, and alarms for all.
"""

from __future__ import annotations

import errno
import logging
import os
import threading
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from recorder.alarms import NodeAlarms
from recorder.disks import Disks
from recorder.keeper import Keeper
from recorder.retention import leftovers, policy
from recorder.retention.account import Account
from recorder.retention.believed import BelievedClock
from recorder.retention.deletion import Deleter
from recorder.retention.holds import Holds
from recorder.retention.mount import RecordingsRoot
from recorder.retention.policy import Finding, Space
from recorder.retention.rounds import Rounds
from recorder.retention.sweeper import Sweeper
from vms.bus import subjects
from vms.bus.outbox import Outbox
from vms.domain.clock import Clock, from_epoch
from vms.domain.facility import Facility
from vms.domain.messages import Gap
from vms.domain.node import StorageState
from vms.settings.environment import Environment

log = logging.getLogger(__name__)

LOOK_S = 1.0
_BUSY = "the disk has come back and is being looked through"
#: An alert ends when nothing was wrong for so long.
QUIET_S = 5.0
#: A refusal of the disk stands for so long: a camera tries again at each key frame.
REFUSED_S = 10.0
JOIN_S = 1.5
#: Nothing could be deleted for so long, whatever it was.
FAILING_S = 60.0


class StorageWatch:
    """``open`` before anything is recorded; ``back`` mends what a disk that went and came back holds."""

    def __init__(
        self,
        environment: Environment,
        name: str,
        disks: Disks,
        alarms: NodeAlarms,
        outbox: Outbox,
        clock: Clock,
        keeper: Keeper,
        kept: Callable[[], bool | None],
    ) -> None:
        data = environment.data
        self._disks = disks
        self._keeper = keeper
        self._alarms = alarms
        self._outbox = outbox
        self._clock = clock
        self.root = RecordingsRoot(data)
        believed = BelievedClock(clock, data / "state" / "retention-clock.json", kept)
        self.holds = Holds(data / "cache" / f"holds-{name}.json", believed)
        self._stop = threading.Event()
        self._missing: str | None = None
        self._leads = self._speaks = False
        self._finding: Finding | None = None
        self._well_since: float | None = None
        self._begun_at = clock.monotonic()
        self._failing = ""
        self._failing_since: float | None = None
        self._space: Space | None = None
        self._back: Callable[[], None] = lambda: None
        account = Account(self.root.path, data / "cache" / "storage.json")
        deleter = Deleter(self.root.path, data / "state" / "deleting.json", environment.node, self.holds, self._tell)
        sweeper = Sweeper(self.root.path, deleter, account, self.holds, believed, self._stop.wait)
        mend = partial(leftovers.mend, self.root.path, node=environment.node, outbox=outbox, clock=clock)
        self.rounds = Rounds(self.root, sweeper, deleter, account, self.holds, clock, believed, mend)
        self._threads = [
            threading.Thread(target=self._watch, name="storage", daemon=True),
            threading.Thread(target=self._sweep, name="sweep", daemon=True),
        ]

    def open(self) -> None:
        """Finds the recordings' disk; ``StorageError`` when recordings cannot be begun here at all."""
        self._missing = self.root.open()
        if self._missing is not None:
            log.error("storage.missing detail=%s", self._missing)
            self._disks.refuse(self._missing)

    def start(self, back: Callable[[], None]) -> None:
        """Begins to look and to sweep."""
        self._back = back
        for thread in self._threads:
            thread.start()

    def configure(self, facility: Facility) -> None:
        """What is to be kept, from now on."""
        self.rounds.configure(facility)

    def state(self) -> StorageState | None:
        """For the node's heartbeat; None of a recorder that leaves the disk to another."""
        if not self._speaks:
            return None
        finding, space, report = self._finding, self._space, self.rounds.report
        state = StorageState() if finding is None else StorageState(status=finding.status, detail=finding.action)
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

    def stop(self) -> None:
        """Ends both threads; a step that is being done is finished."""
        self._stop.set()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(JOIN_S)

    # --- the thread that looks ------------------------------------------------------------------------------------

    def _watch(self) -> None:
        failing = False
        while True:
            try:
                self._look()
                failing = False
            except Exception:  # whatever it is: the next look may tell more
                if not failing:
                    log.exception("storage.unseen")
                failing = True
            if self._stop.wait(LOOK_S):
                return

    def _look(self) -> None:
        changes = self.root.changes
        missing = self.root.look()
        if missing is not None and self._missing is None:
            log.error("storage.missing detail=%s", missing)
            self._missing = missing
            self._disks.refuse(missing)
        elif missing is None and (self._missing is not None or self.root.changes != changes):
            missing = self._return()
        self._missing = missing
        self._space = None if missing is not None else self._measure()
        self._leads, self._speaks = self._keeper.holds(), self._keeper.speaks()
        finding = self._judge()
        if not self._speaks:
            finding = None  # whoever leads tells of it
        self._tell_finding(finding)

    def _measure(self) -> Space:
        """After an error a file system may refuse all writing without saying so of itself."""
        space, refused = space_of(self.root.path), self._disks.refused
        if refused is None or refused[0] != errno.EROFS or self._clock.monotonic() - refused[1] > REFUSED_S:
            return space
        return replace(space, read_only=True)

    def _return(self) -> str | None:
        """The disk is there again, or another in its place: what lay open on it is mended before it is written to."""
        self._disks.refuse(_BUSY)
        if not self._disks.settled(JOIN_S):
            return _BUSY  # somebody still writes to what was there before
        try:
            self._back()
        finally:
            self._disks.refuse(None)
        log.info("storage.back")
        return None

    def _judge(self) -> Finding | None:
        rounds = self.rounds
        read_at = self.holds.read_at
        since, patience = (self._begun_at, policy.HOLDS_S) if read_at is None else (read_at, policy.HOLDS_LOST_S)
        if rounds.waits_for_holds:
            patience = policy.HOLDS_WANTED_S
        unheard = not self.holds.current and self._clock.monotonic() - since > patience
        return policy.judge(
            policy.Look(
                missing=self._missing,
                space=self._space,
                room=None if self._space is None else rounds.room(self._space),
                holds_missed=unheard,
                exhausted=rounds.exhausted,
                holds=self.holds.any,
                pressed=self._space is not None and rounds.pressed(self._space),
                below_minimum=rounds.below_minimum,
                short=rounds.report.forecast.short,
                undeletable=self._undeletable(),
            )
        )

    def _undeletable(self) -> bool:
        since = self._failing_since
        failing = since is not None and self._clock.monotonic() - since > FAILING_S
        return failing or self.rounds.undeletable

    def _tell_finding(self, finding: Finding | None) -> None:
        now = self._clock.monotonic()
        if finding is None and self._finding is not None:
            self._well_since = self._well_since or now
            if self._speaks and now - self._well_since < QUIET_S:
                return
        self._well_since = None
        self._finding = finding
        if finding is None:
            self._alarms.tell("storage", None)
        else:
            detail = {**finding.detail(), "path": str(self.root.place)}
            self._alarms.tell("storage", detail, finding.severity)

    # --- the thread that deletes ----------------------------------------------------------------------------------

    def _sweep(self) -> None:
        while not self._stop.wait(LOOK_S):
            self._turn()

    def _turn(self) -> None:
        space = self._space
        if not self._leads or self._missing is not None or space is None or space.read_only:
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
        self._outbox.put(subjects.stored(gap.site, gap.camera, "gap"), gap.encode(), msg_id, sync=True)


def space_of(path: Path) -> Space:
    """What the file system of ``path`` says of itself; raises ``OSError``."""
    stat = os.statvfs(path)
    space = Space(stat.f_bavail * stat.f_frsize, stat.f_blocks * stat.f_frsize)
    if stat.f_files:
        space = replace(space, free_files=stat.f_favail, total_files=stat.f_files)
    return replace(space, read_only=bool(stat.f_flag & os.ST_RDONLY))
