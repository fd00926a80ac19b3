"""When a dark camera becomes the alert ``camera_offline``, and a dark site one ``site_unreachable``. Pure."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from vms.domain.rules import DWELL_S, REARM_S

#: A camera whose site just came back gets this long to connect.
GRACE_S = 20.0
#: One that has never been seen gets longer: it may still be mounted, or its site's switch be starting.
FIRST_GRACE_S = 60.0
#: Cameras of a cut site are noticed one by one; the first waits this long for the others.
TOGETHER_S = 2.0
#: Fewer cameras than this are told one by one.
SITE_MIN = 3
#: All cameras of a site are dark, whatever their rules say, and one of which nothing is told yet for so long.
SITE_S = DWELL_S["camera_offline"]
#: Several heartbeats of all workers missed: the bus hangs or restarts. Alarms wait so long for it to come back, and
#: then until everybody had time to speak.
SILENT_S, HOLD_S, RESUME_S = 4.0, 30.0, 4.0


@dataclass(frozen=True, slots=True)
class Status:
    """One enabled camera now; ``dark_s`` how long it had been dark when it was found offline.

    ``dwell_s``, ``rearm_s``, ``armed``: what its rule ``camera_offline`` says. Outside its schedule no alert opens, and
    one that is open goes on: the camera is not back.
    """

    site: str
    camera: str
    offline: bool
    reason: str | None = None
    dark_s: float = 0.0
    dwell_s: float = DWELL_S["camera_offline"]
    rearm_s: float = REARM_S["camera_offline"]
    armed: bool = True


@dataclass(frozen=True, slots=True)
class Action:
    """What to do: an alert to open or to end. ``camera`` of a site's alert is its first camera."""

    kind: Literal["camera_offline", "site_unreachable"]
    does: Literal["open", "end"]
    site: str
    camera: str
    cameras: tuple[str, ...] = ()
    reason: str | None = None


@dataclass(slots=True)
class Hush:
    """Whether alarms wait: nobody at all is heard. That is the bus, long before it is every camera at once."""

    _until: float = 0.0

    def holds(self, now: float, heard_at: float) -> bool:
        """``heard_at``: when any worker spoke last (monotonic seconds, like ``now``)."""
        silence = now - heard_at
        if silence > SILENT_S:
            self._until = now + RESUME_S
            return silence < HOLD_S
        return now < self._until


@dataclass(slots=True)
class Alarms:
    """The alarms in force and who has been dark since when (monotonic seconds)."""

    cameras: dict[str, str] = field(default_factory=dict)  # camera -> site, alert open
    sites: dict[str, str] = field(default_factory=dict)  # site -> the camera its alert is filed under
    _dark_since: dict[str, float] = field(default_factory=dict)
    _back_since: dict[str, float] = field(default_factory=dict)
    _not_before: dict[str, float] = field(default_factory=dict)

    def tick(self, now: float, statuses: Iterable[Status]) -> list[Action]:
        """What follows from the present; apply all of it, in order."""
        by_site: dict[str, list[Status]] = defaultdict(list)
        for status in statuses:
            by_site[status.site].append(status)
            self._note(now, status)
        present = {status.camera: site for site, members in by_site.items() for status in members}
        actions = self._forget(present)
        for site, members in by_site.items():
            actions += self._site(now, site, members)
        return actions

    def _note(self, now: float, status: Status) -> None:
        self._not_before.setdefault(status.camera, now + FIRST_GRACE_S)
        if not status.offline:
            self._not_before[status.camera] = min(now, self._not_before[status.camera])
            self._dark_since.pop(status.camera, None)
            self._back_since.setdefault(status.camera, now)
        else:
            self._dark_since.setdefault(status.camera, now - status.dark_s)
            self._back_since.pop(status.camera, None)

    def _forget(self, present: dict[str, str]) -> list[Action]:
        """Cameras that left the configuration, were disabled or moved."""
        actions = []
        for camera, site in list(self.cameras.items()):
            if present.get(camera) != site:
                del self.cameras[camera]
                actions.append(Action("camera_offline", "end", site, camera))
        for site, camera in list(self.sites.items()):
            if site not in present.values():
                del self.sites[site]
                actions.append(Action("site_unreachable", "end", site, camera))
        for known in (self._dark_since, self._back_since, self._not_before):
            for camera in known.keys() - present.keys():
                del known[camera]
        return actions

    def _site(self, now: float, site: str, members: list[Status]) -> list[Action]:
        actions = [
            Action("camera_offline", "end", site, status.camera)
            for status in members
            if self._over(now, status) and self.cameras.pop(status.camera, None) is not None
        ]
        dark = [status for status in members if status.offline]
        if site in self.sites:
            if len(dark) == len(members):
                return actions
            actions.append(Action("site_unreachable", "end", site, self.sites.pop(site)))
            for status in dark:  # those that stay away are told one by one, after time to come back
                self._dark_since[status.camera] = now
                self._not_before[status.camera] = now + GRACE_S
            return actions
        waiting = [status for status in dark if status.camera not in self.cameras]
        if waiting and len(dark) == len(members) >= SITE_MIN:
            told = next((status for status in waiting if self._dark(now, status) >= SITE_S), None)
            if told is None:
                return actions  # so soon it is the site, or nothing
            self.sites[site] = members[0].camera
            names = tuple(status.camera for status in members)
            return [*actions, Action("site_unreachable", "open", site, members[0].camera, names, told.reason)]
        many = len(waiting) >= SITE_MIN and 2 * len(waiting) > len(members)
        for status in waiting:
            if status.armed and self._dark(now, status) >= status.dwell_s + (TOGETHER_S if many else 0.0):
                self.cameras[status.camera] = site
                actions.append(Action("camera_offline", "open", site, status.camera, (), status.reason))
        return actions

    def _dark(self, now: float, status: Status) -> float:
        """For how long, in seconds; less than none while it has time to connect."""
        return -math.inf if now < self._not_before[status.camera] else now - self._dark_since[status.camera]

    def _over(self, now: float, status: Status) -> bool:
        return not status.offline and now - self._back_since[status.camera] >= status.rearm_s
