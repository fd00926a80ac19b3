"""What a camera shows while it is watched: wall JPEGs, boxes, and the live sub stream.

Nothing is encoded unless somebody asked within seconds. Not here: when a tile is due (``sampling.policy``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import av

from detectors import pictures
from detectors.alerts import box_of
from detectors.inference.backend import Bytes
from detectors.tracking import Track
from vms.bus.watch import WatchDesk
from vms.domain.clock import from_epoch, rfc3339
from vms.domain.messages import Boxes, LiveHeader, Profile, StreamReason, WatchReply
from vms.ingest.live import LiveStream

TILE_WIDTH = 480
TILE_QUALITY = 75

#: Why there is no picture now, or None; and the stream's size.
Condition = Callable[[], tuple[StreamReason | None, tuple[int, int]]]


class Outputs:
    """One camera's leases. Made in the event loop; publishing from any thread."""

    def __init__(self, desk: WatchDesk, site: str, camera: str, condition: Condition, *, sub: bool) -> None:
        self._condition = condition
        self.sub = LiveStream(desk, site, camera, "sub") if sub else None
        self._jpeg = desk.offer(site, camera, "jpeg", lambda: self._describe("jpeg"))
        self._boxes = desk.offer(site, camera, "boxes", lambda: self._describe("boxes"))

    @property
    def tile_fps(self) -> float:
        """Tiles a second that watchers ask for; 0 when nobody watches."""
        return self._jpeg.fps

    def tile(self, frame: av.VideoFrame, at: float, persons: int | None) -> None:
        """Publishes a tile; the caller saw that one is due."""
        payload, width, height = pictures.jpeg(tile_of(frame), quality=TILE_QUALITY)
        headers = {
            LiveHeader.AT: rfc3339(from_epoch(at)),
            LiveHeader.PERSONS: "" if persons is None else str(persons),
            LiveHeader.SIZE: f"{width}x{height}",
        }
        self._jpeg.publish(payload, headers)

    def boxes(self, persons: Sequence[Track], at: float) -> None:
        """Publishes the tracks of one analysed picture, when watched."""
        if self._boxes.watched:
            message = Boxes(at=from_epoch(at), tracks=tuple(box_of(track) for track in persons))
            self._boxes.publish(message.encode(), {LiveHeader.AT: rfc3339(from_epoch(at))})

    def close(self) -> None:
        """Withdraws all offers; in the event loop."""
        self._jpeg.close()
        self._boxes.close()
        if self.sub is not None:
            self.sub.close()

    def _describe(self, profile: Profile) -> WatchReply:
        reason, (width, height) = self._condition()
        return WatchReply(profile=profile, error=reason, width=width or None, height=height or None)


def tile_of(frame: av.VideoFrame) -> Bytes:
    """The frame in a tile's size; nothing is enlarged."""
    width = min(TILE_WIDTH, frame.width)
    return pictures.bgr(frame, (width, max(1, round(frame.height * width / frame.width))))
