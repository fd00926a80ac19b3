"""Cameras of the past: footage outlives the configuration that it was recorded under.

What a camera is like now belongs to ``view``; who may see a site is asked where ``Grant.past_camera`` is.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from vms.domain.clock import rfc3339
from vms.domain.masks import Outlines
from web.database.schema import CameraFirst, Gap, Segment


@dataclass(frozen=True, slots=True)
class PastCamera:
    """A camera that is configured, or once was; ``name`` and ``placement`` None where only its footage is known."""

    id: str
    site: str
    name: str | None = None
    placement: str | None = None
    masks: Outlines = ()


async def find(connection: AsyncConnection, camera: str) -> PastCamera | None:
    """The camera as it was configured last, else as its footage and gaps name it; None: there never was one."""
    columns = CameraFirst.site, CameraFirst.name, CameraFirst.placement, CameraFirst.masks
    row = (await connection.execute(select(*columns).where(CameraFirst.camera == camera))).first()
    if row is not None and row.site is not None:
        return PastCamera(camera, row.site, row.name, row.placement, _outlines(row.masks))
    for model in (Segment, Gap):
        newest = select(model.site).where(model.camera == camera).order_by(model.start.desc()).limit(1)
        site = await connection.scalar(newest)
        if site is not None:
            return PastCamera(camera, site)
    return None


def _outlines(stored: list[list[list[float]]] | None) -> Outlines:
    return tuple(tuple((x, y) for x, y in outline) for outline in stored or ())


async def removed(connection: AsyncConnection, present: Collection[str]) -> list[dict[str, Any]]:
    """Those that are not ``present`` any more, by id: ``{id, site, name, placement, last_at}`` each.

    ``last_at``: end of the newest footage; None when nothing is left of it.
    """
    configured = set(await connection.scalars(select(CameraFirst.camera)))
    found = []
    for camera in sorted((configured | await _recorded(connection)) - set(present)):
        past = await find(connection, camera)
        if past is None:
            continue
        newest = select(func.coalesce(Segment.end, Segment.start)).where(Segment.camera == camera)
        last: datetime | None = await connection.scalar(newest.order_by(Segment.start.desc()).limit(1))
        found.append(
            {
                "id": camera, "site": past.site, "name": past.name, "placement": past.placement,
                "last_at": None if last is None else rfc3339(last),
            }
        )  # fmt: skip
    return found


async def _recorded(connection: AsyncConnection) -> set[str]:
    """Every camera with footage, a look into the index for each: there are millions of segments."""
    least = select(func.min(Segment.camera).label("camera")).cte("recorded", recursive=True)
    after = select(func.min(Segment.camera)).where(Segment.camera > least.c.camera).scalar_subquery()
    every = least.union_all(select(after).where(least.c.camera.is_not(None)))
    return {camera for camera in await connection.scalars(select(every.c.camera)) if camera is not None}
