"""The roster: its shifts listed, entered, changed, removed, and many of them at once from a table."""

from __future__ import annotations

import secrets
from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import delete, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from vms.domain.clock import rfc3339
from web.database.engine import Change
from web.database.schema_duty import Shift
from web.duty.gaps import Rostered, Span
from web.duty.people import Person
from web.duty.policy import Duty
from web.duty.table import Line
from web.duty.terms import CHANGED, Fault, Terms, faults_of
from web.problems import Problem, not_found
from web.reach import Reach

#: That one answer is made of; a province has some hundred a week.
MOST_LISTED = 20_000
_COLUMNS = Shift.id, Shift.site, Shift.duty, Shift.user_id, Shift.start, Shift.end, Shift.note, Shift.created_by


@dataclass(frozen=True, slots=True)
class Stored:
    """One shift as it is kept."""

    id: str
    terms: Terms
    user_id: int
    created_by: str

    def told(self, people: Mapping[int, Person]) -> dict[str, Any]:
        """As the interface gives it; ``able`` false: whoever it names is not called (disabled, or lost his rights)."""
        person, terms = people[self.user_id], self.terms
        return {
            "id": self.id, "site": terms.site, "duty": terms.duty, "user": person.username,
            "start": rfc3339(terms.start), "end": rfc3339(terms.end), "note": terms.note,
            "created_by": self.created_by, "able": person.is_called(terms.site),
        }  # fmt: skip

    def rostered(self, people: Mapping[int, Person]) -> Rostered:
        """As gaps are found by."""
        return Rostered(self.terms.site, self.terms.duty, people[self.user_id], self.terms.start, self.terms.end)


@dataclass(frozen=True, slots=True)
class Bounds:
    """What who enters shifts may: where, and with whom (``people`` by name)."""

    reach: Reach
    configured: Collection[str]
    people: Mapping[str, Person]

    def faults(self, terms: Terms, username: str) -> list[Fault]:
        """Why he may not enter it; what is out of reach is told as if it were not there."""
        found = list(faults_of(terms))
        if terms.site is None and self.reach.sites is not None:
            found.append(Fault(None, "site", "all-sites", "shifts of all sites are entered by who sees all sites"))
        if terms.site is not None and not (terms.site in self.configured and self.reach.has_site(terms.site)):
            found.append(Fault(None, "site", "no-site", f"there is no site '{terms.site[:63]}'"))
        person = self.people.get(username)
        if person is None or not person.may_have(terms.site):
            where = "all sites" if terms.site is None else "the site"
            said = f"'{username[:63]}' is nobody who may take alerts of {where} on"
            found.append(Fault(None, "user", "no-user", said))
        return found


@dataclass(frozen=True, slots=True)
class Plan:
    """What becomes of a table: its new shifts, each with who has it, or faults."""

    added: list[tuple[Terms, Person]]
    unchanged: int
    faults: list[Fault]


async def touching(connection: AsyncConnection, within: Reach, span: Span, site: str | None = None) -> list[Stored]:
    """Those that touch the span, by start; those for all sites are everybody's. ``Problem`` 422 for too many."""
    query = select(*_COLUMNS).where(Shift.start < span[1], Shift.end > span[0])
    if site is not None:
        query = query.where(or_(Shift.site == site, Shift.site.is_(None)))
    if within.sites is not None:
        query = query.where(or_(Shift.site.in_(within.sites), Shift.site.is_(None)))
    query = query.order_by(Shift.start, Shift.id).limit(MOST_LISTED + 1)
    found = [_stored(row) for row in await connection.execute(query)]
    if len(found) > MOST_LISTED:
        raise Problem(422, "invalid", f"more than {MOST_LISTED} shifts: ask for a shorter span")
    return found


async def one(connection: AsyncConnection, shift: str, within: Reach) -> Stored:
    """``Problem`` 404 where there is none ``within``."""
    row = (await connection.execute(select(*_COLUMNS).where(Shift.id == shift))).first()
    if row is None or (row.site is not None and not within.has_site(row.site)):
        raise not_found("shift")
    return _stored(row)


async def put(change: Change, terms: Terms, person: Person, by: str) -> Stored:
    """Enters it; ``Problem`` 409 ``overlap``."""
    await _check_free(change.connection, terms, person)
    row = _row(change, terms, person.id, by)
    await change.connection.execute(insert(Shift).values(row))
    await _tell(change, [terms.site])
    return Stored(row["id"], terms, person.id, by)


async def alter(change: Change, before: Stored, terms: Terms, person: Person) -> Stored:
    """Changes it to that; ``Problem`` 409 ``overlap``."""
    await _check_free(change.connection, terms, person, before.id)
    await change.connection.execute(update(Shift).where(Shift.id == before.id).values(_values(terms, person.id)))
    await _tell(change, [before.terms.site, terms.site])
    return Stored(before.id, terms, person.id, before.created_by)


