"""The segment being written, as the reading thread knows it; the record that is told of it, and to whom. Data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from recorder.layout import segment_id, segment_path
from recorder.segment_file import SegmentFile
from vms.domain.clock import from_epoch
from vms.domain.messages import Segment
from vms.ingest.stream import TIMESCALE, Run

DAY_S = 86400.0


@dataclass(frozen=True, slots=True)
class Place:
    """Whose segments they are."""

    site: str
    camera: str
    node: str


@dataclass(frozen=True, slots=True)
class Told:
    """Who hears of a camera's files. Times are UTC seconds: from when to when a file has footage."""

    opened: Callable[[Segment], None]  # this one, ``closed`` and ``lost`` in the disk's forcing thread
    closed: Callable[[Segment], None]
    lost: Callable[[OSError | None, float, float], None]  # what failed; None: the disk was too slow
    unkeyed: Callable[[float], None]  # in the reading thread: no key frame comes to cut at; footage ends there
    holed: Callable[[float, float], None]  # in the reading thread: pictures never came


@dataclass(slots=True)
class Growing:
    """One segment from its opening to its end."""

    file: SegmentFile
    codec: str
    start: float  # UTC seconds; settles with the run's anchor
    first_pts: int
    first_dts: int
    end: float  # UTC seconds of what the disk's queue accepted, by the run's labels
    last_pts: int  # end of the latest picture
    kept_end: float  # UTC seconds of what was written; set, like the next two, by the disk's thread
    kept_frames: int = 0
    announced: bool = False
    frames: int = 0
    sequence: int = 0
    moved: float = 0.0  # seconds that its labels are behind the run's, so that none is before the start

    def begin_at(self, start: float) -> None:
        """Its start has settled. It stays on its day: that is in its name, and of its journal (UTC)."""
        midnight = self.start // DAY_S * DAY_S
        self.start = min(max(start, midnight), midnight + DAY_S - 0.001)

    def placed(self, end: float, first: float) -> float:
        """The end to tell, where the run's labels go from ``first`` to ``end`` (UTC seconds).

        A file whose labels are all before its start would have no time at all, and nobody would find it.
        """
        if end > self.start:
            return end
        self.moved = self.start - first
        return self.start + end - first

    def record(self, place: Place, run: Run, end: float | None) -> Segment:
        """What is told of it; ``end`` in UTC seconds, None while it grows. Its name stands once its file is open."""
        clock = run.clock()
        return Segment(
            id=segment_id(place.camera, self.file.final.stem),
            site=place.site,
            camera=place.camera,
            node=place.node,
            run=run.id,
            start=from_epoch(self.start),
            end=None if end is None else from_epoch(max(end, self.start)),
            path=str(segment_path(place.site, place.camera, self.file.final.stem)),
            codec=self.codec,  # of its own run: the next one may have begun
            width=run.info.width,
            height=run.info.height,
            frames=self.frames,
            timescale=TIMESCALE,
            first_tfdt=self.first_dts,
            anchor_utc=from_epoch(run.utc(0) + self.moved),
            clock_offset_s=None if clock.offset_s is None else round(clock.offset_s, 3),
            drift_ppm=None if clock.drift_ppm is None else round(clock.drift_ppm, 2),
        )

    def named(self, record: Segment) -> Segment:
        """``record``, which was made before the file was open, with the name that the file got."""
        stamp = self.file.final.stem
        if record.id == segment_id(record.camera, stamp):
            return record
        path = str(segment_path(record.site, record.camera, stamp))
        return record.model_copy(update={"id": segment_id(record.camera, stamp), "path": path})
