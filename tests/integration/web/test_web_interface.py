"""Nothing that one may ask makes the service fail, or answer what its description does not tell."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import insert, update

from tests.integration.web.interface import Answers, ask
from tests.integration.web.playing import Played
from tests.integration.web.rig import NatsServer, WebRig, web_rig
from tests.support.footage import encode
from tests.unit.web.walking import ASKED, IDS, PASSWORD, rows, two_sites
from vms.domain.clock import from_epoch, rfc3339
from vms.settings.environment import Environment
from web.accounts.users import add_user
from web.database.engine import Database
from web.database.schema import User

#: The first two ask. Their numbers are none that is guessed: nobody is to disable them.
PEOPLE = {
    "truc": (7_654_321, "admin", None),
    "an": (7_654_322, "viewer", ["s1"]),
    "binh": (7_654_323, "duty", None),
    "chi": (int(IDS["{user}"]), "viewer", None),
}
LOGIN = {("POST", "/api/session"): {"json": {"username": "binh", "password": PASSWORD}}}
#: What only the service names: the ids of the test are of none.
UNNAMED = {
    "DELETE /api/sessions/{session}",
    "DELETE /api/tokens/{token}",
    "DELETE /api/openings/{opening}",
    "PATCH /api/channels/{channel}",
    "DELETE /api/channels/{channel}",
    "POST /api/channels/{channel}/test",
}
OPEN = {"GET /healthz", "GET /readyz", "GET /metrics", "POST /api/session"}


@pytest_asyncio.fixture
async def rig(tmp_path: Path, server: NatsServer) -> AsyncIterator[WebRig]:
    """What the walks name is there, and ``PEOPLE``."""
    async with web_rig(tmp_path / "data", server.url, two_sites()) as made:
        database = await Database.open(Environment.read(made.data, {}), made.clock)
        for name, (number, role, sites) in PEOPLE.items():
            await add_user(database, made.clock, name, PASSWORD, role, sites)
            async with database.change() as change:
                await change.connection.execute(update(User).where(User.username == name).values(id=number))
        async with database.change() as change:
            for table, row in rows():
                await change.connection.execute(insert(table).values(**row))
        await database.close()
        yield made


async def as_(rig: WebRig, name: str) -> httpx.AsyncClient:
    http = httpx.AsyncClient(base_url=rig.http.base_url, timeout=10)
    assert (await http.post("/api/session", json={"username": name, "password": PASSWORD})).status_code == 200
    return http


async def described(rig: WebRig) -> dict[str, Any]:
    return dict((await rig.http.get("/api/openapi.json")).json())


def served(answers: Answers, status: int) -> set[str]:
    return {operation for operation, statuses in answers.items() if status in statuses}


async def test_an_administrator_finds_nothing_that_is_not_described(
    rig: WebRig, tmp_path: Path, long: bool, caplog: pytest.LogCaptureFixture
) -> None:
    http, schema = await as_(rig, "truc"), await described(rig)
    answers = await ask(http, schema, tmp_path / "asked", "-n", "200" if long else "3", asked={**ASKED, **LOGIN})
    everything = {f"{method.upper()} {path}" for path, some in schema["paths"].items() for method in some}
    assert set(answers) == everything - {"DELETE /api/session"}
    # Else hardly anything would have been asked: a new body belongs into ``walking.ASKED``.
    refused = {operation for operation, found in answers.items() if not {200, 201, 204, 409, 503} & set(found)}
    assert refused == UNNAMED
    assert served(answers, 401) <= {"POST /api/session"}
    assert not [one.getMessage() for one in caplog.records if one.levelno >= logging.ERROR]
    await http.aclose()


async def test_neither_does_a_viewer_of_a_site_or_a_stranger(rig: WebRig, tmp_path: Path, long: bool) -> None:
    schema = await described(rig)
    arguments = ("--phases", "examples,fuzzing", "-n", "100" if long else "2")
    async with httpx.AsyncClient(base_url=rig.http.base_url) as http:
        answers = await ask(http, schema, tmp_path / "stranger", *arguments)
    assert served(answers, 200) == OPEN - {"POST /api/session"}
    assert served(answers, 401) >= set(answers) - OPEN
    http = await as_(rig, "an")
    answers = await ask(http, schema, tmp_path / "viewer", *arguments)
    assert "GET /api/cameras/{camera}" in served(answers, 200)
    assert "PUT /api/cameras/{camera}/zones" in served(answers, 403)
    await http.aclose()


async def test_nor_does_who_plays_recordings(played: Played, tmp_path: Path, long: bool) -> None:
    rig, past = played.rig, played.past
    begin = rig.clock.utc() // 3600 * 3600 - 3600
    past.record("h264", encode("h264"), begin, 100)
    await played.told()
    (file,) = past.segments()
    span = {"start": rfc3339(file.start), "end": rfc3339(from_epoch(begin + 4))}
    asked = {
        ("GET", "/api/cameras/{camera}/playback.m3u8"): {"params": span},
        ("GET", "/api/segments/{segment}/keyframes"): {"params": {"from": 0, "to": 2**40}},
    }
    ids = {"{camera}": "c", "{segment}": file.id}
    arguments = ("--include-tag", "recordings", "-n", "100" if long else "5")
    answers = await ask(rig.http, await described(rig), tmp_path / "asked", *arguments, ids=ids, asked=asked)
    # What a renderer makes is not here.
    assert served(answers, 200) >= {
        *(f"{method} {path}" for method, path in asked),
        "GET /api/segments/{segment}/media",
    }
