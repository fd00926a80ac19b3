"""A stream's live fragments: made only while somebody watches, one a frame, from a ring that holds the GOP."""

from __future__ import annotations

import threading
from collections.abc import Callable

from vms.bus.watch import Headers, Lease, WatchDesk
from vms.domain.clock import from_epoch, rfc3339
from vms.domain.messages import LiveHeader, Profile, StreamReason, WatchReply
from vms.ingest.stream import TIMESCALE, MediaPacket, Run
from vms.media.boxes import Track, init_segment
from vms.media.fragmenter import Sample, fragment, length_prefixed
from vms.media.nal import parameter_sets

#: The ring holds one group of pictures, up to this many bytes.
MAX_RING_BYTES = 4 * 1024 * 1024


class LiveStream:
    """Feed it every packet of ``profile`` from the reading thread; the bus side runs in the event loop."""

    def __init__(
        self,
        desk: WatchDesk,
        site: str,
        camera: str,
        profile: Profile,
        asked: Callable[[], StreamReason | None] = lambda: None,
    ) -> None:
        """``asked``: called in the event loop with each request; why it cannot be served, or None."""
        self._asked = asked
        self._lock = threading.Lock()
        self._run: Run | None = None
        self._masks: str | None = None
        self._track: Track | None = None
        self._ring: list[tuple[int, MediaPacket, int]] = []
        self._ring_bytes = 0
        self._sequence = 0
        self._last_dts: int | None = None
        self._duration = TIMESCALE // 25
        self._behind = False
        self._reason: StreamReason = "connecting"
        self._lease: Lease = desk.offer(site, camera, profile, self._describe, self._backlog)

    @property
    def watched(self) -> bool:
        """Whether somebody watches now."""
        return self._lease.watched

    def begin(self, run: Run, masks: str | None = None) -> None:
        """A new run: watchers are told by the new run id on each fragment, and ask again.

        ``masks``: the seal of those that are painted into all of it.
        """
        with self._lock:
            self._run, self._masks = run, masks
            self._track = Track.of(run.info.codec, parameter_sets(run.info.codec, run.info.extradata), TIMESCALE)
            self._ring.clear()
            self._ring_bytes = 0
            self._sequence = 0
            self._last_dts = None

    def packet(self, run: Run, packet: MediaPacket) -> None:
        """One access unit."""
        with self._lock:
            if self._last_dts is not None:
                self._duration = packet.dts - self._last_dts
            self._last_dts = packet.dts
            self._sequence += 1
            sequence, duration = self._sequence, self._duration
            if packet.keyframe:
                self._ring.clear()
                self._ring_bytes = 0
            if packet.keyframe or self._ring:
                self._ring.append((sequence, packet, duration))
                self._ring_bytes += len(packet.payload)
                if self._ring_bytes > MAX_RING_BYTES:  # a GOP too long to hold: wait for the next
                    self._ring.clear()
                    self._ring_bytes = 0
        if not self._lease.watched:
            self._behind = False  # who comes next gets the ring first
            return
        if self._behind and not packet.keyframe:
            return  # a frame was refused: resume at a key frame
        self._behind = not self._lease.publish(*self._message(run, sequence, packet, duration))

    def end(self, reason: StreamReason = "connecting") -> None:
        """The run is over; who asks meanwhile is told ``reason``."""
        with self._lock:
            self._run = None
            self._reason = reason
            self._ring.clear()
            self._ring_bytes = 0

    def close(self) -> None:
        """Withdraws the profile."""
        self._lease.close()

    def _message(self, run: Run, sequence: int, packet: MediaPacket, duration: int) -> tuple[bytes, Headers]:
        sample = Sample(
            length_prefixed(run.info.codec, packet.payload, packet.starts),
            packet.dts,
            packet.pts,
            duration,
            packet.keyframe,
        )
        headers = {
            LiveHeader.RUN: run.id,
            LiveHeader.SEQ: str(sequence),
            LiveHeader.KEY: "1" if packet.keyframe else "0",
            LiveHeader.AT: rfc3339(from_epoch(run.utc(packet.pts))),
        }
        return fragment(sequence, [sample]), headers

    def _describe(self) -> WatchReply:
        refused = self._asked()
        with self._lock:
            run, track, masks = self._run, self._track, self._masks
        profile = self._lease.profile
        if refused is not None or run is None or track is None:
            return WatchReply(profile=profile, error=refused or self._reason)
        return WatchReply(
            profile=profile,
            mime=track.mime,
            run=run.id,
            anchor_utc=from_epoch(run.utc(0)),
            timescale=TIMESCALE,
            init=init_segment(track),
            width=track.sequence.width,
            height=track.sequence.height,
            masks=masks,
        )

    def _backlog(self) -> list[tuple[Headers, bytes]]:
        with self._lock:
            run, ring = self._run, list(self._ring)
        if run is None:
            return []
        messages = (self._message(run, sequence, packet, duration) for sequence, packet, duration in ring)
        return [(headers, payload) for payload, headers in messages]
