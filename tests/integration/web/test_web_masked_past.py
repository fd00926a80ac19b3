"""Privacy masks on the past: web, recorder and renderer as in the service, and two who ask. To one it is all shown."""

from __future__ import annotations

import io
import itertools
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import av
import cv2
import httpx
import numpy as np
import pytest
import pytest_asyncio

from tests.integration.web.playing import CAMERA, SEED, Played, in_the_past
from tests.integration.web.test_web_past import GIVEN_UP, configure
from tests.integration.web.worker import Worker
from tests.support.nats_bus import NatsServer
from tests.support.recorded import poison
from tests.support.recorder_rig import recorder
from tests.support.renderer_rig import asking, renderer
from tests.support.unmasked import LEFT, noisy, seen_beneath
from tests.support.waiting import until_async
from vms.domain.clock import from_epoch, rfc3339
from vms.settings.environment import Environment
from web.accounts.users import add_user
from web.database.engine import Database

HOUR = 1_790_000_000 // 3600 * 3600
PASSWORD = "mat khau rat dai"
SIZE = (480, 272)
NOISE = np.random.default_rng(11).integers(0, 256, (SIZE[1], SIZE[0], 3), np.uint8)
_STATED = CAMERA | {"masks": [{"id": "m", "polygon": LEFT[0]}]}
MASKED = {"facility": SEED["facility"], "sites": [{"id": "s", "name": "S", "cameras": [_STATED]}]}
#: What a picture or video comes as.
SHOWN = {"image/jpeg", "video/mp4", "application/vnd.apple.mpegurl"}


@pytest_asyncio.fixture
async def masked(tmp_path: Path, server: NatsServer, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Played]:
    """Noise before a camera with a mask on its left half: 8 s in H.264, and 8 s in H.265 after them."""
    monkeypatch.setattr("recorder.segments.SEGMENT_S", 10.0)
    async with in_the_past(tmp_path / "data", server, MASKED) as played:
        for codec, begin in (("h264", HOUR), ("hevc", HOUR + 10)):
            played.past.record(codec, noisy([NOISE] * 50, codec=codec), begin, 200, size=SIZE)
        await played.told()
        yield played


@pytest_asyncio.fixture
async def officer(masked: Played) -> AsyncIterator[httpx.AsyncClient]:
    """Who may look at recordings, and not beneath masks."""
    database = await Database.open(Environment.read(masked.rig.data, {}), masked.rig.clock)
    await add_user(database, masked.rig.clock, "truc", PASSWORD, "supervisor", None)
    await database.close()
    async with httpx.AsyncClient(base_url=masked.rig.http.base_url, timeout=20) as http:
        await http.post("/api/session", json={"username": "truc", "password": PASSWORD})
        yield http


async def until_it_renders(server: NatsServer) -> None:
    async with asking(server) as asker:
        await asker.until_it_listens()


async def pieces(http: httpx.AsyncClient, address: str) -> list[bytes]:
    """Each piece that the list names, behind what goes before it."""
    answer = await http.get(address)
    assert answer.status_code == 200, answer.text
    found, head = [], b""
    for uri, row in re.findall(r'#EXT-X-MAP:URI="(.*?)"|^(/.*)$', answer.text, re.MULTILINE):
        got = await http.get(uri or row)
        assert (got.status_code, got.headers["content-type"]) == (200, "video/mp4"), got.text
        assert got.headers["cache-control"] == "no-store"
        if uri:
            head = got.content
        else:
            found.append(head + got.content)
    return found


def times(data: bytes) -> list[float]:
    with av.open(io.BytesIO(data)) as container:
        assert container.streams.video[0].codec_context.name == "h264"
        return [frame.time for frame in container.decode(video=0)]


async def alarmed(played: Played, server: NatsServer) -> str:
    """Where the picture of an alert is, which shows the noise as well."""
    worker = await Worker.connect(server.url)
    jpeg = cv2.imencode(".jpg", NOISE, [cv2.IMWRITE_JPEG_QUALITY, 95])[1].tobytes()
    await worker.alert("a1", "opened", camera="c", site="s", snapshot=jpeg)
    await worker.close()

    async def there() -> bool:
        return (await played.rig.http.get("/api/alerts/a1")).status_code == 200

    await until_async(there, 20, "web knows the alert")
    whole = await played.rig.http.get("/api/alerts/a1/snapshot.jpg")
    assert whole.content == jpeg, "who may see beneath gets it as it is"
    return "/api/alerts/a1/snapshot.jpg"


