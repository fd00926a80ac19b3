"""How much room is left free, how long the disk lasts, what is wrong with it. Pure; sizes in bytes, rates bytes/s."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

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
#: Holds that nobody has told of for so long are missed; where something has to go for want of room, sooner.
HOLDS_S, HOLDS_WANTED_S = 60.0, 8.0


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
    """What one camera asks of the disk: its rate, its days at most and at least."""

    rate: float
    days: float
    min_days: float | None


@dataclass(frozen=True, slots=True)
class Forecast:
    """In days; None while the rate is unknown. ``short``: the disk does not hold what is to be kept.

    ``left``: until it is full; where footage goes by age before that, the days that it holds, like ``kept``.
    """

    left: float | None = None
    kept: float | None = None
    wanted: float | None = None
    short: bool = False


def forecast(
    claims: list[Claim], recorded: int, held: int, space: Space, room: Reserve, max_gib: float | None
) -> Forecast:
    """How long the disk lasts at the present rate.

    A bound that the facility file sets (``max_gib``) is meant: it is short only of what must be kept at least.
    """
    wanted = max((claim.days for claim in claims), default=None)
    rate = sum(claim.rate for claim in claims)
    if rate <= 0:
        return Forecast(wanted=wanted)
    free = max(0, space.free - room.bytes)
    disk = recorded + free
    bound = disk if max_gib is None else min(disk, max_gib * GIB)
    ever = bound - held if held < bound else 0
    need = sum(claim.rate * claim.days * DAY_S for claim in claims)
    least = sum(claim.rate * (claim.min_days or 0.0) * DAY_S for claim in claims)
    asked = need if max_gib is None else min(need, max_gib * GIB)
    kept = ever / rate / DAY_S
    return Forecast(free / rate / DAY_S if asked > disk else kept, kept, wanted, least > ever or asked > disk)


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with the disk: ``reason`` is the alert's stable word."""

    status: StorageStatus
    reason: str
    severity: Severity
    action: str

    def detail(self) -> dict[str, Any]:
        """The alert's detail: nothing that changes from look to look."""
        return {"reason": self.reason, "action": self.action}


_READ_ONLY = Finding(
    "read_only", "read_only", "critical",
    "the disk refuses writing: see its errors (dmesg), check it, then unmount it (umount --lazy) and mount it anew",
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
    short: bool
    undeletable: bool = False  # files that should have gone cannot be deleted


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
        (look.holds_missed, unheard),  # also of a full disk: it is why
        (full, _FULL),
        (look.exhausted, _HELD_ONLY if look.holds else _EXHAUSTED),
        (look.pressed and look.below_minimum, _BELOW),
        (look.undeletable, _UNDELETABLE),
        (look.pressed, _PRESSURE),
        (look.short, _SHORT),
    )
    return next((finding for holds, finding in findings if holds), None)
