"""Asking the renderer, with bounds: so many requests at once for all, and none for a browser that left."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from nats.aio.msg import Msg
from starlette.requests import Request

from vms.bus import subjects
from vms.bus.tasks import end
from vms.domain import rendering
from vms.domain.errors import BusError
from web.cameras.past import PastCamera
from web.context import Context
from web.problems import Problem

#: A renderer that stops is started again within a second; who waits longer than this looks elsewhere.
PATIENCE_S = 10.0
MOST_AT_ONCE = 48
GONE = 499  # the browser left: nobody reads it

T = TypeVar("T")


async def ask(context: Context, request: Request, camera: PastCamera, asked: rendering.Request) -> Msg | None:
    """What the renderer made; None when the browser left; ``Problem`` 503, 404 ``no-footage`` or ``no-picture``."""
    if context.pictures_asked >= MOST_AT_ONCE:
        raise _busy()
    context.pictures_asked += 1
    try:
        subject = subjects.control(camera.site, camera.id, "render")
        reply = await _unless_gone(request, context.link.request(subject, asked.encode(), PATIENCE_S))
    except BusError as err:
        raise Problem(503, "renderer-away", str(err), headers={"Retry-After": "2"}) from err
    finally:
        context.pictures_asked -= 1
    match None if reply is None else (reply.headers or {}).get(rendering.RenderHeader.ERROR):
        case None:
            return reply
        case "no_footage":
            raise Problem(404, "no-footage", "nothing was recorded at this moment, or it was deleted")
        case "undecodable":
            raise Problem(404, "no-picture", "what was recorded at this moment cannot be decoded")
        case "busy":
            raise _busy()
        case other:
            raise Problem(503, "no-picture", f"the renderer refuses: {other}", headers={"Retry-After": "5"})


def _busy() -> Problem:
    return Problem(503, "busy", "too many pictures are asked for at once", headers={"Retry-After": "1"})


async def _unless_gone(request: Request, work: Coroutine[Any, Any, T]) -> T | None:
    """The result of ``work``, which is given up when the browser leaves: then None."""

    async def gone() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass

    working, leaving = asyncio.create_task(work), asyncio.create_task(gone())
    try:
        await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)
        return working.result() if working.done() else None
    finally:
        await end((working, leaving))
