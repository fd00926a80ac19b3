"""What a crash left: growing files are cut back to their last whole fragment, closed and journaled.

A tail of zeros (a power cut after the size was written, not the data) is found by the lengths of the NAL units.
"""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from recorder import journal
from recorder.layout import PART
from vms.domain.messages import Gap, Segment
from vms.media.reading import FragmentInfo, scan_fragments

log = logging.getLogger(__name__)

#: The journal is on the disk before the outbox is: after a power cut, or a disk that was full, it knows more.
RECENT_S = 600.0
#: About half an hour of a camera's journal.
_YOUNG_BYTES = 32 * 1024


@dataclass(frozen=True, slots=True)
class Recovered:
    """What a camera's folder tells at start: the end of its footage, open gap included, and mended segments."""

    end: float | None  # UTC seconds; None: nothing was ever recorded
    open_gap: Gap | None
    ended_gaps: tuple[Gap, ...]  # footage came back, but nobody could say so
    mended: tuple[Segment, ...]
    recent: tuple[Segment | Gap, ...]  # what was journaled last: perhaps nobody was told


def recover(root: Path, site: str, camera: str) -> Recovered:
    """Mends the camera's leftovers and finds where its footage ends."""
    mended = []
    announced: dict[str, Segment] = {}
    gaps: dict[str, Gap] = {}
    footage: list[Segment] = []
    for day in _last_days(journal.days(root, site, camera)):
        for entry in journal.read(day):
            if isinstance(entry.record, Gap):
                gaps[entry.record.id] = entry.record
            elif entry.kind == "opened":
                announced[entry.record.path] = entry.record
            else:
                footage.append(entry.record)
    parts = {str(part.with_suffix(".mp4").relative_to(root)) for part in (root / site / camera).glob(f"*/*/*{PART}")}
    deleted = [gap for gap in gaps.values() if gap.cause == "deleted"]
    footage = [one for one in footage if not _deleted(root, one, deleted)]
    home = f"{site}/{camera}/"
    for path in sorted(parts | (announced.keys() - {one.path for one in footage})):
        if not path.startswith(home) or ".." in path:  # whoever wrote such a line: it is none of ours
            log.error("recording.foreign camera=%s file=%s", camera, path[:200])
            continue
        if path not in parts and _deleted(root, announced[path], deleted):
            continue
        try:
            segment = _mend(root, path, announced.get(path))
        except OSError as err:  # one unreadable file must not hide what is known of the rest
            log.error("recording.unmended file=%s error=%s", path, err.strerror)
            continue
        if segment is not None:
            mended.append(segment)
    footage += mended
    unended = sorted((g for g in gaps.values() if g.end is None), key=lambda g: g.start)
    ended = [one for gap in unended if (one := _ended(gap, footage, gaps.values())) is not None]
    still_open = [gap for gap in unended if gap.id not in {one.id for one in ended}]
    moments = [end.timestamp() for end in (*(s.end for s in footage), *(g.end for g in gaps.values())) if end]
    end = max(moments, default=None)
    known: list[Segment | Gap] = [*(one for one in footage if one not in mended), *gaps.values()]
    recent = [one for one in known if end is not None and one.end and end - one.end.timestamp() < RECENT_S]
    return Recovered(end, still_open[-1] if still_open else None, tuple(ended), tuple(mended), tuple(recent))


def _last_days(days: list[Path]) -> list[Path]:
    """The newest journal, and the one before it while the newest is young: a file may span midnight, no more."""
    young = len(days) > 1 and days[-1].stat().st_size < _YOUNG_BYTES
    return days[-2:] if young else days[-1:]


def _deleted(root: Path, segment: Segment, deleted: Iterable[Gap]) -> bool:
    """Whether retention took it: its lines stay in the journal until the whole day has gone."""
    within = any(gap.end is not None and gap.start <= segment.start < gap.end for gap in deleted)
    return within and not (root / segment.path).exists()


def _ended(gap: Gap, footage: list[Segment], gaps: Iterable[Gap]) -> Gap | None:
    """The gap with its end: the footage, or the other gap, that came after it."""
    later = [s.start for s in footage if s.start >= gap.start and s.end is not None and s.end > s.start]
    later += [other.start for other in gaps if other.start > gap.start]
    return gap.model_copy(update={"end": min(later)}) if later else None


def _mend(root: Path, path: str, known: Segment | None) -> Segment | None:
    final = root / path
    part = final.with_suffix(PART)
    fragments, digest = _cut(part if part.exists() else final)
    if not fragments:
        log.warning("recording.empty file=%s", path)
        part.unlink(missing_ok=True)  # not one whole fragment: there is nothing to keep
    elif part.exists():
        part.rename(final)
    if known is None:
        log.error("recording.unjournaled file=%s", path)  # the index rebuild takes such files in
        return None
    segment = _record(known, fragments, digest)
    journal.append(root, "closed", segment)
    log.info("recording.mended file=%s bytes=%d", path, segment.bytes)
    return segment


def _cut(path: Path) -> tuple[list[FragmentInfo], str | None]:
    """Cuts a file behind its last whole fragment; its fragments (none: it is left as it is) and its hash."""
    if not path.exists():
        return [], None
    with path.open("r+b") as file:
        fragments = list(scan_fragments(file))
        if not fragments:
            return [], None
        file.truncate(fragments[-1].offset + fragments[-1].size)
        os.fsync(file.fileno())
        file.seek(0)
        return fragments, hashlib.file_digest(file, "sha256").hexdigest()


def _record(known: Segment, fragments: list[FragmentInfo], digest: str | None) -> Segment:
    last = fragments[-1] if fragments else None
    ticks = 0 if last is None else last.tfdt + last.duration - fragments[0].tfdt
    return known.model_copy(
        update={
            "end": known.start + timedelta(seconds=ticks / known.timescale),
            "bytes": 0 if last is None else last.offset + last.size,
            "sha256": digest,
            "frames": sum(f.samples for f in fragments),
        }
    )