async def remove(change: Change, shift: Stored) -> None:
    """Takes it out; the audit log has what it was."""
    await change.connection.execute(delete(Shift).where(Shift.id == shift.id))
    await _tell(change, [shift.terms.site])


async def named_sites(connection: AsyncConnection, within: Reach) -> frozenset[str]:
    """Of which there are shifts, be they in the configuration or not any more."""
    found = await connection.scalars(select(Shift.site).where(Shift.site.is_not(None)).distinct())
    return frozenset(site for site in found if site is not None and within.has_site(site))


async def plan(connection: AsyncConnection, lines: Sequence[Line], bounds: Bounds) -> Plan:
    """What becomes of these lines. What stands there already, wholly the same, stays as it is."""
    if not lines:
        return Plan([], 0, [])
    names = {person.id: name for name, person in bounds.people.items()}
    span = min(one.terms.start for one in lines), max(one.terms.end for one in lines)
    standing: dict[tuple[Any, ...], str | None] = {}
    taken: defaultdict[tuple[str | None, str, str], list[tuple[datetime, datetime, int]]] = defaultdict(list)
    for shift in await touching(connection, bounds.reach, span):
        terms, name = shift.terms, names[shift.user_id]
        standing[terms.site, terms.duty, name, terms.start, terms.end] = terms.note
        insort(taken[terms.site, terms.duty, name], (terms.start, terms.end, 0))
    made = Plan([], 0, [])
    unchanged = 0
    for line in lines:
        terms = line.terms
        where = terms.site, terms.duty, line.username
        same = (*where, terms.start, terms.end)
        if same in standing and standing[same] == terms.note:
            unchanged += 1
            continue
        faults = bounds.faults(terms, line.username)
        if not faults and (other := _overlapping(taken[where], terms)) is not None:
            said = f"line {other} has" if other else "the roster has"
            faults = [Fault(None, "start", "overlap", f"{said} the same person on the same duty there in that time")]
        made.faults.extend(Fault(line.row, one.column, one.code, one.message) for one in faults)
        if not faults:
            insort(taken[where], (terms.start, terms.end, line.row))
            made.added.append((terms, bounds.people[line.username]))
    return Plan(made.added, unchanged, made.faults)


async def put_all(change: Change, added: Sequence[tuple[Terms, Person]], by: str) -> None:
    """Enters what was planned in the same transaction."""
    rows = [_row(change, terms, person.id, by) for terms, person in added]
    for some in (rows[at : at + 500] for at in range(0, len(rows), 500)):
        await change.connection.execute(insert(Shift), some)
    await _tell(change, [terms.site for terms, _ in added])


def _overlapping(taken: list[tuple[datetime, datetime, int]], terms: Terms) -> int | None:
    """The line of one that lies in the same time (0: of the roster); those that are ``taken`` are apart."""
    at = bisect_left(taken, (terms.start,))
    for start, end, row in taken[max(0, at - 1) : at + 1]:
        if start < terms.end and end > terms.start:
            return row
    return None


async def _check_free(connection: AsyncConnection, terms: Terms, person: Person, but: str | None = None) -> None:
    query = select(Shift.start, Shift.end).where(
        Shift.user_id == person.id, Shift.duty == terms.duty, Shift.start < terms.end, Shift.end > terms.start,
        Shift.site.is_(None) if terms.site is None else Shift.site == terms.site,
    )  # fmt: skip
    if but is not None:
        query = query.where(Shift.id != but)
    row = (await connection.execute(query.limit(1))).first()
    if row is not None:
        start, end = rfc3339(row.start), rfc3339(row.end)
        said = f"{person.username} has this duty there already, from {start} to {end}"
        raise Problem(409, "overlap", said, start=start, end=end)


async def _tell(change: Change, sites: Iterable[str | None]) -> None:
    """Dashboards read anew what hangs on the roster; of all sites: all of them."""
    told = set(sites)
    for site in [None] if None in told else sorted(cast(set[str], told)):
        await change.record(CHANGED, {"site": site})


def _stored(row: Any) -> Stored:
    terms = Terms(row.site, cast(Duty, row.duty), row.start, row.end, row.note)
    return Stored(row.id, terms, row.user_id, row.created_by)


def _values(terms: Terms, user_id: int) -> dict[str, Any]:
    span = {"start": terms.start, "end": terms.end}
    return {"site": terms.site, "duty": terms.duty, "user_id": user_id, "note": terms.note, **span}


def _row(change: Change, terms: Terms, user_id: int, by: str) -> dict[str, Any]:
    return {"id": secrets.token_hex(8), "created_by": by, "created_at": change.now, **_values(terms, user_id)}
