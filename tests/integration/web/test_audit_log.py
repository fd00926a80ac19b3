"""The audit log of a running web: footage that is played, live video, the wall, sockets that are refused or closed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import update

from tests.integration.web.playing import Played
from tests.integration.web.rig import NatsServer, close_code, web_rig
from tests.integration.web.test_web_rights import guarding, socket, two_sites
from tests.integration.web.worker import Worker
from tests.support.past import counted
from tests.support.waiting import until_async
from vms.cli.audit import read_roots
from vms.domain.clock import from_epoch, rfc3339
from vms.settings.environment import Environment
from web.audit.verify import check
from web.database.engine import Database
from web.database.schema import User

HOUR = 1_790_000_000 // 3600 * 3600


async def logged(http: httpx.AsyncClient, action: str, count: int = 1, **asked: str) -> list[dict[str, Any]]:
    """At least ``count`` entries of this action, oldest first."""

    async def there() -> list[dict[str, Any]] | None:
        items = (await http.get("/api/audit", params={"action": action, **asked})).json()["items"]
        return items if len(items) >= count else None

    found = await until_async(there, 10, f"{action} is written")
    assert found is not None
    return found[::-1]


async def whole(folder: Path) -> int:
    database = await Database.open(Environment.read(folder, {}))
    async with database.read() as connection:
        count, altered = await check(connection)
    await database.close()
    assert altered is None
    return count


async def test_a_playback_is_one_look_and_the_rest_of_it(played: Played) -> None:
    played.past.record("h264", counted((480, 272), 250, 25), HOUR, 250, size=(480, 272))
    await played.told()
    await played.frames(HOUR, HOUR + 10)  # libav's player: the list and each of its pieces
    for what in ("media", "keyframes?from=0&to=90000"):
        await played.rig.http.get(f"/api/segments/{played.past.segments()[0].id}/{what}")
    first, *_ = await logged(played.rig.http, "recording.play")
    assert (first["user"], first["site"], first["camera"], first["outcome"]) == ("admin", "s", "c", "done")
    assert first["detail"]["from"] == rfc3339(from_epoch(HOUR))
    await played.rig.stop()  # what goes on is told at the end
    await played.rig.start()
    await played.rig.login()
    _, rest = await logged(played.rig.http, "recording.play", 2)
    assert rest["detail"]["count"] >= 5
    assert rest["detail"]["since"] == first["at"]
    assert (rest["detail"]["from"], rest["detail"]["to"]) == (first["detail"]["from"], rfc3339(from_epoch(HOUR + 10)))
    assert await whole(played.rig.data) >= 5


async def test_live_video_and_the_wall_are_looks_and_another_sites_are_refusals(
    tmp_path: Path, server: NatsServer
) -> None:
    async with web_rig(tmp_path / "data", server.url, two_sites()) as rig:
        worker = await Worker.connect(rig.bus_url)
        database = await Database.open(Environment.read(rig.data, {}), rig.clock)
        await worker.answer_watches("main")
        async with guarding(rig, database, ["s1"]) as http:
            async with socket(rig, http, "/ws/wall") as wall:
                await wall.send(json.dumps({"cameras": ["cam-1", "cam-2", "cam-9", "cam-404"], "fps": 1}))
                (shown,) = await logged(rig.http, "camera.view")
                assert (shown["user"], shown["site"], shown["object"]) == ("truc", "s1", "wall")
                assert shown["detail"] == {"cameras": ["cam-1", "cam-2"]}
                (refused,) = await logged(rig.http, "request.refuse")
                assert (refused["site"], refused["camera"], refused["detail"]) == ("s2", "cam-9", {"status": 404})
            async with socket(rig, http, "/ws/live/cam-1") as live:
                (look,) = await logged(rig.http, "camera.view", camera="cam-1")
                assert (look["object"], look["detail"]["profile"]) == ("live", "main")
                async with database.change() as change:
                    await change.connection.execute(update(User).where(User.username == "truc").values(enabled=False))
                assert await close_code(live) == 4401
            closed = (await logged(rig.http, "request.refuse", 2, user="truc"))[-1]
            assert (closed["object"], closed["detail"]) == ("WEBSOCKET /ws/live/cam-1", {"status": 4401})
        for path, cookie, origin, code in (
            ("/ws/wall", False, None, 4401), ("/ws/alerts", True, "https://evil.example", 4403),
        ):  # fmt: skip
            async with rig.socket(path, cookie=cookie, origin=origin) as stranger:
                assert await close_code(stranger) == code
        strangers = [one for one in await logged(rig.http, "request.refuse", 4) if one["user"] is None]
        assert {one["detail"]["status"] for one in strangers} == {4401, 403}
        await database.close()
        await worker.close()


async def test_a_day_that_passed_while_it_was_stopped_goes_out_at_the_start(
    tmp_path: Path, server: NatsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "drop").mkdir()
    monkeypatch.setenv("VMS_AUDIT_DROP", str(tmp_path / "drop"))
    async with web_rig(tmp_path / "data", server.url) as rig:
        await rig.stop()
        now = rig.clock.utc()
        monkeypatch.setattr(rig.clock, "utc", lambda: now + 86_400, raising=False)
        await rig.start()
        await rig.login()

        async def dropped() -> bool:
            roots = (await rig.http.get("/api/audit/head")).json()["roots"]
            return bool(roots) and all(one["sent"]["drop"] for one in roots)

        await until_async(dropped, 10, "the day's root is outside")
        assert len(read_roots(tmp_path / "drop")) == 1
        assert await whole(rig.data) >= 3
