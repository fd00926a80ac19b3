"""Recordings for players: HLS playlists, the media of a file by byte range, and its key frames alone."""

from __future__ import annotations

import asyncio
import gzip
import re
from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request
from pydantic import AwareDatetime
from starlette.responses import Response

from vms.domain.clock import from_epoch
from vms.domain.errors import BusError
from vms.domain.rendering import ClipRequest
from web.access import permit
from web.api.moments import span
from web.cameras.past import PastCamera
from web.context import Context, Here
from web.grant import Grant
from web.playback import keys, playlist, renderer
from web.playback.footage import Footage
from web.playback.recorders import Damaged, Gone
from web.playback.streamed import Streamed
from web.problems import RETRY_S, Problem, not_found
from web.rooms.openings import kept

router = APIRouter(prefix="/api", tags=["recordings"])

MAX_SPAN = timedelta(hours=2)
MIME = "application/vnd.apple.mpegurl"
#: Closed files never change; retention may delete them, so that no browser should keep them for long.
CLOSED = "private, max-age=3600, immutable"
_RANGE = re.compile(r"bytes=(?:(\d{1,18})-(\d{0,18})|-(\d{1,18}))", re.ASCII)
_MIN_GZIP = 4096

Segment = Annotated[str, Path(max_length=128)]
Ticks = Annotated[int, Query(ge=0, le=2**62)]
Viewer = Annotated[Grant, permit("recording.view")]
_FILM: dict[str, Any] = {"content": {"video/mp4": {}}}
KEYS: dict[int | str, dict[str, Any]] = {200: _FILM, 410: {}}
RANGES = {
    "parameters": [
        {"name": name, "in": "header", "required": False, "schema": {"type": "string"}}
        for name in ("Range", "If-Range", "If-None-Match")
    ]
}
MEDIA = {**KEYS, 206: _FILM, 304: {"description": "as before"}, 416: {}}


@router.get(
    "/cameras/{camera}/playback.m3u8",
    response_class=Response,
    responses={200: {"content": {MIME: {}}}},
)
async def playback(
    camera: str,
    request: Request,
    context: Here,
    viewer: Viewer,
    start: AwareDatetime,
    end: AwareDatetime,
    frames: Literal["key"] | None = None,
) -> Response:
    """The HLS playlist of a span of at most 2 hours; with `frames=key` of the key frames alone.

    Who may not see beneath the camera's privacy masks gets one of pieces in H.264 with the masks painted over.
    """
    found = await viewer.past_pictured(camera)
    start, end = span(start, end, MAX_SPAN)
    rows = await context.footage.of_span(found.id, start, end)
    tables = await context.recorders.tables(rows)
    now = from_epoch(context.clock.utc())
    painted = bool(viewer.covered(found))
    packed = "gzip" in request.headers.get("accept-encoding", "")

    def compose() -> tuple[bytes, bool, bool]:
        there = playlist.files(rows, tables, start, now)
        open_end = playlist.is_open(there, end, now)
        text = playlist.render(there, start, end, open_end=open_end, keys=frames == "key", masked=painted)
        body = b"" if text is None else text.encode()
        return (gzip.compress(body, 1) if packed and len(body) > _MIN_GZIP else body), len(body) > _MIN_GZIP, open_end

    body, large, open_end = await asyncio.to_thread(compose)
    if not body and open_end:
        raise Problem(503, "not-yet", "the first pictures are being written", headers={"Retry-After": RETRY_S})
    if not body and any(table.error == "disk" for table in tables.values()):
        raise BusError("the recorder cannot read these files")
    if not body:
        raise Problem(404, "no-footage", "nothing was recorded in this span")
    viewer.looked("recording.play", found, start, end)
    headers = {"Vary": "Accept-Encoding"}
    if packed and large:
        headers["Content-Encoding"] = "gzip"
    return Response(body, media_type=MIME, headers=headers)


@router.get("/segments/{segment}/media", response_class=Response, responses=MEDIA, openapi_extra=RANGES)
@router.head("/segments/{segment}/media", response_class=Response, include_in_schema=False)
async def media(segment: Segment, request: Request, context: Here, viewer: Viewer) -> Response:
    """A recorded file as it lies on the disk, whole or one range of it; of one that grows the whole fragments."""
    camera, one = await viewer.recording(segment)
    asked = _RANGE.fullmatch(request.headers.get("range", ""))
    closed = one.end is not None and one.bytes > 0
    same = False
    headers = {"Accept-Ranges": "bytes", "Cache-Control": kept(camera, CLOSED) if closed else "no-store"}
    if closed and one.sha256:
        headers["ETag"] = tag = f'"{one.sha256[:32]}"'
        same = tag in request.headers.get("if-none-match", "")
        if request.headers.get("if-range", tag) != tag:
            asked = None
    try:
        if same:  # as it was, or deleted since
            await context.recorders.read(one, 0, 1)
            return Response(status_code=304, headers=headers)
        size = one.bytes if closed else await _whole_bytes(context, one, asked)
        begin, end = _range(asked, size)
        if request.method == "HEAD":
            await context.recorders.read(one, begin, 1)
        status = 200
        if asked is not None:
            status, headers["Content-Range"] = 206, f"bytes {begin}-{end - 1}/{size}"
        headers["Content-Length"] = str(end - begin)
        if request.method == "HEAD":
            return Response(status_code=status, headers=headers, media_type="video/mp4")
        rest = context.recorders.stream(one, begin, end)
        return await _streamed(context, rest, viewer, camera, status, headers)
    except Gone as err:
        raise not_found("recording") from err
    except Damaged as err:
        raise Problem(410, "damaged", str(err)) from err


