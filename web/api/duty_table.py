"""The roster as a file: CSV and XLSX in, CSV out."""

from __future__ import annotations

import asyncio
import hashlib
from collections import defaultdict
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import AwareDatetime
from starlette.requests import Request
from starlette.responses import Response

from vms.domain.clock import rfc3339
from web.access import permit
from web.api.duty import LONGEST, bounds_of
from web.api.moments import span
from web.context import Context, Here
from web.database.engine import Change
from web.duty import excel, people, shifts, table, when
from web.duty.people import Person
from web.duty.terms import Fault, Terms
from web.grant import Grant
from web.problems import Problem

router = APIRouter(prefix="/api/duty", tags=["duty"])

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
#: What a file is, its first bytes say: browsers name a CSV by the program that is installed for it.
MEDIA = ("", "text/csv", "text/plain", "application/csv", "application/vnd.ms-excel", "application/octet-stream", XLSX)
_NOT_TEXT = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
#: Files that are read at once.
MOST_TABLES = 2
_WORDS = {
    "unreadable": "the file is no XLSX that can be read",
    "too-large": "the file is too large when it is unzipped: keep nothing but the roster in it",
    "too-many": f"a file has at most {table.MOST_ROWS} lines",
    "old-excel": "the file is of an old Excel, or has a password: save it as XLSX without one",
}


@router.post(
    "/shifts/import",
    responses={413: {}, 415: {}},
    openapi_extra={
        "requestBody": {"required": True, "content": {"text/csv": {"schema": {"type": "string"}}, XLSX: {}}}
    },
)
async def import_table(
    request: Request,
    manager: Annotated[Grant, permit("duty.view", "duty.manage")],
    context: Here,
    dry_run: Annotated[bool, Query(description="only say what would become of it")] = False,
) -> dict[str, Any]:
    """Enters all shifts of a file, or none: with any problem nothing is written. What stands there already stays."""
    body = await _body(request)
    if context.tables >= MOST_TABLES:
        raise Problem(503, "busy", "other rosters are being read", headers={"Retry-After": "5"})
    context.tables += 1
    try:
        read = await _read(context, manager, body)
    finally:
        context.tables -= 1
    if dry_run or read.faults:
        async with context.database.read() as connection:
            plan = await shifts.plan(connection, read.lines, await bounds_of(connection, context, manager))
    else:
        async with context.database.change() as change:
            plan = await shifts.plan(
                change.connection, read.lines, await bounds_of(change.connection, context, manager)
            )
            if plan.added and not plan.faults:
                await shifts.put_all(change, plan.added, manager.identity.username)
                await _write(context, change, manager, plan.added, hashlib.sha256(body).hexdigest())
    faults = sorted([*read.faults, *plan.faults], key=lambda one: one.row or 0)
    return {
        "added": 0 if faults else len(plan.added),
        "unchanged": plan.unchanged,
        "rows": read.rows,
        "ignored_columns": read.ignored,
        "problems": [_told(one) for one in faults[: table.MOST_FAULTS]],
        "more_problems": max(0, len(faults) - table.MOST_FAULTS),
    }


@router.get("/shifts.csv", response_class=Response, responses={200: {"content": {"text/csv": {}}}})
async def export_table(
    viewer: Annotated[Grant, permit("duty.view")],
    context: Here,
    start: AwareDatetime,
    end: AwareDatetime,
    site: str | None = None,
    language: Literal["vi", "en"] = "vi",
) -> Response:
    """The shifts that touch the span, whole, for a spreadsheet; it can be imported again."""
    begin, until = span(start, end, LONGEST)
    viewer.within(site)
    async with context.database.read() as connection:
        found = await shifts.touching(connection, viewer.reach, (begin, until), site)
        known = await people.everybody(connection)
    zone = context.current.facility.zone_info()
    lines = [
        (
            one.terms.site or table.ALL, table.DUTY_WORDS[language][one.terms.duty], known[one.user_id].username,
            when.write(one.terms.start, zone), when.write(one.terms.end, zone), one.terms.note or "",
        )
        for one in found
    ]  # fmt: skip
    headers = {"Content-Disposition": 'attachment; filename="vms-roster.csv"'}
    return Response("".join(table.written(lines, language)), media_type="text/csv; charset=utf-8", headers=headers)


async def _body(request: Request) -> bytes:
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media not in MEDIA:
        raise Problem(415, "unsupported-media-type", f"the body is a file of text/csv or {XLSX}")
    body = bytearray()
    async for some in request.stream():
        body += some
        if len(body) > table.MOST_BYTES:
            raise Problem(413, "too-large", f"a file has at most {table.MOST_BYTES} bytes")
    return bytes(body)


async def _read(context: Context, manager: Grant, body: bytes) -> table.Read:
    try:
        if body.startswith(_NOT_TEXT):
            rows: list[list[str]] | Fault = await excel.cells(body, table.MOST_ROWS + 1)
        else:
            rows = await asyncio.to_thread(table.rows_of, body)
    except excel.Unusable as err:
        rows = Fault(None, None, err.word, _WORDS[err.word])
    if isinstance(rows, Fault):
        return table.Read(faults=[rows])
    async with context.database.read() as connection:
        others = await shifts.named_sites(connection, manager.reach)
    sites = table.Sites({site.id: site.name for site in manager.sites()}, others)
    return await asyncio.to_thread(table.read, rows, context.current.facility.zone_info(), sites)


def _told(fault: Fault) -> dict[str, Any]:
    return {"row": fault.row, "column": fault.column, "code": fault.code, "message": fault.message}


async def _write(
    context: Context, change: Change, manager: Grant, added: Sequence[tuple[Terms, Person]], digest: str
) -> None:
    """An entry for each site, so that its lead sees who was entered."""
    of: defaultdict[str | None, list[str]] = defaultdict(list)
    for terms, person in added:
        of[terms.site].append(f"{terms.duty} {person.username} {rfc3339(terms.start)} {rfc3339(terms.end)}")
    for site, lines in of.items():
        detail = {"added": len(lines), "shifts": lines, "sha256": digest}
        await context.audit.write(change, manager, "shift.import", site=site, detail=detail)
