"""An opening of a room is told on ``/ws/alerts`` to whose it is and to who oversees the rooms of the site."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest_asyncio

from tests.integration.web.rig import NatsServer, WebRig, web_rig
from tests.integration.web.test_web_rights import PASSWORD, socket, two_sites
from tests.integration.web.worker import Worker
from vms.domain.facility import Facility
from vms.settings.environment import Environment
from web.accounts.users import add_user
from web.database.engine import Database

#: Role and site of each.
STAFF = {
    "opener": ("duty", "s2"),
    "colleague": ("duty", "s2"),
    "viewer": ("viewer", "s2"),
    "lead": ("site_lead", "s2"),
    "lead.elsewhere": ("site_lead", "s1"),
}


@pytest_asyncio.fixture
async def rig(tmp_path: Path, server: NatsServer) -> AsyncIterator[WebRig]:
    """``cam-9`` at ``s2`` looks into a room."""
    stated = two_sites().model_dump(mode="json", exclude_none=True)
    stated["sites"][1]["cameras"][0]["placement"] = "patient_room"
    async with web_rig(tmp_path / "data", server.url, Facility.model_validate(stated)) as made:
        yield made


@pytest_asyncio.fixture
async def staff(rig: WebRig) -> AsyncIterator[dict[str, httpx.AsyncClient]]:
    """Everybody, logged in."""
    database = await Database.open(Environment.read(rig.data, {}), rig.clock)
    async with contextlib.AsyncExitStack() as stack:
        people = {}
        for name, (role, site) in STAFF.items():
            await add_user(database, rig.clock, name, PASSWORD, role, [site])
            client = httpx.AsyncClient(base_url=rig.http.base_url, timeout=10)
            people[name] = await stack.enter_async_context(client)
            answer = await client.post("/api/session", json={"username": name, "password": PASSWORD})
            assert answer.status_code == 200
        await database.close()
        yield people


async def test_an_opening_is_told_to_whose_it_is_and_to_who_oversees_it(
    rig: WebRig, worker: Worker, staff: dict[str, httpx.AsyncClient]
) -> None:
    async with contextlib.AsyncExitStack() as stack:
        sockets = {"admin": await stack.enter_async_context(rig.socket("/ws/alerts"))}
        for name, http in staff.items():
            sockets[name] = await stack.enter_async_context(socket(rig, http, "/ws/alerts"))
        opened = await staff["opener"].post("/api/cameras/cam-9/openings", json={"reason": "bed 3 calls"})
        assert opened.status_code == 201
        closed = await staff["lead"].delete(f"/api/openings/{opened.json()['id']}")
        assert closed.status_code == 204
        for site, camera in (("s1", "cam-1"), ("s2", "cam-9")):
            await worker.alert(f"last-{site}", "opened", site=site, camera=camera)
        heard = {name: await _rooms(one) for name, one in sockets.items()}

    opener = (await staff["opener"].get("/api/session")).json()["user"]["id"]
    told = {"site": "s2", "camera": "cam-9", "user_id": opener}
    expected = {name: [told, told] if name in {"admin", "opener", "lead"} else [] for name in sockets}
    assert heard == expected


async def _rooms(socket: Any) -> list[dict[str, Any]]:
    """What was told of rooms before the alert that each hears of."""
    found: list[dict[str, Any]] = []
    async with asyncio.timeout(10):
        while not (event := json.loads(await socket.recv()))["type"].startswith("alert."):
            if event["type"] == "room.opening":
                found.append(event["data"])
    return found
