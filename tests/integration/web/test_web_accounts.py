"""Accounts against a running web: what is revoked closes its sockets, and a proxy is believed where it is named."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
import websockets
from sqlalchemy import update

from tests.integration.web.rig import PASSWORD, NatsServer, WebRig, close_code, facility
from vms.domain.clock import from_epoch
from vms.settings.environment import Environment
from web.database.engine import Database
from web.database.schema import ApiToken


class Officer:
    """``truc``, logged in beside the administrator, with a token of his own."""

    def __init__(self, rig: WebRig, http: httpx.AsyncClient, user: int, token: dict[str, Any]) -> None:
        self.rig = rig
        self.http = http
        self.user = user
        self.token = token

    def socket(self, path: str, *, by_token: bool) -> Any:
        cookie = {"Cookie": f"vms_session={self.http.cookies['vms_session']}"}
        bearer = {"Authorization": f"Bearer {self.token['token']}"}
        address = f"ws://127.0.0.1:{self.rig.port}{path}"
        return websockets.connect(address, additional_headers=bearer if by_token else cookie)


@pytest_asyncio.fixture
async def officer(rig: WebRig) -> AsyncIterator[Officer]:
    body = {"username": "truc", "role": "duty", "sites": None}
    made = (await rig.http.post("/api/users", json=body)).json()
    async with httpx.AsyncClient(base_url=rig.http.base_url, timeout=10) as http:
        await http.post("/api/session", json={"username": "truc", "password": made["password"]})
        scope = ["camera.view", "alert.view", "alert.ack"]
        token = await http.post("/api/tokens", json={"name": "bản đồ", "permissions": scope, "days": 1})
        yield Officer(rig, http, made["id"], token.json())


async def _revoke(officer: Officer) -> None:
    await officer.http.delete(f"/api/tokens/{officer.token['id']}")


async def _expire(officer: Officer) -> None:
    database = await Database.open(Environment.read(officer.rig.data, {}), officer.rig.clock)
    async with database.change() as change:
        now = from_epoch(officer.rig.clock.utc())
        await change.connection.execute(update(ApiToken).values(expires_at=now))
    await database.close()


async def _narrow(officer: Officer) -> None:
    await officer.rig.http.patch(f"/api/users/{officer.user}", json={"role": "records"})


async def _disable(officer: Officer) -> None:
    await officer.rig.http.patch(f"/api/users/{officer.user}", json={"enabled": False})


async def _new_password(officer: Officer) -> None:
    await officer.rig.http.patch(f"/api/users/{officer.user}", json={"password": "generate"})


async def _end_session(officer: Officer) -> None:
    (mine,) = (await officer.http.get("/api/sessions")).json()["items"]
    await officer.rig.http.delete(f"/api/sessions/{mine['id']}")


@pytest.mark.parametrize(
    ("by_token", "what", "code"),
    [
        (True, _revoke, 4401),
        (True, _expire, 4401),
        (True, _narrow, 4409),
        (True, _disable, 4401),
        (True, _new_password, 4401),
        (False, _end_session, 4401),
        (False, _new_password, 4401),
    ],
)
async def test_a_socket_ends_soon_after_what_it_was_opened_with(
    officer: Officer, by_token: bool, what: Any, code: int
) -> None:
    async with officer.socket("/ws/alerts", by_token=by_token) as one, officer.rig.socket("/ws/alerts?beat=1") as other:
        await what(officer)
        async with asyncio.timeout(5):
            assert await close_code(one) == code
        async with asyncio.timeout(5):  # somebody else's goes on
            while "beat" not in str(await other.recv()):  # that the roster may be another
                pass
    async with officer.socket("/ws/alerts", by_token=by_token) as again:
        if code == 4401:
            assert await close_code(again) == code


async def test_a_token_opens_no_socket_that_it_was_not_made_for(officer: Officer) -> None:
    body = {"name": "x", "permissions": ["alert.ack"], "days": 1}
    officer.token = (await officer.http.post("/api/tokens", json=body)).json()
    for path in ("/ws/alerts", "/ws/wall", "/ws/live/cam-1"):
        async with officer.socket(path, by_token=True) as refused:
            assert await close_code(refused) == 4403


@pytest.mark.parametrize(
    ("trusted", "address", "secure"), [("", "127.0.0.1", False), ("127.0.0.0/8", "203.0.113.9", True)]
)
async def test_a_proxy_is_believed_where_it_is_named(
    tmp_path: Path, server: NatsServer, trusted: str, address: str, secure: bool
) -> None:
    rig = WebRig(tmp_path / "data", server.url, facility(), {"VMS_TRUSTED_PROXIES": trusted})
    try:
        await rig.start()
        headers = {"X-Forwarded-For": "198.51.100.1, 203.0.113.9", "X-Forwarded-Proto": "https"}
        answer = await rig.http.post("/api/session", json={"username": "admin", "password": PASSWORD}, headers=headers)
        assert ("secure" in answer.headers["set-cookie"].lower()) is secure
        token = {"Authorization": f"Bearer {answer.cookies['vms_session']}"}
        (mine,) = (await rig.http.get("/api/sessions", headers=token)).json()["items"]
        assert mine["address"] == address
    finally:
        await rig.close()
