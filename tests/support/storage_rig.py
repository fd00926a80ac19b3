"""A recorder process over a small real disk with footage of yesterday on it, and what is told of the disk."""

from __future__ import annotations

import contextlib
import hashlib
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.support.gst_camera import GstServer
from tests.support.recorder_rig import Viewer, camera
from tests.support.shelves import record
from tests.support.waiting import until_async
from vms.bus import subjects
from vms.domain.clock import from_epoch
from vms.domain.holds import Hold, HoldList
from vms.domain.messages import AlertEvent, ConfigRevision, Gap, Segment
from vms.domain.node import NodeState, StorageState

#: Bytes of one file of old footage.
FILE = 256 * 1024


class StorageRig:
    """``root`` is the recordings' folder, ``viewer`` asks on the bus."""

    def __init__(self, root: Path, viewer: Viewer) -> None:
        self.root = root
        self.viewer = viewer
        self.yesterday = (time.time() // 86400 - 1) * 86400
        self._revision = 0

    def old_footage(self, *cameras: str, files: int) -> None:
        """So many minutes of yesterday of each camera."""
        for name in cameras:
            record(self.root, name, self.yesterday, files, size=FILE)

    async def configure(self, gst: GstServer, *cameras: str, retention: dict[str, Any]) -> None:
        listed = [camera(name, gst.url(f"/{name}")) for name in cameras]
        facility = {
            "facility": {"name": "F"}, "retention": retention, "sites": [{"id": "s", "name": "S", "cameras": listed}],
        }  # fmt: skip
        self._revision += 1
        message = ConfigRevision(revision=self._revision, at=datetime.now(UTC), facility=facility)
        await self.viewer.configure(message.encode())

    async def hold(self, *spans: tuple[str, float, float]) -> None:
        """Exactly these are held (camera, seconds of yesterday from, to)."""
        holds = tuple(
            Hold(
                id=f"h{number}", cameras=(name,), start=from_epoch(self.yesterday + start),
                end=from_epoch(self.yesterday + end),
            )
            for number, (name, start, end) in enumerate(spans)
        )  # fmt: skip
        made = HoldList(revision=int(time.time() * 1000), at=datetime.now(UTC), holds=holds)
        await self.viewer.bus.put_synced(subjects.BUCKET_HOLDS, subjects.HOLDS_KEY, made.encode())

    def files(self, name: str, *, first: int = 0, last: int = 10**6) -> dict[str, str]:
        """Names and hashes of the camera's old files, by the minute of yesterday from ``first`` to before ``last``."""
        found = {}
        for path in sorted((self.root / "s" / name).glob("*/*/*.mp4")):
            minute = self.minute(path.stem)
            if minute is not None and first <= minute < last:
                with contextlib.suppress(FileNotFoundError):  # deleted meanwhile
                    found[path.name] = hashlib.sha256(path.read_bytes()).hexdigest()
        return found

    def minute(self, stem: str) -> int | None:
        """Of yesterday; None for a name of today."""
        at = datetime.strptime(stem[:15], "%Y%m%dT%H%M%S").replace(tzinfo=UTC).timestamp() - self.yesterday
        return round(at / 60) if at < 86400 else None

    async def storage(self) -> StorageState | None:
        """What the node says of its disk."""
        raw = await self.viewer.bus.get(subjects.BUCKET_STATE, subjects.node_key("local", "recorder"))
        return NodeState.model_validate_json(raw).storage if raw else None

    async def alerts(self) -> list[AlertEvent]:
        """Every word on the node's disk, in order."""
        js = self.viewer.bus.js
        info = await js.stream_info(subjects.STREAM_ALERTS)
        found = []
        for seq in range(max(1, info.state.first_seq), info.state.last_seq + 1):
            msg = await js.get_msg(subjects.STREAM_ALERTS, seq)
            event = AlertEvent.model_validate_json(msg.data or b"")
            if event.kind == "storage":
                found.append(event)
        return found

    async def until_alarm(self, *reasons: str, timeout: float = 20) -> float:
        """Waits until the open alert has one of the reasons; seconds from now until it was told."""
        begun = datetime.now(UTC)

        async def told() -> AlertEvent | None:
            events = await self.alerts()
            last = events[-1] if events else None
            return last if last and last.event != "ended" and last.detail["reason"] in reasons else None

        try:
            event = await until_async(told, timeout, f"an alert 'storage' says one of {reasons}")
        except AssertionError as err:
            said = [(one.event, one.detail.get("reason"), one.detail.get("path")) for one in await self.alerts()]
            raise AssertionError(f"{err}; told was {said}") from err
        assert event
        return max(timedelta(), event.at - begun).total_seconds()

    async def until_well(self, timeout: float = 30) -> None:
        """Waits until the alert has ended, or only says that so small a disk does not hold the days that are wanted."""

        async def ended() -> bool:
            events = await self.alerts()
            return bool(events) and (events[-1].event == "ended" or events[-1].detail["reason"] == "forecast")

        await until_async(ended, timeout, "the alert 'storage' has ended")

    async def holes(self, name: str) -> list[tuple[datetime, float]]:
        """Moments of today that are in no segment and no gap: where, and how many seconds."""
        records = {one.id: one for one in await self.viewer.records(name)}
        spans = sorted(
            (one.start, one.end) for one in records.values() if one.end and isinstance(one, (Segment, Gap))
        )  # fmt: skip
        found, reach = [], spans[0][1]
        for start, end in spans:
            if start > reach + timedelta(milliseconds=2):
                found.append((reach, (start - reach).total_seconds()))
            reach = max(reach, end)
        return found
