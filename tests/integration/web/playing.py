"""Web, a recorder and a camera's past, read as a player reads it. The fixture ``played`` is in ``conftest``."""

from __future__ import annotations

import asyncio
import contextlib
import io
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import av
import httpx

from tests.integration.web.rig import WebRig, web_rig
from tests.support.nats_bus import NatsServer
from tests.support.past import Past
from tests.support.recorder_rig import Viewer, recorder
from tests.support.waiting import until_async
from vms.bus.connection import Bus
from vms.domain.clock import from_epoch, rfc3339
from vms.domain.facility import Facility

CAMERA = {"id": "c", "name": "C", "placement": "gate", "enabled": False, "streams": {"main": "rtsp://127.0.0.1/x"}}
SEED = {"facility": {"name": "F"}, "sites": [{"id": "s", "name": "S", "cameras": [CAMERA]}]}


class Played:
    """Web, a recorder and one camera's past."""

    def __init__(self, rig: WebRig, bus: Bus, past: Past) -> None:
        self.rig, self.bus, self.past = rig, bus, past

    async def told(self) -> None:
        """Waits until web knows what was recorded, and the recorder answers."""
        await self.past.publish(self.bus)

        async def known() -> bool:
            last = self.past.segments()[-1]
            answers = [await self.rig.http.get(f"/api/segments/{s.id}/media") for s in self.past.segments()]
            etag = "etag" in answers[-1].headers or last.end is None
            return etag and all(answer.status_code == 200 for answer in answers)

        await until_async(known, 20, "web knows every file")

    def address(self, start: float, end: float, **more: str) -> str:
        asked = httpx.QueryParams({"start": rfc3339(from_epoch(start)), "end": rfc3339(from_epoch(end)), **more})
        return f"/api/cameras/c/playback.m3u8?{asked}"

    async def playlist(self, start: float, end: float, **more: str) -> str:
        answer = await self.rig.http.get(self.address(start, end, **more))
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "application/vnd.apple.mpegurl"
        return answer.text

    async def frames(self, start: float, end: float, **more: str) -> list[av.VideoFrame]:
        """Every frame of one run that libav's own HLS client gets, decoded."""
        url = f"http://127.0.0.1:{self.rig.port}{self.address(start, end, **more)}"
        token = self.rig.http.cookies["vms_session"]

        def work() -> list[av.VideoFrame]:
            with av.open(url, options={"headers": f"Authorization: Bearer {token}\r\n"}) as container:
                return list(container.decode(video=0))

        return await asyncio.to_thread(work)

    async def stretches(self, text: str) -> list[list[av.VideoFrame]]:
        """The frames between discontinuities, by what the list says alone: libav's client cannot go over them."""
        found = []
        for stretch in text.split("#EXT-X-DISCONTINUITY\n"):
            data = b""
            for uri, size, begin in re.findall(r'MAP:URI="(.*?)",BYTERANGE="(\d+)@(\d+)"', stretch)[:1]:
                data += await self.range(uri, int(begin), int(size))
            for size, begin, uri in re.findall(r"#EXT-X-BYTERANGE:(\d+)@(\d+)\n(.*)", stretch):
                data += await self.range(uri, int(begin), int(size))
            with av.open(io.BytesIO(data)) as container:
                container.streams.video[0].codec_context.options = {"err_detect": "explode"}
                found.append(list(container.decode(video=0)))
        return found

    async def range(self, uri: str, begin: int, size: int) -> bytes:
        answer = await self.rig.http.get(uri, headers={"Range": f"bytes={begin}-{begin + size - 1}"})
        assert (answer.status_code, len(answer.content)) == (206, size)
        return answer.content


@contextlib.asynccontextmanager
async def in_the_past(data: Path, server: NatsServer, stated: dict[str, Any]) -> AsyncIterator[Played]:
    """Of camera ``c`` at site ``s`` of the facility ``stated``; nothing is recorded yet."""
    past = Past(data / "recordings", "s", "c")
    async with web_rig(data, server.url, Facility.model_validate(stated)) as rig, recorder(data, server):
        bus = await Bus.connect(server.address, "past")
        viewer = Viewer(bus)  # what the recorder finds before it has looked, it takes for a crash's leavings
        await until_async(lambda: viewer.gaps("c"), 20, "the recorder has looked at the camera's folder")
        yield Played(rig, bus, past)
        await bus.close()
    past.close()
