"""Who asks for rules to be tried out, as web does, and a recording that takes a while to look at."""

from __future__ import annotations

import contextlib
from typing import Any

from nats import errors as nats_errors
from nats.aio.client import Client

from tests.support.footage import looped
from tests.support.recorded import CAMERA, SITE, Recordings
from tests.support.visits import FPS, SIZE, filmed
from tests.support.waiting import PATIENCE, until_async
from vms.bus import subjects
from vms.domain.clock import from_epoch
from vms.domain.tryouts import Cancel, Look, Reply, Start, Tryout

START = 1_800_000_000.0 - 1_800_000_000.0 % 3600
ALL = {"id": "all", "kind": "restricted", "polygon": [[0, 0], [1, 0], [1, 1], [0, 1]]}
BREACH = {"id": "breach", "kind": "zone_breach", "zone": "all", "dwell_s": 1, "rearm_s": 1}


class Trying:
    """Asks as web does."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def ask(self, request: Start | Look | Cancel, camera: str = CAMERA) -> Reply:
        return await self.raw(request.encode(), camera)

    async def raw(self, payload: bytes, camera: str = CAMERA, timeout: float = 3) -> Reply:
        msg = await self._client.request(subjects.control(SITE, camera, "tryout"), payload, timeout * PATIENCE)
        return Reply.model_validate_json(msg.data)

    async def until_it_listens(self) -> None:
        async def heard() -> bool:
            with contextlib.suppress(nats_errors.Error):
                return (await self.raw(b"{}", timeout=0.2)).refusal == "bad_request"
            return False

        await until_async(heard, 20, "the renderer answers")

    async def start(self, seconds: float, **more: Any) -> str:
        wanted = {
            "rule": BREACH, "zones": [ALL], "timezone": "Asia/Ho_Chi_Minh", "active_fps": 4, "idle_fps": 0.5,
            "armed_fps": 2, "model": "motion", "start": from_epoch(START), "end": from_epoch(START + seconds),
        }  # fmt: skip
        reply = await self.ask(Start.model_validate(wanted | more))
        assert reply.tryout is not None, reply
        return reply.tryout.id

    async def look(self, id_: str) -> Tryout:
        reply = await self.ask(Look(id=id_))
        assert reply.tryout is not None, reply
        return reply.tryout

    async def over(self, id_: str, within_s: float = 60) -> Tryout:
        async def over() -> Tryout | None:
            one = await self.look(id_)
            return None if one.state in ("queued", "running") else one

        found = await until_async(over, within_s, "it is over")
        assert found is not None
        return found

    async def at_work(self, id_: str) -> Tryout:
        async def looks() -> Tryout | None:
            one = await self.look(id_)
            assert one.state in ("queued", "running"), one
            return one if one.looked_s and one.fired else None

        found = await until_async(looks, 30, "it looks, and has found something")
        assert found is not None
        return found


def film_for_long(recordings: Recordings) -> None:
    """Half an hour in which somebody is about half of the time: looking at it takes several seconds."""
    units = filmed([(10.0, 40.0)], 60)
    recordings.record("h264", looped(units, 30, FPS), START, SIZE)
