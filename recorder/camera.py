"""One camera in the recorder: the sink of its main stream, its gaps, its numbers. Lives in the reading thread.

Recording comes first: the live fan-out and the key frames for analysis hang on the same packets, but a fault
there never stops the writing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

from recorder.disk import DiskWriter
from recorder.gaps import GapTracker
from recorder.growing import Place, Told
from recorder.labels import Labels
from recorder.notes import Notes
from recorder.rates import Rates
from recorder.recovery import Recovered, recover, surely
from recorder.segments import SegmentWriter
from recorder.status import reason_of
from vms.bus import subjects
from vms.bus.outbox import Outbox
from vms.bus.watch import WatchDesk
from vms.domain.clock import Clock, from_epoch, rfc3339
from vms.domain.facility import Camera
from vms.domain.messages import Gap, LiveHeader, RecorderState, Segment, WatchReply
from vms.domain.node import HostClock
from vms.ingest.anchor import SETTLE_S
from vms.ingest.live import LiveStream
from vms.ingest.stream import TIMESCALE, MediaPacket, Run

log = logging.getLogger(__name__)

#: Without a packet for so long a camera is no longer said to be recording.
STALE_S = 5.0
#: Pictures come, and none that a file could begin with.
UNKEYED = "no_keyframe"


class CameraRecorder:
    """A ``PacketSink``; ``state`` is asked from the event loop."""

    def __init__(
        self,
        site: str,
        camera: Camera,
        *,
        root: Path,
        node: str,
        disk: DiskWriter,
        outbox: Outbox,
        desk: WatchDesk,
        clock: Clock,
        host: Callable[[], HostClock] = HostClock,
        alive_until: float | None = None,
    ) -> None:
        self.site, self.camera = site, camera
        self._alive_until = alive_until
        self._notes = Notes(root, camera.id)
        self._root, self._node = root, node
        self._disk, self._outbox, self._clock, self._host = disk, outbox, clock, host
        self._rates = Rates(clock)
        self._gaps = GapTracker(site, camera.id, node, self._gap)
        self._writer = SegmentWriter(
            root, Place(site, camera.id, node), disk,
            Told(self._opened, self._closed, self._lost, self._unkeyed, self._gaps.miss),
        )  # fmt: skip
        self._live = LiveStream(desk, site, camera.id, "main")
        self._key_lease = desk.offer(site, camera.id, "key", self._describe_keys)
        self._key_sequence = 0
        self._run: Run | None = None
        self._settle_at: int | None = None
        self._last_pts: int | None = None  # of the run's latest picture
        self._last_utc: float | None = None  # of the run's before
        self._codec: str | None = None
        self._size: tuple[int, int] | None = None
        self._reason, self._detail = "connecting", ""
        self._since = clock.utc()
        self._recording = self._disk_lost = False
        self._written_at: float | None = None
        self._labels = Labels(clock)

    def resume(self, left_for: str | None = None) -> None:
        """Mends what a crash left and opens the gap since then; call before the stream starts.

        ``left_for``: none will (``disabled``, ``configuration``).
        """
        found = surely(self._recovered, self.camera.id, self._alive_until)
        self._labels.resume(found.end, self._alive_until)
        self._gaps.resume(self._clock.utc(), found.open_gap, found.end, self._alive_until, left_for)

    def rejoin(self) -> None:
        """The disk was away and is there again: as ``resume``, while nothing is written and a gap is open."""
        found = self._recovered()
        self._gaps.rejoin(found.open_gap, found.end)

    def _recovered(self) -> Recovered:
        found = recover(self._root, self.site, self.camera.id, self._node, now=self._clock.utc())
        for segment in found.mended:
            self._store("segment", segment, f"{segment.id}.closed")
        for told in found.recent:  # again: ids de-duplicate
            if isinstance(told, Segment):
                self._store("segment", told, f"{told.id}.closed")
            else:
                self._store("gap", told, _gap_id(told))
        for gap in found.ended_gaps:
            self._gap(gap)
        if found.open_gap is not None:
            self._store("gap", found.open_gap, _gap_id(found.open_gap))
        self._labels.tell(found.end or 0.0)
        return found

    def begin(self, run: Run) -> None:
        """A new run starts with the next packet."""
        self._run = run
        self._settle_at = self._last_pts = None
        self._reason, self._detail = "connecting", ""  # what was wrong before is over
        self._writer.begin(run, self._labels.begin())
        self._live.begin(run)
        self._codec, self._size = run.info.codec, (run.info.width, run.info.height)

    def packet(self, run: Run, packet: MediaPacket) -> None:
        """One access unit: written first, then shown to who watches."""
        self._rates.add(len(packet.payload), packet.arrival)
        self._writer.packet(run, packet)
        self._last_pts = packet.pts
        writing = self._writer.writing
        if writing:  # not so for the first 0.4 s of each file: a state must not flicker at every minute
            self._written_at = packet.arrival
            self._disk_lost = False
            if self._reason == UNKEYED:
                self._change("connecting", "")
        if self._settle_at is None:
            self._settle_at = packet.pts + int(SETTLE_S * TIMESCALE)
        if writing and packet.pts >= self._settle_at and self._gaps.open:
            start = self._writer.settle(run, self._gaps.since)
            self._gaps.finish(start if start is not None else run.utc(packet.pts))
        try:
            self._live.packet(run, packet)
            if packet.keyframe and self._key_lease.watched:
                self._hand_on(run, packet)
        except Exception:  # showing must never stop the writing
            log.exception("live.failed camera=%s", self.camera.id)

    def end(self, run: Run, reason: str) -> None:
        """The run is over: its segment is closed and a gap begins at its end."""
        if self._gaps.open and self._writer.begun:  # shorter than the settling time
            start = self._writer.settle(run, self._gaps.since)
            self._gaps.finish(start if start is not None else run.utc(0))
        self._writer.end(run)
        self._run = None
        self._last_utc = self._last_utc if self._last_pts is None else run.utc(self._last_pts)
        end = self._writer.end_utc if self._writer.end_utc is not None else self._clock.utc()
        if self._gaps.open is not None and self._gaps.open.reason == "disk":
            self._gaps.turn(end, reason)  # from now on there is nothing that the disk could take
        self._labels.tell(end)
        self._labels.end(self._writer.kept_until)
        # A clock set ahead leaves labels out, but none that were told before it had gone wrong (1970: no battery).
        self._gaps.begin(self._labels.told_until if reason == "clock" else end, reason)
        self._live.end(reason_of(reason))
        self._change(reason, "")

    def trouble(self, reason: str, detail: str) -> None:
        """No pictures: says why."""
        now = self._clock.utc()
        self._gaps.begin(now, reason)
        self._gaps.explain(now, reason)
        self._live.end(reason_of(reason))
        self._change(reason, detail)

    def leave(self, reason: str) -> None:
        """Nothing is pulled from now on: ``stopped``, or ``disabled`` (taken out, or switched off)."""
        self._gaps.leave(self._clock.utc(), reason)

    def stalled(self, start: float, end: float) -> None:
        """This process did not run from ``start`` to ``end`` (UTC seconds)."""
        self._gaps.stalled(start, end)

    def close(self) -> None:
        """Withdraws what was offered; the segment was closed with the stream."""
        self._live.close()
        self._key_lease.close()

    def state(self, revision: int) -> RecorderState:
        """The heartbeat of now."""
        rates, run = self._rates.read(), self._run
        flowing = rates.age_s is not None and rates.age_s < STALE_S and run is not None
        written = self._written_at is not None and self._clock.monotonic() - self._written_at < STALE_S
        still = self._disk.stands_still
        held_up = still or self._disk_lost
        recording = flowing and written and not held_up
        if recording != self._recording:
            self._recording, self._since = recording, self._clock.utc()
        status = "recording" if recording else ("online" if flowing else "offline")
        reason = None if recording else ("disk" if flowing and held_up else self._reason)
        if flowing and not recording and not held_up:
            reason = UNKEYED if self._reason == UNKEYED else "connecting"
        offset = None if run is None else run.clock().offset_s
        last = self._last_utc if run is None or self._last_pts is None else run.utc(self._last_pts)
        return RecorderState(
            site=self.site,
            camera=self.camera.id,
            node=self._node,
            at=from_epoch(self._clock.utc()),
            status=status,
            reason=None if reason is None else reason_of(reason),
            detail="" if recording else "the disk stands still" if flowing and still else self._detail,
            since=from_epoch(self._since),
            fps=round(rates.fps, 2) if flowing else 0.0,
            bitrate=round(rates.bitrate) if flowing else 0.0,
            width=self._size[0] if self._size else None,
            height=self._size[1] if self._size else None,
            codec=self._codec,
            last_frame_at=None if last is None else from_epoch(last),
            silent_s=None if rates.age_s is None else round(rates.age_s, 3),
            clock_offset_s=None if offset is None else round(offset, 3),
            packets=rates.packets,
            packets_dropped=self._writer.dropped,
            packets_missed=self._writer.missed,
            revision=revision,
        )

    def _unkeyed(self, end: float) -> None:
        self._gaps.begin(end, UNKEYED)
        self._change(UNKEYED, "the camera sends no key frame")

    def _change(self, reason: str, detail: str) -> None:
        if reason != self._reason:
            self._since = self._clock.utc()
        self._reason, self._detail = reason, detail

    def _hand_on(self, run: Run, packet: MediaPacket) -> None:
        self._key_sequence += 1
        payload = packet.payload
        if run.info.extradata and not payload.startswith(run.info.extradata[:8]):
            payload = run.info.extradata + payload
        headers = {
            LiveHeader.RUN: run.id,
            LiveHeader.SEQ: str(self._key_sequence),
            LiveHeader.KEY: "1",
            LiveHeader.AT: rfc3339(from_epoch(run.utc(packet.pts))),
            LiveHeader.CODEC: run.info.codec,
        }
        self._key_lease.publish(payload, headers)

    def _describe_keys(self) -> WatchReply:
        run = self._run
        if run is None:
            return WatchReply(profile="key", error=reason_of(self._reason))
        return WatchReply(profile="key", run=run.id, mime=run.info.codec, width=run.info.width, height=run.info.height)

    # --- from the disk's forcing thread -------------------------------------------------------------------------

    def _opened(self, segment: Segment) -> None:
        self._notes.write("opened", segment)
        # The start is told again once the anchor has settled.
        self._store("segment", segment, f"{segment.id}.opened.{segment.start.timestamp():.3f}")

    def _closed(self, segment: Segment) -> None:
        host = self._host()
        told = {"host_synchronized": host.synchronized, "host_max_error_s": host.max_error_s}
        segment = segment.model_copy(update=told)
        self._notes.write("closed", segment)
        self._store("segment", segment, f"{segment.id}.closed")

    def _lost(self, err: OSError | None, start: float, end: float) -> None:
        self._disk_lost = True
        slow = self._disk.refusal or "the disk is too slow"
        self._detail = slow if err is None else f"disk: {err.strerror}"
        self._gaps.lose(start, end)

    def _gap(self, gap: Gap) -> None:
        def work() -> None:
            self._notes.write("gap", gap)
            self._store("gap", gap, _gap_id(gap))

        self._disk.call(work)  # not here: the reading thread waits for no disk

    def _store(self, kind: subjects.Stored, record: Segment | Gap, msg_id: str) -> None:
        self._outbox.put(subjects.stored(self.site, self.camera.id, kind), record.encode(), msg_id)


def _gap_id(gap: Gap) -> str:
    state = "open" if gap.end is None else "closed"
    return f"{gap.id}.{state}.{gap.start.timestamp():.3f}.{gap.cause}.{gap.reason}"
