"""Each role on each route, and somebody of another site on each object: the walk finds what is new by itself."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from sqlalchemy import insert

from tests.integration.web.rig import facility
from tests.support.bare_web import bare_web, browser
from vms.cli.users import ROLES as OFFERED
from vms.domain.errors import ConfigurationError
from vms.domain.facility import Facility
from web.access import permissions_of
from web.accounts import users
from web.accounts.roles import ALL, OF_ALL, OF_PEOPLE, OF_SITES, ROLES
from web.database.schema import Alert, AlertSnapshot, CameraFirst, Hold, HoldCamera, Segment

PASSWORD = "mat khau rat dai"
WHEN = datetime(2026, 3, 1, 12, tzinfo=UTC)
SPAN = {"start": "2026-03-01T12:00:00Z", "end": "2026-03-01T12:01:00Z"}
RULE = {"id": "breach", "kind": "zone_breach", "zone": "z"}
ZONE = {"id": "z", "kind": "restricted", "polygon": [[0, 0], [1, 0], [1, 1]]}
#: What a route needs besides the ids in its path, for its body and parameters to be right.
ASKED: dict[tuple[str, str], dict[str, Any]] = {
    ("GET", "/api/cameras/{camera}/timeline"): {"params": SPAN},
    ("GET", "/api/cameras/{camera}/playback.m3u8"): {"params": SPAN},
    ("GET", "/api/cameras/{camera}/thumbnail.jpg"): {"params": {"at": SPAN["start"]}},
    ("GET", "/api/segments/{segment}/keyframes"): {"params": {"from": 0, "to": 1}},
    ("PUT", "/api/cameras/{camera}/zones"): {"json": {"items": [ZONE]}},
    ("PUT", "/api/cameras/{camera}/rules"): {"json": {"items": [RULE]}},
    ("PUT", "/api/cameras/{camera}/analysis"): {"json": {"zones": [ZONE], "rules": [RULE]}},
    ("POST", "/api/cameras/{camera}/tryouts"): {"json": {"rule": RULE, "zones": [ZONE]}},
    ("POST", "/api/users"): {"json": {"username": "moi", "role": "viewer", "sites": None}},
    ("PATCH", "/api/users/{user}"): {"json": {"enabled": False}},
    ("PUT", "/api/session/password"): {"json": {"current": PASSWORD, "new": f"{PASSWORD} 2"}},
    ("POST", "/api/tokens"): {"json": {"name": "ghi", "permissions": ["camera.view"], "days": 1}},
    ("POST", "/api/holds"): {"json": {"cameras": ["cam-1"], "reason": "vụ việc", **SPAN}},
}
#: Of no site.
OWN = {("PUT", "/api/session/password"), ("POST", "/api/tokens")}
IDS = {
    "{camera}": "cam-1", "{alert}": "alert-1", "{segment}": "segment-1", "{hold}": "hold-1", "{tryout}": "t",
    "{user}": "99", "{session}": "session-1", "{token}": "token-1",
}  # fmt: skip


def two_sites() -> Facility:
    """``cam-1`` and ``cam-2`` hang at ``s1``, nothing at ``s2``."""
    stated = facility().model_dump(mode="json", exclude_none=True)
    stated["sites"].append({"id": "s2", "name": "Khu 2", "cameras": []})
    return Facility.model_validate(stated)


@pytest_asyncio.fixture
async def app(tmp_path: Path) -> AsyncIterator[FastAPI]:
    async with bare_web(tmp_path, two_sites()) as app:
        context = app.state.context
        async with context.database.change() as change:
            for table, row in _rows():
                await change.connection.execute(insert(table).values(**row))
        yield app


def _rows() -> Iterator[tuple[Any, dict[str, Any]]]:
    yield Alert, {
        "id": "alert-1", "site": "s1", "camera": "cam-1", "rule": "breach", "kind": "zone_breach", "zone": "z",
        "severity": "critical", "state": "open", "opened_at": WHEN, "updated_at": WHEN, "persons": 1, "boxes": [],
        "detail": {}, "has_snapshot": True,
    }  # fmt: skip
    yield AlertSnapshot, {"alert_id": "alert-1", "jpeg": b"\xff\xd8\xff"}
    yield Segment, {
        "id": "segment-1", "site": "s1", "camera": "cam-1", "node": "local", "run": "r", "start": WHEN,
        "end": WHEN + timedelta(minutes=1), "path": "p", "codec": "avc1", "width": 1, "height": 1, "bytes": 9,
        "frames": 1, "timescale": 90000, "first_tfdt": 0, "anchor_utc": WHEN,
    }  # fmt: skip
    yield Hold, {
        "id": "hold-1", "start": WHEN, "end": WHEN + timedelta(hours=1), "reason": "vụ việc", "owner": "lan",
        "created_at": WHEN,
    }  # fmt: skip
    yield HoldCamera, {"hold_id": "hold-1", "camera": "cam-1"}


async def signed_in(app: FastAPI, role: str, sites: list[str] | None = None) -> str:
    context, name = app.state.context, f"u{secrets.token_hex(4)}"
    await users.add_user(context.database, context.clock, name, PASSWORD, role, sites)
    token = await context.sessions.login(name, PASSWORD, "-")
    assert token is not None
    return str(token)


def requests(app: FastAPI) -> Iterator[tuple[str, str, frozenset[str], dict[str, Any]]]:
    """Method, path as declared, permissions and arguments of every route that needs a login."""
    for route in iter_route_contexts(app.routes):
        for method in sorted(route.methods or ()):
            if needed := permissions_of(route):
                yield method, str(route.path), needed, ASKED.get((method, str(route.path)), {})


def filled(path: str) -> str:
    for name, value in IDS.items():
        path = path.replace(name, value)
    assert "{" not in path, f"say in IDS what {path} names"
    return path


@pytest.mark.parametrize("role", sorted(ROLES))
async def test_a_role_is_refused_what_it_lacks_and_nothing_else(app: FastAPI, role: str) -> None:
    async with browser(app, await signed_in(app, role, ["s1"] if role in OF_SITES else None)) as client:
        for method, path, needed, asked in requests(app):
            if (method, path) == ("DELETE", "/api/session"):
                continue
            answer = await client.request(method, filled(path), **asked)
            refused = not ROLES[role] >= needed
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
                assert (answer.status_code == 403) is not (scope >= needed), (scope, method, path, answer.text)
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
