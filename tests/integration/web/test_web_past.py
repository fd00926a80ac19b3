"""Footage of a camera that was taken out of the configuration: found, seen and held; what never was is not there."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import delete

from tests.integration.web.playing import CAMERA, SEED, Played
from tests.integration.web.rig import WebRig, web_rig
from tests.support.footage import encode
from tests.support.nats_bus import NatsServer
from tests.support.past import Past
from tests.support.recorded import counter_of
from tests.support.recorder_rig import Viewer, recorder
from tests.support.renderer_rig import renderer
from tests.support.waiting import until_async
from vms.bus.connection import Bus
from vms.domain.clock import SystemClock, from_epoch, rfc3339
from vms.domain.facility import Facility
from vms.settings.environment import Environment
from web.configuration import revisions
from web.database.engine import Database
from web.database.schema import CameraFirst

HOUR = 1_790_000_000 // 3600 * 3600
OTHER = {**CAMERA, "id": "d", "name": "D"}
#: The camera ``c`` was replaced; or its whole site was given up.
REPLACED = {"facility": {"name": "F"}, "sites": [{"id": "s", "name": "S", "cameras": [OTHER]}]}
GIVEN_UP = {"facility": {"name": "F"}, "sites": [{"id": "t", "name": "T", "cameras": [OTHER]}]}


async def configure(rig: WebRig, facility: dict[str, Any]) -> None:
    """As ``vms config import`` does it; returns when web goes by it."""
    database = await Database.open(Environment.read(rig.data, {}), SystemClock())
    await revisions.import_facility(database, SystemClock(), Facility.model_validate(facility))
    await database.close()

    async def gone() -> bool:
        return (await rig.http.get("/api/cameras/c")).status_code == 404

    await until_async(gone, 20, "web goes by the new configuration")


@pytest_asyncio.fixture
async def past(tmp_path: Path, server: NatsServer) -> AsyncIterator[Past]:
    one = Past(tmp_path / "data" / "recordings", "s", "c")
    yield one
    one.close()


@pytest_asyncio.fixture(params=[REPLACED, GIVEN_UP], ids=["replaced", "given up"])
async def removed(
    request: pytest.FixtureRequest, tmp_path: Path, server: NatsServer, past: Past
) -> AsyncIterator[Played]:
    """A camera with four seconds of footage, which is configured no more; its recorder was started again since."""
    data = tmp_path / "data"
    async with web_rig(data, server.url, Facility.model_validate(SEED)) as rig:
        bus = await Bus.connect(server.address, "past")
        viewer = Viewer(bus)
        async with recorder(data, server):
            await until_async(lambda: viewer.gaps("c"), 20, "the recorder has looked at the camera's folder")
            units = encode("h264", size=(480, 270), frames=100, counter=True)
            past.record("h264", units, HOUR, 100, size=(480, 270))
            played = Played(rig, bus, past)
            await played.told()
            await configure(rig, request.param)
        async with recorder(data, server):
            with renderer(data, server):
                yield played
        await bus.close()


def span(start: float, end: float) -> dict[str, str]:
    return {"start": rfc3339(from_epoch(start)), "end": rfc3339(from_epoch(end))}


async def answered(ask: Callable[[], Any], what: str) -> Any:
    """The answer, once recorder and renderer are there."""

    async def there() -> Any:
        answer = await ask()
        return answer if answer.status_code != 503 else None

    return await until_async(there, 30, what)


async def test_its_footage_is_found_seen_and_held(removed: Played) -> None:
    http = removed.rig.http
    timeline = await http.get("/api/cameras/c/timeline", params=span(HOUR - 60, HOUR + 60))
    assert timeline.status_code == 200
    (segment,) = timeline.json()["segments"]
    assert datetime.fromisoformat(segment["end"]) - datetime.fromisoformat(segment["start"]) == timedelta(seconds=4)
    playlist = await answered(lambda: http.get(removed.address(HOUR, HOUR + 60)), "a playlist")
    assert (playlist.status_code, segment["id"] in playlist.text) == (200, True)
    media = await http.get(f"/api/segments/{segment['id']}/media")
    assert (media.status_code, media.content[4:8]) == (200, b"ftyp")
    at = {"at": rfc3339(from_epoch(HOUR + 1.5))}
    picture = await answered(lambda: http.get("/api/cameras/c/snapshot.jpg", params=at), "a picture")
    assert (picture.status_code, counter_of(picture.content)) == (200, 37)
    thumbnail = await http.get("/api/cameras/c/thumbnail.jpg", params=at)
    assert thumbnail.status_code == 200
    held = await http.post("/api/holds", json={"cameras": ["c"], **span(HOUR, HOUR + 4), "reason": "r"})
    assert held.status_code == 201
    shown = (await http.get("/api/cameras/c/timeline", params=span(HOUR - 60, HOUR + 60))).json()["holds"]
    assert [one["id"] for one in shown] == [held.json()["id"]]


async def test_it_is_listed_apart_by_its_last_name(removed: Played) -> None:
    http = removed.rig.http
    assert [one["id"] for one in (await http.get("/api/cameras")).json()["items"]] == ["d"]
    gone = (await http.get("/api/cameras", params={"removed": True})).json()["items"]
    last = rfc3339(from_epoch(HOUR + 4))
    assert gone == [{"id": "c", "site": "s", "name": "C", "placement": "gate", "last_at": last}]
    assert (await http.get("/api/cameras", params={"removed": True, "site": "t"})).json()["items"] == []
    # Where the database was lost, and the index told again, its footage names it.
    database = await Database.open(Environment.read(removed.rig.data, {}), SystemClock())
    async with database.change() as change:
        await change.connection.execute(delete(CameraFirst).where(CameraFirst.camera == "c"))
    await database.close()
    (bare,) = (await http.get("/api/cameras", params={"removed": True})).json()["items"]
    assert bare == {"id": "c", "site": "s", "name": None, "placement": None, "last_at": last}
    assert (await http.get("/api/cameras/c/timeline", params=span(HOUR, HOUR + 4))).status_code == 200
    held = await http.post("/api/holds", json={"cameras": ["c"], **span(HOUR, HOUR + 4), "reason": "r"})
    assert held.status_code == 201


@pytest.mark.parametrize("path", ["timeline", "playback.m3u8", "snapshot.jpg", "thumbnail.jpg"])
async def test_what_never_was_is_not_there(rig: WebRig, path: str) -> None:
    asked = {**span(HOUR, HOUR + 60), "at": rfc3339(from_epoch(HOUR))}
    answer = await rig.http.get(f"/api/cameras/nobody/{path}", params=asked)
    assert (answer.status_code, answer.json()["type"]) == (404, "about:blank#not-found")
