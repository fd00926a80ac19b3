"""What the walks through all routes need: rows of one site, its users, and each route with what it asks for."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from tests.integration.web.rig import facility
from tests.support.rostered import kept_quiet, on_duty
from vms.domain.facility import Facility
from web.access import permissions_of
from web.accounts import users
from web.database.schema import Alert, AlertSnapshot, Segment
from web.database.schema_duty import Quiet
from web.database.schema_holds import Hold, HoldCamera
from web.duty.policy import DEFAULT

PASSWORD = "mat khau rat dai"
WHEN = datetime(2026, 3, 1, 12, tzinfo=UTC)
SPAN = {"start": "2026-03-01T12:00:00Z", "end": "2026-03-01T12:01:00Z"}
#: Maintenance begins at once where its start is past, and lasts seven days at most.
SOON = {"start": "2026-03-01T12:00:00Z", "until": (datetime.now(UTC) + timedelta(hours=1)).isoformat()}
RULE = {"id": "breach", "kind": "zone_breach", "zone": "z"}
MASK = {"id": "m", "polygon": [[0, 0], [0.5, 0], [0.5, 0.5]]}
ZONE = {"id": "z", "kind": "restricted", "polygon": [[0, 0], [1, 0], [1, 1]]}
ROSTER = b"site,duty,user,start,end\ns1,officer,khanh,2026-03-02 06:00,2026-03-02 14:00\n"
POLICY = DEFAULT.model_dump(mode="json") | {"technical": {"critical": None, "warning": None, "info": None}}
#: A browser's subscription, with the curve's own base point.
BROWSER = {
    "endpoint": "https://fcm.googleapis.com/fcm/send/x",
    "keys": {
        "p256dh": "BGsX0fLhLEJH-Lzm5WOkQPJ3A32BLeszoPShOUXYmMKWT-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU",
        "auth": "AAECAwQFBgcICQoLDA0ODw",
    },
}
#: What a route needs besides the ids in its path, for its body and parameters to be right.
ASKED: dict[tuple[str, str], dict[str, Any]] = {
    ("GET", "/api/cameras/{camera}/timeline"): {"params": SPAN},
    ("GET", "/api/cameras/{camera}/playback.m3u8"): {"params": SPAN},
    ("GET", "/api/cameras/{camera}/thumbnail.jpg"): {"params": {"at": SPAN["start"]}},
    ("GET", "/api/segments/{segment}/keyframes"): {"params": {"from": 0, "to": 1}},
    ("PUT", "/api/cameras/{camera}/zones"): {"json": {"items": [ZONE]}},
    ("PUT", "/api/cameras/{camera}/rules"): {"json": {"items": [RULE]}},
    ("PUT", "/api/cameras/{camera}/masks"): {"json": {"items": []}},
    ("PUT", "/api/cameras/{camera}/analysis"): {"json": {"zones": [ZONE], "rules": [RULE]}},
    ("POST", "/api/cameras/{camera}/tryouts"): {"json": {"rule": RULE, "zones": [ZONE]}},
    ("POST", "/api/cameras/{camera}/openings"): {"json": {"reason": "bệnh nhân gọi"}},
    ("POST", "/api/users"): {"json": {"username": "moi", "role": "viewer", "sites": None}},
    ("PATCH", "/api/users/{user}"): {"json": {"enabled": False}},
    ("PUT", "/api/session/password"): {"json": {"current": PASSWORD, "new": f"{PASSWORD} 2"}},
    ("POST", "/api/tokens"): {"json": {"name": "ghi", "permissions": ["camera.view"], "days": 1}},
    ("GET", "/api/duty/shifts"): {"params": {**SPAN, "site": "s1"}},
    ("GET", "/api/duty/shifts.csv"): {"params": {**SPAN, "site": "s1"}},
    ("GET", "/api/duty/gaps"): {"params": {**SPAN, "site": "s1"}},
    ("GET", "/api/reports/shift"): {"params": {**SPAN, "site": "s1"}},
    ("GET", "/api/reports/shift.csv"): {"params": {**SPAN, "site": "s1"}},
    ("POST", "/api/duty/shifts"): {"json": {"site": "s1", "duty": "officer", "user": "khanh", **SPAN}},
    ("POST", "/api/duty/shifts/import"): {"content": ROSTER},
    ("PATCH", "/api/duty/shifts/{shift}"): {"json": {"note": "đổi ca"}},
    ("PUT", "/api/duty/policy"): {"json": {"policy": POLICY, "base_revision": 0}},
    ("POST", "/api/alerts/{alert}/snooze"): {"json": {"minutes": 5, "reason": "thử chuông"}},
    ("POST", "/api/quiets"): {"json": {"cameras": ["cam-1"], "reason": "thay camera", **SOON}},
    ("POST", "/api/channels"): {"json": {"gateway": "webpush", "subscription": BROWSER, "label": "điện thoại"}},
    ("PATCH", "/api/channels/{channel}"): {"json": {"label": "máy trực"}},
    ("POST", "/api/holds"): {"json": {"cameras": ["cam-1"], "reason": "vụ việc", **SPAN}},
}
#: Of no site, or of what is told of each site in a file.
OWN = {
    ("PUT", "/api/session/password"), ("POST", "/api/tokens"), ("PUT", "/api/duty/policy"),
    ("POST", "/api/duty/shifts/import"), ("POST", "/api/channels"),
}  # fmt: skip
#: What only who sees all sites does, though others have the permission.
OF_ALL_SITES = {("PUT", "/api/duty/policy")}
IDS = {
    "{camera}": "cam-1",
    "{alert}": "alert-1",
    "{segment}": "segment-1",
    "{hold}": "hold-1",
    "{shift}": "shift-1",
    "{quiet}": "quiet-1",
    "{tryout}": "t",
    "{opening}": "o",
    "{user}": "99",
    "{person}": "truc-1",
    "{channel}": "channel-1",
    "{session}": "session-1",
    "{token}": "token-1",
}


def two_sites() -> Facility:
    """``cam-1`` and ``cam-2`` hang at ``s1``, nothing at ``s2``."""
    stated = facility().model_dump(mode="json", exclude_none=True)
    stated["sites"].append({"id": "s2", "name": "Khu 2", "cameras": []})
    return Facility.model_validate(stated)


def rows() -> Iterator[tuple[Any, dict[str, Any]]]:
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
    yield from on_duty(WHEN)
    yield Quiet, kept_quiet(WHEN)


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
