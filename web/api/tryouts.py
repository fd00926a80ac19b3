"""Trying a rule out on the last hours of recordings before it is armed. The renderer does it; nothing is kept here."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.responses import Response

from vms.bus import subjects
from vms.domain import tryouts as asked
from vms.domain.clock import from_epoch, rfc3339
from vms.domain.errors import BusError
from vms.domain.facility import Camera, Site
from vms.domain.rules import MaybeOldRule
from web.access import permit
from web.api.zones import Drawn, invalid
from web.context import Context, Here
from web.grant import Grant
from web.problems import Problem, not_found

router = APIRouter(prefix="/api/cameras/{camera}/tryouts", tags=["zones and rules"])

Editor = Annotated[Grant, permit("camera.configure")]

#: A renderer answers at once, or it is away.
ANSWER_S = 3.0
#: What was taken just now is not on the disk yet: fragments of 0.4 s, written one after the other.
ON_DISK_S = 2.0
#: What no picture tells of.
UNSEEN = "camera_offline"


class Tried(BaseModel):
    """A rule, and the zones as they would be with it; both as in the facility file."""

    model_config = ConfigDict(extra="forbid")
    rule: MaybeOldRule
    zones: Drawn = ()
    hours: Annotated[float, Field(ge=0.1, le=asked.MOST_HOURS)] = 1.0


@router.post("", status_code=202)
async def start(camera: str, body: Tried, editor: Editor, context: Here) -> dict[str, str]:
    """Begins to try the rule out on the last `hours`; this session's older try-out of it is given up for it.

    Two others of it are not: `busy`.
    """
    site, found = editor.camera(camera)
    _check(found, body)
    facility = context.current.facility
    detector = context.reports.detector(site.id, camera)
    end = from_epoch(int((context.clock.utc() - ON_DISK_S) * 1000) / 1000)
    reply = await _ask(
        context, site, found,
        asked.Start(
            rule=body.rule, zones=body.zones, timezone=facility.facility.timezone,
            active_fps=facility.detector.active_fps, idle_fps=facility.detector.idle_fps,
            armed_fps=facility.detector.armed_fps,
            keys_only=found.streams.sub is None,
            model=facility.detector.model, confidence=facility.detector.confidence,
            input_px=facility.detector.input_px if detector is None else detector.state.input_px,
            start=end - timedelta(hours=body.hours), end=end, asker=editor.identity.session[:16],
        ),
    )  # fmt: skip
    tried = {"kind": body.rule.kind, "hours": body.hours}
    context.audit.note(editor, "rule.try", site=site.id, camera=camera, object=body.rule.id, detail=tried)
    return {"id": reply.id}


@router.get("/{tryout}")
async def look(camera: str, tryout: str, editor: Editor, context: Here) -> dict[str, Any]:
    """How far it is, and the alerts so far; 404 once it is forgotten, ten minutes after its end."""
    reply = await _ask(context, *editor.camera(camera), asked.Look(id=tryout))
    return {
        "id": reply.id,
        "state": reply.state,
        "progress": reply.progress,
        "start": rfc3339(reply.start),
        "end": rfc3339(reply.end),
        "looked_s": reply.looked_s,
        "missing_s": reply.missing_s,
        "looked_until": None if reply.looked_until is None else rfc3339(reply.looked_until),
        "model": reply.model,
        "fired": [
            {
                "start": rfc3339(one.start),
                "end": None if one.end is None else rfc3339(one.end),
                "persons": one.persons,
                "most": one.most,
            }
            for one in reply.fired
        ],
        "error": reply.error,
    }


@router.delete("/{tryout}", status_code=204)
async def cancel(camera: str, tryout: str, editor: Editor, context: Here) -> Response:
    """Gives it up; one that is over stays as it is."""
    await _ask(context, *editor.camera(camera), asked.Cancel(id=tryout))
    return Response(status_code=204)


def _check(camera: Camera, body: Tried) -> None:
    """``Problem`` 422 for a rule that could not be saved with these zones, or that no recording can show."""
    try:
        camera.check_successor(camera.model_copy(update={"zones": body.zones, "rules": (body.rule,)}))
    except ValidationError as err:
        raise invalid(err, {("zones",): ("zones",), ("rules", 0): ("rule",)}) from err
    if body.rule.kind == UNSEEN:
        raise Problem(422, "invalid", f"a rule of kind {body.rule.kind} cannot be tried out on recordings")


async def _ask(
    context: Context, site: Site, camera: Camera, request: asked.Start | asked.Look | asked.Cancel
) -> asked.Tryout:
    try:
        msg = await context.link.request(subjects.control(site.id, camera.id, "tryout"), request.encode(), ANSWER_S)
        reply = asked.Reply.model_validate_json(msg.data)
    except BusError as err:
        raise Problem(503, "renderer-away", str(err), headers={"Retry-After": "2"}) from err
    except ValidationError as err:
        raise Problem(
            503, "renderer-away", "the renderer says what is no answer", headers={"Retry-After": "5"}
        ) from err
    if reply.tryout is not None:
        return reply.tryout
    match reply.refusal:
        case "busy":
            raise Problem(503, "busy", "other rules are being tried out", headers={"Retry-After": "10"})
        case "unknown":
            raise not_found("try-out, or not any more")
        case other:
            raise Problem(503, "renderer-away", f"the renderer refuses: {other}", headers={"Retry-After": "5"})
