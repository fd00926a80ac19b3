"""Whoever is refused stands in the audit log: strangers on each route, users of other sites on objects, guessers."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from tests.support.audited import PASSWORD, Audited, audited
from tests.support.bare_web import browser
from tests.unit.web.test_tokens import signed
from tests.unit.web.walking import ASKED, OWN, filled, requests
from vms.settings.environment import Environment
from web.accounts.roles import OF_ALL, ROLES
from web.accounts.throttle import PER_PAIR
from web.proxies import Proxies

#: What names its cameras in the body is 404 by them; the rest of these names nothing that is a site's.
NOTHING_OF_A_SITE = {"{tryout}", "{opening}", "{user}", "{session}", "{token}", "{channel}", "{person}"}


@pytest_asyncio.fixture
async def web(tmp_path: Path) -> AsyncIterator[Audited]:
    async with audited(tmp_path) as one:
        yield one


async def refusals(web: Audited, *actions: str) -> list[dict[str, Any]]:
    """All of them, those that were put together and wait for the end of their time included."""
    await web.context.audit.close()
    return await web.entries(actions or ("request.refuse",))


def told(found: list[dict[str, Any]]) -> int:
    return sum(one["detail"].get("count", 1) for one in found)


async def test_a_stranger_on_every_route_is_noted(web: Audited) -> None:
    asked = 0
    for cookie in (None, "x" * 43):
        async with browser(web.shielded, cookie, "203.0.113.7") as client:
            for method, path, _, arguments in requests(web.app):
                answer = await client.request(method, filled(path), **arguments)
                assert answer.status_code == 401, (method, path)
                asked += 1
    found = await refusals(web)
    assert told(found) == asked > 80
    assert {(one["user"], one["address"], one["detail"]["status"]) for one in found} == {(None, "203.0.113.7", 401)}


@pytest.mark.parametrize("role", sorted(ROLES.keys() - OF_ALL))
async def test_another_sites_user_on_every_object_is_noted(web: Audited, role: str) -> None:
    async with web.browser(role, ["s2"]) as client:
        for method, path, needed, arguments in requests(web.app):
            named = set(re.findall(r"\{\w+\}", path))
            if not ROLES[role] >= needed or named & NOTHING_OF_A_SITE or (method, path) in OWN:
                continue
            if not named and (method, path) not in ASKED:
                continue
            if (method, path) == ("DELETE", "/api/holds/{hold}"):  # there is none here: `test_audit_deeds`
                continue
            before = told(await refusals(web))
            assert (await client.request(method, filled(path), **arguments)).status_code == 404, (method, path)
            found = await refusals(web)
            assert told(found) > before, (method, path)
    assert {(one["role"], one["site"]) for one in found} == {(role, "s1")}


async def test_bearers_that_nobody_gave_are_noted(web: Audited) -> None:
    async with web.browser("admin") as client:
        body = {"name": "ghi", "permissions": ["camera.view"], "days": 1}
        token = (await client.post("/api/tokens", json=body)).json()["token"]
        assert (await client.delete("/api/tokens/none")).status_code == 404
        (mine,) = (await client.get("/api/tokens")).json()["items"]
        assert (await client.delete(f"/api/tokens/{mine['id']}")).status_code == 204
    wrong = [signed("none"), signed("HS256", b"another key"), token]
    for number, bearer in enumerate(wrong):
        async with browser(web.shielded, address=f"203.0.113.{number}") as stranger:
            answer = await stranger.get("/api/cameras", headers={"Authorization": f"Bearer {bearer}"})
            assert answer.status_code == 401
    found = await refusals(web)
    assert [one["address"] for one in found] == [f"203.0.113.{number}" for number in range(len(wrong))]
    assert {one["detail"]["status"] for one in found} == {401}
    assert not any(bearer[:20] in str(found) for bearer in wrong)


async def test_guessing_is_noted_by_the_address_that_it_comes_from(web: Audited) -> None:
    name = await web.user("duty")
    behind = Proxies(web.shielded, Environment.read(Path(), {"VMS_TRUSTED_PROXIES": "10.0.0.5"}).trusted_proxies)
    async with browser(behind, address="203.0.113.9") as liar:
        for number in range(PER_PAIR):
            answer = await guess(liar, name, f"sai rồi {number}", f"198.51.100.{number}, 127.0.0.1")
            assert answer.status_code == 401
        assert (await guess(liar, name, PASSWORD, "127.0.0.1")).status_code == 429
    found = await refusals(web, "session.refuse")
    assert told(found) == PER_PAIR + 1
    assert {(one["user"], one["address"]) for one in found} == {(None, "203.0.113.9")}
    assert name in (found[0]["object"], *found[-1]["detail"]["objects"])
    assert not re.search(r"sai rồi|198\.51", str(found))


async def guess(client: httpx.AsyncClient, name: str, password: str, forwarded: str) -> httpx.Response:
    headers = {"X-Forwarded-For": forwarded}
    return await client.post("/api/session", json={"username": name, "password": password}, headers=headers)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_a_page_of_another_site_changes_nothing_and_is_noted(web: Audited, method: str) -> None:
    async with web.browser("admin") as admin, browser(web.shielded) as client:
        client.headers.update({"Cookie": admin.headers["Cookie"], "Origin": "https://evil.example"})
        walked = [one for one in requests(web.app) if one[0] == method]
        assert walked
        for _, path, _, arguments in walked:
            answer = await client.request(method, filled(path), **arguments)
            assert (answer.status_code, answer.json()["type"]) == (403, "about:blank#foreign-origin"), path
    found = await refusals(web)
    assert told(found) == len(walked)
    assert {one["detail"]["origin"] for one in found} == {"https://evil.example"}
    done = [one["action"] for one in await web.entries() if one["user"] and one["outcome"] == "done"]
    assert done == ["session.open"]
