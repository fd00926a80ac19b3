"""Cameras: list, one, snapshot, timeline."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import AwareDatetime
from starlette.responses import Response

from vms.bus import subjects
from vms.domain.clock import from_epoch
from vms.domain.errors import BusError
from vms.domain.messages import LiveHeader, SnapshotRequest
from web.access import permit
from web.alerts.store import open_counts
from web.api.paging import Cursor, Limit, page
from web.context import Here
from web.problems import Problem
from web.timeline.query import timeline

router = APIRouter(prefix="/api/cameras", tags=["cameras"])

SNAPSHOT_S = 3.0
MAX_SPAN = timedelta(days=31)
SNAPSHOT_RESPONSES: dict[int | str, dict[str, Any]] = {200: {"content": {"image/jpeg": {}}}}


@router.get("", dependencies=[permit("camera.view")])
async def cameras(context: Here, site: str | None = None, limit: Limit = None, cursor: Cursor = None) -> dict[str, Any]:
    """Every camera, in the facility's order; a page of them with `limit`."""
    async with context.database.read() as connection:
        counts = await open_counts(connection)
    items = [
        view.represent(counts.get(view.camera.id, 0))
        for view in context.cameras.views()
        if site is None or view.site.id == site
    ]
    return page(items, limit, cursor)


@router.get("/{camera}", dependencies=[permit("camera.view")])
async def camera(camera: str, context: Here) -> dict[str, Any]:
    """One camera with its zones and rules."""
    found_site, found = context.camera(camera)
    async with context.database.read() as connection:
        counts = await open_counts(connection)
    return {
        **context.cameras.view(found_site, found).represent(counts.get(found.id, 0)),
        "zones": [zone.model_dump(mode="json", exclude_none=True) for zone in found.zones],
        "rules": [rule.model_dump(mode="json", exclude_none=True) for rule in found.rules],
    }


@router.get(
    "/{camera}/snapshot.jpg",
    dependencies=[permit("camera.view")],
    response_class=Response,
    responses=SNAPSHOT_RESPONSES,
)
async def snapshot(
    camera: str,
    context: Here,
    width: Annotated[int | None, Query(ge=64, le=4096)] = None,
    at: AwareDatetime | None = None,
) -> Response:
    """The last picture; 503 with `Retry-After` when none can be had. `at`, a picture of the past: 501 until it can."""
    site, found = context.camera(camera)
    if at is not None:
        raise Problem(501, "not-yet", "pictures of the past are not served yet; leave out 'at' for the present one")
    subject = subjects.control(site.id, found.id, "snapshot")
    unavailable = Problem(503, "no-picture", "no picture can be had now", headers={"Retry-After": "2"})
    try:
        reply = await context.link.request(subject, SnapshotRequest(width=width).encode(), SNAPSHOT_S)
    except BusError as err:
        unavailable.detail = str(err)
        raise unavailable from err
    if not reply.data.startswith(b"\xff\xd8"):
        raise unavailable
    taken = (reply.headers or {}).get(LiveHeader.AT)
    headers = {"Cache-Control": "no-store"}
    if taken is not None:
        headers["X-Frame-At"] = taken
    return Response(reply.data, media_type="image/jpeg", headers=headers)


@router.get("/{camera}/timeline", dependencies=[permit("camera.view")])
async def camera_timeline(
    camera: str, context: Here, start: AwareDatetime, end: AwareDatetime, merge: bool = False
) -> Response:
    """What was recorded, what not and why, counts and alerts; at most 31 days. `merge`: what abuts as one."""
    site, found = context.camera(camera)
    start, end = _whole_ms(start), _whole_ms(end)
    if end <= start:
        raise Problem(422, "invalid", "'end' is not after 'start'")
    if end - start > MAX_SPAN:
        raise Problem(422, "invalid", f"the span is longer than {MAX_SPAN.days} days")
    now = _whole_ms(from_epoch(context.clock.utc()))
    end = max(start, min(end, now))
    async with context.database.read() as connection:
        grown_to = context.cameras.view(site, found).grown_to(now)
        body = await timeline(connection, found.id, start, end, grown_to, merged=merge)
    return Response(body, media_type="application/json")


def _whole_ms(moment: datetime) -> datetime:
    try:
        moment = moment.astimezone(UTC)
        if not 1970 <= moment.year < 9999:  # room to add to it, in any time zone
            raise OverflowError
    except (OverflowError, ValueError) as err:
        raise Problem(422, "invalid", "'start' and 'end' are moments between 1970 and 9998") from err
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
