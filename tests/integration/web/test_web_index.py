"""The index told again over the bus: a span is as the node says, whatever the database held."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.integration.web.rig import WebRig
from tests.integration.web.worker import Worker
from tests.support.waiting import until_async
from vms.bus import subjects
from vms.domain.index import CompareReply, CompareRequest, DaySum, IndexSpan, digest
from vms.domain.messages import Gap, Segment
from vms.domain.node import NODE_SITE

NOW = datetime.now(UTC).replace(microsecond=123_000)
START = NOW - timedelta(hours=1)


def at(minute: float) -> datetime:
    return START + timedelta(minutes=minute)


def segment(name: str, start: float, end: float) -> Segment:
    return Segment(
        id=name, site="s1", camera="cam-1", run="r", start=at(start), end=at(end), path="p", codec="avc1.64001f",
        width=1920, height=1080, bytes=10,
    )  # fmt: skip


async def body(rig: WebRig, **more: Any) -> dict[str, Any]:
    query = {"start": START.isoformat(), "end": at(30).isoformat(), **more}
    answer = await rig.http.get("/api/cameras/cam-1/timeline", params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_span_replaces_what_is_known_and_is_compared(rig: WebRig, worker: Worker) -> None:
    await worker.segment("ghost", at(1), at(2))
    await worker.segment("later", at(20), at(21))
    gap = Gap(id="g", site="s1", camera="cam-1", start=at(7), end=at(10), cause="network", reason="unreachable")
    again = segment("c", 6.5, 6.8).model_copy(update={"run": "after the clock was set back"})
    told = (segment("a", 5, 6), segment("b", 6, 7), again)
    span = IndexSpan(site="s1", camera="cam-1", start=START, end=at(15), segments=told, gaps=(gap,))
    await worker.store(span, "index", "once")

    async def whole() -> bool:
        return {one["id"] for one in (await body(rig))["segments"]} == {"a", "b", "later"}

    await until_async(whole, 10, "the ghost is gone and what lies outside of the span is not")
    found = await body(rig)
    assert [one["id"] for one in found["overlaps"]] == ["c"]
    assert found["first_at"] == found["recorded_from"] == found["segments"][0]["start"]
    assert [one["cause"] for one in found["gaps"]] == ["disabled", "network", "unknown", "unknown"]
    merged = await body(rig, merge="true")
    first = merged["segments"][0]
    assert (first["start"], first["end"]) == (found["segments"][0]["start"], found["segments"][1]["end"])
    assert (first["bytes"], "id" in first) == (20, False)
    assert merged["gaps"] == found["gaps"]
    rows = [(one.id, one.start, one.end, one.bytes) for one in told] + [(gap.id, gap.start, gap.end, gap.cause)]
    days = (
        DaySum(start=START, end=at(15), digest=digest(rows)),
        DaySum(start=at(15), end=at(30), digest=digest(rows)),
    )
    request = CompareRequest(site="s1", camera="cam-1", days=days)
    subject = subjects.control(NODE_SITE, subjects.WEB, "audit")
    reply = await worker.client.request(subject, request.encode(), timeout=20)
    assert CompareReply.model_validate_json(reply.data).different == (1,)
    listed = await rig.http.get("/api/index/audits")
    assert (listed.status_code, listed.json()) == (200, {"items": [], "next": None})
    begun = await rig.http.post("/api/index/audits")
    assert (begun.status_code, begun.json()["type"]) == (503, "about:blank#no-recorder")


async def test_a_camera_that_was_moved_keeps_what_its_old_site_recorded(rig: WebRig, worker: Worker) -> None:
    """Both sites' folders have journals of a camera of that name; each says what lies in it, and no more."""
    old = segment("old", 1, 2).model_copy(update={"site": "s0"})
    await worker.store(IndexSpan(site="s0", camera="cam-1", start=START, end=NOW, segments=(old,)), "index", "0")
    here = segment("here", 5, 6)
    await worker.store(IndexSpan(site="s1", camera="cam-1", start=START, end=NOW, segments=(here,)), "index", "1")

    async def known() -> set[str]:
        return {one["id"] for one in (await body(rig))["segments"]}

    async def told() -> bool:
        return "here" in await known()

    await until_async(told, 10, "the new site's index is there")
    assert await known() == {"old", "here"}
    for site, one in (("s0", old), ("s1", here)):
        day = DaySum(start=START, end=NOW, digest=digest([(one.id, one.start, one.end, one.bytes)]))
        request = CompareRequest(site=site, camera="cam-1", days=(day,))
        subject = subjects.control(NODE_SITE, subjects.WEB, "audit")
        reply = await worker.client.request(subject, request.encode(), timeout=20)
        assert CompareReply.model_validate_json(reply.data).different == ()
