"""The report of a shift, as a page and as a CSV file."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter
from pydantic import AwareDatetime
from starlette.responses import Response

from vms.domain.clock import from_epoch, rfc3339
from vms.domain.node import NODE_SITE
from web.access import permit
from web.alerts import report, store
from web.alerts.report import Report, Told, Wanted
from web.api.exported import Export, check_room, still
from web.api.moments import span
from web.audit.read import Ended
from web.channels import words
from web.context import Here
from web.duty import policies, when
from web.grant import Grant
from web.spreadsheet import BOM, inert, line

router = APIRouter(prefix="/api/reports", tags=["reports"])

Viewer = Annotated[Grant, permit("alert.view")]
LONGEST = timedelta(days=31)
Language = Literal["vi", "en"]
HEADINGS: dict[Language, tuple[str, ...]] = {
    "vi": (
        "Phát hiện lúc", "Khu", "Tên khu", "Camera", "Tên camera", "Quy tắc", "Loại", "Mức độ", "Số người",
        "Trạng thái", "Nhận xử lý lúc", "Người nhận", "Nhận sau (giây)", "Xử lý xong lúc", "Người xử lý",
        "Kết thúc lúc", "Bỏ lỡ", "Tạm ngừng báo", "Mã cảnh báo",
    ),
    "en": (
        "Opened at", "Site", "Site name", "Camera", "Camera name", "Rule", "Kind", "Severity", "Persons", "State",
        "Acknowledged at", "Acknowledged by", "Acknowledged after (s)", "Resolved at", "Resolved by", "Ended at",
        "Missed", "Quiet", "Alert",
    ),
}  # fmt: skip
_YES: dict[Language, str] = {"vi": "có", "en": "yes"}
#: As the dashboard says them.
_STATES: dict[Language, dict[str, str]] = {
    "vi": {"open": "Đang diễn ra", "ended": "Chưa nhận", "acknowledged": "Đã nhận", "resolved": "Đã xử lý"},
    "en": {"open": "Ongoing", "ended": "Not taken", "acknowledged": "Acknowledged", "resolved": "Resolved"},
}


@router.get("/shift")
async def shift(
    viewer: Viewer, context: Here, start: AwareDatetime, end: AwareDatetime, site: str | None = None
) -> dict[str, Any]:
    """The alerts that were opened in the span: counts, times until somebody took them on, and those that were missed.

    Percentiles are by nearest rank. `missed` of the page has the newest ones, the counts have all. Who was `called` is
    told to who may see the roster.
    """
    check_room(context)
    wanted = _wanted(viewer, start, end, site)
    context.exports += 1  # as long as it is reckoned
    try:
        async with context.database.read() as connection:
            await report.check_size(connection, wanted)
            _, policy = await policies.in_force(connection)
            calls = await report.calls(connection, wanted) if viewer.identity.may(("duty.view",)) else None
        within = [one.id for one in viewer.sites() if site in (None, one.id)]
        made = Report(within, policy, from_epoch(context.clock.utc()))
        first = await report.page_after(context.database, wanted, None)
        async for page in report.every_page(context.database, wanted, first):
            for alert in page:
                made.add(alert)
        if calls is not None:
            made.add_calls(calls)
        async with context.database.read() as connection:
            missed = (await store.fetch_several(connection, list(made.missed)))[::-1]
    finally:
        context.exports -= 1
    return {"start": rfc3339(wanted.start), "end": rfc3339(wanted.end), **made.told(), "missed": missed}


@router.get("/shift.csv", response_class=Response, responses={200: {"content": {"text/csv": {}}}})
async def shift_csv(
    viewer: Viewer, context: Here, start: AwareDatetime, end: AwareDatetime, site: str | None = None,
    language: Language = "vi",
) -> Response:  # fmt: skip
    """The same alerts, oldest first, a line each, in words; times are the facility's, names those of now."""
    check_room(context)
    wanted = _wanted(viewer, start, end, site)
    async with context.database.read() as connection:
        await report.check_size(connection, wanted)
        _, policy = await policies.in_force(connection)
    first = await report.page_after(context.database, wanted, None)  # what fails is said in the status
    now, facility, may = from_epoch(context.clock.utc()), context.current.facility, still(context, viewer)
    names, zone = {one.id: one.name for one in facility.sites}, facility.zone_info()
    cameras = {camera.id: camera.name for one in facility.sites for camera in one.cameras}

    async def lines() -> AsyncIterator[str]:
        yield BOM + line(HEADINGS[language])
        async for page in report.every_page(context.database, wanted, first):
            if page is not first and not await may():
                raise Ended
            yield "".join(
                line(
                    inert(cell)
                    for cell in _cells(one, names, cameras, zone, language, report.is_missed(one, policy, now))
                )
                for one in page
            )

    headers = {"Content-Disposition": 'attachment; filename="vms-alerts.csv"'}
    return Export(context, lines(), media_type="text/csv; charset=utf-8", headers=headers)


def _wanted(viewer: Grant, start: datetime, end: datetime, site: str | None) -> Wanted:
    begin, until = span(start, end, LONGEST)
    viewer.within(site)
    return Wanted(begin, until, site, viewer.reach)


def _cells(
    alert: Told, names: dict[str, str], cameras: dict[str, str], zone: ZoneInfo, language: Language, missed: bool
) -> Iterator[str]:
    def at(moment: datetime | None) -> str:
        return "" if moment is None else when.write(moment, zone, "seconds")

    of_node, said = alert.site == NODE_SITE, words.phrases(language)
    yield at(alert.opened_at)
    yield "" if of_node else alert.site
    yield names.get(alert.site, "")
    yield alert.camera
    yield "" if of_node else cameras.get(alert.camera, "")
    yield alert.rule
    yield said.kind.get(alert.kind, alert.kind)
    yield said.severity.get(alert.severity, alert.severity)
    yield str(alert.persons)
    yield _STATES[language][alert.state]
    yield at(alert.acknowledged_at)
    yield alert.acknowledged_by or ""
    yield "" if alert.taken_s is None else f"{alert.taken_s:.0f}"
    yield at(alert.resolved_at)
    yield alert.resolved_by or ""
    yield at(alert.ended_at)
    yield _YES[language] if missed else ""
    yield "" if alert.quiet is None else str(alert.quiet.get("reason") or alert.quiet.get("kind") or _YES[language])
    yield alert.id
