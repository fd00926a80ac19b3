"""Each role on each route, and somebody of another site on each object: the walk finds what is new by itself."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from fastapi import FastAPI
from sqlalchemy import insert

from tests.support.bare_web import bare_web, browser
from tests.unit.web.walking import ASKED, OF_ALL_SITES, OWN, SPAN, WHEN, filled, requests, rows, signed_in, two_sites
from vms.cli.users import ROLES as OFFERED
from vms.domain.errors import ConfigurationError
from web.accounts import users
from web.accounts.roles import ALL, OF_ALL, OF_PEOPLE, OF_SITES, ROLES
from web.database.schema import CameraFirst
from web.database.schema_holds import HoldCamera


@pytest_asyncio.fixture
async def app(tmp_path: Path) -> AsyncIterator[FastAPI]:
    async with bare_web(tmp_path, two_sites()) as app:
        context = app.state.context
        async with context.database.change() as change:
            for table, row in rows():
                await change.connection.execute(insert(table).values(**row))
        yield app


@pytest.mark.parametrize("role", sorted(ROLES))
async def test_a_role_is_refused_what_it_lacks_and_nothing_else(app: FastAPI, role: str) -> None:
    async with browser(app, await signed_in(app, role, ["s1"] if role in OF_SITES else None)) as client:
        for method, path, needed, asked in requests(app):
            if (method, path) == ("DELETE", "/api/session"):
                continue
            answer = await client.request(method, filled(path), **asked)
            refused = not ROLES[role] >= needed or (role in OF_SITES and (method, path) in OF_ALL_SITES)
            assert (answer.status_code == 403) is refused, (role, method, path, answer.text)
            assert answer.status_code not in (401, 422, 500), (role, method, path, answer.text)


@pytest.mark.parametrize("role", sorted(ROLES))
async def test_a_token_is_refused_what_it_was_not_given_and_what_is_for_people(app: FastAPI, role: str) -> None:
    cookie = await signed_in(app, role, ["s1"] if role in OF_SITES else None)
    whole = ROLES[role] - OF_PEOPLE
    for scope in (whole, frozenset({"camera.view"})):
        async with browser(app, cookie) as owner:
            body = {"name": "ghi", "permissions": sorted(scope), "days": 1}
            made = (await owner.post("/api/tokens", json=body)).json()
        bearer = {"Authorization": f"Bearer {made['token']}"}
        async with browser(app) as client:
            for method, path, needed, asked in requests(app):
                answer = await client.request(method, filled(path), headers=bearer, **asked)
                refused = not scope >= needed or (role in OF_SITES and (method, path) in OF_ALL_SITES)
                assert (answer.status_code == 403) is refused, (scope, method, path, answer.text)
                assert answer.status_code not in (401, 422, 500), (scope, method, path, answer.text)


@pytest.mark.parametrize("role", sorted(ROLES.keys() - OF_ALL))
async def test_what_another_site_has_does_not_exist(app: FastAPI, role: str) -> None:
    walked = 0
    async with browser(app, await signed_in(app, role, ["s2"])) as client:
        for method, path, needed, asked in requests(app):
            if ("{" not in path and (method, path) not in ASKED) or not ROLES[role] >= needed or (method, path) in OWN:
                continue
            answer = await client.request(method, filled(path), **asked)
            assert answer.status_code == 404, (role, method, path, answer.text)
            there_never_was = await client.request(method, filled(path).replace("-1", "-9"), **asked)
            assert _told(answer) == _told(there_never_was), (method, path)  # nobody learns that it exists
            walked += 1
    assert walked >= 8


def _told(answer: Any) -> Any:
    return None if not answer.content else answer.json() | {"instance": None}


async def test_lists_have_only_what_is_within(app: FastAPI) -> None:
    lists = {"/api/cameras": ["cam-1", "cam-2"], "/api/alerts": ["alert-1"], "/api/holds": ["hold-1"]}
    for sites, there in ((["s2"], False), (["s1"], True), (None, True)):
        async with browser(app, await signed_in(app, "supervisor", sites)) as client:
            for path, whole in lists.items():
                items = (await client.get(path)).json()["items"]
                assert [one["id"] for one in items] == (whole if there else []), (path, sites)
            told = [one["id"] for one in (await client.get("/api/sites")).json()["items"]]
            assert told == (["s1", "s2"] if sites is None else sites)
            assert (await client.get("/api/system")).json()["cameras"]["total"] == (2 if there else 0)


async def test_a_timeline_tells_alerts_and_holds_to_who_may_see_them(app: FastAPI) -> None:
    path = "/api/cameras/cam-1/timeline"
    lead = await signed_in(app, "supervisor")
    for scope in (["camera.view"], ["camera.view", "alert.view"], ["camera.view", "recording.view"]):
        async with browser(app, lead) as owner:
            made = (await owner.post("/api/tokens", json={"name": "x", "permissions": scope, "days": 1})).json()
        async with browser(app) as client:
            told = (await client.get(path, params=SPAN, headers={"Authorization": f"Bearer {made['token']}"})).json()
        assert bool(told["alerts"]) is ("alert.view" in scope), scope
        assert bool(told["holds"]) is ("recording.view" in scope), scope
    async with browser(app, await signed_in(app, "viewer")) as client:
        told = (await client.get(path, params=SPAN)).json()
    assert (bool(told["alerts"]), told["holds"]) == (True, [])


async def test_a_hold_of_two_sites_is_told_in_part_and_released_by_who_has_both(app: FastAPI) -> None:
    context = app.state.context
    async with context.database.change() as change:
        await change.connection.execute(insert(CameraFirst).values(camera="gone-1", at=WHEN, site="s2", name="x"))
        await change.connection.execute(insert(HoldCamera).values(hold_id="hold-1", camera="gone-1"))
    async with browser(app, await signed_in(app, "records", ["s2"])) as client:
        (hold,) = (await client.get("/api/holds")).json()["items"]
        assert hold["cameras"] == ["gone-1"]
        assert (await client.delete("/api/holds/hold-1")).status_code == 403
    async with browser(app, await signed_in(app, "records", ["s1", "s2"])) as client:
        assert (await client.delete("/api/holds/hold-1")).status_code == 204


def test_roles_are_those_that_the_command_line_offers() -> None:
    assert set(OFFERED) == set(ROLES)
    assert all(rights <= ALL for rights in ROLES.values())
    assert not ROLES.keys() - {"admin"} & {role for role, rights in ROLES.items() if "user.manage" in rights}


@pytest.mark.parametrize(
    ("role", "sites", "why"),
    [
        ("site_lead", None, "say which"),
        ("admin", ["s1"], "all sites"),
        ("viewer", [], "at least one"),
        ("viewer", ["../x"], "no id"),
        ("root", None, "no role"),
    ],
)
def test_rights_that_do_not_go_together_are_refused(role: str, sites: list[str] | None, why: str) -> None:
    with pytest.raises(ConfigurationError, match=why):
        users.check_rights(role, sites)
