"""Pictures of the past over HTTP: web and renderer as in the service, over real recordings."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Iterator
from datetime import datetime

import httpx
import pytest
from nats.aio.msg import Msg

from tests.integration.web.rig import WebRig
from tests.integration.web.worker import Worker
from tests.support.footage import encode
from tests.support.nats_bus import NatsServer
from tests.support.recorded import Recordings, counter_of, width_of
from tests.support.renderer_rig import asking, renderer
from tests.support.waiting import until, until_async
from vms.bus import subjects
from vms.domain.clock import from_epoch, rfc3339
from web.accounts import roles
from web.playback.renderer import MOST_AT_ONCE

SNAPSHOT, THUMBNAIL = "/api/cameras/cam-1/snapshot.jpg", "/api/cameras/cam-1/thumbnail.jpg"
SIZE = (480, 270)


@pytest.fixture
def recordings(rig: WebRig) -> Iterator[Recordings]:
    one = Recordings(rig.data / "recordings")
    yield one
    one.close()


def film(recordings: Recordings, utc: float, grow: bool = False) -> None:
    units = encode("h264", size=SIZE, frames=100, counter=True)
    (recordings.grow if grow else recordings.record)("h264", units, utc, SIZE)


async def at(rig: WebRig, path: str, moment: float, **more: object) -> httpx.Response:
    return await rig.http.get(path, params={"at": rfc3339(from_epoch(moment)), **more})  # type: ignore[arg-type]


async def test_the_frame_of_a_moment(rig: WebRig, server: NatsServer, recordings: Recordings) -> None:
    old, new = float(int(time.time()) - 3600), float(int(time.time()) - 30)
    film(recordings, old)
    film(recordings, new, grow=True)
    away = await at(rig, SNAPSHOT, old)
    assert (away.status_code, away.json()["type"]) == (503, "about:blank#renderer-away")
    assert int(away.headers["retry-after"]) > 0
    with renderer(rig.data, server):
        async with asking(server) as asker:
            await asker.until_it_listens()
        for number in (0, 37, 99):
            answer = await at(rig, SNAPSHOT, old + number / 25 + 0.015)
            assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
            assert counter_of(answer.content) == number
            assert datetime.fromisoformat(answer.headers["x-frame-at"]).timestamp() == old + number / 25
            assert answer.headers["cache-control"] == "private, max-age=3600, immutable"
        near = await at(rig, SNAPSHOT, old + 37 / 25, width=200, exact=False)
        assert (counter_of(near.content), width_of(near.content)) == (25, 200)
        small = await at(rig, THUMBNAIL, old)
        assert width_of(small.content) == 192
        assert small.headers["cache-control"].endswith("immutable")
        for path in (SNAPSHOT, THUMBNAIL):
            fresh = await at(rig, path, new + 1)
            assert (fresh.status_code, fresh.headers["cache-control"]) == (200, "no-store")
            gap = await at(rig, path, old + 1800)
            assert (gap.status_code, gap.json()["type"]) == (404, "about:blank#no-footage")
        # The offset of another zone, and what no picture can be had of.
        zoned = datetime.fromtimestamp(old + 1, tz=datetime.fromisoformat("2026-01-01T00:00:00+07:00").tzinfo)
        assert (await rig.http.get(SNAPSHOT, params={"at": zoned.isoformat()})).status_code == 200


async def test_moments_and_widths_that_are_none(rig: WebRig) -> None:
    tomorrow = rfc3339(from_epoch(time.time() + 86_400))
    for path in (SNAPSHOT, THUMBNAIL):
        for moment in (tomorrow, "1969-12-31T23:59:59Z", "2026-01-01T00:00:00", "0001-01-01T00:00:00+14:00", "x"):
            answer = await rig.http.get(path, params={"at": moment})
            assert (answer.status_code, answer.json()["type"]) == (422, "about:blank#invalid"), (path, moment)
        for name in ("nobody", "x" * 5000):
            unknown = await rig.http.get(path.replace("cam-1", name), params={"at": "2026-01-01T00:00:00Z"})
            assert (unknown.status_code, unknown.json()["type"]) == (404, "about:blank#not-found")
    assert (await rig.http.get(THUMBNAIL)).status_code == 422
    assert (await at(rig, SNAPSHOT, time.time() - 9, width=63)).status_code == 422


async def test_the_past_has_a_permission_of_its_own(rig: WebRig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(roles.ROLES, "admin", roles.ALL - {"recording.view"})
    for path in (SNAPSHOT, THUMBNAIL):
        assert (await at(rig, path, time.time() - 60)).status_code == 403
    assert (await rig.http.get(SNAPSHOT)).status_code == 503  # the present one only lacks a detector here


async def test_a_crowd_is_told_to_come_again_and_who_leaves_makes_room(rig: WebRig, worker: Worker) -> None:
    heard: list[Msg] = []

    async def hear(msg: Msg) -> None:
        heard.append(msg)  # and never answers

    await worker.client.subscribe(subjects.control("s1", "cam-1", "render"), cb=hear)
    await worker.client.flush()
    async with httpx.AsyncClient(base_url=rig.http.base_url, cookies=rig.http.cookies, timeout=60) as crowd:
        params = {"at": "2026-01-01T00:00:00Z"}
        asking_now = [asyncio.create_task(crowd.get(SNAPSHOT, params=params)) for _ in range(MOST_AT_ONCE)]
        await until(lambda: len(heard) == MOST_AT_ONCE, what="all are heard")
        busy = await rig.http.get(THUMBNAIL, params=params)
        assert (busy.status_code, busy.json()["type"]) == (503, "about:blank#busy")
        assert busy.headers["retry-after"] == "1"
        for one in asking_now:
            one.cancel()
        await asyncio.gather(*asking_now, return_exceptions=True)

    async def heard_again() -> bool:
        with contextlib.suppress(httpx.TimeoutException):
            answer = await rig.http.get(THUMBNAIL, params=params, timeout=0.5)
            assert answer.json()["type"] == "about:blank#busy"
        return len(heard) > MOST_AT_ONCE

    await until_async(heard_again, 2.5, "there is room again, long before the first would have been given up")


@pytest.mark.parametrize(
    ("refusal", "status", "word"),
    [("busy", 503, "busy"), ("undecodable", 404, "no-picture"), ("disk", 503, "no-picture")],
)
async def test_refusals_of_the_renderer(rig: WebRig, worker: Worker, refusal: str, status: int, word: str) -> None:
    async def refuse(msg: Msg) -> None:
        await worker.client.publish(msg.reply, b"", headers={"Vms-Error": refusal})

    await worker.client.subscribe(subjects.control("s1", "cam-1", "render"), cb=refuse)
    await worker.client.flush()
    answer = await at(rig, SNAPSHOT, time.time() - 60)
    assert (answer.status_code, answer.json()["type"]) == (status, f"about:blank#{word}")
    assert ("retry-after" in answer.headers) == (status == 503)
    assert answer.headers["cache-control"] == "no-store"
