"""Web over HTTP with a real bus: login, refusals, cameras, alerts, timeline, zones."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import httpx
import pytest
from nats.js.errors import NotFoundError

from tests.integration.web.rig import PASSWORD, WebRig
from tests.integration.web.worker import JPEG, Worker
from tests.support.waiting import until_async
from vms.bus import subjects
from vms.bus.connection import BusAddress
from vms.domain.clock import rfc3339
from vms.domain.errors import ConfigurationError
from vms.domain.messages import ConfigRevision
from vms.settings.environment import Environment
from web import process


async def test_session_tells_who_one_is_and_ends(rig: WebRig) -> None:
    told = (await rig.http.get("/api/session")).json()
    assert told["user"]["username"] == "admin"
    assert "alert.ack" in told["user"]["permissions"]
    assert told["facility"] == {"name": "Thử", "timezone": "Asia/Ho_Chi_Minh"}
    assert (await rig.http.delete("/api/session")).status_code == 204
    answer = await rig.http.get("/api/session")
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == "about:blank#unauthenticated"


async def test_cookie_is_bound_to_this_site(rig: WebRig) -> None:
    answer = await rig.http.post("/api/session", json={"username": "ADMIN ", "password": PASSWORD})
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "secure" not in cookie  # plain HTTP here
    origin = {"Origin": f"https://127.0.0.1:{rig.port}"}  # the browser's word behind a proxy with a certificate
    answer = await rig.http.post("/api/session", json={"username": "admin", "password": PASSWORD}, headers=origin)
    assert "secure" in answer.headers["set-cookie"].lower()


async def test_guessing_is_throttled_also_for_unknown_names(rig: WebRig) -> None:
    for name in ("admin", "nobody"):
        statuses = []
        for _ in range(11):
            answer = await rig.http.post("/api/session", json={"username": name, "password": "wrong"})
            statuses.append(answer.status_code)
        assert statuses == [401] * 10 + [429]
        assert int(answer.headers["retry-after"]) > 200
    right = await rig.http.post("/api/session", json={"username": "admin", "password": PASSWORD})
    assert right.status_code == 429


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1"])
async def test_foreign_origin_changes_nothing(rig: WebRig, origin: str) -> None:
    answer = await rig.http.delete("/api/session", headers={"Origin": origin})
    assert answer.status_code == 403
    assert answer.json()["type"] == "about:blank#foreign-origin"
    assert (await rig.http.get("/api/session")).status_code == 200
    own = await rig.http.delete("/api/session", headers={"Origin": f"http://127.0.0.1:{rig.port}"})
    assert own.status_code == 204


async def test_errors_are_problem_documents_with_headers_that_bind(rig: WebRig) -> None:
    for method, path, status in (
        ("GET", "/api/nothing", 404),
        ("GET", "/api/cameras/nope", 404),
        ("PATCH", "/api/cameras", 405),
        ("GET", "/api/cameras/cam-1/timeline?start=x&end=y", 422),
        ("GET", "/api/cameras/cam-1/timeline?start=2026-01-01T00:00:00Z&end=2026-03-01T00:00:00Z", 422),
        ("GET", "/assets/none.js", 404),
        ("GET", "/api/alerts?cursor=!!", 422),
    ):
        answer = await rig.http.request(method, path)
        assert answer.status_code == status, path
        assert answer.headers["content-type"] == "application/problem+json", path
        assert answer.json()["status"] == status
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
    large = await rig.http.post("/api/session", content=b"x" * (1024 * 1024 + 1))
    assert large.status_code == 413


async def test_pages_and_reference_are_served(rig: WebRig) -> None:
    for address in ("/cameras/cam-1", "/recordings?cameras=cam-1"):
        page = await rig.http.get(address)
        assert page.headers["content-type"].startswith("text/html")
    assert "/api/alerts/{alert}/ack" in (await rig.http.get("/api/docs")).text
    assert "/api/cameras/{camera}/zones" in (await rig.http.get("/api/openapi.json")).json()["paths"]
    metrics = (await rig.http.get("/metrics")).text
    assert 'vms_cameras{state="offline"} 2.0' in metrics
    assert "vms_packets_missed_total 0.0" in metrics
    assert "cam-1" not in metrics


async def test_camera_states_follow_the_heartbeats(rig: WebRig, worker: Worker) -> None:
    first = (await rig.http.get("/api/cameras/cam-1")).json()
    assert (first["state"], first["person_count"]) == ("offline", None)
    assert first["zones"][0]["id"] == "z"
    await worker.beat()
    camera = await until_async(lambda: _camera_in(rig, "recording"))
    assert camera["person_count"] == 2
    assert camera["fps"] == 25
    assert (camera["sampled_fps"], camera["wanted_fps"], camera["inferred_fps"]) == (4, 3, 2)
    metrics = (await rig.http.get("/metrics")).text
    for figure in ('fps{node="local",what="wanted"} 3.0', 'scale{node="local"} 0.5', 'behind{node="local"} 1.0'):
        assert f"vms_detector_{figure}" in metrics
    system = (await rig.http.get("/api/system")).json()
    assert system["cameras"] == {"total": 2, "recording": 1, "online": 0, "offline": 1, "disabled": 0}
    assert system["detection"]["model"] == "m"
    site = (await rig.http.get("/api/sites")).json()["items"][0]
    assert (site["persons"], site["cameras"]["recording"]) == (2, 1)
    lost = await until_async(lambda: _camera_in(rig, "offline"), 9)
    assert lost["reason"] == "worker_lost"


async def test_zones_make_a_revision_that_reaches_the_bus(rig: WebRig, worker: Worker) -> None:
    zone = {"id": "z", "kind": "restricted", "polygon": [[0.1, 0.1], [0.9, 0.1], [0.5, 0.9]]}
    answer = await rig.http.put("/api/cameras/cam-1/zones", json={"items": [zone]})
    assert answer.json() == {"revision": 2}
    assert (await rig.http.get("/api/cameras/cam-1/zones")).json()["items"][0]["polygon"][2] == [0.5, 0.9]
    missing = await rig.http.put("/api/cameras/cam-1/zones", json={"items": []})
    assert missing.status_code == 422
    assert "names zone 'z'" in missing.json()["detail"]
    outside = await rig.http.put(
        "/api/cameras/cam-1/zones", json={"items": [{**zone, "polygon": [[0, 0], [2, 0], [1, 1]]}]}
    )
    assert outside.status_code == 422
    bucket = await worker.js.key_value(subjects.BUCKET_CONFIG)

    async def published() -> bool:
        try:
            entry = await bucket.get(subjects.CONFIG_KEY)
        except NotFoundError:
            return False
        message = ConfigRevision.model_validate_json(entry.value or b"")
        return message.revision == 2 and "${P}" in (entry.value or b"").decode()

    await until_async(published)


async def test_timeline_covers_the_span(rig: WebRig, worker: Worker) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    start = now - timedelta(minutes=3)
    await worker.segment("g1", start, start + timedelta(minutes=1), bytes=5)
    await worker.segment("g2", now - timedelta(seconds=30), None)
    await worker.beat()

    async def both() -> dict[str, object] | None:
        query = {"start": (start - timedelta(seconds=10)).isoformat(), "end": (now + timedelta(hours=1)).isoformat()}
        body = (await rig.http.get("/api/cameras/cam-1/timeline", params=query)).json()
        return body if len(body["segments"]) == 2 else None

    body = await until_async(both)
    assert [one["open"] for one in body["segments"]] == [False, True]
    assert body["segments"][1]["end"] == body["end"]
    assert body["gaps"][0]["cause"] == "disabled"
    spans = sorted((one["start"], one["end"]) for one in [*body["segments"], *body["gaps"]])
    assert spans[0][0] == body["start"]
    assert all(a[1] == b[0] for a, b in pairwise(spans))


async def test_snapshot_comes_from_the_worker_or_not_at_all(rig: WebRig, worker: Worker) -> None:
    answer = await rig.http.get("/api/cameras/cam-1/snapshot.jpg")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")

    async def give(msg: object) -> None:
        await worker.client.publish(msg.reply, JPEG, headers={"Vms-At": "2026-01-01T00:00:00.000Z"})  # type: ignore[attr-defined]

    await worker.client.subscribe(subjects.control("s1", "cam-1", "snapshot"), cb=give)
    await worker.client.flush()
    past = await rig.http.get("/api/cameras/cam-1/snapshot.jpg", params={"at": "2026-01-01T00:00:00Z"})
    assert past.status_code == 503, "never the present picture for one of the past"
    answer = await rig.http.get("/api/cameras/cam-1/snapshot.jpg")
    assert answer.content == JPEG
    assert answer.headers["x-frame-at"] == "2026-01-01T00:00:00.000Z"


async def test_busy_port_is_one_clear_line(rig: WebRig, tmp_path: Path) -> None:
    address = BusAddress(rig.bus_url, rig.bus_url)
    with pytest.raises(ConfigurationError, match=f"port {rig.port} on 127.0.0.1 is in use"):
        await process.run(
            Environment.read(tmp_path / "other", {}), address, rig.seed, "127.0.0.1", rig.port, asyncio.Event()
        )


async def _camera_in(rig: WebRig, state: str) -> dict[str, object] | None:
    items = (await rig.http.get("/api/cameras")).json()["items"]
    return items[0] if items[0]["state"] == state else None


async def test_a_gap_that_nobody_ended_does_not_explain_what_came_later(rig: WebRig, worker: Worker) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    at = [now - timedelta(seconds=seconds) for seconds in (100, 80, 60, 40, 20)]
    await worker.segment("g1", at[0], at[1])
    await worker.gap("lost", at[1], None, cause="recorder")  # its recorder's disk was replaced
    await worker.segment("g2", at[2], at[3])
    await worker.gap("later", at[3], at[4], cause="camera")
    await worker.segment("g3", at[4], now)

    async def told() -> list[tuple[str, str, str]] | None:
        query = {"start": at[0].isoformat(), "end": now.isoformat()}
        body = (await rig.http.get("/api/cameras/cam-1/timeline", params=query)).json()
        gaps = [(gap["start"], gap["end"], gap["cause"]) for gap in body["gaps"]]
        return gaps if len(body["segments"]) == 3 else None

    assert await until_async(told) == [
        (rfc3339(at[1]), rfc3339(at[2]), "recorder"),
        (rfc3339(at[3]), rfc3339(at[4]), "camera"),
    ]


async def test_parts_of_one_minute_are_put_together(rig: WebRig, worker: Worker) -> None:
    minute = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(minutes=1)
    for number, (mean, most, samples) in enumerate([(5.0, 6, 30), (0.0, 0, 60), (1.0, 2, 10)]):
        door = {"door": {"mean": mean / 2, "max": most - 1, "sigma": mean / 20}} if most else {}
        await worker.minute(minute, mean, most, samples, number, sigma=mean / 10, zones=door)

    async def whole(zone: dict[str, str], mean: float) -> dict[str, object] | None:
        query = {"start": minute.isoformat(), "end": (minute + timedelta(minutes=1)).isoformat(), **zone}
        counts = (await rig.http.get("/api/cameras/cam-1/timeline", params=query)).json()["counts"]
        return counts[0] if counts and counts[0]["mean"] == pytest.approx(mean) else None

    everywhere = await until_async(lambda: whole({}, 1.6))
    assert (everywhere["max"], everywhere["sigma"]) == (6, pytest.approx(0.16))
    door_alone = await until_async(lambda: whole({"zone": "door"}, 2.0))
    assert (door_alone["max"], door_alone["sigma"]) == (5, pytest.approx(0.2))
    assert await whole({"zone": "yard"}, 0.0) is None


async def test_lists_come_a_page_at_a_time_when_asked(rig: WebRig) -> None:
    everything = (await rig.http.get("/api/cameras")).json()["items"]
    found, cursor = [], None
    while True:
        query = {"limit": 1} if cursor is None else {"limit": 1, "cursor": cursor}
        body = (await rig.http.get("/api/cameras", params=query)).json()
        found += body["items"]
        if (cursor := body["next"]) is None:
            break
    assert [one["id"] for one in found] == [one["id"] for one in everything]
    assert (await rig.http.get("/api/sites", params={"cursor": "none"})).status_code == 422


async def test_the_session_also_comes_as_a_bearer_token(rig: WebRig) -> None:
    token = rig.http.cookies["vms_session"]
    rig.http.cookies.clear()
    assert (await rig.http.get("/api/cameras")).status_code == 401
    assert (await rig.http.get("/api/cameras", headers={"Authorization": f"Bearer {token}"})).status_code == 200
    assert (await rig.http.get("/api/cameras", headers={"Authorization": "Bearer x"})).status_code == 401


async def test_headers_and_bodies_have_bounds_before_anybody_has_logged_in(rig: WebRig) -> None:
    async with httpx.AsyncClient(base_url=rig.http.base_url) as stranger:
        keys = {str(number): 1 for number in range(1000)}
        assert (await stranger.post("/api/session", json=keys)).status_code == 413
    reader, writer = await asyncio.open_connection("127.0.0.1", rig.port)
    with contextlib.suppress(ConnectionError):
        writer.write(b"GET / HTTP/1.1\r\nHost: a\r\nX-A: ")
        for _ in range(64):
            writer.write(b"a" * 65536)
            await writer.drain()
    with contextlib.suppress(ConnectionError):
        assert (await reader.read(64)).startswith(b"HTTP/1.1 400")
    writer.close()
    assert (await rig.http.put("/api/cameras/cam-1/zones", json={"items": [{}] * 65})).status_code == 422
    assert (await rig.http.get("/healthz")).status_code == 200
