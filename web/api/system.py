"""How the whole is: system, sites, health."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter
from starlette.responses import JSONResponse, Response

from vms.domain.clock import from_epoch, rfc3339
from web.access import permit, permit_everyone
from web.alerts.store import open_counts
from web.api.paging import Cursor, Limit, page
from web.cameras.view import CameraView
from web.context import Context, Here
from web.grant import Grant
from web.reach import Reach

router = APIRouter(tags=["system"])
STATES = ("recording", "online", "offline", "disabled")


@router.get("/healthz", dependencies=[permit_everyone()])
async def alive() -> dict[str, str]:
    """The process answers."""
    return {"status": "alive"}


@router.get("/readyz", dependencies=[permit_everyone()], responses={503: {"content": {"application/json": {}}}})
async def ready(context: Here) -> Response:
    """Bus and database answer; 503 names which does not."""
    parts = {"bus": context.link.connected, "database": await context.database.answers()}
    good = all(parts.values())
    return JSONResponse({"status": "ready" if good else "not ready", **parts}, 200 if good else 503)


@router.get("/api/system")
async def system(viewer: Annotated[Grant, permit("system.view")], context: Here) -> dict[str, Any]:
    """What the header of every page says."""
    since = context.link.since
    return {
        "version": context.version,
        "now": rfc3339(from_epoch(context.clock.utc())),
        "bus": {"connected": context.link.connected, "since": None if since is None else rfc3339(from_epoch(since))},
        "cameras": _states(viewer.views()),
        "storage": [await _known(viewer, disk) for disk in _storage(context, viewer.reach)],
        "clocks": _clocks(context, viewer.reach),
        "detection": _detection(context),
        "config_revision": context.current.revision,
    }


@router.get("/api/sites")
async def sites(
    viewer: Annotated[Grant, permit("camera.view")], context: Here, limit: Limit = None, cursor: Cursor = None
) -> dict[str, Any]:
    """Every site with its totals; a page of them with `limit`."""
    async with context.database.read() as connection:
        counts = await open_counts(connection)
    items = []
    for site in viewer.sites():
        views = [context.cameras.view(site, camera) for camera in site.cameras]
        known = [
            view.detector.state.person_count
            for view in views
            if view.detector is not None and view.detector.fresh and view.detector.state.person_count is not None
        ]
        items.append(
            {
                "id": site.id,
                "name": site.name,
                "location": None if site.location is None else list(site.location),
                "capacity": site.capacity,
                "persons": sum(known) if known else None,
                "open_alerts": sum(counts.get(camera.id, 0) for camera in site.cameras),
                "cameras": _states(views),
            }
        )
    return page(items, limit, cursor)


def _states(views: Iterable[CameraView]) -> dict[str, int]:
    found = Counter(view.state for view in views)
    return {"total": found.total(), **{state: found[state] for state in STATES}}  # type: ignore[index]


def _storage(context: Context, within: Reach) -> list[dict[str, Any]]:
    """One item a node: of its recorders one speaks for the disk."""
    nodes: dict[str, dict[str, Any]] = {}
    for report in context.reports.nodes():
        state, disk = report.state, report.state.storage
        if report.fresh and disk is not None and within.has_node(state.node):
            nodes[state.node] = {
                "node": state.node, "name": state.name, "status": disk.status, "detail": disk.detail,
                "site": disk.site,
                "free_bytes": disk.free_bytes, "total_bytes": disk.total_bytes,
                "recorded_bytes": disk.recorded_bytes, "held_bytes": disk.held_bytes, "oldest": _told(disk.oldest),
                "days_left": _days(disk.days_left), "days_kept": _days(disk.days_kept),
                "days_kept_by": disk.days_kept_by, "days_wanted": _days(disk.days_wanted),
                "deleted_at": _told(disk.deleted_at), "deleted_because": disk.deleted_because,
            }  # fmt: skip
    return [nodes[name] for name in sorted(nodes)]


async def _known(viewer: Grant, disk: dict[str, Any]) -> dict[str, Any]:
    """A node's disk without what names another site of the node, or its camera."""
    foreign = disk["site"] is not None and not viewer.reach.has_site(disk["site"])
    hidden: dict[str, Any] = {"site": None, "detail": ""} if foreign else {}
    quota, _, of = (disk["days_kept_by"] or "").partition(":")
    if (quota == "site" and not viewer.reach.has_site(of)) or (quota == "camera" and not await viewer.knows(of)):
        hidden["days_kept_by"] = None
    return {**disk, **hidden}


def _clocks(context: Context, within: Reach) -> list[dict[str, Any]]:
    """One item a node: its recorders ask the same kernel."""
    states = [one.state for one in context.reports.nodes() if one.fresh and within.has_node(one.state.node)]
    told = {state.node: state.clock for state in states if state.clock is not None}
    keys = {"synchronized", "offset_s", "max_error_s", "stepped_at", "stepped_s"}
    return [{"node": node, **clock.model_dump(mode="json", include=keys)} for node, clock in sorted(told.items())]


def _told(moment: datetime | None) -> str | None:
    return None if moment is None else rfc3339(moment)


def _days(days: float | None) -> float | None:
    return None if days is None else round(days, 1)


def _detection(context: Context) -> dict[str, Any]:
    states = [report.state for report in context.reports.all_detectors() if report.fresh and report.state.model]
    told = next((state for state in states if state.fallback), states[0] if states else None)
    if told is None:
        return {"model": None, "backend": None, "precision": None, "picture_ms": None, "fallback": False, "detail": ""}
    return {
        "model": told.model,
        "backend": told.backend,
        "precision": told.precision,
        "picture_ms": told.picture_ms,
        "fallback": told.fallback,
        "detail": told.fallback_detail,
    }
