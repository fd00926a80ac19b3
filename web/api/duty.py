"""The roster: its shifts, its gaps, who is on duty now, and who may be."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncConnection

from vms.domain.clock import from_epoch, rfc3339
from web.access import permit
from web.accounts.users import normal
from web.api.moments import span, whole_ms
from web.context import Context, Here
from web.database.engine import Change
from web.duty import gaps, people, policies, shifts
from web.duty.people import Person
from web.duty.policy import Duty
from web.duty.shifts import Bounds, Stored
from web.duty.terms import Terms
from web.grant import Grant
from web.problems import Problem, not_found

router = APIRouter(prefix="/api/duty", tags=["duty"])

Viewer = Annotated[Grant, permit("duty.view")]
Manager = Annotated[Grant, permit("duty.view", "duty.manage")]
LONGEST = timedelta(days=92)

SiteId = Annotated[str, Field(min_length=1, max_length=63)]
Name = Annotated[str, Field(min_length=1, max_length=64)]
Note = Annotated[str, Field(max_length=2000)]


class NewShift(BaseModel):
    """Who has which duty where, and when; ``site`` null: at all sites."""

    model_config = ConfigDict(extra="forbid")
    site: SiteId | None
    duty: Duty
    user: Name
    start: AwareDatetime
    end: AwareDatetime
    note: Note | None = None


class ChangedShift(BaseModel):
    """What is to be different; the defaults stand for what is not named."""

    model_config = ConfigDict(extra="forbid")
    site: SiteId | None = None
    duty: Duty = "officer"
    user: Name = "-"
    start: AwareDatetime | None = None
    end: AwareDatetime | None = None
    note: Note | None = None


@router.get("/shifts")
async def listed(
    viewer: Viewer, context: Here, start: AwareDatetime, end: AwareDatetime, site: str | None = None
) -> dict[str, Any]:
    """Those that touch the span, by start; with `site` also those for all sites.

    `able` false: whoever it names is not called, because he was disabled or lost his rights.
    """
    begin, until = span(start, end, LONGEST)
    viewer.within(site)
    async with context.database.read() as connection:
        found = await shifts.touching(connection, viewer.reach, (begin, until), site)
        known = await people.everybody(connection)
    return {"items": [one.told(known) for one in found], "next": None}


@router.post("/shifts", status_code=201, responses={404: {}, 409: {}})
async def put(body: NewShift, manager: Manager, context: Here) -> dict[str, Any]:
    """Enters a shift. 409 `overlap` where the same person has the same duty there at the same time."""
    _may(manager, body.site)
    terms = Terms(body.site, body.duty, whole_ms(body.start), whole_ms(body.end), body.note)
    async with context.database.change() as change:
        known = await people.everybody(change.connection)
        terms, person = _checked(context, manager, terms, body.user, known)
        made = await shifts.put(change, terms, person, manager.identity.username)
        item = made.told(known)
        await _write(context, change, manager, "shift.put", made, {"after": _said(item)})
    return item


@router.patch("/shifts/{shift}", responses={409: {}})
async def alter(shift: str, body: ChangedShift, manager: Manager, context: Here) -> dict[str, Any]:
    """Changes a shift. 409 `overlap` as when it is entered."""
    stated = body.model_dump(exclude_unset=True)
    async with context.database.change() as change:
        before = await shifts.one(change.connection, shift, manager.reach)
        _may(manager, before.terms.site)
        known = await people.everybody(change.connection)
        was = before.told(known)
        _may(manager, stated.get("site", before.terms.site))
        terms = Terms(
            stated.get("site", before.terms.site), stated.get("duty", before.terms.duty),
            _moment(stated.get("start"), before.terms.start), _moment(stated.get("end"), before.terms.end),
            stated.get("note", before.terms.note),
        )  # fmt: skip
        terms, person = _checked(context, manager, terms, stated.get("user", was["user"]), known)
        made = await shifts.alter(change, before, terms, person)
        item = made.told(known)
        told = {"before": _said(was), "after": _said(item)}
        await _write(context, change, manager, "shift.put", made, told)
        if before.terms.site != terms.site:  # its lead, too, sees where it went
            await _write(context, change, manager, "shift.remove", before, {"before": _said(was)})
    return item


@router.delete("/shifts/{shift}", status_code=204)
async def remove(shift: str, manager: Manager, context: Here) -> None:
    """Takes a shift out of the roster, also one of a site that is not there any more."""
    async with context.database.change() as change:
        found = await shifts.one(change.connection, shift, manager.reach)
        if found.terms.site is None:
            _may(manager, None)
        item = found.told(await people.everybody(change.connection))
        await shifts.remove(change, found)
        await _write(context, change, manager, "shift.remove", found, {"before": _said(item)})


@router.get("/gaps")
async def open_times(
    viewer: Viewer, context: Here, start: AwareDatetime, end: AwareDatetime, site: str | None = None
) -> dict[str, Any]:
    """When nobody has a duty that the policy calls, by site, and who is called instead."""
    begin, until = span(start, end, LONGEST)
    viewer.within(site)
    async with context.database.read() as connection:
        _, policy = await policies.in_force(connection)
        known = await people.everybody(connection)
        stored = await shifts.touching(connection, viewer.reach, (begin, until), site)
    wanted = [one.id for one in viewer.sites() if site in (None, one.id)]
    rostered = [one.rostered(known) for one in stored]
    found = gaps.gaps(wanted, gaps.called(policy), rostered, list(known.values()), (begin, until))
    return {
        "items": [
            {
                "site": one.site, "duty": one.duty, "start": rfc3339(one.start), "end": rfc3339(one.end),
                "stand_ins": [person.username for person in one.stand_ins],
            }
            for one in found
        ],
        "next": None,
    }  # fmt: skip


@router.get("/now")
async def now(viewer: Viewer, context: Here) -> dict[str, Any]:
    """Who is called at this moment, by site and duty; `rostered` false: as a stand-in. Nobody: the next rung is."""
    at = from_epoch(context.clock.utc())
    async with context.database.read() as connection:
        _, policy = await policies.in_force(connection)
        known = await people.everybody(connection)
        stored = await shifts.touching(connection, viewer.reach, (at, at + timedelta(microseconds=1)))
    rostered = sorted((one.rostered(known) for one in stored), key=lambda one: (one.start, one.person.id))
    items = []
    for site in viewer.sites():
        duties = []
        for duty in gaps.called(policy):
            until: dict[Person, datetime] = {}
            for shift in rostered:
                if shift.duty == duty and shift.counts(site.id):
                    until[shift.person] = max(until.get(shift.person, shift.end), shift.end)
            there = [{"user": one.username, "rostered": True, "until": rfc3339(end), **_reached(one)}
                     for one, end in until.items()]  # fmt: skip
            instead = [{"user": one.username, "rostered": False, "until": None, **_reached(one)}
                       for one in people.stand_ins(known.values(), site.id, duty)]  # fmt: skip
            duties.append({"duty": duty, "people": there or instead})
        items.append({"site": site.id, "duties": duties})
    return {"items": items, "next": None}


@router.get("/people")
async def who(viewer: Viewer, context: Here) -> dict[str, Any]:
    """Who may be rostered at a site that the asker sees; `sites` null: at all, also those to come."""
    within = viewer.reach
    async with context.database.read() as connection:
        known = await people.everybody(connection)
    items = []
    for one in sorted(known.values(), key=lambda one: one.username):
        sites = one.sites if one.sites is None or within.sites is None else one.sites & within.sites
        if (sites is None and one.may_have(None)) or any(one.may_have(site) for site in sites or ()):
            told = None if sites is None else sorted(sites)
            items.append({"user": one.username, "role": one.role, "sites": told, **_reached(one)})
    return {"items": items, "next": None}


async def bounds_of(connection: AsyncConnection, context: Context, manager: Grant) -> Bounds:
    """What ``manager`` may enter."""
    return _bounds(context, manager, await people.everybody(connection))


def _bounds(context: Context, manager: Grant, known: dict[int, Person]) -> Bounds:
    configured = {site.id for site in context.current.facility.sites}
    return Bounds(manager.reach, configured, {one.username: one for one in known.values()})


def _may(manager: Grant, site: str | None) -> None:
    """``Problem`` 403 for shifts of all sites where he does not see all, 404 for a site of others."""
    if site is None and manager.identity.sites is not None:
        raise Problem(403, "forbidden", "shifts of all sites are the matter of who sees all sites")
    manager.within(site)


def _checked(
    context: Context, manager: Grant, terms: Terms, user: str, known: dict[int, Person]
) -> tuple[Terms, Person]:
    """``Problem`` 422 with all that is wrong; 404 where the site is not there."""
    name = normal(user)
    bounds = _bounds(context, manager, known)
    found = bounds.faults(terms, name)
    if any(one.code == "no-site" for one in found):
        raise not_found("site")
    if found:
        errors = [{"at": f"body.{one.column}", "code": one.code, "message": one.message} for one in found]
        raise Problem(422, "invalid", "; ".join(one.message for one in found), errors=errors)
    return terms.tidy(), bounds.people[name]


def _moment(stated: datetime | None, before: datetime) -> datetime:
    return before if stated is None else whole_ms(stated)


def _reached(person: Person) -> dict[str, Any]:
    return {"channels": person.channels, "tested": None if person.tested is None else rfc3339(person.tested)}


def _said(item: dict[str, Any]) -> dict[str, Any]:
    return {name: item[name] for name in ("site", "duty", "user", "start", "end", "note")}


async def _write(
    context: Context, change: Change, manager: Grant, action: str, shift: Stored, detail: dict[str, Any]
) -> None:
    await context.audit.write(change, manager, action, site=shift.terms.site, object=shift.id, detail=detail)
