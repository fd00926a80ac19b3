"""What is kept quiet: snoozing an alert's rule, cameras under maintenance, the list of both."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from vms.domain.clock import from_epoch
from vms.domain.node import NODE_SITE
from web.access import permit
from web.alerts.store import fetch_represented
from web.api.moments import whole_ms
from web.context import Context, Here
from web.database.engine import Change
from web.grant import Grant
from web.problems import Problem
from web.quiet import store
from web.quiet.quiet import MOST_CRITICAL
from web.reasons import says_something

router = APIRouter(prefix="/api", tags=["alerts"])

Quieter = Annotated[Grant, permit("alert.quiet")]
Reason = Annotated[str, Field(max_length=500)]

#: Minutes.
CRITICAL_MINUTES = MOST_CRITICAL // timedelta(minutes=1)
MOST_MAINTENANCE = timedelta(days=7)
#: Maintenance is planned so long before at most.
MOST_AHEAD = timedelta(days=92)


class Snooze(BaseModel):
    """For how long, and why."""

    model_config = ConfigDict(extra="forbid")
    minutes: Annotated[int, Field(ge=1, le=480)]
    reason: Reason


class Maintenance(BaseModel):
    """Which cameras, when, and why."""

    model_config = ConfigDict(extra="forbid")
    cameras: Annotated[list[Annotated[str, Field(max_length=63)]], Field(min_length=1, max_length=50)]
    start: AwareDatetime
    until: AwareDatetime
    reason: Reason


@router.post("/alerts/{alert}/snooze", status_code=201, responses={404: {}})
async def snooze(alert: str, request: Snooze, quieter: Quieter, context: Here) -> dict[str, Any]:
    """Keeps the alert's rule quiet at its camera; what is open of it and calls people stops calling."""
    reason = _reason(request.reason)
    async with context.database.change() as change:
        found = await fetch_represented(change.connection, alert, quieter.reach)
        if found["severity"] == "critical" and request.minutes > CRITICAL_MINUTES:
            raise Problem(422, "quiet-span", f"a critical rule is snoozed for {CRITICAL_MINUTES} minutes at most")
        where = (NODE_SITE, found["node"]) if found["site"] is None else (found["site"], found["camera"])
        span = change.now, change.now + timedelta(minutes=request.minutes)
        quiet = store.made("snooze", where, found["rule"], span, reason, quieter.identity.username)
        (item,) = await store.put(change, [quiet])
        await _write(context, change, quieter, "quiet.put", item)
    return item


@router.get("/quiets")
async def quiets(
    viewer: Quieter,
    context: Here,
    ended: Annotated[bool, Query(description="true: those that are over")] = False,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    cursor: Annotated[str | None, Query(max_length=64)] = None,
) -> dict[str, Any]:
    """Newest first: those in force and to come, or those that are over."""
    configured = [camera.id for _, camera in context.current.cameras()]
    async with context.database.read() as connection:
        items, following = await store.fetch_page(
            connection, from_epoch(context.clock.utc()), configured,
            ended=ended, limit=limit, cursor=cursor, within=viewer.reach,
        )  # fmt: skip
    return {"items": items, "next": following}


@router.post("/quiets", status_code=201, responses={404: {}})
async def maintain(request: Maintenance, quieter: Quieter, context: Here) -> dict[str, Any]:
    """Cameras under maintenance: alerts that open meanwhile call nobody. One that has begun reaches back no further."""
    places = [(site.id, one.id) for site, one in map(quieter.camera, dict.fromkeys(request.cameras))]
    reason, start, until = _reason(request.reason), whole_ms(request.start), whole_ms(request.until)
    async with context.database.change() as change:
        start = max(start, change.now)
        if until <= start:
            raise Problem(422, "quiet-span", "'until' is past, or not after 'start'")
        if until - start > MOST_MAINTENANCE:
            raise Problem(422, "quiet-span", f"maintenance lasts {MOST_MAINTENANCE.days} days at most")
        if start - change.now > MOST_AHEAD:
            raise Problem(422, "quiet-span", f"maintenance is planned {MOST_AHEAD.days} days ahead at most")
        by = quieter.identity.username
        made = [store.made("maintenance", place, None, (start, until), reason, by) for place in places]
        items = await store.put(change, made)
        for item in items:
            await _write(context, change, quieter, "quiet.put", item)
    return {"items": items}


@router.delete("/quiets/{quiet}", status_code=204, responses={404: {}})
async def end(quiet: str, quieter: Quieter, context: Here) -> None:
    """Ends it now; alerts that go on, and that nobody has taken, call as if they had just been opened."""
    async with context.database.change() as change:
        ended = await store.end(change, quiet, quieter.identity.username, quieter.reach)
        if ended is not None:
            await _write(context, change, quieter, "quiet.end", ended)


def _reason(reason: str) -> str:
    if not says_something(reason):
        raise Problem(422, "quiet-reason", "say why it is kept quiet, without control characters")
    return reason


async def _write(context: Context, change: Change, quieter: Grant, action: str, item: dict[str, Any]) -> None:
    detail = {name: item[name] for name in ("kind", "rule", "node", "start", "until", "reason")}
    await context.audit.write(
        change, quieter, action, site=item["site"], camera=item["camera"], object=item["id"],
        detail={name: value for name, value in detail.items() if value is not None},
    )  # fmt: skip
