"""Zones and rules of a camera: reading them, and drawing new ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from vms.domain.facility import Facility, Rule, Zone
from web.access import Identity, permit
from web.configuration.revisions import dump, load, save
from web.context import Context, Here
from web.problems import Problem, not_found

router = APIRouter(prefix="/api/cameras/{camera}", tags=["zones and rules"])


MOST = 64


def _few(items: object) -> object:
    """Counted before each is looked at: a hundred thousand faults take seconds to write down."""
    if isinstance(items, list) and len(items) > MOST:
        raise ValueError(f"a camera has at most {MOST}")
    return items


class Zones(BaseModel):
    """All zones of a camera."""

    model_config = ConfigDict(extra="forbid")
    items: Annotated[tuple[Zone, ...], BeforeValidator(_few)]


class Rules(BaseModel):
    """All rules of a camera."""

    model_config = ConfigDict(extra="forbid")
    items: Annotated[tuple[Rule, ...], BeforeValidator(_few)]


@router.get("/zones", dependencies=[permit("camera.view")])
async def zones(camera: str, context: Here) -> dict[str, Any]:
    """As in the facility file."""
    _, found = context.camera(camera)
    return {"items": [zone.model_dump(mode="json", exclude_none=True) for zone in found.zones], "next": None}


@router.get("/rules", dependencies=[permit("camera.view")])
async def rules(camera: str, context: Here) -> dict[str, Any]:
    """As in the facility file."""
    _, found = context.camera(camera)
    return {"items": [rule.model_dump(mode="json", exclude_none=True) for rule in found.rules], "next": None}


@router.put("/zones")
async def put_zones(
    camera: str, body: Zones, identity: Annotated[Identity, permit("camera.configure")], context: Here
) -> dict[str, int]:
    """Replaces all zones; answers with the configuration's new revision."""
    return await _replace(context, identity, camera, "zones", body)


@router.put("/rules")
async def put_rules(
    camera: str, body: Rules, identity: Annotated[Identity, permit("camera.configure")], context: Here
) -> dict[str, int]:
    """Replaces all rules; answers with the configuration's new revision."""
    return await _replace(context, identity, camera, "rules", body)


async def _replace(context: Context, identity: Identity, camera: str, part: str, body: Zones | Rules) -> dict[str, int]:
    context.camera(camera)
    items = body.model_dump(mode="json", exclude_none=True)["items"]
    try:
        configured = await save(context.database, context.clock, identity.username, _with(camera, part, items))
    except ValidationError as err:
        detail = "; ".join(one["msg"].removeprefix("Value error, ") for one in err.errors()[:3])
        raise Problem(422, "invalid", detail) from err
    context.current.replace(configured)
    return {"revision": configured.revision}


def _with(camera: str, part: str, items: list[Any]) -> Callable[[Facility | None], Facility]:
    def make(before: Facility | None) -> Facility:
        plain: dict[str, Any] = {} if before is None else dump(before)
        for site in plain.get("sites", []):
            for one in site["cameras"]:
                if one["id"] == camera:
                    one[part] = items
                    return load(plain)
        raise not_found("camera")  # it was taken out a moment ago

    return make
