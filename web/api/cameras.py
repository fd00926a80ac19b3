"""Cameras: list, one, timeline."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import AwareDatetime
from starlette.responses import Response

from vms.domain.clock import from_epoch
from vms.domain.facility import ID_PATTERN
from web.access import permit
from web.alerts.store import open_counts
from web.api.moments import span, whole_ms
from web.api.paging import Cursor, Limit, page
from web.api.zones import lists_of, masks_for
from web.cameras import past
from web.cameras.view import CameraView, grown_to
from web.context import Here
from web.grant import Grant
from web.holds.store import touching
from web.timeline.query import timeline

router = APIRouter(prefix="/api/cameras", tags=["cameras"])

MAX_SPAN = timedelta(days=31)
Viewer = Annotated[Grant, permit("camera.view")]


@router.get("")
async def cameras(
    viewer: Viewer,
    context: Here,
    site: str | None = None,
    removed: bool = False,
    limit: Limit = None,
    cursor: Cursor = None,
) -> dict[str, Any]:
    """Every camera, in the facility's order; a page of them with `limit`. `masked`: its pictures are painted for you.

    `removed`: instead those that are no longer configured, `{id, site, name, placement, last_at}` each.
    """
    async with context.database.read() as connection:
        if removed:
            gone = await past.removed(connection, {camera.id for _, camera in context.current.cameras()})
            there = [one for one in gone if viewer.reach.has_site(one["site"]) and site in (None, one["site"])]
            return page(there, limit, cursor)
        counts = await open_counts(connection)
    items = [_told(viewer, view, counts) for view in viewer.views() if site is None or view.site.id == site]
    return page(items, limit, cursor)


@router.get("/{camera}")
async def camera(camera: str, viewer: Viewer, context: Here) -> dict[str, Any]:
    """One camera with its zones and rules."""
    found_site, found = viewer.camera(camera)
    async with context.database.read() as connection:
        counts = await open_counts(connection)
    return {
        **_told(viewer, context.cameras.view(found_site, found), counts),
        **lists_of(found),
        "revision": context.current.revision,
    }


def _told(viewer: Grant, view: CameraView, counts: Mapping[str, int]) -> dict[str, Any]:
    plain = view.represent(counts.get(view.camera.id, 0))
    return {**plain, "masked": bool(viewer.covered(view.camera)), **masks_for(viewer, view.camera)}


@router.get("/{camera}/timeline")
async def camera_timeline(
    camera: str,
    viewer: Viewer,
    context: Here,
    start: AwareDatetime,
    end: AwareDatetime,
    merge: bool = False,
    zone: Annotated[str | None, Query(pattern=f"^{ID_PATTERN}$")] = None,
) -> Response:
    """What was recorded, what not and why, counts and alerts; at most 31 days.

    `merge`: what abuts as one. `zone`: the counts are of this zone instead of the whole picture. Its alerts are told
    with `alert.view`, its holds with `recording.view`.
    """
    may = viewer.identity.may
    found = await viewer.past_camera(camera)
    start, end = span(start, end, MAX_SPAN)
    now = whole_ms(from_epoch(context.clock.utc()))
    end = max(start, min(end, now))
    async with context.database.read() as connection:
        reach = grown_to(context.reports.recorder(found.site, found.id), now)
        holds = await touching(connection, found.id, start, end) if may(("recording.view",)) else []
        body = await timeline(
            connection, found.id, start, end, reach, merged=merge, zone=zone, holds=holds, alerts=may(("alert.view",))
        )
    return Response(body, media_type="application/json")
