"""Patient rooms: opening one, closing it, and who has which open."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from web.access import permit
from web.context import Here
from web.grant import Grant
from web.problems import Problem
from web.rooms.openings import MOST_MINUTES, MOST_REASON, is_room

router = APIRouter(prefix="/api", tags=["patient rooms"])


class OpeningRequest(BaseModel):
    """Why, and for how long."""

    model_config = ConfigDict(extra="forbid")
    reason: Annotated[str, Field(max_length=MOST_REASON)]
    minutes: Annotated[int, Field(ge=1, le=MOST_MINUTES)] = 5


@router.post("/cameras/{camera}/openings", status_code=201, responses={409: {}})
async def put(
    camera: str, request: OpeningRequest, opener: Annotated[Grant, permit("room.open")], context: Here
) -> dict[str, Any]:
    """Opens the room to who asks, and to nobody else; again: for longer. 409 `no-room`: it is open anyway."""
    found = await opener.past_camera(camera)
    if not is_room(found.placement):
        raise Problem(409, "no-room", "this camera looks into no patient room: it needs no opening")
    return await context.openings.open(opener.identity, found, request.reason, request.minutes, opener)


@router.get("/openings")
async def openings(
    grant: Annotated[Grant, permit("session.own")],
    context: Here,
    ended: bool = False,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> dict[str, Any]:
    """Newest first: one's own; with the permission `room.oversee` everybody's. `ended`: those of the past, too."""
    others = grant.identity.may(("room.oversee",))
    items = await context.openings.listed(grant.identity, grant.reach, others=others, ended=ended, limit=limit)
    return {"items": items, "next": None}


@router.delete("/openings/{opening}", status_code=204)
async def close(opening: str, grant: Annotated[Grant, permit("session.own")], context: Here) -> None:
    """Ends one's own, with `room.oversee` anybody's; sockets that show the room end within 5 s."""
    others = grant.identity.may(("room.oversee",))
    await context.openings.close(opening, grant.identity, grant.reach, grant, others=others)
