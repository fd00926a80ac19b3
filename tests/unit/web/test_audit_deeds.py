"""What each deed and each refusal leaves in the audit log."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.support.audited import PASSWORD, SPAN, ZONE, Audited, audited
from tests.support.bare_web import browser
from tests.support.waiting import until
from web import limits
from web.accounts import passwords
from web.application import shielded


@pytest_asyncio.fixture
async def web(tmp_path: Path) -> AsyncIterator[Audited]:
    async with audited(tmp_path) as one:
        yield one


def of(entry: dict[str, Any], *names: str) -> tuple[Any, ...]:
    return tuple(entry[name] for name in names)


async def test_logging_in_and_out(web: Audited) -> None:
    name = await web.user("duty")
    async with browser(web.app) as client:
        answer = await client.post("/api/session", json={"username": name.upper(), "password": PASSWORD})
    async with browser(web.app, answer.cookies["vms_session"], address="192.0.2.9") as client:  # taken elsewhere
        assert (await client.delete("/api/session")).status_code == 204
    opened, closed = await web.entries(("session.open", "session.close"))
    assert of(opened, "action", "user", "role", "address") == ("session.open", name, "duty", "127.0.0.1")
    assert of(closed, "action", "user", "role", "address") == ("session.close", name, "duty", "192.0.2.9")


async def test_a_wrong_login_names_the_account_and_never_what_was_typed_for_it(web: Audited) -> None:
    name = await web.user("duty")
    async with browser(web.app) as client:
        for username, password in ((PASSWORD, "x"), (name, "hunter2 hunter2")):  # typed into the wrong field
            answer = await client.post("/api/session", json={"username": username, "password": password})
            assert answer.status_code == 401
    await web.context.audit.close()
    found = await web.entries(("session.refuse",))
    assert of(found[0], "user", "object", "outcome", "detail") == (None, None, "refused", {"status": 401})
    assert found[-1]["detail"]["objects"] == [name]
    everything = json.dumps(await web.entries())
    assert PASSWORD not in everything
    assert "hunter2" not in everything


async def test_a_password_that_is_guessed_within_a_session_is_its_users(web: Audited) -> None:
    name = await web.user("duty")
    async with browser(web.app, await web.context.sessions.login(name, PASSWORD, "-")) as client:
        wrong = {"current": "hunter2 hunter2", "new": "mat khau moi rat dai"}
        while (answer := await client.put("/api/session/password", json=wrong)).status_code == 403:
            pass
        assert answer.status_code == 429
    await web.context.audit.close()
    found = await web.entries(("session.refuse", "password.change", "request.refuse"))
    assert {of(one, "action", "user", "object", "outcome") for one in found} == {
        ("password.change", name, name, "refused")
    }
    assert sorted(one["detail"]["status"] for one in found) == [403, 403, 429], "the first, the others, the last"


async def test_alerts_taken_and_resolved(web: Audited) -> None:
    async with web.browser("supervisor") as client:
        assert (await client.post("/api/alerts/alert-1/ack", json={"note": "đang đến"})).status_code == 200
        assert (await client.post("/api/alerts/alert-1/ack")).status_code == 409
        assert (await client.post("/api/alerts/alert-1/resolve")).status_code == 200
    taken, resolved = await web.entries(("alert.acknowledge", "alert.resolve"))
    assert of(taken, "site", "camera", "object") == ("s1", "cam-1", "alert-1")
    assert taken["detail"] == {"kind": "zone_breach", "note": "đang đến"}
    assert resolved["action"] == "alert.resolve"


async def test_footage_held_and_let_go(web: Audited) -> None:
    async with web.browser("records") as client:
        wanted = {"cameras": ["cam-1", "cam-2"], "reason": "=vụ việc\n<b>", **SPAN}
        hold = (await client.post("/api/holds", json=wanted)).json()["id"]
        for _ in range(2):
            assert (await client.delete(f"/api/holds/{hold}")).status_code == 204
        assert (await client.post("/api/holds", json=wanted | {"reason": " "})).status_code == 422
    put, released = await web.entries(("hold.put", "hold.release"))
    assert of(put, "action", "site", "camera", "object") == ("hold.put", "s1", None, hold)
    assert put["detail"]["cameras"] == ["cam-1", "cam-2"]
    assert put["detail"]["reason"] == "=vụ việc\n<b>"
    assert of(released, "action", "site", "object") == ("hold.release", "s1", hold)


async def test_no_role_is_given_back_unseen_between_two_changes(web: Audited) -> None:
    """One change looks at the user and takes its time for a password, the other is done meanwhile."""
    name = await web.user("supervisor")
    async with web.browser("admin") as client, contextlib.AsyncExitStack() as hashing:
        (user,) = [one["id"] for one in (await client.get("/api/users")).json()["items"] if one["username"] == name]
        turns = passwords._turns._places
        for _ in range(2):
            await hashing.enter_async_context(turns)
        body = {"role": "supervisor", "password": "generate"}
        slow = asyncio.create_task(client.patch(f"/api/users/{user}", json=body))
        await until(lambda: bool(turns._waiters))
        assert (await client.patch(f"/api/users/{user}", json={"role": "viewer"})).status_code == 200
        await hashing.aclose()
        assert (await slow).json()["role"] == "supervisor"
    said = [one["detail"].get("role") for one in await web.entries(("user.change",))]
    assert said == [["supervisor", "viewer"], ["viewer", "supervisor"]]


async def test_zones_drawn(web: Audited) -> None:
    before = len(await web.entries(("facility.change",)))
    assert before == 1, "the configuration that it began with"
    async with web.browser("admin") as client:
        drawn = {"zones": [ZONE | {"name": "Cửa"}], "rules": []}
        revision = (await client.put("/api/cameras/cam-1/analysis", json=drawn)).json()["revision"]
        assert (await client.put("/api/cameras/cam-1/analysis", json=drawn)).status_code == 200  # no difference
    (found,) = await web.entries(("zones.change",))
    assert of(found, "site", "camera", "object", "detail") == (
        "s1", "cam-1", f"revision {revision}", {"zones": ["z"], "rules": []},
    )  # fmt: skip
    assert len(await web.entries(("facility.change",))) == before


async def test_a_picture_of_an_alert_is_one_of_the_past(web: Audited) -> None:
    async with web.browser("viewer") as client:
        assert (await client.get("/api/alerts/alert-1/snapshot.jpg")).status_code == 200
    (found,) = await web.entries(("recording.picture",))
    assert of(found, "site", "camera") == ("s1", "cam-1")
    assert found["detail"]["from"] == "2026-03-01T12:00:00.000Z"


async def test_a_recording_is_noted_before_its_recorder_is_asked(web: Audited) -> None:
    async with web.browser("records") as client:
        assert (await client.get("/api/segments/segment-1/media")).status_code == 503  # there is no bus
    (found,) = await web.entries(("recording.play",))
    assert of(found, "site", "camera", "outcome") == ("s1", "cam-1", "done")
    assert found["detail"] == {"from": "2026-03-01T12:00:00.000Z", "to": "2026-03-01T12:01:00.000Z"}


async def test_strangers_and_lacking_rights(web: Audited) -> None:
    async with browser(web.app, "x" * 43) as client:
        assert (await client.get("/api/cameras")).status_code == 401
    async with web.browser("viewer") as client:
        assert (await client.post("/api/index/audits")).status_code == 403
        assert (await client.get("/api/cameras/cam-1/snapshot.jpg", params={"at": SPAN["start"]})).status_code == 403
    await web.context.audit.close()
    stranger, first, more = await web.entries(("request.refuse",))
    assert of(stranger, "user", "object", "outcome") == (None, "GET /api/cameras", "refused")
    assert of(first, "role", "object") == ("viewer", "POST /api/index/audits")
    assert first["detail"] == {"status": 403, "type": "forbidden"}
    assert more["detail"]["objects"] == ["GET /api/cameras/cam-1/snapshot.jpg"]


async def test_another_sites_camera_is_noted_and_one_that_never_was_is_not(web: Audited) -> None:
    async with web.browser("records", ["s2"]) as client:
        for path in ("/api/cameras/cam-9", "/api/segments/segment-9/media"):
            assert (await client.get(path)).status_code == 404
        assert await web.entries(("request.refuse",)) == []
        assert (await client.get("/api/cameras/cam-1")).status_code == 404
        assert (await client.get("/api/cameras/cam-2/thumbnail.jpg", params={"at": SPAN["start"]})).status_code == 404
        assert (await client.get("/api/segments/segment-1/media")).status_code == 404
    found = await web.entries(("request.refuse",))
    assert [of(one, "site", "camera", "outcome") for one in found] == [
        ("s1", "cam-1", "refused"), ("s1", "cam-2", "refused"),
    ]  # fmt: skip
    assert found[0]["detail"] == {"status": 404}
    assert await web.entries(("recording.play",)) == []


async def test_another_sites_alert_and_hold_are_noted_and_those_that_never_were_are_not(web: Audited) -> None:
    async with web.browser("supervisor") as client:
        wanted = {"cameras": ["cam-1", "cam-2"], "reason": "vụ việc", **SPAN}
        hold = (await client.post("/api/holds", json=wanted)).json()["id"]
    async with web.browser("supervisor", ["s2"]) as client:
        for path in ("/api/alerts/alert-9", "/api/alerts/alert-9/snapshot.jpg"):
            assert (await client.get(path)).status_code == 404
        assert (await client.delete("/api/holds/hold-9")).status_code == 404
        assert await web.entries(("request.refuse",)) == []
        assert (await client.post("/api/alerts/alert-1/ack")).status_code == 404
        assert (await client.delete(f"/api/holds/{hold}")).status_code == 404
    await web.context.audit.close()
    found = await web.entries(("request.refuse",))
    assert [of(one, "site", "camera", "object") for one in found] == [
        ("s1", "cam-1", "alert-1"), ("s1", "cam-2", hold), ("s1", "cam-1", hold),
    ]  # fmt: skip
    assert found[-1]["detail"] == {"status": 404, "count": 1, "since": found[0]["at"], "objects": [hold]}


async def test_another_sites_page(web: Audited) -> None:
    async with browser(web.shielded) as client:
        evil = {"Origin": "https://evil.example"}
        assert (await client.post("/api/session", json={}, headers=evil)).status_code == 403
    (found,) = await web.entries(("request.refuse",))
    assert found["object"] == "POST /api/session"
    assert found["detail"] == {"status": 403, "type": "foreign-origin", "origin": "https://evil.example"}


async def test_floods_are_put_together(web: Audited, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "OF_ADDRESS", limits.Rate(3, 0.01))
    flooded = shielded(web.context)
    async with browser(flooded, address="192.0.2.9") as client:
        answers = [(await client.get(f"/api/cameras/{number}")).status_code for number in range(50)]
    assert answers == [401] * 3 + [429] * 47
    sent: list[Any] = []

    async def put(message: Any) -> None:
        sent.append(message)

    async def take() -> Any:
        return {"type": "websocket.connect"}

    where = {"path": "/ws/wall", "client": ("192.0.2.9", 1), "headers": [], "query_string": b""}
    await flooded({"type": "websocket", **where}, take, put)
    assert sent[-1]["code"] == 4429
    await web.context.audit.close()
    found = [one for one in await web.entries(("request.refuse",)) if one["detail"]["status"] in (429, 4429)]
    assert [(one["address"], one["object"], one["detail"].get("count")) for one in found] == [
        ("192.0.2.9", "GET /api/cameras/3", None), ("192.0.2.9", "WEBSOCKET /ws/wall", None),
        ("192.0.2.9", "GET /api/cameras/49", 46),
    ]  # fmt: skip
    assert len(found[-1]["detail"]["objects"]) == 20


async def test_a_program_is_told_from_its_owner(web: Audited) -> None:
    name = await web.user("records")
    cookie = await web.context.sessions.login(name, PASSWORD, "-")
    async with browser(web.app, cookie) as owner:
        asked = {"name": "báo cáo", "permissions": ["recording.view"], "days": 1}
        bearer = {"Authorization": f"Bearer {(await owner.post('/api/tokens', json=asked)).json()['token']}"}
        assert (await owner.get("/api/segments/segment-1/media")).status_code == 503  # there is no bus
    async with browser(web.app) as program:
        assert (await program.get("/api/segments/segment-1/media", headers=bearer)).status_code == 503
        assert (await program.get("/api/cameras", headers=bearer)).status_code == 403
    found = await web.entries(("recording.play", "request.refuse"))
    assert [(one["user"], one["detail"].get("token")) for one in found] == [
        (name, None), (name, "báo cáo"), (name, "báo cáo"),
    ]  # fmt: skip


@pytest.mark.parametrize("path", ["/api/cameras/%00", "/api/cameras/" + "x" * 5000, "/api/%F0%28%8C%28", "/api/=1+1"])
async def test_paths_of_any_kind_are_stored(web: Audited, path: str) -> None:
    async with browser(web.app) as client:
        answer = await client.get(path)
        assert answer.status_code in (401, 404)
    for one in await web.entries(("request.refuse",)):
        assert len(one["object"]) <= 200