async def test_playback_shows_nothing_beneath_at_the_times_of_the_recording(
    masked: Played, officer: httpx.AsyncClient, server: NatsServer
) -> None:
    with renderer(masked.rig.data, server):
        await until_it_renders(server)
        found = await pieces(officer, masked.address(HOUR, HOUR + 60))
        assert len(found) == 8
        for data in found:
            assert max(seen_beneath(data, NOISE)) < 0.05
            assert len(times(data)) == 50
        for stretch in (found[:4], found[4:]):
            begun = [times(data)[0] for data in stretch]
            assert begun == pytest.approx([0, 2, 4, 6], abs=1 / 90_000)
        whole = [frame.time for frame in (await masked.stretches(await masked.playlist(HOUR, HOUR + 8)))[0]]
        assert [at for data in found[:4] for at in times(data)] == pytest.approx(whole, abs=1 / 90_000)
        sparse = await pieces(officer, masked.address(HOUR, HOUR + 60, frames="key"))
        assert [times(data) for data in sparse] == [pytest.approx(list(range(8)))] * 2
        assert max(itertools.chain(*(seen_beneath(data, NOISE) for data in sparse))) < 0.05
        bare, told = [
            re.sub(r"(URI=|^/api).*", "", (await http.get(masked.address(HOUR, HOUR + 60))).text, flags=re.MULTILINE)
            for http in (masked.rig.http, officer)
        ]
        assert told == re.sub(r"#EXT-X-BYTERANGE.*\n", "", bare), "dates, lengths and discontinuities are the same"


async def test_libav_plays_the_list_and_seeks_in_it(
    masked: Played, officer: httpx.AsyncClient, server: NatsServer
) -> None:
    masked.rig.http.cookies = officer.cookies
    with renderer(masked.rig.data, server):
        await until_it_renders(server)
        assert len(await masked.frames(HOUR, HOUR + 9)) == 200
        assert len(await masked.frames(HOUR + 13, HOUR + 15)) == 50


async def test_no_route_gives_a_picture_that_is_not_painted(
    masked: Played, officer: httpx.AsyncClient, server: NatsServer
) -> None:
    alert = await alarmed(masked, server)
    one = masked.past.segments()[0]
    span = {"start": rfc3339(from_epoch(HOUR)), "end": rfc3339(from_epoch(HOUR + 8))}
    asked: dict[str, Any] = {**span, "at": rfc3339(from_epoch(HOUR + 3)), "from": 0, "to": 2 * one.timescale}
    schema = (await officer.get("/api/openapi.json")).json()
    routes = {
        path.format(camera="c", segment=one.id, alert="a1")
        for path, there in schema["paths"].items()
        for answer in there.get("get", {}).get("responses", {}).values()
        if SHOWN & set(answer.get("content", {}))
    }
    assert alert in routes
    got: dict[str, int] = {}
    with renderer(masked.rig.data, server):
        await until_it_renders(server)
        for path in sorted(routes):
            answer = await officer.get(path, params=asked)
            got["alert" if path == alert else path.rsplit("/", 1)[-1]] = answer.status_code
            if answer.headers["content-type"] == "image/jpeg":
                assert max(seen_beneath(answer.content, NOISE)) < 0.05, path
                assert answer.headers["cache-control"] == "no-store"
            elif answer.headers["content-type"] == "video/mp4":
                head = (await officer.get(path)).content
                assert max(seen_beneath(head + answer.content, NOISE)) < 0.05, path
            elif answer.status_code == 200:
                assert "/media" not in answer.text
                assert "/keyframes" not in answer.text
        for method, headers in itertools.product(("GET", "HEAD"), ({}, {"Range": "bytes=0-99"})):
            bare = await officer.request(method, f"/api/segments/{one.id}/media", headers=headers)
            assert bare.status_code == 403
            assert method == "HEAD" or bare.json()["type"] == "about:blank#masked"
        lifted = await masked.rig.http.get("/api/cameras/c/snapshot.jpg", params=asked)
        assert min(seen_beneath(lifted.content, NOISE)) > 0.8
        for path in ("/api/cameras/c/snapshot.jpg", alert, f"/api/segments/{one.id}/media"):
            whole = await masked.rig.http.get(path, params=asked)  # the next to sign in on that browser may be another
            assert (whole.status_code, whole.headers["cache-control"]) == (200, "no-store")
    assert got == {
        "alert": 200, "snapshot.jpg": 200, "thumbnail.jpg": 200, "playback.m3u8": 200, "masked.mp4": 200, "media": 403,
        "keyframes": 403,
    }  # fmt: skip


