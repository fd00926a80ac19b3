"""How much room is left free, how long the disk lasts, what is wrong with it. Pure; sizes in bytes, rates bytes/s."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from vms.domain.facility import Severity
from vms.domain.node import StorageStatus

GIB = 2**30
DAY_S = 86400.0
#: The room that is left free: so much of the disk, so much time at the present rate, and so many bytes (but no more
#: than a tenth of a small disk). ``retention.reserve_gib`` replaces it.
RESERVE_SHARE, RESERVE_S, RESERVE_BYTES, RESERVE_SMALL = 0.02, 300.0, 512 * 2**20, 0.1
#: The same for the number of files: a minute of a camera is one.
RESERVE_FILES = 1000
#: Deleting under pressure goes on until there is so much more than the reserve; it is over when there is twice of it.
ENOUGH, CALM = 1.25, 2.0
#: Less than that is nothing: no file can be begun.
NOTHING = 64 * 1024
#: A rate is known from so much footage on; a forecast from so much.
RATE_S, FORECAST_S = 60.0, 3600.0
#: Holds that nobody has told of for so long since the start are missed, those that were read before for so long since
#: then: where room is left a bus that is started anew, or away for some minutes, is nothing to wake anybody for.
HOLDS_S, HOLDS_LOST_S = 60.0, 600.0
#: Where something has to go for want of room: as soon as they count no longer, at a start after so long.
HOLDS_WANTED_S = 8.0


@dataclass(frozen=True, slots=True)
class Space:
    """A file system: free to whom is not root, and in all. Of files: None where it does not count them."""

    free: int
    total: int
    free_files: int | None = None
    total_files: int | None = None
    read_only: bool = False


@dataclass(frozen=True, slots=True)
class Reserve:
    """Below either the oldest footage goes."""

    bytes: int
    files: int

    def short(self, space: Space, factor: float = 1.0) -> tuple[int, int]:
        """Bytes and files to free until there is ``factor`` times the reserve; (0, 0): enough is free."""
        files = 0 if space.free_files is None else max(0, round(self.files * factor) - space.free_files)
        return max(0, round(self.bytes * factor) - space.free), files


def reserve(space: Space, rate: float | None, setting_gib: float | None) -> Reserve:
    """The room to leave free on this disk."""
    files = 0
    if space.total_files:
        files = round(max(RESERVE_SHARE * space.total_files, min(RESERVE_FILES, RESERVE_SMALL * space.total_files)))
    if setting_gib is not None:
        return Reserve(round(setting_gib * GIB), files)
    least = min(RESERVE_BYTES, RESERVE_SMALL * space.total)
    wanted = max(RESERVE_SHARE * space.total, RESERVE_S * (rate or 0.0), least)
    return Reserve(round(min(wanted, space.total / 2)), files)


@dataclass(frozen=True, slots=True)
class Claim:
    """What one camera asks for: its rate, its days at most and at least; ``held``: bytes of it that are held."""

    rate: float
    days: float
    min_days: float | None
    held: int = 0


@dataclass(frozen=True, slots=True)
class Quota:
    """A ``max_gib`` and the cameras it is for; ``name``: ``camera:ID``, ``site:ID`` or ``facility``."""

    name: str
    max_gib: float
    claims: tuple[Claim, ...]


#: The bound that nobody set.
DISK = "disk"


@dataclass(frozen=True, slots=True)
class Forecast:
    """In days; None while the rate is unknown.

    ``left``: until the disk is full; where footage goes by age before that, the days that it holds. ``kept``: what
    ``kept_by`` holds, the disk or the quota that cuts off most, of the ``wanted`` there. ``short``: the disk, which
    does not hold what is to be kept, or the quota that does not hold what must be kept at least.
    """

    left: float | None = None
    kept: float | None = None
    wanted: float | None = None
    kept_by: str = DISK
    short: str | None = None


def forecast(
    claims: Sequence[Claim], recorded: int, space: Space, room: Reserve, quotas: Sequence[Quota] = ()
) -> Forecast:
    """How long the disk and each quota last at the present rate. ``quotas``: narrower ones before wider ones.

    A quota is meant: it is short only of what must be kept at least.
    """
    free = max(0, space.free - room.bytes)
    disk = _Bound.of(DISK, recorded + free, claims)
    if disk is None:
        return Forecast(wanted=_wanted(claims))
    bounds = [one for quota in quotas if (one := _Bound.of(quota.name, quota.max_gib * GIB, quota.claims)) is not None]
    filled = _asked(claims, quotas) > recorded + free
    whole = min((one.kept for one in (disk, *bounds) if one.rate == disk.rate), default=disk.kept)
    tightest = min((disk, *(one for one in bounds if one.kept < one.wanted)), key=lambda one: one.kept)
    short = next((one.name for one in (disk, *bounds) if one.short or (one is disk and filled)), None)
    left = free / disk.rate / DAY_S if filled else whole
    return Forecast(left, tightest.kept, tightest.wanted, tightest.name, short)


@dataclass(frozen=True, slots=True)
class _Bound:
    """How many days a number of bytes holds, of the days wanted; ``short``: fewer than must be kept."""

    name: str
    rate: float
    kept: float
    wanted: float
    short: bool

    @classmethod
    def of(cls, name: str, size: float, claims: Sequence[Claim]) -> _Bound | None:
        """None where nothing comes."""
        rate = sum(claim.rate for claim in claims)
        if rate <= 0:
            return None
        room = max(0.0, size - sum(claim.held for claim in claims))
        return cls(name, rate, room / rate / DAY_S, _wanted(claims) or 0.0, _least(claims) > room)


def _wanted(claims: Sequence[Claim]) -> float | None:
    return max((claim.days for claim in claims if claim.rate > 0), default=None)


def _least(claims: Sequence[Claim]) -> float:
    return sum(claim.rate * (claim.min_days or 0.0) * DAY_S for claim in claims)


def _asked(claims: Sequence[Claim], quotas: Sequence[Quota]) -> float:
    """Bytes that these would come to by age and quota; a quota gives way to what must be kept."""
    asked = {id(claim): claim.rate * claim.days * DAY_S for claim in claims}
    for quota in quotas:
        most = max(quota.max_gib * GIB, _least(quota.claims))
        total = sum(asked[id(claim)] for claim in quota.claims)
        if total > most:
            asked |= {id(claim): asked[id(claim)] * most / total for claim in quota.claims}
    return sum(asked.values())


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with the disk: ``reason`` is the alert's stable word; nothing in it changes from look to look."""

    status: StorageStatus
    reason: str
    severity: Severity
    action: str


