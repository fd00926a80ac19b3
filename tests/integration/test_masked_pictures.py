"""The detector with privacy masks over a real bus: what is published for whom, and masks that are drawn meanwhile."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from detector_rig import Rig, camera, on_a_bus
from nats.aio.msg import Msg

from tests.support.footage import coded, looped
from tests.support.masked import FPS, HALF, frames, left_of, of_jpeg, part_of, picture
from tests.support.scripted_rtsp import Connection, ScriptedCamera, h264_sdp
from vms.bus import subjects
from vms.domain.masks import seal
from vms.domain.messages import LiveHeader, SnapshotRequest, WatchReply, WatchRequest

pytestmark = pytest.mark.timeout(300)
SECONDS = 10
UNITS = coded(map(picture, range(SECONDS * FPS)), (320, 180), FPS)
MASK = [{"id": "bed", "polygon": HALF}]
UPPER = ((0.0, 0.0), (1.0, 0.0), (1.0, 0.5), (0.0, 0.5))


def sending(connection: Connection) -> None:
    if connection.shake_hands(h264_sdp(connection.port, UNITS)):
        connection.play(looped(UNITS, 100, FPS), fps=FPS)


@pytest_asyncio.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    async with on_a_bus(tmp_path, tmp_path) as rig:
        yield rig


class Viewer:
    """What a watcher has of one profile: the current group from its inbox, and all that follows."""

    def __init__(self, rig: Rig, profile: str) -> None:
        self.rig, self.profile = rig, profile
        self.got: dict[tuple[str, int], tuple[dict[str, str], bytes]] = {}
        self.reply: WatchReply

    async def begin(self) -> None:
        async def came(msg: Msg) -> None:
            headers = dict(msg.headers or {})
            number = int(headers.get(LiveHeader.SEQ, len(self.got)))
            self.got[headers.get(LiveHeader.RUN, ""), number] = (headers, msg.data)

        bulk = self.rig.bus.bulk
        self.inbox = bulk.new_inbox()
        await bulk.subscribe(self.inbox, cb=came)
        await bulk.subscribe(f"live.v1.s.c.{self.profile}", cb=came)
        await self.ask(self.inbox)

    async def ask(self, inbox: str | None = None) -> None:
        request = WatchRequest.model_validate({"profile": self.profile, "fps": 4, "ttl_s": 60, "inbox": inbox})
        answer = await self.rig.bus.bulk.request(subjects.control("s", "c", "watch"), request.encode(), timeout=3)
        self.reply = WatchReply.model_validate_json(answer.data)

    def pictures(self, start: int = 0) -> list[tuple[float, Any]]:
        """UTC seconds and picture of each message from the ``start``-th on."""
        made = [self.got[key] for key in sorted(self.got, key=lambda key: key[1])][start:]
        if self.profile.startswith("jpeg"):
            return [(datetime.fromisoformat(head[LiveHeader.AT]).timestamp(), of_jpeg(data)) for head, data in made]
        assert self.reply.anchor_utc is not None
        anchor = self.reply.anchor_utc.timestamp()
        return [(anchor + pts / 90_000, image) for pts, image in frames(self.reply.init or b"", [d for _, d in made])]


def number_of(image: Any) -> int:
    """Which picture of the loop it is, by its lower left quarter, which is never masked here."""
    part = part_of(((0.0, 0.55), (0.45, 0.55), (0.45, 1.0), (0.0, 1.0)), image.shape)
    return max(range(0, SECONDS * FPS, FPS), key=lambda number: left_of(image, number, part))


def hidden(image: Any, outline: tuple[tuple[float, float], ...]) -> bool:
    return abs(left_of(image, number_of(image), part_of(outline, image.shape))) < 0.01


async def snapshot(rig: Rig, *, masked: bool) -> Any:
    request = SnapshotRequest(masked=masked).encode()
    return of_jpeg((await rig.bus.core.request(subjects.control("s", "c", "snapshot"), request, timeout=5)).data)


async def test_each_profile_shows_what_it_may_and_a_mask_that_is_drawn_counts_at_once(rig: Rig) -> None:
    source = ScriptedCamera(sending)
    streams = {"main": "rtsp://h/x", "sub": source.url}
    keys_only = {**camera("keys", {"main": "rtsp://h/x"}), "masks": MASK}
    try:
        await rig.configure(1, [camera("c", streams, masks=MASK), keys_only], model="motion")
        rig.start()
        await rig.until(lambda: "c" in rig.states and rig.states["c"].status == "online")
        viewers = {name: Viewer(rig, name) for name in ("jpeg", "jpeg-masked", "sub", "sub-masked")}
        for one in viewers.values():
            await one.begin()
            assert one.reply.error is None
        masked = viewers["sub-masked"]
        assert masked.reply.mime is not None
        assert masked.reply.mime.startswith('video/mp4; codecs="avc1.42')
        await rig.until(lambda: all(len(one.got) >= (12 if "jpeg" in n else 40) for n, one in viewers.items()))
        for name, one in viewers.items():
            shown = one.pictures()
            assert len(shown) == len(one.got)
            assert {hidden(image, HALF) for _, image in shown} == {"masked" in name}
        # The same picture at the same moment: boxes lie over one as over the other.
        plain = {round(at * 1000): image for at, image in viewers["sub"].pictures()}
        both = [(plain[round(at * 1000)], image) for at, image in masked.pictures() if round(at * 1000) in plain]
        assert len(both) >= 30
        assert all(number_of(one) == number_of(other) for one, other in both)
        assert not hidden(await snapshot(rig, masked=False), HALF)
        assert hidden(await snapshot(rig, masked=True), HALF)

        run, count = masked.reply.run, len(masked.got)
        other = [{"id": "door", "polygon": UPPER}]
        await rig.configure(2, [camera("c", streams, masks=other), keys_only], model="motion")
        await rig.until(lambda: rig.states["c"].revision == 2)
        late = Viewer(rig, "sub-masked")
        await late.begin()
        await rig.until(lambda: len(late.got) >= 10 and len(masked.got) > count + 10)
        assert late.reply.run != run
        assert (masked.reply.masks, late.reply.masks) == (seal((HALF,)), seal((UPPER,)))
        assert {hidden(image, UPPER) for _, image in late.pictures()} == {True}
        assert not hidden(late.pictures()[-1][1], ((0.6, 0.6), (1.0, 0.6), (1.0, 1.0), (0.6, 1.0)))
        assert hidden(await snapshot(rig, masked=True), UPPER)

        request = WatchRequest(profile="sub-masked").encode()
        answer = await rig.bus.bulk.request(subjects.control("s", "keys", "watch"), request, timeout=3)
        assert WatchReply.model_validate_json(answer.data).error == "not_found"
    finally:
        source.close()
