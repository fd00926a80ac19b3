"""The ASGI application: routes, errors and the shield, put together; refuses to start with an open route."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Scope

from web import access, problems
from web.api import (
    account,
    alerts,
    audit,
    cameras,
    canaries,
    channels,
    duty,
    duty_policy,
    duty_table,
    holds,
    index,
    metrics,
    pictures,
    playback,
    quiets,
    reference,
    reports,
    rooms,
    session,
    socket_alerts,
    socket_live,
    socket_wall,
    system,
    tryouts,
    users,
    zones,
)
from web.api.dashboard import Dashboard
from web.audit.stranger import stranger
from web.context import Context
from web.limits import Limits
from web.shield import Shield

ROUTERS = (
    session.router,
    account.router,
    users.router,
    system.router,
    cameras.router,
    canaries.router,
    pictures.router,
    zones.router,
    tryouts.router,
    alerts.router,
    duty.router,
    duty_policy.router,
    duty_table.router,
    reports.router,
    quiets.router,
    playback.router,
    holds.router,
    channels.router,
    rooms.router,
    index.router,
    audit.router,
    metrics.router,
    reference.router,
    socket_alerts.router,
    socket_wall.router,
    socket_live.router,
)


def build(context: Context) -> FastAPI:
    """The application without its shield."""
    app = FastAPI(
        title="Video management service",
        version=context.version,
        openapi_url=None,  # served by `web.api.reference`, with a permission like the rest
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.context = context
    for router in ROUTERS:
        app.include_router(router)
    if missing := access.undeclared(app):
        raise RuntimeError(f"routes without a declared permission: {', '.join(missing)}")
    problems.install(app)

    def led_out(scope: Scope) -> None:
        path = f"{scope['method']} {scope['path']}"
        context.audit.note(stranger(scope), "request.refuse", object=path, detail={"status": 404}, outcome="refused")

    app.router.default = Dashboard(context.dashboard, led_out)
    return app


def shielded(context: Context) -> ASGIApp:
    """What the server serves."""

    def refused(scope: Scope, status: int, **detail: Any) -> None:
        told = {"status": status, **detail}
        path = f"{scope.get('method', 'WEBSOCKET')} {scope['path']}"
        context.audit.note(stranger(scope), "request.refuse", object=path, detail=told, outcome="refused")

    def foreign(scope: Scope) -> None:
        refused(scope, 403, type="foreign-origin", origin=Headers(scope=scope).get("origin"))

    return Shield(Limits(build(context), context.clock, refused), foreign)
