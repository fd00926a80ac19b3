"""Whatever route changes something leaves an entry of who did: the walk finds what is new by itself."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from tests.support.audited import WHEN, ZONE, audited
from tests.unit.web.walking import MASK, RULE, filled, requests
from web.database.schema import ApiToken, Session, User
from web.database.schema_duty import Channel
from web.database.schema_holds import Hold, HoldCamera
from web.database.schema_rooms import RoomOpening

#: A renderer or a recorder is asked, and there is none here; or the camera must look into a room (``test_rooms``).
UNANSWERED = {
    ("POST", "/api/cameras/{camera}/tryouts"),
    ("DELETE", "/api/cameras/{camera}/tryouts/{tryout}"),
    ("POST", "/api/cameras/{camera}/openings"),
    ("POST", "/api/index/audits"),
}
#: What differs from what is there: who changes nothing leaves nothing.
DRAWN: dict[str, dict[str, Any]] = {
    "/api/cameras/{camera}/analysis": {"zones": [ZONE | {"name": "a"}], "rules": []},
    "/api/cameras/{camera}/zones": {"items": [ZONE | {"name": "b"}]},
    "/api/cameras/{camera}/rules": {"items": [RULE]},
    "/api/cameras/{camera}/masks": {"items": [MASK]},
}


def _of_people(me: int) -> list[tuple[Any, dict[str, Any]]]:
    """What the walk ends: somebody's session, a token and an opening of ``me``, and the user whom it disables."""
    until = datetime(2100, 1, 1, tzinfo=UTC)
    whose = {"user_id": me, "created_at": WHEN, "expires_at": until}
    opening = {"id": "o", "site": "s1", "camera": "cam-1", "user_id": me, "username": "lan", "role": "admin"}
    return [
        (User, {
            "id": 99, "username": "moi-1", "password_hash": "-", "role": "viewer", "enabled": True, "created_at": WHEN,
        }),
        (User, {
            "id": 98, "username": "truc-1", "password_hash": "-", "role": "duty", "enabled": True, "created_at": WHEN,
        }),
        (Session, {"id": "session-1", "token_hash": "x", "last_seen_at": WHEN, "address": "-", "agent": ""} | whose),
        (ApiToken, {"id": "token-1", "token_hash": "y", "name": "n", "permissions": ["camera.view"]} | whose),
        (Channel, {
            "id": "channel-1", "user_id": me, "gateway": "mail", "address": "lan@example.vn", "label": "thư",
            "language": "vi", "position": 0, "enabled": True, "created_at": WHEN,
        }),
        (RoomOpening, opening | {"reason": "r", "opened_at": WHEN, "until": until}),
    ]  # fmt: skip


async def test_every_change_by_a_route_has_its_entry(tmp_path: Path) -> None:
    async with audited(tmp_path) as web:
        async with web.context.database.change() as change:
            hold = {"id": "hold-1", "start": WHEN, "end": WHEN, "reason": "r", "owner": "lan", "created_at": WHEN}
            await change.connection.execute(insert(Hold).values(**hold))
            await change.connection.execute(insert(HoldCamera).values(hold_id="hold-1", camera="cam-1"))
        changing = [one for one in requests(web.app) if one[0] not in ("GET", "HEAD") and one[:2] not in UNANSWERED]
        drawn = list(DRAWN)
        changing.sort(key=lambda one: (one[1] == "/api/session", drawn.index(one[1]) if one[1] in drawn else -1))
        async with web.browser("admin") as client:
            me = (await client.get("/api/session")).json()["user"]["id"]
            async with web.context.database.change() as change:
                for table, row in _of_people(me):
                    await change.connection.execute(insert(table).values(**row))
            for method, path, _, asked in changing:
                before = len(await web.entries())
                body = {"json": DRAWN[path]} if path in DRAWN else asked
                answer = await client.request(method, filled(path), **body)
                assert answer.is_success, (method, path, answer.text)
                new = (await web.entries())[before:]
                assert [one for one in new if one["user"] and one["outcome"] == "done"], f"{method} {path}"
        assert len(changing) >= 8
