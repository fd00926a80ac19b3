"""Zones, rules and privacy masks of a camera: reading them, and drawing new ones, apart or all in one revision."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Annotated, Any

from fastapi import APIRouter
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from vms.domain.clock import rfc3339
from vms.domain.facility import Camera, Mask, Rule, Zone
from vms.domain.model import lines_of
from vms.domain.rules import MaybeOldRule, MaybeOldZone
from web.access import permit
from web.configuration.analysis import Overtaken, last_change, replace
from web.configuration.revisions import Configured, latest
from web.context import Context, Here
from web.database.engine import Change
from web.grant import Grant
from web.problems import Problem, not_found

router = APIRouter(prefix="/api/cameras/{camera}", tags=["zones and rules"])


MOST = 64


def _few(items: object) -> object:
    """Counted before each is looked at: a hundred thousand faults take seconds to write down."""
    if isinstance(items, list) and len(items) > MOST:
        raise ValueError(f"a camera has at most {MOST}")
    return items


#: What is new in them is looked at once it is known what the camera has: see ``replace``.
Drawn = Annotated[tuple[MaybeOldZone, ...], BeforeValidator(_few)]
Ruled = Annotated[tuple[MaybeOldRule, ...], BeforeValidator(_few)]
Masked = Annotated[tuple[Mask, ...], Field(max_length=16)]
Base = Annotated[int | None, Field(ge=0, lt=2**53, description="the revision that was drawn upon; null: any")]
Viewer = Annotated[Grant, permit("camera.view")]
Editor = Annotated[Grant, permit("camera.configure")]
#: Who could draw masks and not see beneath would take them away.
Lifter = Annotated[Grant, permit("camera.configure", "mask.lift")]
Stated = Mapping[str, tuple[Zone, ...] | tuple[Rule, ...] | tuple[Mask, ...]]
_Place = tuple[str | int, ...]


class Zones(BaseModel):
    """All zones of a camera."""

    model_config = ConfigDict(extra="forbid")
    items: Drawn


class Rules(BaseModel):
    """All rules of a camera."""

    model_config = ConfigDict(extra="forbid")
    items: Ruled


class Masks(BaseModel):
    """All privacy masks of a camera."""

    model_config = ConfigDict(extra="forbid")
    items: Masked
    base_revision: Base = None
    reason: Annotated[str | None, Field(max_length=500)] = None


class Analysis(BaseModel):
    """Zones and rules at once, so that no rule names a zone that is not there yet, or no longer; and privacy masks."""

    model_config = ConfigDict(extra="forbid")
    zones: Drawn
    rules: Ruled
    masks: Annotated[Masked | None, Field(description="null, or left out: as they are")] = None
    base_revision: Base = None


@router.get("/zones")
async def zones(camera: str, viewer: Viewer) -> dict[str, Any]:
    """As in the facility file."""
    _, found = viewer.camera(camera)
    return {"items": lists_of(found)["zones"], "next": None}


@router.get("/rules")
async def rules(camera: str, viewer: Viewer) -> dict[str, Any]:
    """As in the facility file."""
    _, found = viewer.camera(camera)
    return {"items": lists_of(found)["rules"], "next": None}


@router.get("/masks")
async def masks(camera: str, editor: Lifter, context: Here) -> dict[str, Any]:
    """As in the facility file, and the revision that they are of."""
    _, found = editor.camera(camera)
    return {"items": masks_of(found), "next": None, "revision": context.current.revision}


@router.get("/analysis")
async def analysis(camera: str, viewer: Viewer, context: Here) -> dict[str, Any]:
    """Both, with the masks for who may know of them, and the revision that they are of."""
    _, found = viewer.camera(camera)
    return {"revision": context.current.revision, **lists_of(found), **masks_for(viewer, found)}


@router.put("/zones")
async def put_zones(camera: str, body: Zones, editor: Editor, context: Here) -> dict[str, int]:
    """Replaces all zones; answers with the configuration's new revision."""
    return await _replace(context, editor, camera, {"zones": body.items})


@router.put("/rules")
async def put_rules(camera: str, body: Rules, editor: Editor, context: Here) -> dict[str, int]:
    """Replaces all rules; answers with the configuration's new revision."""
    return await _replace(context, editor, camera, {"rules": body.items})


@router.put("/masks", responses={409: {}})
async def put_masks(camera: str, body: Masks, editor: Lifter, context: Here) -> dict[str, int]:
    """Replaces all masks. 409 `changed` when they were changed since `base_revision`."""
    return await _replace(context, editor, camera, {"masks": body.items}, body.base_revision, body.reason)


