"""What a crash left: growing files are cut back to their last whole fragment, closed and journaled.

A tail of zeros (a power cut after the size was written, not the data) is found by the lengths of the NAL units.
"""

from __future__ import annotations

import hashlib
import logging
import os
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from recorder import journal
from recorder.layout import PART, moment_of
from vms.domain.messages import Gap, Segment
from vms.media.reading import FragmentInfo, scan_fragments

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Recovered:
    """What a camera's folder tells at start: the end of its footage, open gap included, and mended segments."""

    end: float | None  # UTC seconds; None: nothing was ever recorded
    open_gap: Gap | None
    mended: tuple[Segment, ...]


def recover(root: Path, site: str, camera: str) -> Recovered:
    """Mends the camera's leftovers and finds where its footage ends."""
    mended = []
    announced: dict[str, Segment] = {}
    gaps: dict[str, Gap] = {}
    ends: list[float] = []
    for path in journal.days(root, site, camera)[-3:]:
        for entry in journal.read(path):
            if isinstance(entry.record, Gap):
                gaps[entry.record.id] = entry.record
            elif entry.kind == "opened":
                announced[entry.record.path] = entry.record
            elif entry.record.end is not None:
                ends.append(entry.record.end.timestamp())
    for part in sorted((root / site / camera).glob(f"*/*/*{PART}")):
        segment = _mend(root, part, announced)
        if segment is not None and segment.end is not None:
            mended.append(segment)
            ends.append(segment.end.timestamp())
    open_gap = next((g for g in gaps.values() if g.end is None), None)
    ends += [g.end.timestamp() for g in gaps.values() if g.end is not None]
    return Recovered(max(ends, default=None), open_gap, tuple(mended))


def _mend(root: Path, part: Path, announced: dict[str, Segment]) -> Segment | None:
    final = part.with_suffix(".mp4")
    relative = str(final.relative_to(root))
    with part.open("r+b") as file:
        fragments = list(scan_fragments(file))
        if not fragments:
            log.warning("recording.empty file=%s", relative)
            part.unlink()  # not one whole fragment: there is nothing to keep
            return None
        length = fragments[-1].offset + fragments[-1].size
        file.truncate(length)
        os.fsync(file.fileno())
        file.seek(0)
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    part.rename(final)
    known = announced.get(relative)
    segment = _record(known, relative, fragments, length, digest)
    if segment is None:
        log.error("recording.unjournaled file=%s", relative)  # the index rebuild takes such files in
        return None
    journal.append(root, "closed", segment)
    log.info("recording.mended file=%s bytes=%d", relative, length)
    return segment


def _record(
    known: Segment | None, relative: str, fragments: list[FragmentInfo], length: int, digest: str
) -> Segment | None:
    if known is None:
        return None
    start = known.start
    # The journal's start was taken before the anchor had settled; the name was, too: both agree.
    if abs((moment_of(Path(relative).stem) - start).total_seconds()) > 1:
        start = moment_of(Path(relative).stem)
    ticks = fragments[-1].tfdt + fragments[-1].duration - fragments[0].tfdt
    return known.model_copy(
        update={
            "start": start,
            "end": start + timedelta(seconds=ticks / known.timescale),
            "bytes": length,
            "sha256": digest,
            "frames": sum(f.samples for f in fragments),
        }
    )
