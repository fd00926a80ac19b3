"""What a camera shows while it is watched: wall JPEGs, boxes, the live sub stream; pictures also with masks painted in.

Nothing is encoded unless somebody asked within seconds. Not here: when a tile is due (``sampling.policy``).
"""

from __future__ import annotations

import threading
from collections.abc import Sequence

import av

from detectors import pictures
from detectors.alerts import box_of
from detectors.inference.backend import Bytes
from detectors.masked_sub import Condition, MaskedSub
from detectors.sampling.policy import Metronome
from detectors.tracking import Track
from vms.bus.watch import Lease, WatchDesk
from vms.domain.clock import from_epoch, rfc3339
from vms.domain.masks import Outlines, seal
from vms.domain.messages import Boxes, LiveHeader, Profile, WatchReply
from vms.ingest.live import LiveStream
from vms.media import masking

TILE_WIDTH = 480
TILE_QUALITY = 75


class Outputs:
    """One camera's leases. Made in the event loop; publishing from any thread."""

    def __init__(
        self,
        desk: WatchDesk,
        site: str,
        camera: str,
        condition: Condition,
        *,
        sub: bool,
        masks: Outlines,
        seats: threading.Semaphore,
    ) -> None:
        """``sub``: there is such a stream. ``seats``: for streams that are encoded anew, of the whole process."""
        self._condition = condition
        self._masks = masks
        self.sub = LiveStream(desk, site, camera, "sub") if sub else None
        # Pictures seconds apart are no video: of a camera without a sub stream there are the JPEGs.
        possible: Condition = condition if sub else lambda: ("not_found", (0, 0))
        self.masked = MaskedSub(desk, site, camera, possible, seats, masks)
        self._jpeg = _Tiles(desk.offer(site, camera, "jpeg", lambda: self._describe("jpeg")))
        self._jpeg_masked = _Tiles(desk.offer(site, camera, "jpeg-masked", lambda: self._describe("jpeg-masked")))
        self._boxes = desk.offer(site, camera, "boxes", lambda: self._describe("boxes"))

    @property
    def tile_fps(self) -> float:
        """Tiles a second that watchers ask for; 0 when nobody watches."""
        return max(self._jpeg.lease.fps, self._jpeg_masked.lease.fps)

    def tile(self, frame: av.VideoFrame, at: float, moment: float, persons: int | None) -> None:
        """Publishes a tile at ``at`` (UTC), ``moment`` (monotonic); the caller saw that one is due by ``tile_fps``."""
        early = 0.5 / self.tile_fps if self.tile_fps > 0 else 0.0
        plain, masked = self._jpeg.due(moment, early), self._jpeg_masked.due(moment, early)
        picture = tile_of(frame) if plain or masked else None
        if picture is None:
            return
        height, width = picture.shape[:2]
        headers = {
            LiveHeader.AT: rfc3339(from_epoch(at)),
            LiveHeader.PERSONS: "" if persons is None else str(persons),
            LiveHeader.SIZE: f"{width}x{height}",
        }
        if plain:
            self._jpeg.lease.publish(pictures.jpeg(picture, quality=TILE_QUALITY)[0], headers)
        if masked:
            masks = self._masks
            masking.paint(picture, masks)
            told = headers | {LiveHeader.MASKS: seal(masks)}
            self._jpeg_masked.lease.publish(pictures.jpeg(picture, quality=TILE_QUALITY)[0], told)

    def cover(self, masks: Outlines) -> None:
        """Masks that are painted from now on; in the event loop."""
        self._masks = masks
        self.masked.cover(masks)

    def boxes(self, persons: Sequence[Track], at: float) -> None:
        """Publishes the tracks of one analysed picture, when watched."""
        if self._boxes.watched:
            message = Boxes(at=from_epoch(at), tracks=tuple(box_of(track) for track in persons))
            self._boxes.publish(message.encode(), {LiveHeader.AT: rfc3339(from_epoch(at))})

    def close(self) -> None:
        """Withdraws all offers; in the event loop."""
        for lease in (self._jpeg.lease, self._jpeg_masked.lease, self._boxes):
            lease.close()
        self.masked.close()
        if self.sub is not None:
            self.sub.close()

    def _describe(self, profile: Profile) -> WatchReply:
        reason, (width, height) = self._condition()
        return WatchReply(profile=profile, error=reason, width=width or None, height=height or None)


class _Tiles:
    """One profile of tiles: its lease, and which of the tiles that are made for all are its own by its rate."""

    def __init__(self, lease: Lease) -> None:
        self.lease = lease
        self._grid = Metronome()

    def due(self, moment: float, early: float) -> bool:
        """Whether the tile at ``moment`` (monotonic seconds) is for its watchers; asked once for each."""
        fps = self.lease.fps
        if fps <= 0:
            return False
        self._grid.no_later_than(moment + 1 / fps)
        if not self._grid.due(moment, early):
            return False
        self._grid.beat(moment, 1 / fps)
        return True


def tile_of(frame: av.VideoFrame) -> Bytes:
    """The frame in a tile's size; nothing is enlarged."""
    width = min(TILE_WIDTH, frame.width)
    return pictures.bgr(frame, (width, max(1, round(frame.height * width / frame.width))))
