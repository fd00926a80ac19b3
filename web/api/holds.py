"""Holds: list, put, release."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from vms.domain.clock import from_epoch
from web.access import permit
from web.cameras import past
from web.cameras.past import PastCamera
from web.context import Context, Here
from web.database.engine import Change
from web.grant import Grant
from web.holds import store
from web.problems import Problem

router = APIRouter(prefix="/api/holds", tags=["holds"])


Keeper = Annotated[Grant, permit("recording.hold")]


class HoldRequest(BaseModel):
    """What is to be held, and why; without ``until`` until it is released."""

    model_config = ConfigDict(extra="forbid")
    cameras: Annotated[list[Annotated[str, Field(max_length=63)]], Field(min_length=1, max_length=500)]
    start: AwareDatetime
    end: AwareDatetime
    reason: Annotated[str, Field(max_length=2000)]
    until: AwareDatetime | None = None


@router.get("")
async def holds(
    viewer: Annotated[Grant, permit("recording.view")],
    context: Here,
    camera: str | None = None,
    start: AwareDatetime | None = None,
    end: AwareDatetime | None = None,
    released: bool = False,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    cursor: Annotated[str | None, Query(max_length=64)] = None,
) -> dict[str, Any]:
    """Newest first; those in force, with `released` also those that are not any more.

    `pending`: the recorders have not been told of it yet.
    """
    async with context.database.read() as connection:
        items, following = await store.fetch_page(
            connection, from_epoch(context.clock.utc()), camera=camera, start=_moment(start), end=_moment(end),
            released=released, limit=limit, cursor=cursor, within=viewer.reach,
        )  # fmt: skip
    for item in items:
        item["pending"] = item["state"] == "active" and context.holds.pending(item["id"])
    return {"items": items, "next": following}


@router.post("", status_code=201, responses={404: {}, 409: {}})
async def put(request: HoldRequest, keeper: Keeper, context: Here) -> dict[str, Any]:
    """Holds footage; `pending` while the recorders' bus has not taken it."""
    start, end = _moment(request.start), _moment(request.end)
    if start is None or end is None:
        raise Problem(422, "hold-span", "'start' and 'end' are moments")
    cameras = [await keeper.past_camera(camera) for camera in dict.fromkeys(request.cameras)]
    wanted = store.Wanted(tuple(request.cameras), start, end, request.reason, _moment(request.until))
    async with context.database.change() as change:
        made = await store.put(change, wanted, keeper.identity.username, from_epoch(context.clock.utc()))
        await _write(context, change, keeper, "hold.put", made, cameras)
    return {**made, "pending": not await context.holds.tell()}


@router.delete("/{hold}", status_code=204)
async def release(hold: str, keeper: Keeper, context: Here) -> None:
    """Lets go of it: it is kept, with who did so and when."""
    async with context.database.change() as change:
        gone = await store.release(
            change, hold, keeper.identity.username, from_epoch(context.clock.utc()), keeper.reach
        )
        if gone is not None:
            cameras = [
                await past.find(change.connection, camera) or PastCamera(camera, "") for camera in gone["cameras"]
            ]
            await _write(context, change, keeper, "hold.release", gone, cameras)
    await context.holds.tell()


async def _write(
    context: Context, change: Change, keeper: Grant, action: str, hold: dict[str, Any], cameras: list[PastCamera]
) -> None:
    """An entry for each site, so that its lead sees what is held of it."""
    of: dict[str, list[str]] = {}
    for one in cameras:
        of.setdefault(one.site, []).append(one.id)
    said = {name: hold[name] for name in ("start", "end", "until", "reason")}
    for site, ids in of.items():
        camera = ids[0] if len(ids) == 1 else None
        detail = {**said, "cameras": ids}
        await context.audit.write(
            change, keeper, action, site=site or None, camera=camera, object=hold["id"], detail=detail
        )


def _moment(moment: datetime | None) -> datetime | None:
    if moment is None:
        return None
    try:
        moment = moment.astimezone(UTC)
        if not 1970 <= moment.year < 9999:
            raise OverflowError
    except (OverflowError, ValueError) as err:
        raise Problem(422, "invalid", "moments are between 1970 and 9998") from err
    return moment
