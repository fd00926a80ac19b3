"""When nobody has a duty at a site that somebody may be called for. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from web.duty.people import Person, stand_ins
from web.duty.policy import DUTIES, OF_ALL_SITES, Duty, Policy

Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Rostered:
    """One shift with its person; ``site`` None: at all sites."""

    site: str | None
    duty: Duty
    person: Person
    start: datetime
    end: datetime

    def counts(self, site: str) -> bool:
        """Whether its person is called for the site's alerts while it lasts."""
        here = self.site == site or (self.site is None and self.duty in OF_ALL_SITES)
        return here and self.person.is_called(site)


@dataclass(frozen=True, slots=True)
class Gap:
    """A time in which nobody has the duty there; ``stand_ins``: who is called instead."""

    site: str
    duty: Duty
    start: datetime
    end: datetime
    stand_ins: tuple[Person, ...]


def called(policy: Policy) -> tuple[Duty, ...]:
    """The duties that some ladder calls."""
    ladders = (*policy.security.values(), *policy.technical.values())
    climbed = {rung.duty for ladder in ladders if ladder is not None for rung in ladder.rungs}
    return tuple(duty for duty in DUTIES if duty in climbed)


def gaps(
    sites: Sequence[str], duties: Sequence[Duty], shifts: Iterable[Rostered], people: Sequence[Person], within: Span
) -> list[Gap]:
    """Those of the sites and duties that lie ``within``, cut to it; by start, then in the order that is given."""
    by_duty: defaultdict[Duty, list[Rostered]] = defaultdict(list)
    for shift in shifts:
        by_duty[shift.duty].append(shift)
    found = []
    for site in sites:
        for duty in duties:
            covered = [(one.start, one.end) for one in by_duty[duty] if one.counts(site)]
            if free := uncovered(within, covered):
                instead = tuple(stand_ins(people, site, duty))
                found += [Gap(site, duty, start, end, instead) for start, end in free]
    return sorted(found, key=lambda gap: gap.start)


def uncovered(within: Span, spans: Iterable[Span]) -> list[Span]:
    """The parts of ``within`` that no span covers, in order; a span ends before its end."""
    at, end = within
    free = []
    for begin, until in sorted(spans):
        if begin >= end:
            break
        if begin > at:
            free.append((at, begin))
        at = max(at, until)
    if at < end:
        free.append((at, end))
    return free