@router.get("/segments/{segment}/keyframes", response_class=Response, responses=KEYS)
async def keyframes(
    segment: Segment, context: Here, viewer: Viewer, from_: Annotated[Ticks, Query(alias="from")], to: Ticks
) -> Response:
    """The key frames of a file from one decode time to before another, each lasting until the next."""
    camera, one = await viewer.recording(segment)
    try:
        table = context.recorders.known(one)
        if table is None or (table.growing and (not table.tfdts or table.tfdts[-1] < to)):
            table = await context.recorders.table(one)
        rows = keys.chosen(table, from_, to, one.timescale)
        if not rows:
            raise Problem(404, "no-footage", "the file has no key frame in this span")
        headers = {"Cache-Control": "no-store" if table.growing else kept(camera, CLOSED)}
        rest = keys.fragments(context.recorders, one, table, rows)
        return await _streamed(context, rest, viewer, camera, 200, headers)
    except Gone as err:
        raise not_found("recording") from err
    except Damaged as err:
        raise Problem(410, "damaged", str(err)) from err


@router.get("/segments/{segment}/masked.mp4", response_class=Response, responses={200: MEDIA[200]})
async def masked(
    segment: Segment,
    request: Request,
    context: Here,
    viewer: Viewer,
    from_: Annotated[Ticks | None, Query(alias="from")] = None,
    to: Ticks | None = None,
    frames: Literal["key"] | None = None,
) -> Response:
    """A file in H.264, its privacy masks painted over for who may not see beneath them.

    From one decode time to before another, with `frames=key` its key frames alone; without both what goes before these.
    """
    if (from_ is None) is not (to is None):
        raise Problem(422, "invalid", "say both 'from' and 'to', or neither")
    camera, one = await viewer.recording(segment, painted=True)
    asked = ClipRequest(
        what="init" if to is None else "clip" if frames is None else "keys", segment=one.id,
        start=from_ or 0, end=to or 0, masks=viewer.covered(camera),
        asker=f"{viewer.identity.session[:16]}.{camera.id}.clip", patience_s=renderer.PATIENCE_S,
    )  # fmt: skip
    try:
        reply = await renderer.ask(context, request, replace(camera, site=one.site), asked)
    except Problem as err:
        if (err.status, err.word) == (404, "no-picture"):
            raise Problem(410, "damaged", "what was recorded there cannot be decoded") from err
        raise
    if reply is None:
        return Response(status_code=renderer.GONE)
    await viewer.judge_again(camera.id, asked.masks)
    return Response(reply.data, media_type="video/mp4", headers={"Cache-Control": "no-store"})


async def _whole_bytes(context: Context, one: Footage, asked: re.Match[str] | None) -> int:
    """Bytes of the whole fragments; what was seen before is enough for a range that lies within."""
    table = context.recorders.known(one)
    last = asked.group(2) if asked is not None else None
    if table is None or not table.offsets or not last or int(last) >= table.offsets[-1] + table.sizes[-1]:
        table = await context.recorders.table(one)
    return table.offsets[-1] + table.sizes[-1] if table.offsets else table.init_bytes


def _range(asked: re.Match[str] | None, size: int) -> tuple[int, int]:
    """First byte and the one behind the last; ``Problem`` 416 for a range beyond the end. RFC 9110, 14.1.2."""
    if size == 0:
        raise Problem(503, "not-yet", "the first pictures are being written", headers={"Retry-After": RETRY_S})
    first, last, tail = asked.groups() if asked is not None else ("0", "", None)
    begin = int(first) if tail is None else max(0, size - int(tail))
    end = min(size, int(last) + 1) if last else size
    if begin >= end:
        raise Problem(416, "range-not-satisfiable", "beyond the end", headers={"Content-Range": f"bytes */{size}"})
    return begin, end


async def _streamed(
    context: Context,
    rest: AsyncGenerator[bytes],
    viewer: Grant,
    camera: PastCamera,
    status: int,
    headers: dict[str, str],
) -> Response:
    """The first piece is read before anything is answered: what is not there is said in the status."""
    try:
        first = await anext(rest)
    except BaseException:
        await rest.aclose()
        raise

    async def still() -> bool:
        return await viewer.still_pictured(camera.id)

    return Streamed(first, rest, context.turns, viewer.identity.session, status, headers, still)
