"""Pictures of a camera: the present one, one of the past, and thumbnails for a timeline."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import AwareDatetime
from starlette.requests import Request
from starlette.responses import Response

from vms.bus import subjects
from vms.domain.clock import from_epoch
from vms.domain.errors import BusError
from vms.domain.masks import seal
from vms.domain.messages import LiveHeader, SnapshotRequest
from vms.domain.rendering import RenderHeader, RenderRequest
from web.access import permit
from web.cameras.past import PastCamera
from web.context import Context, Here
from web.grant import Grant
from web.playback import renderer
from web.problems import Problem
from web.rooms.openings import kept

router = APIRouter(prefix="/api/cameras", tags=["cameras"])

SNAPSHOT_S = 3.0
#: Later footage may still be named anew: a run's times settle, files are closed each minute.
SETTLED = timedelta(minutes=2)
#: No longer than footage that was deleted may be seen again from a browser's own store.
KEPT = "private, max-age=3600, immutable"
RESPONSES: dict[int | str, dict[str, Any]] = {200: {"content": {"image/jpeg": {}}}}


@router.get("/{camera}/snapshot.jpg", response_class=Response, responses=RESPONSES)
async def snapshot(
    camera: str,
    request: Request,
    context: Here,
    viewer: Annotated[Grant, permit("camera.view")],
    width: Annotated[int | None, Query(ge=64, le=4096)] = None,
    at: AwareDatetime | None = None,
    exact: bool = True,
) -> Response:
    """The last picture, or with `at` that of a moment (permission `recording.view`); 503 when none can be had now.

    `exact=false`: the key frame at or before `at` does.
    """
    if at is None:
        return await _present(context, viewer, camera, width)
    viewer.require("recording.view")
    # Whoever drags over a timeline wants the last of the pictures that he asked for.
    found = await viewer.past_pictured(camera)
    asker = f"{viewer.identity.session[:16]}.{found.id}"
    what = "frame" if exact else "key"
    asked = RenderRequest(
        what=what, at=_past(context, at), width=width, masks=viewer.covered(found), asker=asker,
        patience_s=renderer.PATIENCE_S,
    )  # fmt: skip
    return await _of_the_past(context, request, viewer, found, asked)


@router.get("/{camera}/thumbnail.jpg", response_class=Response, responses=RESPONSES)
async def thumbnail(
    camera: str, request: Request, context: Here, viewer: Annotated[Grant, permit("recording.view")], at: AwareDatetime
) -> Response:
    """A picture 192 pixels wide of the 10 s that `at` falls into."""
    found = await viewer.past_pictured(camera)
    moment, masks = _past(context, at), viewer.covered(found)
    asked = RenderRequest(what="thumbnail", at=moment, masks=masks, patience_s=renderer.PATIENCE_S)
    return await _of_the_past(context, request, viewer, found, asked)


async def _present(context: Context, viewer: Grant, camera: str, width: int | None) -> Response:
    site, found = viewer.pictured(camera)
    subject = subjects.control(site.id, found.id, "snapshot")
    masks = viewer.covered(found)
    asked = SnapshotRequest(width=width, masked=bool(masks))
    unavailable = Problem(503, "no-picture", "no picture can be had now", headers={"Retry-After": "2"})
    try:
        reply = await context.link.request(subject, asked.encode(), SNAPSHOT_S)
    except BusError as err:
        unavailable.detail = str(err)
        raise unavailable from err
    taken = reply.headers or {}
    if not reply.data.startswith(b"\xff\xd8") or (masks and taken.get(LiveHeader.MASKS) != seal(masks)):
        raise unavailable  # nothing, or a detector that has not heard of these masks yet
    await viewer.judge_again(camera, masks)
    context.audit.note(viewer, "camera.view", site=site.id, camera=found.id, object="picture")
    headers = {"Cache-Control": "no-store"}
    if LiveHeader.AT in taken:
        headers["X-Frame-At"] = taken[LiveHeader.AT]
    return Response(reply.data, media_type="image/jpeg", headers=headers)


async def _of_the_past(
    context: Context, request: Request, viewer: Grant, camera: PastCamera, asked: RenderRequest
) -> Response:
    reply = await renderer.ask(context, request, camera, asked)
    if reply is None:
        return Response(status_code=renderer.GONE)
    await viewer.judge_again(camera.id, asked.masks)
    headers = reply.headers or {}
    settled = from_epoch(context.clock.utc()) - asked.at > SETTLED and headers.get(RenderHeader.GROWING) == "0"
    viewer.looked("recording.picture", camera, asked.at, asked.at)
    shown = {
        "Cache-Control": kept(camera, KEPT) if settled else "no-store",
        "X-Frame-At": headers.get(RenderHeader.AT, ""),
    }
    return Response(reply.data, media_type="image/jpeg", headers=shown)


def _past(context: Context, at: datetime) -> datetime:
    try:
        at = at.astimezone(UTC)
    except (OverflowError, ValueError) as err:
        raise Problem(422, "invalid", "'at' is a moment from 1970 on") from err
    if at.year < 1970 or at > from_epoch(context.clock.utc()):
        raise Problem(422, "invalid", "'at' is a moment of the past, from 1970 on")
    return at
