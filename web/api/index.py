"""The nodes' audits of their recordings: the last results, and one that begins now."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter

from vms.bus import subjects
from vms.domain.index import AuditRequest
from vms.domain.node import NODE_SITE
from web.access import permit
from web.context import Here
from web.grant import Grant
from web.problems import RETRY_S, Problem

router = APIRouter(prefix="/api/index", tags=["index"])


@router.get("/audits")
async def audits(viewer: Annotated[Grant, permit("system.view")], context: Here) -> dict[str, Any]:
    """The last audit of each recorder; of the differences those of cameras that one may know of."""
    items = []
    for node in (one.state for one in context.reports.nodes()):
        if node.audit is None or not viewer.reach.has_node(node.node):
            continue
        found = node.audit.model_dump(mode="json", exclude={"v"})
        # A node may serve several sites.
        found["differences"] = [one for one in found["differences"] if await viewer.knows(one["camera"])]
        items.append({"node": node.node, "name": node.name, **found})
    return {"items": items, "next": None}


@router.post("/audits", status_code=202)
async def begin(auditor: Annotated[Grant, permit("index.audit")], context: Here) -> dict[str, Any]:
    """Every node that is heard of begins one now; ``Problem`` 503 when none is: nobody would begin."""
    nodes = sorted({one.state.node for one in context.reports.nodes() if one.fresh})
    if not nodes:
        raise Problem(503, "no-recorder", "no recorder is heard of", headers={"Retry-After": RETRY_S})
    for node in nodes:
        await context.link.bulk().publish(subjects.control(NODE_SITE, node, "audit"), AuditRequest().encode())
    context.audit.note(auditor, "index.audit", detail={"nodes": nodes})
    return {"nodes": nodes}
