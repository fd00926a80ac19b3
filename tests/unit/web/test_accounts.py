"""Users over HTTP: who is added, changed, disabled; what may not be; and one's own sessions and password."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from tests.support.bare_web import bare_web, browser
from tests.support.clocks import ManualClock
from tests.support.waiting import until
from tests.unit.web.walking import PASSWORD, two_sites
from vms.settings.environment import Environment
from web.accounts import users
from web.accounts.passwords import MIN_LENGTH
from web.accounts.roles import ROLES
from web.accounts.sessions import LIFETIME
from web.accounts.throttle import PER_ACCOUNT, PER_PAIR, WINDOW_S
from web.proxies import Proxies


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest_asyncio.fixture
async def app(tmp_path: Path, clock: ManualClock) -> AsyncIterator[FastAPI]:
    async with bare_web(tmp_path, two_sites(), clock) as app:
        await users.add_user(app.state.context.database, clock, "sep", PASSWORD, "admin")
        yield app


@pytest_asyncio.fixture
async def boss(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with browser(app) as client:
        await log_in(client, "sep")
        yield client


async def log_in(client: httpx.AsyncClient, name: str, password: str = PASSWORD, agent: str = "Firefox") -> int:
    asked = {"username": name, "password": password}
    return (await client.post("/api/session", json=asked, headers={"User-Agent": agent})).status_code


async def add(
    boss: httpx.AsyncClient, name: str, role: str = "viewer", sites: list[str] | None = None
) -> dict[str, Any]:
    body = {"username": name, "role": role, "sites": sites, "password": PASSWORD}
    answer = await boss.post("/api/users", json=body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def word(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].rpartition("#")[2]


async def test_a_generated_password_is_shown_once_and_good(app: FastAPI, boss: httpx.AsyncClient) -> None:
    answer = await boss.post("/api/users", json={"username": " Lan ", "role": "site_lead", "sites": ["s2"]})
    made = answer.json()
    password = made.pop("password")
    assert answer.status_code == 201
    assert len(password) >= MIN_LENGTH
    assert made == {
        "id": made["id"], "username": "lan", "role": "site_lead", "sites": ["s2"], "enabled": True,
        "created_at": made["created_at"], "last_seen_at": None, "sessions": 0, "tokens": 0,
    }  # fmt: skip
    async with browser(app) as lan:
        assert await log_in(lan, "LAN", password) == 200
    listed = (await boss.get("/api/users")).json()
    assert [(one["username"], one["sessions"]) for one in listed["items"]] == [("lan", 1), ("sep", 1)]
    assert listed["items"][0]["last_seen_at"] is not None
    assert password not in str(listed)
    chosen = await add(boss, "mai")
    assert "password" not in chosen


async def test_lists_of_users_come_in_pages(boss: httpx.AsyncClient) -> None:
    for name in ("lan", "mai"):
        await add(boss, name)
    first = (await boss.get("/api/users", params={"limit": 2})).json()
    second = (await boss.get("/api/users", params={"limit": 2, "cursor": first["next"]})).json()
    assert [[one["username"] for one in page["items"]] for page in (first, second)] == [["lan", "mai"], ["sep"]]
    assert second["next"] is None


async def test_roles_say_what_goes_with_them(boss: httpx.AsyncClient) -> None:
    items = (await boss.get("/api/roles")).json()["items"]
    assert {one["role"]: set(one["permissions"]) for one in items} == {name: set(has) for name, has in ROLES.items()}
    assert [one["role"] for one in items if one["of_sites"]] == ["site_lead"]
    assert [one["role"] for one in items if one["of_all"]] == ["admin"]


@pytest.mark.parametrize(
    ("changed", "refused"),
    [
        ({"username": "SEP"}, (409, "taken")),
        ({"username": "<b>x</b>"}, (422, "invalid")),
        ({"username": "a\nuser.added user=root"}, (422, "invalid")),
        ({"username": "a\u0000"}, (422, "invalid")),
        ({"role": "root"}, (422, "invalid")),
        ({"role": "site_lead"}, (422, "invalid")),
        ({"role": "admin", "sites": ["s1"]}, (422, "invalid")),
        ({"sites": []}, (422, "invalid")),
        ({"sites": ["s1", "s9"]}, (422, "invalid")),
        ({"sites": ["../s1"]}, (422, "invalid")),
        ({"password": "short"}, (422, "invalid")),
        ({"password": "x" * 257}, (422, "invalid")),
        ({"enabled": False}, (422, "invalid")),
    ],
)
async def test_what_is_no_user_is_refused(
    boss: httpx.AsyncClient, changed: dict[str, Any], refused: tuple[int, str]
) -> None:
    body = {"username": "lan", "role": "viewer", "sites": None, **changed}
    assert word(await boss.post("/api/users", json=body)) == refused
    assert len((await boss.get("/api/users")).json()["items"]) == 1


async def test_changed_rights_hold_at_once(app: FastAPI, boss: httpx.AsyncClient) -> None:
    lan = await add(boss, "lan", "duty")
    async with browser(app) as client:
        await log_in(client, "lan")
        changed = {"role": "site_lead", "sites": ["s2", "s2"]}
        answer = await boss.patch(f"/api/users/{lan['id']}", json=changed)
        assert (answer.json()["role"], answer.json()["sites"], answer.json()["sessions"]) == ("site_lead", ["s2"], 1)
        assert (await client.get("/api/session")).json()["user"]["sites"] == ["s2"]
        assert (await client.get("/api/cameras")).json()["items"] == []
        assert word(await boss.patch(f"/api/users/{lan['id']}", json={"sites": None})) == (422, "invalid")
        assert (await boss.patch(f"/api/users/{lan['id']}", json={"role": "viewer", "sites": None})).status_code == 200
        assert len((await client.get("/api/cameras")).json()["items"]) == 2
    assert word(await boss.patch("/api/users/4711", json={})) == (404, "not-found")
    assert word(await boss.patch(f"/api/users/{2**70}", json={})) == (422, "invalid")


async def test_a_site_that_was_removed_may_stay_with_who_had_it(app: FastAPI, boss: httpx.AsyncClient) -> None:
    context = app.state.context
    made = await users.add_user(context.database, context.clock, "lan", PASSWORD, "viewer", ["s1", "gone"])
    for sites, status in ((["gone"], 200), (["s1", "gone"], 422)):
        assert (await boss.patch(f"/api/users/{made}", json={"sites": sites})).status_code == status, sites
        if status == 200:
            await boss.patch(f"/api/users/{made}", json={"sites": ["s1"]})


@pytest.mark.parametrize("body", [{"enabled": False}, {"password": "generate"}])
async def test_disabling_and_a_new_password_end_sessions_and_tokens(
    app: FastAPI, boss: httpx.AsyncClient, body: dict[str, Any]
) -> None:
    lan = await add(boss, "lan", "duty")
    async with browser(app) as client:
        await log_in(client, "lan")
        made = await client.post("/api/tokens", json={"name": "x", "permissions": ["camera.view"], "days": 1})
        bearer = {"Authorization": f"Bearer {made.json()['token']}"}
        assert (await client.get("/api/cameras", headers=bearer)).status_code == 200
        answer = (await boss.patch(f"/api/users/{lan['id']}", json=body)).json()
        assert (answer["sessions"], answer["tokens"], answer["enabled"]) == (0, 0, body.get("enabled", True))
        for headers in ({}, bearer):
            assert (await client.get("/api/cameras", headers=headers)).status_code == 401
        assert await log_in(client, "lan") == 401
        await boss.patch(f"/api/users/{lan['id']}", json={"enabled": True})
        for headers in ({}, bearer):
            assert (await client.get("/api/cameras", headers=headers)).status_code == 401, "what has ended stays ended"
        assert await log_in(client, "lan", answer.get("password", PASSWORD)) == 200


async def test_a_login_under_way_while_the_account_is_closed_is_none(app: FastAPI, boss: httpx.AsyncClient) -> None:
    lan, context = await add(boss, "lan"), app.state.context
    reads: list[asyncio.Task[Any]] = []
    async with browser(app) as client, context.database.change() as change:
        reads.append(asyncio.create_task(log_in(client, "lan")))  # the password is compared, its session waits its turn
        await until(lambda: context.database._lock._waiters)
        await users.alter(change, lan["id"], {"enabled": False})
    assert await reads[0] == 401
    await boss.patch(f"/api/users/{lan['id']}", json={"enabled": True})
    assert (await boss.get("/api/users")).json()["items"][0]["sessions"] == 0


async def test_the_last_administrator_stays_and_nobody_takes_his_own_rights(
    app: FastAPI, boss: httpx.AsyncClient
) -> None:
    me = (await boss.get("/api/session")).json()["user"]["id"]
    taking = ({"enabled": False}, {"role": "viewer"})
    for body in taking:
        assert word(await boss.patch(f"/api/users/{me}", json=body)) == (409, "last-administrator")
    other = await add(boss, "mai", "admin")
    for body in taking:
        assert word(await boss.patch(f"/api/users/{me}", json=body)) == (409, "own-account")
    async with browser(app) as client:
        await log_in(client, "mai")
        # Each takes the other's rights away at once: one is left.
        answers = await asyncio.gather(
            boss.patch(f"/api/users/{other['id']}", json=taking[1]), client.patch(f"/api/users/{me}", json=taking[1])
        )
        assert sorted(one.status_code for one in answers)[0] == 200
        assert sorted(one.status_code for one in answers)[1] in (403, 409)
    items = await _all(app)
    assert sum(one["role"] == "admin" and one["enabled"] for one in items) == 1


async def _all(app: FastAPI) -> list[dict[str, Any]]:
    async with app.state.context.database.read() as connection:
        return await users.listed(connection, app.state.context.sessions._now())


async def test_sessions_are_listed_and_revoked(app: FastAPI, boss: httpx.AsyncClient, clock: ManualClock) -> None:
    lan = await add(boss, "lan")
    async with browser(app) as desk, browser(app, address="203.0.113.9") as phone:
        await log_in(desk, "lan", agent="Desk\x7f" + "x" * 500)
        clock.advance(90)
        await log_in(phone, "lan", agent="Phone")
        items = (await phone.get("/api/sessions")).json()["items"]
        assert [(one["address"], one["current"]) for one in items] == [("203.0.113.9", True), ("127.0.0.1", False)]
        assert items[0]["agent"] == "Phone"
        assert items[1]["agent"].startswith("Deskx")
        assert len(items[1]["agent"]) == 200
        assert set(items[0]) == {"id", "created_at", "last_seen_at", "expires_at", "address", "agent", "current"}
        for kept in (phone.cookies["vms_session"], desk.cookies["vms_session"]):
            assert kept not in str(items)
        assert (await boss.get("/api/sessions", params={"user": lan["id"]})).json()["items"][0]["current"] is False
        mine = (await boss.get("/api/sessions")).json()["items"][0]["id"]
        assert word(await phone.delete(f"/api/sessions/{mine}")) == (404, "not-found")
        assert word(await phone.get("/api/sessions", params={"user": 1})) == (403, "forbidden")
        assert (await phone.get("/api/sessions", params={"user": lan["id"]})).status_code == 200
        assert word(await boss.get("/api/sessions", params={"user": 4711})) == (404, "not-found")
        assert (await phone.delete(f"/api/sessions/{items[1]['id']}")).status_code == 204
        assert (await desk.get("/api/session")).status_code == 401
        assert (await boss.delete(f"/api/sessions/{items[0]['id']}")).status_code == 204
        assert (await phone.get("/api/session")).status_code == 401
        clock.advance(LIFETIME.total_seconds() + 1)
        assert (await boss.get("/api/session")).status_code == 401


async def test_ones_own_password(app: FastAPI, boss: httpx.AsyncClient, clock: ManualClock) -> None:
    path, new = "/api/session/password", "mat khau moi rat dai"
    async with browser(app) as other:
        await log_in(other, "sep")
        assert word(await boss.put(path, json={"current": PASSWORD, "new": "short"})) == (422, "invalid")
        assert (await boss.put(path, json={"current": PASSWORD, "new": new})).status_code == 204
        assert (await boss.get("/api/session")).status_code == 200
        assert (await other.get("/api/session")).status_code == 401
        assert await log_in(other, "sep") == 401
        assert await log_in(other, "sep", new) == 200
    for _ in range(PER_PAIR):
        assert word(await boss.put(path, json={"current": PASSWORD, "new": new})) == (403, "wrong-password")
    refused = await boss.put(path, json={"current": new, "new": PASSWORD})
    assert word(refused) == (429, "throttled")
    assert int(refused.headers["retry-after"]) <= WINDOW_S
    clock.advance(WINDOW_S)
    assert (await boss.put(path, json={"current": new, "new": PASSWORD})).status_code == 204


async def test_guessing_from_many_addresses_and_forged_ones_is_brute_force_all_the_same(
    app: FastAPI, boss: httpx.AsyncClient
) -> None:
    del boss  # signed in, from the address that stays his
    trusted = Environment.read(Path(), {"VMS_TRUSTED_PROXIES": "10.0.0.5"}).trusted_proxies
    behind = Proxies(app, trusted)
    asked = {"username": "sep", "password": "sai rồi"}
    async with browser(behind, address="203.0.113.9") as liar:
        statuses = [
            (await liar.post("/api/session", json=asked, headers={"X-Forwarded-For": f"198.51.100.{i}"})).status_code
            for i in range(PER_PAIR + 1)
        ]
        assert statuses == [401] * PER_PAIR + [429]
    async with browser(behind, address="10.0.0.5") as proxy:
        statuses = [
            (await proxy.post("/api/session", json=asked, headers={"X-Forwarded-For": f"198.51.100.{i}"})).status_code
            for i in range(PER_ACCOUNT - PER_PAIR + 1)
        ]
        assert statuses == [401] * (PER_ACCOUNT - PER_PAIR) + [429]
        headers = {"X-Forwarded-For": "127.0.0.1", "X-Forwarded-Proto": "https"}
        answer = await proxy.post("/api/session", json={"username": "sep", "password": PASSWORD}, headers=headers)
        assert answer.status_code == 200
        assert "secure" in answer.headers["set-cookie"].lower()
        assert (await browser(app, answer.cookies["vms_session"]).get("/api/sessions")).json()["items"][0][
            "address"
        ] == "127.0.0.1"
