"""Websockets of strangers, of foreign pages and towards other sites: closed at once, and in the audit log."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import websockets

from tests.integration.web.rig import NatsServer, close_code, web_rig
from tests.integration.web.test_web_rights import guarding, socket, two_sites
from vms.settings.environment import Environment
from web.database.engine import Database

PATHS = ("/ws/alerts", "/ws/wall", "/ws/live/cam-1")


async def test_every_socket_that_is_refused_is_noted(tmp_path: Path, server: NatsServer) -> None:
    async with web_rig(tmp_path / "data", server.url, two_sites()) as rig:
        for path in PATHS:
            async with rig.socket(path, cookie=False) as stranger:
                assert await close_code(stranger) == 4401
            made_up = {"Cookie": f"vms_session={'x' * 43}"}
            async with websockets.connect(f"ws://127.0.0.1:{rig.port}{path}", additional_headers=made_up) as guess:
                assert await close_code(guess) == 4401
            for origin in ("https://evil.example", "null", f"http://127.0.0.1:{rig.port + 1}"):
                async with rig.socket(path, origin=origin) as foreign:
                    assert await close_code(foreign) == 4403
        database = await Database.open(Environment.read(rig.data, {}), rig.clock)
        async with guarding(rig, database, ["s1"]) as http:
            for camera, code in (("cam-9", 4404), ("cam-404", 4404)):
                async with socket(rig, http, f"/ws/live/{camera}") as other:
                    assert await close_code(other) == code
        await database.close()
        await rig.stop()  # what was put together is written
        await rig.start()
        await rig.login()
        found = (await rig.http.get("/api/audit", params={"action": "request.refuse"})).json()["items"]
    strangers = [one for one in found if one["user"] is None]
    assert told(strangers) == 5 * len(PATHS)
    assert {one["detail"]["status"] for one in strangers} == {4401, 403}
    (other_site,) = (one for one in found if one["user"] == "truc")
    assert (other_site["site"], other_site["camera"], told([other_site])) == ("s2", "cam-9", 1)


def told(found: list[dict[str, Any]]) -> int:
    """First ones have no count; what came after them in the same minutes has one."""
    return sum(one["detail"].get("count", 1) for one in found)