async def test_without_the_renderer_nobody_gets_the_bare_one(
    masked: Played, officer: httpx.AsyncClient, server: NatsServer
) -> None:
    alert = await alarmed(masked, server)
    one = masked.past.segments()[0]
    for path in (alert, f"/api/segments/{one.id}/masked.mp4", f"/api/segments/{one.id}/masked.mp4?from=0&to=9000"):
        answer = await officer.get(path)
        assert (answer.status_code, answer.json()["type"]) == (503, "about:blank#renderer-away")
        assert "retry-after" in answer.headers
    half = await officer.get(f"/api/segments/{one.id}/masked.mp4?from=0")
    assert half.status_code == 422


async def test_damage_is_said_of_its_file_alone(masked: Played, officer: httpx.AsyncClient, server: NatsServer) -> None:
    first, second = masked.past.segments()
    poison(masked.past.root / first.path)
    span = {"from": 0, "to": 2 * first.timescale}
    with renderer(masked.rig.data, server):
        await until_it_renders(server)
        for frames in ({}, {"frames": "key"}):
            spoilt = await officer.get(f"/api/segments/{first.id}/masked.mp4", params=span | frames)
            assert (spoilt.status_code, spoilt.json()["type"]) == (410, "about:blank#damaged")
            whole = await officer.get(f"/api/segments/{second.id}/masked.mp4", params=span | frames)
            assert whole.status_code == 200
        beyond = {"from": 10**12, "to": 2 * 10**12}
        none = await officer.get(f"/api/segments/{second.id}/masked.mp4", params=beyond)
        assert (none.status_code, none.json()["type"]) == (404, "about:blank#no-footage")
        (masked.past.root / second.path).unlink()
        gone = await officer.get(f"/api/segments/{second.id}/masked.mp4", params=span)
        assert gone.status_code == 404


async def test_a_growing_file_is_played_as_far_as_it_goes(
    masked: Played, officer: httpx.AsyncClient, server: NatsServer
) -> None:
    begin = masked.rig.clock.utc() // 10 * 10 - 20
    masked.past.begin("h264", noisy([NOISE] * 50), begin, size=SIZE)
    masked.past.feed(140)
    await masked.told()
    with renderer(masked.rig.data, server):
        await until_it_renders(server)
        found = await pieces(officer, masked.address(begin, begin + 3600))
        assert [len(times(data)) for data in found] == [50, 50]
        assert max(itertools.chain(*(seen_beneath(data, NOISE) for data in found))) < 0.05
    masked.past.end()


async def test_footage_of_a_removed_camera_stays_masked(
    masked: Played, officer: httpx.AsyncClient, server: NatsServer
) -> None:
    await configure(masked.rig, GIVEN_UP)
    moment = rfc3339(datetime.fromtimestamp(HOUR + 3, UTC))
    async with recorder(masked.rig.data, server):
        with renderer(masked.rig.data, server):
            await until_it_renders(server)

            async def there() -> bool:
                return (await officer.get(masked.address(HOUR, HOUR + 8))).status_code == 200

            await until_async(there, 30, "a playlist")
            for data in await pieces(officer, masked.address(HOUR, HOUR + 8)):
                assert max(seen_beneath(data, NOISE)) < 0.05
            for name in ("snapshot", "thumbnail"):
                shown = await officer.get(f"/api/cameras/c/{name}.jpg", params={"at": moment})
                assert max(seen_beneath(shown.content, NOISE)) < 0.05
            bare = await officer.get(f"/api/segments/{masked.past.segments()[0].id}/media")
            assert bare.status_code == 403
