"""A camera's packets to segment files: fragments of at most 0.4 s, files cut on a key frame near each minute.

Lives in the reading thread; the disk's thread does the writing. A sample's duration is exact, because the
fragment is closed by the packet that follows it.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from pathlib import Path

from recorder.disk import DiskWriter
from recorder.growing import Growing, Place, Told
from recorder.layout import segment_path, stamp_of
from recorder.pace import Pace
from recorder.segment_file import SegmentFile
from vms.domain.clock import from_epoch
from vms.domain.footage import LATE_S, LONGEST_S
from vms.ingest.stream import TIMESCALE, MediaPacket, Run
from vms.media.boxes import Track, init_segment
from vms.media.fragmenter import Sample, fragment, length_prefixed
from vms.media.nal import parameter_sets

log = logging.getLogger(__name__)

FRAGMENT_TICKS = int(0.4 * TIMESCALE)
SEGMENT_S = 60.0
#: More files of one camera than a disk's queue can hold.
_MOST_BEGUN = 16


class SegmentWriter:
    """Feed it ``begin``, ``packet``, ``end`` of a camera's runs; ``told`` hears what becomes of them."""

    def __init__(self, root: Path, place: Place, disk: DiskWriter, told: Told) -> None:
        self._root, self._place, self._disk, self._told = root, place, disk, told
        self._track: Track | None = None
        self._open: Growing | None = None
        self._held: MediaPacket | None = None
        self._samples: list[Sample] = []
        self._refused = False  # told, and not over yet
        self._begun: deque[Growing] = deque(maxlen=_MOST_BEGUN)  # of this run, the latest
        self._last_end: float | None = None
        self._run_start: float | None = None
        self._lossy = False  # footage of this run was lost: what comes next does not abut
        self._pace = Pace()
        self._kept_until = 0.0  # UTC seconds: no file begins earlier, but after a clock was set back
        self.dropped = 0  # pictures that came and were not written
        self.missed = 0  # packets that never came

    @property
    def writing(self) -> bool:
        """Whether a segment is open and has footage on the disk."""
        segment = self._open
        return segment is not None and segment.kept_frames > 0 and not segment.file.broken

    @property
    def begun(self) -> bool:
        """Whether a segment is open, written or still on its way to the disk."""
        return self._open is not None and not self._open.file.broken

    @property
    def end_utc(self) -> float | None:
        """UTC of the end of what was accepted last, in seconds; None: nothing, or some of it was lost."""
        return self._last_end

    @property
    def kept_until(self) -> float:
        """UTC seconds before which no file may begin: where this run's footage ends, or that of those before."""
        return self._kept_until if self._last_end is None else self._last_end

    def begin(self, run: Run, kept_until: float = 0.0) -> None:
        """A new run; ``kept_until``: where those before end (UTC seconds), 0.0 where its labels may go behind that."""
        self._track = Track.of(run.info.codec, parameter_sets(run.info.codec, run.info.extradata), TIMESCALE)
        self._open, self._held, self._samples = None, None, []
        self._run_start = self._last_end = None
        self._lossy, self._kept_until = False, kept_until
        self._pace = Pace()
        self._begun.clear()

    def packet(self, run: Run, packet: MediaPacket) -> None:
        """One access unit: closes the sample before it."""
        if self._open is not None and self._open.file.broken:
            self._forget(self._open.kept_end)
        if packet.missed:
            self._note_missed(run, packet)
        if packet.keyframe:
            self._pace.keyed(packet.dts)
        self._finish_held(run, packet.dts)
        if self._open is not None:
            utc = run.utc(packet.pts)
            if packet.keyframe and utc // SEGMENT_S != self._open.start // SEGMENT_S:
                self._close(run, utc)
            elif utc - self._open.start >= LONGEST_S:
                self._give_up_on_a_key(run, utc)
        # After a loss: resume at a key frame, once the disk has caught up.
        if self._open is None and not (packet.keyframe and self._start(run, packet)):
            self.dropped += 1
            return
        if packet.keyframe or (self._samples and packet.dts - self._samples[0].dts >= FRAGMENT_TICKS):
            self._flush(run)
            if self._open is None:  # the disk's queue was full
                self.dropped += 1
                return
        self._held = packet

    def end(self, run: Run) -> None:
        """The run is over: the open segment is closed with what there is."""
        held = self._held
        if held is not None:
            step = self._samples[-1].duration if self._samples else TIMESCALE // 25
            self._finish_held(run, held.dts + step)
        if self._open is not None:
            self._close(run, run.utc(self._open.last_pts))
        self._held = None

    def settle(self, run: Run, since: float) -> float | None:
        """Fixes and gives the start of the run's first file; after a loss that of the first since (UTC seconds)."""
        if self._lossy and self._open is not None:
            begun = (one.start for one in self._begun if one.start >= since - 0.001 and not one.file.broken)
            first = next(begun, self._open.start)
            if self._run_start is None:  # a gap ends there: it may not move any more
                self._run_start = first
            return first
        if self._open is None or self._last_end is not None:
            return self._run_start  # fixed when its first file was closed, at a minute within the settling time
        start = self._after(run.utc(self._open.first_pts))
        if abs(start - self._open.start) >= 0.001:
            self._open.begin_at(start)
            self._announce(run, self._open)
        self._run_start = self._open.start
        return self._run_start

    def _after(self, start: float) -> float:
        return self._kept_until if 0 < self._kept_until - start < LATE_S else start

    def _note_missed(self, run: Run, packet: MediaPacket) -> None:
        self.missed += packet.missed
        held, usual = self._held, self._pace.step
        if held is None or not self._pace.broken(held, packet):
            return
        self._finish_held(run, held.dts + usual)
        self._pace.step = packet.dts - held.dts  # the next one as late is the camera's own pace
        self._flush(run)
        if (segment := self._open) is None:  # the disk's queue was full, which was told
            return
        end = self._close(run, run.utc(segment.last_pts))
        first = next((one.start for one in self._begun if not one.file.broken), end)
        self._lapse(end)
        if not segment.file.broken:  # else its own loss is told
            self._told.holed(first, end)

    def _give_up_on_a_key(self, run: Run, end: float) -> None:
        log.warning("recording.unkeyed camera=%s seconds=%.0f", self._place.camera, LONGEST_S)
        end = self._close(run, end)
        self._lapse(end)
        self._told.unkeyed(end)

    def _lapse(self, end: float) -> None:
        """Footage ends at ``end`` (UTC seconds), and what comes next does not abut."""
        self._lossy, self._last_end, self._kept_until = True, None, max(end, self._kept_until)
        self._begun.clear()

    def _start(self, run: Run, packet: MediaPacket) -> bool:
        """Opens a file; False while the disk is so far behind that it would only be filled with beginnings."""
        if self._track is None:
            return False
        if self._disk.congested:
            if not self._refused:
                log.error("recording.refused camera=%s queued_bytes=%d", self._place.camera, self._disk.queued_bytes)
            self._refused = True
            end = self._last_end if self._last_end is not None else run.utc(packet.pts)
            self._told.lost(None, end, end)
            self._lapse(self.kept_until)
            return False
        first = run.utc(packet.pts)
        start = self._last_end if self._last_end is not None else self._after(first)
        if self._refused:
            self._refused = False
            log.info("recording.resumed camera=%s", self._place.camera)
        final = self._root / segment_path(self._place.site, self._place.camera, stamp_of(from_epoch(start)))

        def failed(err: OSError) -> None:
            self._broke(run, segment, err)

        file = SegmentFile(final, failed)
        self._open = segment = Growing(
            file, self._track.mime_codec, start, packet.pts, packet.dts, first, packet.pts, first
        )
        self._disk.open(file)
        self._begun.append(segment)
        self._announce(run, segment)
        return self._append(run, init_segment(self._track))

    def _announce(self, run: Run, segment: Growing) -> None:
        record = segment.record(self._place, run, None)

        def work() -> None:
            if not segment.file.ended:
                segment.announced = True
                self._told.opened(segment.named(record))

        self._disk.call(work)

    def _finish_held(self, run: Run, next_dts: int) -> None:
        held = self._held
        if held is None or self._open is None:
            return
        duration = self._pace.step = max(1, next_dts - held.dts)
        if self._samples and next_dts - self._samples[0].dts > FRAGMENT_TICKS:
            self._flush(run)  # with this one it would be too long
            if self._open is None:  # the disk's queue was full
                return
        self._open.last_pts = max(self._open.last_pts, held.pts + duration)
        data = length_prefixed(run.info.codec, held.payload, held.starts)
        self._samples.append(Sample(data, held.dts, held.pts, duration, held.keyframe))
        self._held = None

    def _flush(self, run: Run) -> None:
        segment = self._open
        if not self._samples or segment is None:
            return
        samples, self._samples = self._samples, []
        segment.sequence += 1
        frames, end = segment.frames + len(samples), run.utc(max(s.pts + s.duration for s in samples))

        def kept() -> None:
            segment.kept_frames, segment.kept_end = frames, end

        if self._append(run, fragment(segment.sequence, samples), kept):
            segment.frames, segment.end = frames, end
        else:
            self.dropped += len(samples)

    def _append(self, run: Run, data: bytes, kept: Callable[[], None] | None = None) -> bool:
        segment = self._open
        if segment is None:
            return False
        if self._disk.append(segment.file, data, kept):
            return True
        log.error("recording.overflow camera=%s bytes=%d", self._place.camera, len(data))
        end = segment.placed(segment.end, run.utc(segment.first_pts))
        self._forget(end)
        self._finish(run, segment, end)
        self._told.lost(None, segment.start, end)
        return False

    def _forget(self, end: float) -> None:
        self.dropped += len(self._samples) + (self._held is not None)
        self._open, self._held, self._samples = None, None, []
        self._lapse(end)

    def _close(self, run: Run, end: float) -> float:
        """Returns the end as it is told: it is not before the start, also where the labels went back since."""
        self._flush(run)
        segment, self._open = self._open, None
        if segment is not None:
            if self._last_end is None and self._run_start is None:  # else it is settled, and a gap may end there
                segment.begin_at(self._after(min(run.utc(segment.first_pts), end)))
                self._run_start = segment.start
            end = segment.placed(end, run.utc(segment.first_pts))
            self._finish(run, segment, end)
        self._last_end = end
        return end

    def _finish(self, run: Run, segment: Growing, end: float) -> None:
        def done(file: SegmentFile) -> None:
            record = segment.record(self._place, run, end)
            if file.closed:  # else the disk took no footage of it
                record = record.model_copy(update={"bytes": file.written, "sha256": file.hash.hexdigest()})
            self._told.closed(record)

        self._disk.close(segment.file, done)

    def _broke(self, run: Run, segment: Growing, err: OSError) -> None:
        """In the disk's forcing thread: what was written before the disk failed is a segment of its own."""
        self._lossy = True
        end = segment.placed(segment.kept_end, run.utc(segment.first_pts))
        self._told.lost(err, segment.start, end)
        if segment.announced:
            record = segment.record(self._place, run, end).model_copy(update={"frames": segment.kept_frames})
            if segment.file.closed:
                size, digest = segment.file.written, segment.file.hash.hexdigest()
                record = record.model_copy(update={"bytes": size, "sha256": digest})
            if segment.file.closed or not segment.kept_frames:
                self._told.closed(record)
