"""Personal tokens: what one may, when it ends, and what is taken for none."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from sqlalchemy import select

from tests.support.bare_web import bare_web, browser
from tests.support.clocks import ManualClock
from tests.unit.web.walking import PASSWORD, two_sites
from web.accounts import users
from web.accounts.roles import OF_PEOPLE, ROLES
from web.accounts.sessions import TOUCH_AFTER
from web.accounts.tokens import MOST
from web.database.schema import ApiToken, Session

DAY = 86400.0


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest_asyncio.fixture
async def app(tmp_path: Path, clock: ManualClock) -> AsyncIterator[FastAPI]:
    async with bare_web(tmp_path, two_sites(), clock) as app:
        await users.add_user(app.state.context.database, clock, "lan", PASSWORD, "duty", ["s1"])
        yield app


@pytest_asyncio.fixture
async def lan(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with browser(app, await app.state.context.sessions.login("lan", PASSWORD, "-")) as client:
        yield client


async def make(lan: httpx.AsyncClient, *permissions: str, **changed: Any) -> httpx.Response:
    return await lan.post("/api/tokens", json={"name": "bản đồ", "permissions": permissions, "days": 1, **changed})


async def ask(app: FastAPI, token: str, path: str = "/api/cameras", method: str = "GET", **more: Any) -> httpx.Response:
    async with browser(app) as client:
        return await client.request(method, path, headers={"Authorization": f"Bearer {token}"}, **more)


async def test_a_token_is_shown_once_and_does_what_it_may(app: FastAPI, lan: httpx.AsyncClient) -> None:
    answer = await make(lan, "camera.view", "alert.view", "camera.view")
    made = answer.json()
    token = made.pop("token")
    assert answer.status_code == 201
    assert token.startswith("vms_")
    assert made | {"name": "bản đồ", "permissions": ["alert.view", "camera.view"], "last_used_at": None} == made
    assert (await lan.get("/api/tokens")).json() == {"items": [made], "next": None}
    assert len((await ask(app, token)).json()["items"]) == 2
    assert (await ask(app, token, "/api/alerts")).status_code == 200
    assert (await ask(app, token, "/api/holds")).status_code == 403, "the role may, this token may not"
    async with app.state.context.database.read() as connection:
        kept = str((await connection.execute(select(ApiToken.__table__))).all())
    assert token not in kept
    assert hashlib.sha256(token.encode()).hexdigest() in kept


async def test_use_is_written_down_now_and_then(app: FastAPI, lan: httpx.AsyncClient, clock: ManualClock) -> None:
    token = (await make(lan, "camera.view")).json()["token"]
    seen = []
    for pause in (0, 1, TOUCH_AFTER.total_seconds()):
        clock.advance(pause)
        await ask(app, token)
        for writing in list(app.state.context.sessions._touching):
            await writing
        seen.append((await lan.get("/api/tokens")).json()["items"][0]["last_used_at"])
    assert seen[0] == seen[1] < seen[2]


async def test_an_expired_and_a_revoked_token_is_none(app: FastAPI, lan: httpx.AsyncClient, clock: ManualClock) -> None:
    short, long = [(await make(lan, "camera.view", days=days)).json() for days in (1, 2)]
    clock.advance(DAY - 1)
    assert (await ask(app, short["token"])).status_code == 200
    clock.advance(1)
    assert (await ask(app, short["token"])).status_code == 401
    assert (await ask(app, long["token"])).status_code == 200


@pytest.mark.parametrize("scope", sorted(OF_PEOPLE | {"user.manage", "camera.configure", "everything"}))
async def test_nobody_gives_what_he_has_not_or_what_is_for_people(lan: httpx.AsyncClient, scope: str) -> None:
    assert (await make(lan, "camera.view", scope)).status_code == 422
    assert (await lan.get("/api/tokens")).json()["items"] == []


@pytest.mark.parametrize(
    "changed",
    [
        {"name": " "}, {"name": "a\nb"}, {"name": "a\u0000"}, {"name": "x" * 65}, {"days": 0}, {"days": 367},
        {"permissions": []}, {"more": 1},
    ],
)  # fmt: skip
async def test_what_is_no_token_is_refused(lan: httpx.AsyncClient, changed: dict[str, Any]) -> None:
    assert (await make(lan, "camera.view", **changed)).status_code == 422


async def test_tokens_have_an_end_in_number(app: FastAPI, lan: httpx.AsyncClient, clock: ManualClock) -> None:
    for _ in range(MOST):
        assert (await make(lan, "camera.view")).status_code == 201
    refused = await make(lan, "camera.view")
    assert (refused.status_code, refused.json()["type"]) == (422, "about:blank#invalid")
    clock.advance(DAY)
    async with browser(app, await app.state.context.sessions.login("lan", PASSWORD, "-")) as later:
        assert (await make(later, "camera.view")).status_code == 201, "those that have expired count no more"


async def test_a_token_makes_no_tokens_and_touches_no_account(app: FastAPI, tmp_path: Path) -> None:
    context = app.state.context
    await users.add_user(context.database, context.clock, "sep", PASSWORD, "admin")
    async with browser(app, await context.sessions.login("sep", PASSWORD, "-")) as sep:
        token = (await make(sep, *sorted(ROLES["admin"] - OF_PEOPLE))).json()["token"]
    for method, path, body in (
        ("POST", "/api/tokens", {"name": "x", "permissions": ["camera.view"], "days": 1}),
        ("GET", "/api/tokens", None),
        ("DELETE", "/api/tokens/x", None),
        ("PUT", "/api/session/password", {"current": PASSWORD, "new": "mat khau rat dai 2"}),
        ("GET", "/api/sessions", None),
        ("DELETE", "/api/sessions/x", None),
        ("GET", "/api/users", None),
        ("POST", "/api/users", {"username": "moi", "role": "viewer", "sites": None}),
        ("PATCH", "/api/users/1", {"role": "admin"}),
    ):
        assert (await ask(app, token, path, method, json=body)).status_code == 403, (method, path)


async def test_a_token_has_no_more_than_its_owner_now(app: FastAPI, lan: httpx.AsyncClient) -> None:
    context = app.state.context
    token = (await make(lan, "camera.view", "recording.view")).json()["token"]
    assert (await ask(app, token, "/api/holds")).status_code == 200
    async with context.database.change() as change:
        await users.alter(change, 1, {"role": "viewer", "sites": ["s2"]})
    assert (await ask(app, token, "/api/holds")).status_code == 403
    assert (await ask(app, token)).json()["items"] == []
    assert (await lan.get("/api/tokens")).json()["items"][0]["permissions"] == ["camera.view"]
    async with context.database.change() as change:
        await users.alter(change, 1, {"enabled": False})
    assert (await ask(app, token)).status_code == 401


async def test_somebody_elses_token_is_not_there(app: FastAPI, lan: httpx.AsyncClient) -> None:
    context = app.state.context
    await users.add_user(context.database, context.clock, "sep", PASSWORD, "admin")
    made = (await make(lan, "camera.view")).json()
    async with browser(app, await context.sessions.login("sep", PASSWORD, "-")) as sep:
        assert (await sep.get("/api/tokens")).json()["items"] == []
        assert (await sep.delete(f"/api/tokens/{made['id']}")).status_code == 404
    assert (await ask(app, made["token"])).status_code == 200
    assert (await lan.delete(f"/api/tokens/{made['id']}")).status_code == 204
    assert (await ask(app, made["token"])).status_code == 401
    assert (await lan.delete(f"/api/tokens/{made['id']}")).status_code == 404


def _part(value: Any) -> str:
    return (
        base64.urlsafe_b64encode(value if isinstance(value, bytes) else json.dumps(value).encode()).decode().rstrip("=")
    )


def signed(algorithm: str, key: bytes = b"") -> str:
    """A JWT that says it is the administrator."""
    claims = {"sub": "1", "username": "lan", "role": "admin", "exp": 4_102_444_800}
    text = f"{_part({'alg': algorithm, 'typ': 'JWT'})}.{_part(claims)}"
    return f"{text}.{_part(hmac.digest(key, text.encode(), 'sha256')) if key else ''}"


async def test_what_others_signed_or_nobody_did_is_no_token(app: FastAPI, lan: httpx.AsyncClient) -> None:
    made = (await make(lan, "camera.view")).json()
    async with app.state.context.database.read() as connection:
        hashes = [*await connection.scalars(select(ApiToken.token_hash).union_all(select(Session.token_hash)))]
        ids = [*await connection.scalars(select(Session.id)), made["id"]]
    token = made["token"]
    for wrong in (
        signed("none"), signed("None"), signed("HS256", b"another key"), signed("HS256", b"secret"),
        *hashes, *ids, token[:-1], token + "x", token.upper(), token.removeprefix("vms_"), "vms_", "null", "x" * 60_000,
        f"{token}\u00e9",
    ):  # fmt: skip
        async with browser(app) as client:
            for name, value in (("Authorization", f"Bearer {wrong}"), ("Cookie", f"vms_session={wrong}")):
                answer = await client.get("/api/cameras", headers={name: value.encode("latin-1")})
                assert answer.status_code == 401, wrong[:80]
    for scheme in ("Basic", "Token", ""):
        async with browser(app) as client:
            assert (await client.get("/api/cameras", headers={"Authorization": f"{scheme} {token}"})).status_code == 401
