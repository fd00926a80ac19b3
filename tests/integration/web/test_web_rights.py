"""Websockets of somebody who is held to a site: nothing of another one passes, and a change of rights ends them."""

from __future__ import annotations

import asyncio
import contextlib
import json
import struct
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
import websockets
from sqlalchemy import update

from tests.integration.web.rig import NatsServer, WebRig, close_code, facility, web_rig
from tests.integration.web.worker import JPEG, Worker
from vms.bus import subjects
from vms.domain.facility import Facility
from vms.settings.environment import Environment
from web.accounts.users import add_user
from web.database.engine import Database
from web.database.schema import User

PASSWORD = "mat khau rat dai"


def two_sites() -> Facility:
    """``cam-1`` and ``cam-2`` at ``s1``, ``cam-9`` at ``s2``."""
    stated = facility().model_dump(mode="json", exclude_none=True)
    other = facility(1, "s2").model_dump(mode="json", exclude_none=True)["sites"][0]
    other["cameras"][0]["id"] = "cam-9"
    return Facility.model_validate({**stated, "sites": [*stated["sites"], other]})


@pytest_asyncio.fixture
async def rig(tmp_path: Path, server: NatsServer) -> AsyncIterator[WebRig]:
    async with web_rig(tmp_path / "data", server.url, two_sites()) as made:
        yield made


@pytest_asyncio.fixture
async def database(rig: WebRig) -> AsyncIterator[Database]:
    one = await Database.open(Environment.read(rig.data, {}), rig.clock)
    yield one
    await one.close()


@contextlib.asynccontextmanager
async def guarding(rig: WebRig, database: Database, sites: list[str]) -> AsyncIterator[httpx.AsyncClient]:
    """An officer of these sites, logged in."""
    await add_user(database, rig.clock, "truc", PASSWORD, "duty", sites)
    async with httpx.AsyncClient(base_url=rig.http.base_url, timeout=10) as http:
        answer = await http.post("/api/session", json={"username": "truc", "password": PASSWORD})
        assert answer.json()["user"]["sites"] == sites
        yield http


def socket(rig: WebRig, http: httpx.AsyncClient, path: str) -> Any:
    cookie = {"Cookie": f"vms_session={http.cookies['vms_session']}"}
    return websockets.connect(f"ws://127.0.0.1:{rig.port}{path}", additional_headers=cookie, max_size=None)


async def test_events_of_another_site_are_not_told_live_or_after_a_reconnect(
    rig: WebRig, worker: Worker, database: Database
) -> None:
    async with guarding(rig, database, ["s2"]) as http:
        async with socket(rig, http, "/ws/alerts") as one, rig.socket("/ws/alerts") as whole:
            await worker.alert("hidden", "opened")
            await worker.alert("told", "opened", site="s2", camera="cam-9")
            seen, all_seen = await _until(one, "told"), await _until(whole, "told")
        assert {"hidden", "told"} <= _alerts(all_seen)
        assert _alerts(seen) == {"told"}
        assert {event["data"]["site"] for event in seen} == {"s2"}
        async with socket(rig, http, "/ws/alerts?since=0") as again:
            assert {event["data"]["site"] for event in await _until(again, "told")} == {"s2"}


async def test_pictures_of_another_site_are_not_shown(rig: WebRig, worker: Worker, database: Database) -> None:
    async with guarding(rig, database, ["s2"]) as http:
        async with socket(rig, http, "/ws/live/cam-1") as live:
            assert await close_code(live) == 4404
        async with socket(rig, http, "/ws/wall") as wall:
            await wall.send(json.dumps({"cameras": ["cam-1", "cam-9"], "fps": 10}))
            publishing = asyncio.create_task(_publish(worker, ("s1", "cam-1"), ("s2", "cam-9")))
            try:
                async with asyncio.timeout(10):
                    shown = [_camera(await wall.recv()) for _ in range(10)]
            finally:
                publishing.cancel()
            assert set(shown) == {"cam-9"}


async def _publish(worker: Worker, *cameras: tuple[str, str]) -> None:
    while True:
        for site, camera in cameras:
            await worker.client.publish(subjects.live(site, camera, "jpeg"), JPEG)
        await asyncio.sleep(0.05)


def _camera(message: bytes) -> str:
    (length,) = struct.unpack(">H", message[:2])
    return str(json.loads(message[2 : 2 + length])["camera"])


@pytest.mark.parametrize(
    ("path", "rights", "code"),
    [
        ("/ws/alerts", {"sites": ["s2"]}, 4409),
        ("/ws/live/cam-1", {"sites": ["s2"]}, 4409),
        ("/ws/wall", {"role": "records"}, 4409),
        ("/ws/wall", {"enabled": False}, 4401),
    ],
)
async def test_a_socket_ends_soon_after_its_users_rights_changed(
    rig: WebRig, worker: Worker, database: Database, path: str, rights: dict[str, Any], code: int
) -> None:
    await worker.answer_watches("main")
    async with guarding(rig, database, ["s1"]) as http, socket(rig, http, path) as open_one:
        async with database.change() as change:
            await change.connection.execute(update(User).where(User.username == "truc").values(**rights))
        async with asyncio.timeout(5):
            assert await close_code(open_one) == code


async def _until(socket: Any, alert: str) -> list[dict[str, Any]]:
    seen: list[dict[str, Any]] = []
    async with asyncio.timeout(10):
        while alert not in _alerts(seen):
            seen.append(json.loads(await socket.recv()))
    return seen


def _alerts(events: list[dict[str, Any]]) -> set[str]:
    return {event["data"]["id"] for event in events if event["type"].startswith("alert.")}
