"""A scripted recorder and detector on the real bus."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import nats
from nats.aio.client import Client
from nats.js.errors import NotFoundError

from tests.support.waiting import until_async
from vms.bus import subjects
from vms.domain.messages import (
    AlertEvent,
    DetectorState,
    Gap,
    GapCause,
    LiveHeader,
    MinuteCount,
    RecorderState,
    Segment,
    WatchReply,
    WatchRequest,
)

JPEG = b"\xff\xd8\xff\xe0picture\xff\xd9"


class Worker:
    """A scripted recorder and detector."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.js = client.jetstream()
        self.run = "run-1"
        self.error: str | None = None
        self.masks: str | None = None  # seal of those that it paints
        self.gop: list[tuple[int, bool, bytes]] = []
        self.watched: list[WatchRequest] = []

    @classmethod
    async def connect(cls, url: str) -> Worker:
        """Once there is what web makes on the bus: who waits for less finds no bucket yet."""
        one = cls(await nats.connect(url, reconnect_time_wait=0.1, max_reconnect_attempts=-1))
        await until_async(one._stored, 15, "web's streams and buckets")
        return one

    async def _stored(self) -> bool:
        try:
            for bucket in (subjects.BUCKET_STATE, subjects.BUCKET_CONFIG, subjects.BUCKET_HOLDS):
                await self.js.key_value(bucket)
            for stream in subjects.STREAM_SUBJECTS:
                await self.js.stream_info(stream)
        except NotFoundError:
            return False
        return True

    async def alert(self, alert_id: str, event: str, camera: str = "cam-1", **more: Any) -> AlertEvent:
        now = datetime.now(UTC)
        made = AlertEvent(
            **{
                "id": alert_id,
                "event": event,
                "at": now,
                "site": "s1",
                "camera": camera,
                "rule": "breach",
                "kind": "zone_breach",
                "zone": "z",
                "severity": "critical",
                "opened_at": now,
                "ended_at": now if event == "ended" else None,
                **more,
            }
        )
        await self.store(made, "alert", made.msg_id)
        return made

    async def store(self, message: Any, kind: Any, msg_id: str) -> None:
        subject = subjects.stored(message.site, message.camera, kind)
        await self.js.publish(subject, message.encode(), headers={"Nats-Msg-Id": msg_id})

    async def segment(self, segment_id: str, start: datetime, end: datetime | None, **more: Any) -> None:
        made = Segment(
            id=segment_id, site="s1", camera="cam-1", run="r", start=start, end=end, path="p", codec="avc1.64001f",
            width=1920, height=1080, **more,
        )  # fmt: skip
        await self.store(made, "segment", f"{segment_id}.{end}")

    async def gap(self, gap_id: str, start: datetime, end: datetime | None, cause: GapCause) -> None:
        made = Gap(id=gap_id, site="s1", camera="cam-1", start=start, end=end, cause=cause, reason="timeout")
        await self.store(made, "gap", f"{gap_id}.{end}")

    async def minute(self, at: datetime, mean: float, most: int, samples: int, part: int, **more: Any) -> None:
        made = MinuteCount(site="s1", camera="cam-1", at=at, mean=mean, max=most, samples=samples, **more)
        await self.store(made, "minute", f"minute.{at}.{part}")

    async def beat(
        self, camera: str = "cam-1", status: str = "recording", *, analysed: bool = True, **more: Any
    ) -> None:
        now = datetime.now(UTC)
        recorder = RecorderState(
            site="s1", camera=camera, at=now, since=now, status=status, fps=25, bitrate=2e6, last_frame_at=now, **more
        )
        await self.client.publish(f"$KV.state.s1.{camera}.recorder", recorder.encode())
        if status == "recording" and analysed:
            await self.see(camera)
        await self.client.flush()

    async def see(self, camera: str = "cam-1", status: str = "online", **more: Any) -> None:
        now = datetime.now(UTC)
        detector = DetectorState(
            site="s1",
            camera=camera,
            at=now,
            since=now,
            status=status,
            person_count=2,
            model="m",
            sampled_fps=4,
            wanted_fps=3,
            inferred_fps=2,
            scale=0.5,
            behind=camera == "cam-1",
            **more,
        )
        await self.client.publish(f"$KV.state.s1.{camera}.detector", detector.encode())

    async def answer_watches(self, profile: str, camera: str = "cam-1") -> None:
        async def asked(msg: Any) -> None:
            request = WatchRequest.model_validate_json(msg.data)
            if request.profile != profile:
                return
            self.watched.append(request)
            reply = WatchReply(
                profile=request.profile,
                error=self.error,
                mime='video/mp4; codecs="avc1.64001f"',
                run=self.run,
                anchor_utc=datetime(2026, 1, 1, tzinfo=UTC),
                init=b"init of " + self.run.encode(),
                masks=self.masks,
            )
            await msg.respond(reply.encode())
            if request.inbox and not self.error:
                for seq, key, data in self.gop:
                    await self.fragment(seq, key, data, subject=request.inbox)

        await self.client.subscribe(subjects.control("s1", camera, "watch"), cb=asked)
        await self.client.flush()

    async def fragment(
        self, seq: int, key: bool, data: bytes, *, subject: str | None = None, camera: str = "cam-1"
    ) -> None:
        headers = {LiveHeader.RUN: self.run, LiveHeader.SEQ: str(seq), LiveHeader.KEY: "1" if key else "0"}
        await self.client.publish(subject or subjects.live("s1", camera, "main"), data, headers=headers)

    async def picture(self, camera: str, data: bytes = JPEG, persons: str = "3") -> None:
        headers = {
            LiveHeader.AT: "2026-01-01T00:00:00.000Z",
            LiveHeader.PERSONS: persons,
            LiveHeader.SIZE: "640x360",
        }
        await self.client.publish(subjects.live("s1", camera, "jpeg"), data, headers=headers)
        await self.client.flush()

    async def close(self) -> None:
        await self.client.close()
