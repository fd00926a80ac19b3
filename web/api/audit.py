"""The audit log: its entries, exports, and the head of its chain. Reading it is itself an entry."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime
from sqlalchemy import select
from starlette.responses import Response

from vms.domain.clock import rfc3339
from web.access import permit
from web.api.exported import Export, check_room, still
from web.api.moments import whole_ms
from web.audit import chain, export, read
from web.audit.entry import ACTIONS
from web.context import Context, Here
from web.database.schema_audit import AuditEntry
from web.grant import Grant
from web.problems import Problem

router = APIRouter(prefix="/api/audit", tags=["audit"])

Auditor = Annotated[Grant, permit("audit.view")]

Word = Annotated[str | None, Query(max_length=400)]


def _filter(
    start: AwareDatetime | None = None,
    end: AwareDatetime | None = None,
    user: Word = None,
    action: Word = None,
    camera: Word = None,
    site: Word = None,
    outcome: Literal["done", "refused"] | None = None,
    q: Annotated[str | None, Query(max_length=200, description="a part of a name, an address, an object")] = None,
) -> read.Filter:
    if unknown := set(action.split(",")) - ACTIONS.keys() if action is not None else set():
        raise Problem(422, "invalid", f"'action': see /api/audit/actions, not {', '.join(sorted(unknown))[:200]}")
    begin, until = None if start is None else whole_ms(start), None if end is None else whole_ms(end)
    words = {"user": user, "action": action, "camera": camera, "site": site, "q": q}
    if any("\x00" in one for one in words.values() if one is not None):  # no database has it in a text
        raise Problem(422, "invalid", "no word has the character NUL")
    return read.Filter(begin, until, outcome=outcome, **words)


Wanted = Annotated[read.Filter, Depends(_filter)]


@router.get("")
async def entries(
    auditor: Auditor,
    context: Here,
    wanted: Wanted,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    cursor: Annotated[int | None, Query(ge=1, lt=2**63)] = None,
) -> dict[str, Any]:
    """Newest first. Who is held to sites sees what is of them: no logins, nothing of strangers."""
    async with context.database.read() as connection:
        items, following = await read.fetch_page(connection, auditor.reach, wanted, limit, cursor)
    context.audit.note(auditor, "audit.read", detail=_said(wanted))
    return {"items": items, "next": following}


@router.get("/actions")
async def actions(_auditor: Auditor) -> dict[str, Any]:
    """The words that an entry's `action` may be, with their kinds."""
    return {"items": [{"action": word, "kind": kind} for word, kind in ACTIONS.items()], "next": None}


@router.get("/head")
async def head(_auditor: Auditor, context: Here) -> dict[str, Any]:
    """The newest entry of the chain, and what of the day roots is outside."""
    newest = select(AuditEntry.seq, AuditEntry.hash, AuditEntry.at).order_by(AuditEntry.seq.desc()).limit(1)
    async with context.database.read() as connection:
        row = (await connection.execute(newest)).first()
    said = {"seq": 0, "hash": None, "at": None} if row is None else {
        "seq": row.seq, "hash": row.hash, "at": rfc3339(row.at),
    }  # fmt: skip
    return {**said, **await context.roots.status()}


@router.get("/export.csv", response_class=Response, responses={200: {"content": {"text/csv": {}}}})
async def export_csv(auditor: Auditor, context: Here, wanted: Wanted) -> Response:
    """All entries of the filter, oldest first, for a spreadsheet."""
    return await _export(auditor, context, wanted, "csv", "text/csv; charset=utf-8", export.csv_line, export.csv_head())


@router.get("/export.jsonl", response_class=Response, responses={200: {"content": {"application/jsonl": {}}}})
async def export_jsonl(auditor: Auditor, context: Here, wanted: Wanted) -> Response:
    """All entries of the filter, oldest first, a JSON object a line: what a third party checks the chain with."""
    return await _export(auditor, context, wanted, "jsonl", "application/jsonl", export.json_line, "")


async def _export(
    auditor: Grant,
    context: Context,
    wanted: read.Filter,
    kind: str,
    media: str,
    line: Callable[[Mapping[str, Any]], str],
    begin: str,
) -> Response:
    within = auditor.reach
    check_room(context)
    async with context.database.change() as change:  # nothing leaves without its entry
        await context.audit.write(change, auditor, "audit.export", object=kind, detail=_said(wanted))
        last = (await chain.head(change.connection))[0]
    first = await read.fetch_after(context.database, within, wanted, 0, last)  # what fails is said in the status

    async def lines() -> AsyncIterator[str]:
        yield begin
        async for item in read.all_of(context.database, within, wanted, last, first, still(context, auditor)):
            yield line(item)

    headers = {"Content-Disposition": f'attachment; filename="vms-audit.{kind}"'}
    return Export(context, lines(), media_type=media, headers=headers)


def _said(wanted: read.Filter) -> dict[str, Any]:
    return {name: value for name, value in asdict(wanted).items() if value is not None}