@router.put("/analysis", responses={409: {}})
async def put_analysis(camera: str, body: Analysis, editor: Editor, context: Here) -> dict[str, int]:
    """Replaces all that is stated in one revision. 409 `changed` when it was changed since `base_revision`."""
    stated: Stated = {"zones": body.zones, "rules": body.rules}
    if body.masks is not None:
        editor.require("mask.lift")
        stated = {**stated, "masks": body.masks}
    return await _replace(context, editor, camera, stated, body.base_revision)


def lists_of(camera: Camera) -> dict[str, Any]:
    """``zones`` and ``rules`` of a camera as they are told."""
    return {
        "zones": [zone.model_dump(mode="json", exclude_none=True) for zone in camera.zones],
        "rules": [rule.model_dump(mode="json", exclude_none=True) for rule in camera.rules],
    }


def masks_of(camera: Camera) -> list[dict[str, Any]]:
    """Its masks as they are told."""
    return [mask.model_dump(mode="json", exclude_none=True) for mask in camera.masks]


def masks_for(viewer: Grant, camera: Camera) -> dict[str, Any]:
    """``masks`` for who sees beneath: to others, what they do not see says nothing."""
    return {"masks": masks_of(camera)} if viewer.identity.may(("mask.lift",)) else {}


async def _replace(
    context: Context, editor: Grant, camera: str, stated: Stated, base: int | None = None, reason: str | None = None
) -> dict[str, int]:
    editor.camera(camera)  # else 404
    places: dict[_Place, _Place] = {(name,): (name if len(stated) > 1 else "items",) for name in stated}
    parts = {name: [one.model_dump(mode="json", exclude_none=True) for one in some] for name, some in stated.items()}

    async def write(change: Change, made: Configured, before: Camera, after: Camera) -> None:
        site = next(site for site, one in made.facility.cameras() if one.id == camera)
        if not editor.reach.has_site(site.id):  # it was moved there a moment ago: what is in force here says it later
            raise not_found("camera")
        where: dict[str, Any] = {"site": site.id, "camera": camera, "object": f"revision {made.revision}"}
        if (before.zones, before.rules) != (after.zones, after.rules):
            named = {name: [one.id for one in some] for name, some in stated.items() if name != "masks"}
            await context.audit.write(change, editor, "zones.change", **where, detail=named)
        if before.masks != after.masks:
            told = _told(before, after) | ({} if reason is None else {"reason": reason})
            await context.audit.write(change, editor, "masks.change", **where, detail=told)

    try:
        configured = await replace(
            context.database, context.clock, editor.identity.username, camera, parts, base, write
        )
    except KeyError as err:
        raise not_found("camera") from err  # it was taken out a moment ago
    except ValidationError as err:
        raise invalid(err, places) from err
    except Overtaken as err:
        raise await _changed(context, editor, camera, tuple(stated), err.base) from err
    context.current.replace(configured)
    return {"revision": configured.revision}


def _told(before: Camera, after: Camera) -> dict[str, list[str]]:
    """What became of the masks, by their ids."""
    old, new = ({mask.id: mask for mask in camera.masks} for camera in (before, after))
    found = {
        "added": [one for one in new if one not in old],
        "changed": [one for one in new if one in old and new[one] != old[one]],
        "removed": [one for one in old if one not in new],
    }
    return {how: ids for how, ids in found.items() if ids}


def invalid(err: ValidationError, places: Mapping[_Place, _Place]) -> Exception:
    """What is wrong with an item, as with any other part of the body; else what does not fit together.

    ``places``: where in the body a part of the camera is.
    """
    items = [
        one | {"loc": ("body", *there, *one["loc"][len(here) :])}
        for one in err.errors()
        for here, there in places.items()
        if one["loc"][: len(here)] == here
    ]
    if items:
        return RequestValidationError(items)
    return Problem(422, "invalid", "; ".join(line for one in err.errors()[:3] for line in lines_of(one["msg"])))


async def _changed(context: Context, editor: Grant, camera: str, parts: Collection[str], base: int) -> Problem:
    """The answer to who drew upon what is no longer there: what is there now, by whom and since when."""
    change = await last_change(context.database, camera, parts, base)
    newest = await latest(context.database)
    if newest is not None:
        context.current.replace(newest)  # the command line may have written it
    _, found = editor.camera(camera)
    who = "somebody" if change is None else change.author
    said = f"{who} changed the zones, rules or masks of this camera after revision {base}"
    if base > context.current.revision:
        said = f"there is no revision {base} yet: what was drawn upon is of another configuration"
    return Problem(
        409,
        "changed",
        said,
        revision=context.current.revision,
        by=None if change is None else change.author,
        at=None if change is None else rfc3339(change.at),
        **lists_of(found),
        **masks_for(editor, found),
    )