_READ_ONLY = Finding(
    "read_only", "read_only", "critical",
    "the disk refuses writing: see its errors (dmesg), check it, then unmount it (umount --lazy) and mount it anew",
)  # fmt: skip
_STALLED = Finding(
    "ok", "stalled", "critical",
    "a write to the disk does not end: see dmesg for what it waits for; footage is lost when the queue is full",
)  # fmt: skip
_FULL = Finding("full", "full", "critical", "nothing can be recorded: remove what else lies on the disk")
_UNHEARD = Finding(
    "ok", "holds_unread", "warning",
    "nothing is deleted until web has said what is held: check that web runs and reaches the bus",
)  # fmt: skip
_HELD_ONLY = Finding(
    "held_only", "held_only", "critical",
    "only held footage is left, recording stops when the disk is full: release holds or add a disk",
)  # fmt: skip
_EXHAUSTED = Finding(
    "pressure", "pressure", "critical", "no footage is left to delete: remove what else lies on the disk"
)
_UNDELETABLE = Finding(
    "ok", "undeletable", "warning",
    "recordings that are due cannot be deleted: see retention.undeletable and retention.failed in the log, give them "
    "to the user of the service, or check the disk",
)  # fmt: skip
_BELOW = Finding(
    "pressure", "pressure", "critical",
    "footage younger than min_days is deleted: add a disk, or remove what else lies on it",
)  # fmt: skip
_PRESSURE = Finding(
    "pressure", "pressure", "warning", "the oldest footage is deleted for want of room: add a disk, or keep less"
)
_SHORT = Finding(
    "low", "forecast", "warning", "the disk holds fewer days than are to be kept: add a disk, or keep fewer"
)


def _too_little(quota: str) -> Finding:
    said = f"the max_gib of {quota.replace(':', ' ')} holds fewer days than its min_days, which are kept all the same: "
    return replace(_SHORT, action=said + "raise max_gib or lower min_days in the facility file")


@dataclass(frozen=True, slots=True)
class Look:
    """All that is known at one moment."""

    missing: str | None
    space: Space | None
    room: Reserve | None
    holds_missed: bool
    exhausted: bool  # more room is wanted, and nothing is left that may be deleted
    holds: bool  # anything is held
    pressed: bool  # deleting for want of room, now or not long ago
    below_minimum: bool  # what goes is younger than what must be kept at least
    short: str | None  # which bound does not hold what is to be kept: ``DISK``, or a quota's name
    undeletable: bool = False  # files that should have gone cannot be deleted
    stalled: bool = False  # a write to it has been under way for long


def judge(look: Look) -> Finding | None:
    """The worst of it, None when all is well."""
    space, room = look.space, look.room
    if look.missing is not None or space is None or room is None:
        return Finding("missing", "missing", "critical", look.missing or "the recordings' disk does not answer")
    tight = room.short(space) != (0, 0)
    full = space.free < NOTHING or space.free_files == 0
    unheard = _UNHEARD
    if tight or full:
        unheard = replace(_UNHEARD, status="full" if full else "pressure", severity="critical")
    findings = (
        (space.read_only, _READ_ONLY),
        (look.stalled, _STALLED),
        (look.holds_missed, unheard),  # also of a full disk: it is why
        (full, _FULL),
        (look.exhausted, _HELD_ONLY if look.holds else _EXHAUSTED),
        (look.pressed and look.below_minimum, _BELOW),
        (look.undeletable, _UNDELETABLE),
        (look.pressed, _PRESSURE),
        (look.short is not None, _SHORT if look.short in (None, DISK) else _too_little(look.short)),
    )
    return next((finding for holds, finding in findings if holds), None)


#: Of several disks the one that is told of has the first of these.
_GRAVITY = (
    "missing",
    "read_only",
    "stalled",
    "full",
    "held_only",
    "holds_unread",
    "pressure",
    "undeletable",
    "forecast",
)


def gravity(finding: Finding | None) -> tuple[bool, int]:
    """The least is the worst."""
    if finding is None:
        return True, len(_GRAVITY)
    return finding.severity != "critical", _GRAVITY.index(finding.reason)
