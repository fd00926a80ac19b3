"""Canaries: how far each site's last one came."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter

from vms.domain.clock import rfc3339
from web.access import permit
from web.canary import store
from web.context import Here
from web.grant import Grant

router = APIRouter(prefix="/api/canaries", tags=["system"])


@router.get("")
async def canaries(viewer: Annotated[Grant, permit("system.view")], context: Here) -> dict[str, Any]:
    """A site with cameras in use each, in the facility's order; none where canaries are switched off."""
    watch = context.reaching.canaries
    if watch is None:
        return {"items": []}
    async with context.database.read() as connection:
        kept = await store.fetch(connection)
    items = []
    for site in viewer.sites():
        if any(camera.enabled for camera in site.cameras):
            one = kept.get(site.id)
            moments = {
                name: None if (at := getattr(one, name, None)) is None else rfc3339(at)
                for name in ("sent_at", "stored_at", "told_at", "pushed_at")
            }
            node = None if one is None else one.node
            items.append({"site": site.id, "node": node, **moments, "state": watch.state(site.id, one)})
    return {"items": items}
