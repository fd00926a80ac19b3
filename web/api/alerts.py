"""Alerts: list, one, picture, and what people do with them."""

from __future__ import annotations

from typing import Annotated, Any, get_args

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from vms.domain.facility import RuleKind, Severity
from vms.domain.node import NODE_ALERTS
from vms.domain.rendering import GivenRequest
from web.access import permit
from web.alerts import store
from web.api.pictures import KEPT
from web.audit import chain
from web.audit.entry import made
from web.cameras import unanalysed
from web.canary import watch as canary
from web.context import Context, Here
from web.escalation import record
from web.grant import Grant
from web.playback import renderer
from web.problems import Problem, not_found
from web.rooms.openings import kept

router = APIRouter(prefix="/api/alerts", tags=["alerts"])

STATES = frozenset(("open", "ended", "acknowledged", "resolved"))
KINDS = frozenset((*get_args(RuleKind), "site_unreachable", unanalysed.KIND, canary.KIND, *NODE_ALERTS))
SEVERITIES = frozenset(get_args(Severity))


Viewer = Annotated[Grant, permit("alert.view")]


class Step(BaseModel):
    """What one has to say about it."""

    model_config = ConfigDict(extra="forbid")
    note: Annotated[str, Field(max_length=2000)] | None = None
    group: Annotated[bool, Field(description="so with every other alert of its group")] = False


@router.get("")
async def alerts(
    viewer: Viewer,
    context: Here,
    site: str | None = None,
    camera: str | None = None,
    state: Annotated[str | None, Query(description="one or several, with commas")] = None,
    kind: str | None = None,
    severity: str | None = None,
    start: AwareDatetime | None = None,
    end: AwareDatetime | None = None,
    ongoing: Annotated[bool | None, Query(description="true: not ended, whoever took it; false: over")] = None,
    quiet: Annotated[bool | None, Query(description="true: told to nobody, being snoozed or under maintenance")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    cursor: Annotated[str | None, Query(max_length=400)] = None,
) -> dict[str, Any]:
    """Newest first; with `start` and `end` those that lasted into the span. Several kinds: with commas."""
    for name, value, known in (("state", state, STATES), ("kind", kind, KINDS), ("severity", severity, SEVERITIES)):
        unknown = set(value.split(",")) - known if value is not None else set()
        if unknown:
            raise Problem(422, "invalid", f"'{name}' is one of {', '.join(sorted(known))}")
    wanted = store.Filter(site, camera, state, kind, severity, start, end, ongoing, quiet)
    async with context.database.read() as connection:
        items, following = await store.fetch_page(connection, viewer.reach, wanted, limit, cursor)
    return {"items": items, "next": following}


@router.get("/{alert}")
async def alert(alert: str, viewer: Viewer, context: Here) -> dict[str, Any]:
    """One alert with every step, and whom its chain has called."""
    async with context.database.read() as connection:
        found = await store.fetch_represented(connection, alert, viewer.reach)
        named = viewer.identity.may(("duty.view",))
        return {**found, "calls": await record.calls(connection, found, named=named)}


@router.get(
    "/{alert}/snapshot.jpg",
    response_class=Response,
    responses={200: {"content": {"image/jpeg": {}}}},
)
async def snapshot(alert: str, request: Request, viewer: Viewer, context: Here) -> Response:
    """The picture at its opening; 503 when its privacy masks cannot be painted now."""
    async with context.database.read() as connection:
        found = await store.snapshot(connection, alert, viewer.reach)
    if found is None:
        raise not_found("picture")
    jpeg, camera, opened_at = found
    caching = KEPT
    if camera is not None:
        seen = await viewer.past_pictured(camera.id)
        caching = kept(seen, caching)
        if masks := viewer.covered(seen):
            given = GivenRequest(jpeg=jpeg, masks=masks, patience_s=renderer.PATIENCE_S)
            reply = await renderer.ask(context, request, seen, given)
            if reply is None:
                return Response(status_code=renderer.GONE)
            await viewer.judge_again(camera.id, masks)
            jpeg = reply.data
        viewer.looked("recording.picture", seen, opened_at, opened_at)
    # It never changes; private, since it shows persons.
    return Response(jpeg, media_type="image/jpeg", headers={"Cache-Control": caching})


@router.post("/{alert}/ack", responses={409: {}})
async def acknowledge(
    alert: str, grant: Annotated[Grant, permit("alert.ack")], context: Here, step: Step | None = None
) -> dict[str, Any]:
    """Takes it on; 409 names who was first."""
    return await _take(context, grant, alert, "acknowledged", step)


@router.post("/{alert}/resolve", responses={409: {}})
async def resolve(
    alert: str, grant: Annotated[Grant, permit("alert.resolve")], context: Here, step: Step | None = None
) -> dict[str, Any]:
    """Closes it; 409 names who was first."""
    return await _take(context, grant, alert, "resolved", step)


async def _take(context: Context, grant: Grant, alert: str, kind: store.Step, step: Step | None) -> dict[str, Any]:
    said = step or Step()
    async with context.database.change() as change:
        taken = await store.take_step(
            change, alert, kind, grant.identity.username, said.note, grant.reach, group=said.group
        )
        action = "alert.acknowledge" if kind == "acknowledged" else "alert.resolve"
        entries = [
            made(
                change.now, grant, action, site=one["site"], camera=one["camera"], object=one["id"],
                detail={"kind": one["kind"], "note": said.note},
            )
            for one in taken
        ]  # fmt: skip
        await chain.append(change, entries)  # a group may have thousands
    return taken[0]
