"""What becomes of the chain of an alert that is due: quiet, joined, none, stopped, or called. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from web.alerts.shape import Row
from web.duty.policy import TECHNICAL, Ladder
from web.escalation.ladder import first_at
from web.quiet.quiet import Quiet

#: Who stops a chain when nobody does: its alert ended by itself.
OVER = "over"
RANK: Mapping[str, int] = {"info": 0, "warning": 1, "critical": 2}
#: What is over and older was missed while this role was away; only critical alerts about persons are told all the same.
OLD = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Leader:
    """An alert whose chain another may share; ``stopped_at`` None: it runs."""

    group: str
    severity: str
    opened_at: datetime
    stopped_at: datetime | None

    @property
    def preference(self) -> tuple[bool, int, datetime]:
        """The greatest is shared: one that runs, the most severe, the latest."""
        return self.stopped_at is None, RANK.get(self.severity, 2), self.stopped_at or self.opened_at


@dataclass(frozen=True, slots=True)
class Verdict:
    """``values`` of the row that change; ``climbs``: its next rung is called now."""

    values: dict[str, Any] = field(default_factory=dict)
    step: str | None = None
    by: str | None = None
    note: str | None = None
    climbs: bool = False


def judge(
    row: Row,
    now: datetime,
    ladder: Ladder | None,
    quiets: Iterable[Quiet] = (),
    leaders: Iterable[Leader] = (),
    *,
    goes_on: bool = False,
) -> Verdict:
    """``row``: of an alert whose chain is due, quiet or running, and whose time has come.

    ``quiets`` may be of other cameras and times; ``leaders`` are of its camera and rule; ``goes_on``: an alert that
    shares its chain is not over, though it may be itself.
    """
    taken_by = row["acknowledged_by"] or row["resolved_by"]
    if taken_by is not None:
        return Verdict({"chain": "stopped", "chain_at": None, "chain_by": taken_by})
    over = row["ended_at"] is not None and not goes_on
    quiet = _quiet(row, now, quiets)
    if quiet is not None:
        return _kept_quiet(row, quiet, over)
    if row["chain"] == "quiet" and over:
        return Verdict({"chain_at": None})
    if ladder is None:
        return Verdict({"chain": "none", "chain_at": None, "quiet": None})
    if row["chain"] == "running":
        return Verdict({"chain": "running"}, climbs=True)
    return _begun(row, now, ladder, leaders, over)


def _kept_quiet(row: Row, quiet: Quiet, over: bool) -> Verdict:
    at = None if over else quiet.end_of(row)
    values = {"chain": "quiet", "chain_at": at, "quiet": quiet.told()}
    known = row["quiet"] is not None and row["quiet"].get("id") == quiet.id
    return Verdict(values) if known else Verdict(values, "quieted", quiet.by, quiet.reason)


def _begun(row: Row, now: datetime, ladder: Ladder, leaders: Iterable[Leader], over: bool) -> Verdict:
    if over and (ladder.until_over or _is_past(row, now)):
        return Verdict({"chain": "stopped", "chain_at": None, "chain_by": OVER})
    sharing = [one for one in leaders if _shares(row, one, ladder, now)]
    shared = max(sharing, key=lambda one: one.preference, default=None)
    if shared is not None:
        return Verdict({"chain": "joined", "chain_at": None, "group_id": shared.group, "quiet": None}, "joined")
    first = first_at(ladder, row["opened_at"], now)
    values = {"chain": "running", "chain_at": first, "group_id": None, "quiet": None}
    return Verdict(values, climbs=first <= now)


def _quiet(row: Row, now: datetime, quiets: Iterable[Quiet]) -> Quiet | None:
    return max((one for one in quiets if _keeps(row, now, one)), key=lambda one: one.end_of(row), default=None)


def _keeps(row: Row, now: datetime, quiet: Quiet) -> bool:
    """Maintenance keeps quiet what opens during it; a snooze also what its author was called for."""
    if row["chain"] == "due" and quiet.holds(row, row["opened_at"]):
        return row["ended_at"] is not None or now < quiet.end_of(row)
    return quiet.holds(row, now) and (row["chain"] == "quiet" or quiet.kind == "snooze")


def _is_past(row: Row, now: datetime) -> bool:
    critical = row["severity"] == "critical" and row["kind"] not in TECHNICAL
    return not critical and now - row["opened_at"] > OLD


def _shares(row: Row, leader: Leader, ladder: Ladder, now: datetime) -> bool:
    if RANK.get(row["severity"], 2) > RANK.get(leader.severity, 2):
        return False
    # Either way: when the clock was set back, what was taken on is no hour-long reason to call nobody.
    return leader.stopped_at is None or abs(now - leader.stopped_at) <= timedelta(seconds=ladder.cooldown_s)
