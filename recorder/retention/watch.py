"""All disks of a recorder, and what is told of them. Each is looked after by itself (``volume``).

A site's own disk, one that is mounted at its folder, is known by its marker like that of all others, and refuses that
site's writing alone.

Of several recorders on one data folder one (``Keeper``) counts, deletes, and alarms for all.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Container
from pathlib import Path

from recorder.alarms import NodeAlarms
from recorder.disk import DiskWriter
from recorder.disks import Disks
from recorder.keeper import Keeper
from recorder.retention import mount, policy
from recorder.retention.holds import Holds
from recorder.retention.mount import RecordingsRoot
from recorder.retention.policy import Finding, Space
from recorder.retention.volume import Shared, Volume
from vms.bus.outbox import Outbox
from vms.domain.clock import Clock
from vms.domain.facility import Facility
from vms.domain.node import StorageState
from vms.settings.believed import BelievedClock
from vms.settings.environment import Environment

log = logging.getLogger(__name__)

#: An alert ends when nothing was wrong for so long.
QUIET_S = 5.0


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
        self._data = data = environment.data
        self._links = data / "state" / f"disks-{name}"
        self._disks = disks
        self._keeper = keeper
        self._alarms = alarms
        self._clock = clock
        believed = BelievedClock(clock, data / "state" / "retention-clock.json", kept)
        self.holds = Holds(data / "cache" / f"holds-{name}.json", believed)
        self._shared = Shared(environment, disks, outbox, clock, keeper, self.holds, believed, self._newest)
        self._speaks = False
        self._finding: Finding | None = None
        self._well_since: float | None = None
        self._facility: Facility | None = None
        self._back: Callable[[str], None] | None = None
        self._taking = threading.Lock()
        self._telling = threading.Lock()
        self.main = Volume(RecordingsRoot(data), self._shared)
        self.root = self.main.root
        self._volumes = {"": self.main}  # by site

    def open(self) -> None:
        """Finds the recordings' disks; ``StorageError`` when recordings cannot be begun here at all."""
        self.main.open()
        self._take_up()

    def start(self, back: Callable[[str], None]) -> None:
        """Begins to look and to sweep. ``back`` gets a site with a disk of its own, or "" for all others."""
        with self._taking:
            self._back = back
            for one in self._all():
                self._start(one)

    def configure(self, facility: Facility) -> None:
        """What is to be kept, from now on."""
        self._facility = facility
        for one in self._all():
            one.rounds.configure(facility)

    def mount_of(self, site: str) -> str:
        """The site, where it has a disk of its own, else ""."""
        return site if site in self._volumes else ""

    def root_of(self, site: str) -> Path:
        """Beneath which the site's recordings are written, as ``recorder.layout`` says."""
        return self._volumes.get(site, self.main).root.view

    def space(self, site: str) -> Space | None:
        """What its disk had at the last look; None while it is away. Asks nobody: a file system may never answer."""
        return self._volumes.get(site, self.main).space

    def writer(self, site: str, camera: str) -> DiskWriter:
        """Who writes the camera's footage. Asks the file system."""
        self._take_up()
        return self._disks.of(self.root_of(site) / site / camera, self.mount_of(site))

    def reachable(self, sites: Container[str] | None) -> Reachable:
        """Those of ``sites`` (None: of all) whose disk is there: an empty folder beneath a mount is no index."""
        return Reachable(sites, self._volumes)

    def state(self) -> StorageState | None:
        """For the node's heartbeat: the disk that is worst off; None of a recorder that leaves that to another."""
        if not self._speaks:
            return None
        worst = self._by_gravity()[0]
        return worst.state() if worst.finding else min((one.state() for one in self._all()), key=_days_left)

    def stop(self) -> None:
        """Ends all threads; a step that is being done is finished."""
        for one in self._all():
            one.ask_to_stop()
        for one in self._all():
            one.stop()

    def close(self) -> None:
        """Nothing is written any more."""
        for one in self._all():
            one.root.close()

    def _all(self) -> list[Volume]:
        return list(self._volumes.values())

    def _start(self, one: Volume) -> None:
        if self._back is not None:
            one.start(self._back, self._looked if one.site else self._all_looked)

    def _take_up(self) -> None:
        """The disks of sites that are mounted, or that another recorder has noted."""
        with self._taking:
            for site in sorted(mount.sites(self._data, self._volumes)):
                one = Volume(RecordingsRoot(self._data, site, self._links), self._shared)
                one.open()
                log.info("storage.own_disk site=%s path=%s", site, one.root.place)
                if self._facility is not None:
                    one.rounds.configure(self._facility)
                self._volumes[site] = one
                self._start(one)

    def _newest(self) -> float | None:
        there = [one.rounds.newest() for one in self._all() if one.missing is None]
        return max((end for end in there if end is not None), default=None)

    # --- what is told ---------------------------------------------------------------------------------------------

    def _look(self) -> None:
        """One look at all of them."""
        for one in self._all():
            one.look(self._back or (lambda _site: None))
        self._looked()

    def _all_looked(self) -> None:
        if self.main.missing is None:
            self._take_up()
        self._looked()

    def _looked(self) -> None:
        with self._telling:
            self._speaks = self._keeper.speaks()
            self._tell_worst()

    def _by_gravity(self) -> list[Volume]:
        return sorted(self._all(), key=lambda one: (policy.gravity(one.finding), one.site))

    def _tell_worst(self) -> None:
        now = self._clock.monotonic()
        worst, *others = self._by_gravity()
        finding = worst.finding if self._speaks else None  # else whoever leads tells of it
        if finding is None and self._finding is not None:
            self._well_since = self._well_since or now
            if self._speaks and now - self._well_since < QUIET_S:
                return
        self._well_since = None
        self._finding = finding
        if finding is None:
            self._alarms.tell("storage", None)
            return
        also = "".join(f"; also {one.root.place}: {one.finding.reason}" for one in others if one.finding is not None)
        detail = {"reason": finding.reason, "action": worst.said(finding) + also, "path": str(worst.root.place)}
        self._alarms.tell("storage", detail, finding.severity)


class Reachable(Container[str]):
    """Sites whose disk is there now."""

    def __init__(self, sites: Container[str] | None, volumes: dict[str, Volume]) -> None:
        self._sites, self._volumes = sites, volumes

    @property
    def away(self) -> bool:
        """Whether the disk of one of the sites is not there."""
        wanted = (one for site, one in self._volumes.items() if self._sites is None or site in self._sites)
        return any(one.missing is not None for one in wanted)

    def __contains__(self, site: object) -> bool:
        volume = self._volumes.get(str(site))
        return (self._sites is None or site in self._sites) and (volume is None or volume.missing is None)


def _days_left(state: StorageState) -> float:
    return float("inf") if state.days_left is None else state.days_left
